"""Phrases and pairs of very common words, by numpy; `phrase_search` says when.

`de la` stands in nearly every French article: 100,000 articles have two million places of these
words. Where there are very many, a thousand documents are compared at a time: their places fit
into 32 bits and into the caches of the processor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.analysis.term_positions import part_range
from index.analysis.tokenizer import MAX_COMPOUND
from index.engine.phrase_search import Link
from index.engine.postings_file import MAX_DOCUMENTS, Postings
from index.interruption import checked

Places = NDArray[np.unsignedinteger[Any]]
"""Places in order: the number of a document in its group, shifted by `_DOC`, plus a position."""

_DOC = 22


class _Grouping(NamedTuple):
    """How many documents are compared at a time, and the type that their places fit into."""

    documents: int
    kind: DTypeLike


_WHOLE = _Grouping(MAX_DOCUMENTS, np.uint64)
_SPLIT = _Grouping(1 << (32 - _DOC), np.uint32)
_LISTS = 1_000
"""Lists that are read between two questions whether to go on."""
_MANY = 200_000
"""Places of all words from which groups save more time than they cost."""

Word = Sequence[Places]
"""Where a word occurs: its places, by its length in words less one; in order, none twice."""


def phrase_docs(links: Sequence[Link], docs: Collection[int] | None) -> set[int]:
    """Return the documents in which words stand one right after the other.

    Args:
        links: The words.
        docs: The documents to look in; None is all of them.
    """
    return _by_group(links, docs, _linked)


def near_docs(
    pair: Sequence[Link],
    distance: int,
    docs: Collection[int] | None,
    *,
    ordered: bool,
) -> set[int]:
    """Return the documents in which two words have fewer than `distance` words between them.

    Args:
        pair: The two words.
        distance: Number of words, from 1.
        docs: The documents to look in; None is all of them.
        ordered: Whether the first word must come first.
    """
    return _by_group(pair, docs, partial(_near, distance=distance, ordered=ordered))


def _linked(words: Sequence[Word]) -> list[Places]:
    """Return at least one place in each document that has the words so."""
    reached = _ends(words[0])
    for word in words[1:]:
        reached = _ends([_common(starts, reached) for starts in word])
    return [reached]


def _near(words: Sequence[Word], *, distance: int, ordered: bool) -> list[Places]:
    """Return at least one place in each document that has the words so."""
    left, right = words
    places = [_soon_followed(left, right, distance)]
    if not ordered:
        places.append(_soon_followed(right, left, distance))
    return places


def _soon_followed(word: Word, other: Word, distance: int) -> Places:
    """Return the ends of a word behind which another one starts, at most so far away."""
    ends, starts = _ends(word), _merged(other)
    at = np.searchsorted(starts, ends)
    behind = at < len(starts)
    ends = ends[behind]
    return ends[starts[at[behind]] - ends < distance]


def _by_group(
    links: Sequence[Link],
    docs: Collection[int] | None,
    ask: Callable[[Sequence[Word]], Sequence[Places]],
) -> set[int]:
    """Run a comparison group by group; return the documents of the places it finds."""
    often = sum(len(postings.codes) for lists, _ in links for postings in lists)
    grouping = _SPLIT if often > _MANY else _WHOLE
    words = [
        [_List(one, part, docs, grouping) for one in checked(lists, _LISTS)]
        for lists, part in links
    ]
    numbers: list[NDArray[np.int64]] = []
    documents = min(max((some.documents for some in word), default=0) for word in words)
    for first in range(0, documents, grouping.documents):
        there = [_word([some.group(first) for some in checked(word, _LISTS)]) for word in words]
        if all(map(any, (map(len, word) for word in there))):
            has = np.zeros(grouping.documents, dtype=np.bool_)
            for places in ask(there):
                has[places >> _DOC] = True
            numbers.append(np.flatnonzero(has) + first)
    every = set(np.concatenate(numbers).tolist()) if numbers else set()
    return every if docs is None else every.intersection(docs)


# --- places ------------------------------------------------------------------------------


class _List:
    """One term's list."""

    def __init__(
        self, postings: Postings, part: str, docs: Collection[int] | None, grouping: _Grouping
    ) -> None:
        self._docs = np.frombuffer(postings.docs, dtype=np.uint16)
        self.documents = 1 + int(self._docs[-1]) if len(self._docs) else 0
        """The highest number of a document, plus one."""
        self._codes = np.frombuffer(postings.codes, dtype=np.uint32)
        self._bounds = part_range(part) if part else None
        self._wanted = None if docs is None else _chosen(self._docs, docs)
        self._counts: NDArray[np.unsignedinteger[Any]] | None = None
        self._ends = np.arange(len(self._docs) + 1)
        if postings.counts is not None:
            self._counts = np.frombuffer(postings.counts, f"u{postings.counts.itemsize}")
            self._ends[1:] = np.cumsum(self._counts)
        self._grouping = grouping
        groups = np.arange(0, MAX_DOCUMENTS + 1, grouping.documents)
        self._cuts = np.searchsorted(self._docs, groups).tolist()

    def group(self, first: int) -> tuple[Places, Places]:
        """Return the places in the group of documents from `first` on, and the lengths less one."""
        number = first // self._grouping.documents
        low, high = self._cuts[number : number + 2]
        own: Places = (self._docs[low:high] - first).astype(self._grouping.kind)
        own <<= _DOC
        wanted = None if self._wanted is None else self._wanted[low:high]
        codes = self._codes[self._ends[low] : self._ends[high]]
        if self._counts is not None:
            own = np.repeat(own, self._counts[low:high])
            wanted = None if wanted is None else np.repeat(wanted, self._counts[low:high])
        if self._bounds:
            inside = (codes >= self._bounds[0]) & (codes < self._bounds[1])
            wanted = inside if wanted is None else wanted & inside
        if wanted is not None:
            own, codes = own[wanted], codes[wanted]
        return own + (codes >> np.uint32(2)), codes & np.uint32(3)


