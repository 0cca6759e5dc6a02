"""Inverts documents: from the terms of each document to the documents of each term.

A new segment gets its postings from new documents or from other segments. An occurrence of a term
is one number, so numpy inverts by sorting, in blocks that fit into the processor's caches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis.term_positions import PART_WIDTH
from index.analysis.tokenizer import MAX_COMPOUND
from index.engine.list_encoder import (
    BITS_BY_KIND,
    CODE,
    DOC,
    HALF,
    PART,
    TERM,
    Codes,
    Numbers,
    Occurrences,
    bytes_of_bits,
    encode,
    read_counts,
    read_half_bytes,
    read_numbers,
    runs,
)
from index.engine.postings_file import (
    AS_BITS,
    PLACE_KIND,
    WITH_FIRSTS,
    WITH_LENGTHS,
    PlaceLayout,
    PostingsFile,
    Records,
)
from monitor.base.article import PARTS

BLOCK = 1 << 17
"""Occurrences that are sorted at once, roughly: with fewer, numpy is called more often; more do not
fit into the caches of the processor, and take memory."""
_TERMS = 1 << 12
"""Terms of each source that are in memory at once, roughly."""


def new_records(
    terms: list[bytes], occurrences: Occurrences, documents: int, layout: PlaceLayout | None
) -> Iterator[Records]:
    """Yield the lists of a field of new documents, in the order of its terms.

    Args:
        terms: The terms, in order.
        occurrences: Where they occur, in order, the terms numbered from 0.
        documents: Number of documents.
        layout: That of the places; None for labels, which have none.
    """
    starts, _ = runs(occurrences >> np.uint64(TERM))
    blocks = 1 + np.flatnonzero(np.diff(starts // BLOCK))
    for first, last in pairwise([0, *starts[blocks].tolist(), len(occurrences)]):
        yield encode(terms, occurrences[first:last], documents, layout)


def merged_records(
    sources: Sequence[SegmentPostings], documents: int, layout: PlaceLayout | None
) -> Iterator[Records]:
    """Yield the lists of a field of several segments, in the order of its terms.

    Args:
        sources: Its lists in each segment.
        documents: Number of documents of the new segment.
        layout: That of its places; None for labels, which have none.
    """
    largest = max(sources, key=lambda source: source.count)
    lows = [0] * len(sources)
    for at in range(_TERMS, largest.count + _TERMS, _TERMS):
        if at < largest.count:
            (term,) = largest.terms(at, at + 1)
            highs = [source.rank(term) for source in sources]
        else:
            highs = [source.count for source in sources]
        slices = list(map(_Slice, sources, lows, highs))
        lows = highs
        terms, numbers = _united([each.source.terms(each.first, each.last) for each in slices])
        weights = np.zeros(len(terms), dtype=np.int64)
        for each, numbers_of_slice in zip(slices, numbers, strict=True):
            weights[numbers_of_slice] += each.source.weights(each.first, each.last)
        for first, last in pairwise(_cuts(weights)):
            yield encode(terms, _occurrences(slices, numbers, first, last), documents, layout)


class _Slice(NamedTuple):
    """Consecutive terms of a segment."""

    source: SegmentPostings
    first: int
    last: int


def _occurrences(
    slices: Sequence[_Slice], numbers: Sequence[Numbers], first: int, last: int
) -> Occurrences:
    """Return the occurrences of the terms from `first` to below `last`, in order.

    Args:
        slices: Where they come from.
        numbers: The numbers of the terms of each slice.
        first: The number of the first term.
        last: That of the one behind the last.
    """
    blocks = []
    for each, numbers_of_slice in zip(slices, numbers, strict=True):
        low, high = np.searchsorted(numbers_of_slice, (first, last)).tolist()
        if low < high:
            blocks.append(each.source.block(each.first + low, numbers_of_slice[low:high]))
    occurrences = np.concatenate(blocks)
    occurrences.sort(kind="stable")  # merges what is in order
    return occurrences


def _united(lists: Sequence[list[bytes]]) -> tuple[list[bytes], list[Numbers]]:
    """Return the terms of several lists in order, and for each list the numbers of its terms."""
    if len(lists) == 1:
        return lists[0], [np.arange(len(lists[0]))]
    every = list(dict.fromkeys(sorted(chain.from_iterable(lists))))
    numbers = dict(zip(every, count(), strict=False))
    return every, [
        np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))
        for terms in lists
    ]


def _cuts(weights: Numbers) -> list[int]:
    """Return the first term of each block, and the end of the last one."""
    of_block = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(of_block))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- a segment -----------------------------------------------------------------------------


class SegmentPostings:
    """The posting lists of a segment, its documents renumbered.

    Pages of the file are let go of as soon as their terms or occurrences were read.
    """

    def __init__(self, lists: PostingsFile, name: str, numbers: Numbers) -> None:
        """Take the lists of a field; `numbers` are the new ones of documents, -1 for none.

        The file is verified by the caller. Raises ArchiveDamaged, here and in its methods, where
        numbers in it are wrong.
        """
        self._lists = lists
        self._field = field = lists.field(name)
        self._numbers = numbers
        with lists.file.damage_reported():
            content = lists.file.content
            self._content = np.frombuffer(content, dtype=np.uint8)
            self._starts = np.frombuffer(content, field.start_type, field.count + 1, field.starts)
            self._sizes = np.frombuffer(content, np.uint16, field.count, field.sizes)
            self._kinds = np.frombuffer(content, np.uint8, field.count, field.kinds)
            self._has_codes = bool((self._kinds & PLACE_KIND).any())

    @property
    def count(self) -> int:
        """Number of terms."""
        return self._field.count

    def terms(self, first: int, last: int) -> list[bytes]:
        """Return the terms from `first` to below `last`; they are in order."""
        terms = self._field.terms_at(first, last)
        self._lists.file.release()
        return terms

    def rank(self, term: bytes) -> int:
        """Count the terms before a term."""
        return self._field.rank(term)

    def weights(self, first: int, last: int) -> Numbers:
        """Return the occurrences of some terms, roughly."""
        starts = self._starts[first : last + 1].astype(np.int64)
        return (starts[1:] - starts[:-1]) // 2 + 1

    def block(self, first: int, numbers: Numbers) -> Occurrences:
        """Return the occurrences of the terms from `first` on; `numbers` are their new numbers."""
        with self._lists.file.damage_reported():
            sizes, docs, counts, codes = self._read(first, first + len(numbers))
            docs = self._numbers[docs]
        self._lists.file.release()
        occurrences = np.repeat(numbers << TERM, sizes)
        occurrences += docs << DOC
        kept = docs >= 0
        if self._has_codes:
            occurrences = np.repeat(occurrences, counts)
            occurrences += codes
            kept = kept if kept.all() else np.repeat(kept, counts)
        return (occurrences if kept.all() else occurrences[kept]).view(np.uint64)

    def _read(self, first: int, last: int) -> tuple[Numbers, Numbers, Numbers, Codes]:
        """Return the numbers of documents of some lists, the documents, counts and codes."""
        sizes = self._sizes[first:last].astype(np.int64) + 1
        kinds = self._kinds[first:last]
        bounds = self._starts[first : last + 1].astype(np.int64)
        starts, ends = bounds[:-1], bounds[1:]
        is_bits = (kinds & AS_BITS) > 0
        docs = self._documents(starts, sizes, is_bits)
        middles = starts + np.where(is_bits, bytes_of_bits(self._lists.documents), 2 * sizes)
        bits, has_firsts = BITS_BY_KIND[kinds & PLACE_KIND], (kinds & WITH_FIRSTS) > 0
        in_all = 8 * (ends - middles) // np.maximum(bits + has_firsts, 1)
        tails = middles + np.where(has_firsts, bytes_of_bits(in_all), 0)
        counts = np.repeat(in_all // sizes, sizes)  # where none are written: one each, or none
        counts[np.repeat(has_firsts, sizes)] = read_counts(
            self._content, middles[has_firsts], in_all[has_firsts], sizes[has_firsts]
        )
        if (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != in_all).any():
            raise ValueError("counts and places differ")  # not a message
        places = np.zeros(in_all.sum(), dtype=np.int32)
        read_numbers(places, self._content, tails, in_all, bits >> 3)
        is_shared = bits == 8 + HALF
        high = read_half_bytes(self._content, (tails + in_all)[is_shared], in_all[is_shared])
        places[np.repeat(is_shared, in_all)] += high.astype(np.int32) << 8
        places <<= np.repeat(np.where(kinds & WITH_LENGTHS, 0, 2).astype(np.int32), in_all)
        return sizes, docs, counts, _codes(places, self._lists.layout)

    def _documents(self, starts: Numbers, sizes: Numbers, is_bits: NDArray[np.bool_]) -> Numbers:
        """Return the documents of some lists."""
        docs = np.empty(sizes.sum(), dtype=np.int64)
        read_numbers(docs, self._content, starts, sizes, np.where(is_bits, 0, 2))
        if is_bits.any():
            rows = starts[is_bits][:, None] + np.arange(bytes_of_bits(self._lists.documents))
            flags = np.unpackbits(self._content[rows], axis=1, bitorder="little").view(np.bool_)
            if (np.count_nonzero(flags, axis=1) != sizes[is_bits]).any():
                raise ValueError("bits and sizes differ")  # not a message
            before = np.repeat(np.arange(0, flags.size, flags.shape[1]), sizes[is_bits])
            docs[np.repeat(is_bits, sizes)] = np.flatnonzero(flags) - before
        return docs


def part_widths(occurrences: Occurrences) -> list[int]:
    """Return the positions that each part of an article takes at most, and one more."""
    codes = occurrences.astype(np.uint32) & CODE
    widths = []
    for part in range(len(PARTS)):
        top = ((part + 1) << PART) - 1
        last = top - int((np.uint32(top) - codes).min(initial=top))  # larger codes wrap around
        is_there = last >> PART == part
        widths.append((last >> 2 & PART_WIDTH - 1) + MAX_COMPOUND + 1 if is_there else 1)
    return widths


def _codes(places: Codes, layout: PlaceLayout) -> Codes:
    """Return the codes of places with lengths."""
    codes = places.copy()
    for width, start in zip(layout.widths, layout.starts[1:], strict=False):
        codes += (places >= start << 2) * np.int32((PART_WIDTH - width) << 2)
    if len(codes) and not 0 <= codes.min() <= codes.max() <= CODE:
        raise ValueError("a place is too large")  # not a message
    return codes
