"""Phrases of single words, and pairs of words near each other, in one segment.

There are two implementations, and one rule. Where the rarest word occurs up to `MAX_OCCURRENCES`
times in the documents to look at, the documents are compared one after the other; where it occurs
more often, all of them at once as numpy arrays (`phrase_arrays`). A document takes 1 to 2 µs in
turn and a fifth of that in arrays; but arrays look at all places of every word, and importing
numpy takes 0.1 s. `spans.evaluate` answers the same for one article and any query, in ten times
the time; a test compares all three.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from index.analysis.term_positions import part_range
from index.engine.postings_file import Codes, Postings
from index.interruption import checked

MAX_OCCURRENCES = 5_000
"""Occurrences of the rarest word in a segment up to which documents are compared in turn."""


class Link(NamedTuple):
    """One word: the posting lists of its index keys, and the part it must be in, if any."""

    lists: Sequence[Postings]
    part: str


def prefers_arrays(links: Sequence[Link], docs: Collection[int] | None) -> bool:
    """Tell whether arrays are faster, even without knowing which documents have all words.

    Args:
        links: The words; without any, the answer is no.
        docs: The documents to look in; None is all of them.
    """
    return bool(links) and min(_occurrences(link, docs) for link in links) > MAX_OCCURRENCES


def _occurrences(link: Link, docs: Collection[int] | None) -> float:
    """Return about how often a word occurs in some documents, or in all."""
    return sum(
        len(p.codes) * (1 if docs is None else min(len(docs) / max(len(p.docs), 1), 1))
        for p in link.lists
    )


def phrase_docs(links: Sequence[Link], docs: Collection[int] | None) -> set[int]:
    """Return the documents in which words stand one right after the other.

    Args:
        links: The words.
        docs: The documents to look in; None is all of them, for `prefers_arrays`.
    """
    if docs is None or prefers_arrays(links, docs):
        from index.engine import phrase_arrays

        return phrase_arrays.phrase_docs(links, docs)
    first, *others = (_codes_by_doc(link, docs) for link in checked(links, 1))
    matching = set()
    for doc, codes in checked(first.items(), 1_000):
        reached = {(code | 3) + 1 + 4 * (code & 3) for code in codes}  # `_behind`, inlined
        for other in others:
            if (following := other.get(doc)) is None:
                break
            reached = {
                (code | 3) + 1 + 4 * (code & 3) for code in following if code & -4 in reached
            }
            if not reached:
                break
        else:
            matching.add(doc)
    return matching


def near_docs(
    pair: Sequence[Link], distance: int, docs: Collection[int] | None, *, ordered: bool
) -> set[int]:
    """Return the documents in which two words have fewer than `distance` words between them.

    Args:
        pair: The two words.
        distance: Number of words, from 1.
        docs: The documents to look in; None is all of them, for `prefers_arrays`.
        ordered: Whether the first word must come first.
    """
    if docs is None or prefers_arrays(pair, docs):
        from index.engine import phrase_arrays

        return phrase_arrays.near_docs(pair, distance, docs, ordered=ordered)
    left, right = (_codes_by_doc(link, docs) for link in pair)
    return {
        doc
        for doc, codes in left.items()
        if (others := right.get(doc))
        and (
            _soon_followed(codes, others, distance)
            or (not ordered and _soon_followed(others, codes, distance))
        )
    }


def _soon_followed(codes: Codes, others: Codes, distance: int) -> bool:
    """Tell whether a word is followed by another one with fewer words between them."""
    for code in codes:
        end = _behind(code)
        at = bisect_left(others, end)
        if at < len(others) and others[at] - end < 4 * distance:
            return True
    return False


def _behind(code: int) -> int:
    """Return the code of a single word right behind an occurrence."""
    return (code | 3) + 1 + 4 * (code & 3)


def _codes_by_doc(link: Link, docs: Collection[int]) -> Mapping[int, Codes]:
    """Return the ascending codes of a word in those of some documents that have it."""
    codes_by_doc: dict[int, Codes] = {}
    for postings in link.lists:
        ends = postings.ends
        codes = postings.codes
        if 16 * len(docs) > len(postings.docs):  # an array is read twice as fast as the file
            codes = array("I", bytes(codes))
        own = {
            doc: codes[ends[rank] : ends[rank + 1]] for doc, rank in postings.ranks_of(docs).items()
        }
        for doc in codes_by_doc.keys() & own.keys():
            own[doc] = array("I", sorted({*codes_by_doc[doc], *own[doc]}))
        codes_by_doc |= own
    if link.part:
        first, end = part_range(link.part)
        codes_by_doc = {
            doc: codes[bisect_left(codes, first) : bisect_left(codes, end)]
            for doc, codes in codes_by_doc.items()
        }
    return codes_by_doc
