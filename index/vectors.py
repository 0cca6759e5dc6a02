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
    words = [_word(lists, part, docs) for lists, part in chain]
    reached = _ends(words[0])
    for word in words[1:]:
        reached = _ends([_common(starts, reached) for starts in word])
    return _documents(reached).intersection(docs)


def near(
    pair: Sequence[tuple[Lists, str]], distance: int, docs: Collection[int], *, ordered: bool
) -> set[int]:
    """Return those of some documents in which two words have fewer than so many between them."""
    left, right = (_word(lists, part, docs) for lists, part in pair)
    found = _soon_followed(left, right, distance)
    if not ordered:
        found |= _soon_followed(right, left, distance)
    return found.intersection(docs)


def _soon_followed(word: Word, other: Word, distance: int) -> set[int]:
    """Return the documents in which another word starts behind a word, at most so far away."""
    ends, starts = _ends(word), _merged(other)
    at = np.searchsorted(starts, ends)
    behind = at < len(starts)
    ends = ends[behind]
    return _documents(ends[starts[at[behind]] < ends + distance])


# --- places ------------------------------------------------------------------------------


def _word(lists: Lists, part: str, docs: Collection[int]) -> Word:
    """Return where a word stands in some documents, or in more."""
    found = [_of_one(postings, part, docs) for postings in lists]
    if len(found) == 1:
        return _by_length(*found[0])
    places, lengths = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(places, kind="stable")
    return [_once(starts) for starts in _by_length(places[order], lengths[order])]


def _of_one(postings: Postings, part: str, docs: Collection[int]) -> tuple[Numbers, Numbers]:
    """Return the places of a term, in order, and the lengths less one."""
    own = np.frombuffer(postings.docs, dtype=np.uint16).astype(np.int64) << _DOC
    wanted = _chosen(postings, docs)
    codes = np.frombuffer(postings.codes, dtype=np.uint32)
    if postings.counts is not None:
        counts = np.frombuffer(postings.counts, f"u{postings.counts.itemsize}")
        own = np.repeat(own, counts)
        wanted = None if wanted is None else np.repeat(wanted, counts)
    if part:
        low, high = part_range(part)
        inside = (codes >= low) & (codes < high)
        wanted = inside if wanted is None else wanted & inside
    if wanted is not None:
        own, codes = own[wanted], codes[wanted]
    return own + (codes >> 2), (codes & 3).astype(np.int64)


def _chosen(postings: Postings, docs: Collection[int]) -> NDArray[np.bool_] | None:
    """Tell of each document of a term whether it is one of some; None when most of them are."""
    if 2 * len(docs) > len(postings.docs):
        return None  # looking at some in vain costs less than taking them out
    chosen = np.zeros(MAX_DOCUMENTS, dtype=np.bool_)
    chosen[np.fromiter(docs, dtype=np.int64, count=len(docs))] = True
    found: NDArray[np.bool_] = chosen[np.frombuffer(postings.docs, dtype=np.uint16)]
    return found


def _by_length(places: Numbers, lengths: Numbers) -> Word:
    if not lengths.any():
        return [places]
    return [places[lengths == length] for length in range(MAX_COMPOUND)]


def _ends(word: Word) -> Numbers:
    """Return the places right behind a word."""
    return _merged([starts + length for length, starts in enumerate(word, 1)])


def _merged(several: Word) -> Numbers:
    """Return all places in order, none twice."""
    if len(several) == 1:
        return several[0]
    return _once(np.sort(np.concatenate(several), kind="stable"))


def _once(places: Numbers) -> Numbers:
    """Return places, which are in order, none twice."""
    if len(places) < 2:
        return places
    return places[np.concatenate(([True], places[1:] != places[:-1]))]


def _common(some: Numbers, others: Numbers) -> Numbers:
    """Return the places that are in both. A stable sort of what is in order takes no time."""
    both: Numbers = np.sort(np.concatenate((some, others)), kind="stable")
    common: Numbers = both[1:][both[1:] == both[:-1]]
    return common


def _documents(places: Numbers) -> set[int]:
    return set(_once(places >> _DOC).tolist())
