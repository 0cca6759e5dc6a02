"""Phrases of mere words and two words near each other, for many documents of a segment.

`spans.evaluate` says the same of one document (a test holds it), in ten times the time.
From the rarest word to the others: each of its places is looked up in their lists.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import NamedTuple

from index.analysis.term_positions import part_range
from index.analysis.tokenizer import MAX_COMPOUND
from index.engine.postings_file import Codes, Postings

MUCH = 2_000
"""Places to look at from which vectors are faster, once numpy is there."""
PATIENCE = 60_000
"""Places looked at one by one, in all segments and searches, until importing it is worth it."""


class _Patience:
    """How many places this process may still look at one by one."""

    left = PATIENCE


class Link(NamedTuple):
    """One word: the lists of its keys, and the part it must be in, if any."""

    lists: Sequence[Postings]
    part: str

    @property
    def frequency(self) -> int:
        """In how many documents it stands, roughly."""
        return sum(len(postings.docs) for postings in self.lists)


_Stretch = tuple[int, int, int]
"""A document, and the position of a first and of the last word in it."""


class _Stands:
    """Where a word stands in some documents: codes, where each document's end, its number there."""

    def __init__(self, link: Link, docs: Collection[int]) -> None:
        self.lists = [
            (_at_hand(postings, docs), postings.ends, postings.among(docs))
            for postings in link.lists
        ]
        self._bounds = part_range(link.part) if link.part else None

    def everywhere(self) -> list[_Stretch]:
        """Return every place in the part that is asked for."""
        found = []
        for codes, ends, ranks in self.lists:
            for doc, rank in ranks.items():
                low, high = ends[rank], ends[rank + 1]
                if self._bounds:
                    first, end = self._bounds
                    low = bisect_left(codes, first, low, high)
                    high = bisect_left(codes, end, low, high)
                found += [(doc, code >> 2, (code >> 2) + (code & 3)) for code in codes[low:high]]
        return found


def _at_hand(postings: Postings, docs: Collection[int]) -> Codes:
    """Return a term's codes: copied they are read twice as fast, which is not worth it for few."""
    if 16 * len(docs) < len(postings.docs):
        return postings.codes
    return array("I", bytes(postings.codes))


def is_much(chain: Sequence[Link], docs: Collection[int] | None) -> bool:
    """Tell whether vectors are there, and best asked of all documents or of some at once.

    Which of them have all words need not be looked up before.
    """
    return bool(chain) and "numpy" in sys.modules and _least(chain, docs) > MUCH


def _least(chain: Sequence[Link], docs: Collection[int] | None) -> float:
    """Return how often the rarest word stands in some documents, or in all, roughly."""
    return min(
        sum(
            len(p.codes) * (1 if docs is None else min(len(docs) / max(len(p.docs), 1), 1))
            for p in link.lists
        )
        for link in chain
    )


def linked(chain: Sequence[Link], docs: Collection[int] | None) -> set[int]:
    """Return those of some documents in which the words stand one right after the other.

    None are all documents, to be asked for when it `is_much`.
    """
    if docs is None or _is_much(chain, docs):
        from index.engine import phrase_arrays

        return phrase_arrays.linked(chain, docs)
    words = [_Stands(link, docs) for link in chain]
    at = min(range(len(chain)), key=lambda number: chain[number].frequency)
    reached = words[at].everywhere()
    for word in words[at + 1 :]:
        reached = _followed(word, reached)
    for word in reversed(words[:at]):
        reached = _preceded(word, reached)
    return {doc for doc, _, _ in reached}


def _is_much(chain: Sequence[Link], docs: Collection[int]) -> bool:
    """Tell whether the rarest word stands in some documents so often that vectors are faster."""
    often = _least(chain, docs)
    if often <= MUCH or "numpy" in sys.modules:
        return often > MUCH
    _Patience.left -= int(often)
    return _Patience.left < 0


def _followed(word: _Stands, reached: Sequence[_Stretch]) -> list[_Stretch]:
    """Return the stretches that a word follows, with it."""
    longer = []
    for codes, ends, ranks in word.lists:
        for doc, start, end in reached:
            rank = ranks.get(doc)
            if rank is not None:
                wanted, high = (end + 1) << 2, ends[rank + 1]
                at = bisect_left(codes, wanted, ends[rank], high)
                while at < high and (more := codes[at] - wanted) < 4:
                    longer.append((doc, start, end + 1 + more))
                    at += 1
    return longer


def _preceded(word: _Stands, reached: Sequence[_Stretch]) -> list[_Stretch]:
    """Return the stretches that a word precedes, with it."""
    longer = []
    for codes, ends, ranks in word.lists:
        for doc, start, end in reached:
            rank = ranks.get(doc)
            if rank is not None:
                low, wanted = ends[rank], start << 2
                at = bisect_left(codes, wanted, low, ends[rank + 1])
                while at > low and (code := codes[at - 1]) >= wanted - 4 * MAX_COMPOUND:
                    at -= 1
                    if (code >> 2) + (code & 3) + 1 == start:
                        longer.append((doc, code >> 2, end))
    return longer


def near(
    pair: Sequence[Link], distance: int, docs: Collection[int] | None, *, ordered: bool
) -> set[int]:
    """Return those of some documents in which two words have fewer than so many between them.

    None are all documents, to be asked for when it `is_much`.
    """
    if docs is None or _is_much(pair, docs):
        from index.engine import phrase_arrays

        return phrase_arrays.near(pair, distance, docs, ordered=ordered)
    swapped = pair[1].frequency < pair[0].frequency
    rare, other = (_Stands(link, docs) for link in (reversed(pair) if swapped else pair))
    places = rare.everywhere()
    found: set[int] = set()
    if not (ordered and swapped):
        found = _soon_followed(other, places, distance)
    if not ordered or swapped:
        found |= _just_preceded(other, places, distance)
    return found


def _soon_followed(word: _Stands, places: Sequence[_Stretch], distance: int) -> set[int]:
    """Return the documents of places behind which a word starts, at most so far away."""
    found = set()
    for codes, ends, ranks in word.lists:
        for doc, _, end in places:
            rank = ranks.get(doc)
            if rank is not None:
                high = ends[rank + 1]
                at = bisect_left(codes, (end + 1) << 2, ends[rank], high)
                if at < high and codes[at] >> 2 <= end + distance:
                    found.add(doc)
    return found


def _just_preceded(word: _Stands, places: Sequence[_Stretch], distance: int) -> set[int]:
    """Return the documents of places before which a word ends, at most so far away."""
    found = set()
    for codes, ends, ranks in word.lists:
        for doc, start, _ in places:
            rank = ranks.get(doc)
            if rank is not None:
                low, farthest = ends[rank], start - distance - MAX_COMPOUND
                at = bisect_left(codes, start << 2, low, ends[rank + 1])
                while at > low and (code := codes[at - 1]) >> 2 > farthest:
                    at -= 1
                    if start - distance <= (code >> 2) + (code & 3) < start:
                        found.add(doc)
                        break
    return found