def _chosen(own: NDArray[np.uint16], docs: Collection[int]) -> NDArray[np.bool_] | None:
    """Tell of each document of a term whether it is one of some; None when most of them are."""
    if 2 * len(docs) > len(own):
        return None  # looking at some in vain costs less than taking them out
    chosen = np.zeros(MAX_DOCUMENTS, dtype=np.bool_)
    chosen[np.fromiter(docs, dtype=np.int64, count=len(docs))] = True
    is_chosen: NDArray[np.bool_] = chosen[own]
    return is_chosen


def _word(terms: Sequence[tuple[Places, Places]]) -> Word:
    """Return where a word stands, from the places and lengths of its terms."""
    if len(terms) == 1:
        return _by_length(*terms[0])
    places, lengths = (np.concatenate(column) for column in zip(*terms, strict=True))
    order = np.argsort(places, kind="stable")
    return [_once(starts) for starts in _by_length(places[order], lengths[order])]


def _by_length(places: Places, lengths: Places) -> Word:
    if not lengths.any():
        return [places]
    return [places[lengths == length] for length in range(MAX_COMPOUND)]


def _ends(word: Word) -> Places:
    """Return the places right behind a word."""
    return _merged([starts + length for length, starts in enumerate(word, 1)])


def _merged(several: Word) -> Places:
    """Return all places in order, none twice."""
    if len(several) == 1:
        return several[0]
    return _once(np.sort(np.concatenate(several)))


def _once(places: Places) -> Places:
    """Return places, which are in order, none twice."""
    if len(places) < 2:
        return places
    return places[np.concatenate(([True], places[1:] != places[:-1]))]


def _common(some: Places, others: Places) -> Places:
    """Return the places that are in both."""
    both: Places = np.sort(np.concatenate((some, others)))
    common: Places = both[1:][both[1:] == both[:-1]]
    return common
