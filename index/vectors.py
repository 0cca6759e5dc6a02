"""Phrases and distances of common words: what `chain` does, by vectors instead of loops.

`de la` stands in nearly every French article: at 100,000 of them a loop looks at a million
places. numpy does that in a tenth of the time, but takes 80 ms to import: for little work
it is not worth it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from index.lists import MAX_DOCUMENTS, Postings
from index.postings import part_range
from index.runs import MAX_COMPOUND

Lists = Sequence[Postings]
Numbers = NDArray[np.int64]

_DOC = 32
"""A place is a document's number, shifted so far, and a position in it."""


Word = Sequence[Numbers]
"""Where a word stands: by its length in words less one, places in order, none twice."""


def linked(chain: Sequence[tuple[Lists, str]], docs: Collection[int]) -> set[int]:
    """Return those of some documents in which the words stand one right after the other."""
    chosen = _chosen(docs)
    words = [_word(lists, part, chosen) for lists, part in chain]
    reached = _ends(words[0])
    for word in words[1:]:
        reached = _ends([_common(starts, reached) for starts in word])
    return _documents(reached)


def near(
    pair: Sequence[tuple[Lists, str]], distance: int, docs: Collection[int], *, ordered: bool
) -> set[int]:
    """Return those of some documents in which two words have fewer than so many between them."""
    chosen = _chosen(docs)
    left, right = (_word(lists, part, chosen) for lists, part in pair)
    found = _soon_followed(left, right, distance)
    return found if ordered else found | _soon_followed(right, left, distance)


def _soon_followed(word: Word, other: Word, distance: int) -> set[int]:
    """Return the documents in which another word starts behind a word, at most so far away."""
    ends, starts = _ends(word), _merged(other)
    at = np.searchsorted(starts, ends)
    behind = at < len(starts)
    ends = ends[behind]
    return _documents(ends[starts[at[behind]] < ends + distance])


# --- places ------------------------------------------------------------------------------


def _chosen(docs: Collection[int]) -> NDArray[np.bool_]:
    """Return for every number of a document whether it is one of some."""
    chosen = np.zeros(MAX_DOCUMENTS, dtype=np.bool_)
    chosen[np.fromiter(docs, dtype=np.int64, count=len(docs))] = True
    return chosen


def _word(lists: Lists, part: str, chosen: NDArray[np.bool_]) -> Word:
    """Return where a word stands in the documents that are chosen."""
    found = [_of_one(postings, part, chosen) for postings in lists]
    places, lengths = (np.concatenate(column) for column in zip(*found, strict=True))
    if not lengths.any():
        return [_merged([places])]
    return [_merged([places[lengths == length]]) for length in range(MAX_COMPOUND)]


def _of_one(postings: Postings, part: str, chosen: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return the places of a term, and the lengths less one."""
    own = np.frombuffer(postings.docs, dtype=np.uint16).astype(np.int64)
    codes = np.frombuffer(postings.codes, dtype=np.uint32).astype(np.int64)
    if postings.counts is not None:
        own = np.repeat(own, np.frombuffer(postings.counts, f"u{postings.counts.itemsize}"))
    wanted = chosen[own]
    if part:
        low, high = part_range(part)
        wanted &= (codes >= low) & (codes < high)
    if not wanted.all():
        own, codes = own[wanted], codes[wanted]
    return (own << _DOC) + (codes >> 2), codes & 3


def _ends(word: Word) -> Numbers:
    """Return the places right behind a word."""
    return _merged([starts + length for length, starts in enumerate(word, 1)])


def _merged(several: Sequence[Numbers]) -> Numbers:
    """Return places in order, none twice. A stable sort takes no time for what is in order."""
    places = np.sort(np.concatenate(several), kind="stable")
    if len(places) > 1:
        twice = places[1:] == places[:-1]
        if twice.any():
            return places[np.concatenate(([True], ~twice))]
    return places


def _common(some: Numbers, others: Numbers) -> Numbers:
    """Return the places that are in both, each in order and none twice."""
    both: Numbers = np.sort(np.concatenate((some, others)), kind="stable")
    common: Numbers = both[1:][both[1:] == both[:-1]]
    return common


def _documents(places: Numbers) -> set[int]:
    return set(np.unique(places >> _DOC).tolist())
