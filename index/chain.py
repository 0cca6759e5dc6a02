"""Phrases of mere words, for all documents of a segment at once.

`spans.evaluate` says the same of one document (a test holds it), in ten times the time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.lists import Codes, Postings
from index.postings import part_range


@dataclass(frozen=True, slots=True)
class Link:
    """One word of a phrase: the lists of its keys, and the part it must be in, if any."""

    lists: Sequence[Postings]
    part: str

    @property
    def frequency(self) -> int:
        """In how many documents it stands, roughly."""
        return sum(len(postings.docs) for postings in self.lists)


def linked(chain: Sequence[Link], docs: Iterable[int]) -> set[int]:
    """Return those of some documents in which the words stand one right after the other.

    From the rarer end of the phrase to the other, so that few documents are left when it
    comes to the words that are everywhere.
    """
    forward = chain[0].frequency <= chain[-1].frequency
    reached: Mapping[int, set[int] | None] = dict.fromkeys(docs)
    for link in chain if forward else reversed(chain):
        reached = _step(link, reached, forward=forward)
    return set(reached)


def _step(
    link: Link, reached: Mapping[int, set[int] | None], *, forward: bool
) -> dict[int, set[int] | None]:
    """Return, by document, where a word that stands next to `reached` leads to."""
    following: dict[int, set[int] | None] = {}
    for postings in link.lists:
        codes, ends = postings.codes, postings.ends
        for rank, doc in postings.among(reached):
            here = codes[ends[rank] : ends[rank + 1]]
            if link.part:
                first, end = part_range(link.part)
                here = here[bisect_left(here, first) : bisect_left(here, end)]
            if places := _led_to(here, reached[doc], forward=forward):
                following[doc] = places | (following.get(doc) or set())
    return following


def _led_to(codes: Codes, reached: set[int] | None, *, forward: bool) -> set[int]:
    """Return the positions after a word (before it, going backward) where it is in reach."""
    if forward:
        return {
            (code >> 2) + (code & 3) + 1
            for code in codes
            if reached is None or code >> 2 in reached
        }
    return {
        (code >> 2) for code in codes if reached is None or (code >> 2) + (code & 3) + 1 in reached
    }
