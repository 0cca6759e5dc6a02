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
fit into the caches of the processor, and need memory."""
_TERMS = 1 << 12
"""Number of terms of each source in memory at once, roughly."""


def new_records(
    terms: list[bytes], occurrences: Occurrences, documents: int, layout: PlaceLayout | None
) -> Iterator[Records]:
    """Yield the lists of a field of new documents, in the order of its terms.

    Args:
        terms: The terms, in order.
        occurrences: The occurrences of the terms, numbered from 0, in order.
        documents: Number of documents.
        layout: The layout of the places; None for labels, which have no places.
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
        sources: The lists of the field in each segment.
        documents: Number of documents of the new segment.
        layout: The layout of the places; None for labels, which have no places.
    """
    largest = max(sources, key=lambda source: source.count)
    lows = [0] * len(sources)
    for first_term in range(_TERMS, largest.count + _TERMS, _TERMS):
        if first_term < largest.count:
            (term,) = largest.terms(first_term, first_term + 1)
            highs = [source.rank(term) for source in sources]
        else:
            highs = [source.count for source in sources]
        term_runs = list(map(_TermRun, sources, lows, highs))
        lows = highs
        terms, numbers = _united([run.source.terms(run.first, run.last) for run in term_runs])
        weights = np.zeros(len(terms), dtype=np.int64)
        for run, run_numbers in zip(term_runs, numbers, strict=True):
            weights[run_numbers] += run.source.weights(run.first, run.last)
        for first, last in pairwise(_cuts(weights)):
            yield encode(terms, _occurrences(term_runs, numbers, first, last), documents, layout)


class _TermRun(NamedTuple):
    """A run of consecutive terms of a segment."""

    source: SegmentPostings
    first: int
    last: int


def _occurrences(
    term_runs: Sequence[_TermRun], numbers: Sequence[Numbers], first: int, last: int
) -> Occurrences:
    """Return the occurrences of the terms from `first` to below `last`, in order.

    Args:
        term_runs: The runs of terms that hold them.
        numbers: The numbers of the terms of each run.
        first: The number of the first term.
        last: The number behind the last term.
    """
    blocks = []
    for run, run_numbers in zip(term_runs, numbers, strict=True):
        low, high = np.searchsorted(run_numbers, (first, last)).tolist()
        if low < high:
            blocks.append(run.source.block(run.first + low, run_numbers[low:high]))
    occurrences = np.concatenate(blocks)
    occurrences.sort(kind="stable")  # merges what is in order
    return occurrences


def _united(lists: Sequence[list[bytes]]) -> tuple[list[bytes], list[Numbers]]:
    """Return the terms of all lists in order, and for each list the numbers of its terms."""
    if len(lists) == 1:
        return lists[0], [np.arange(len(lists[0]))]
    all_terms = list(dict.fromkeys(sorted(chain.from_iterable(lists))))
    numbers = dict(zip(all_terms, count(), strict=False))
    return all_terms, [
        np.fromiter(map(numbers.__getitem__, terms), dtype=np.int64, count=len(terms))
        for terms in lists
    ]


def _cuts(weights: Numbers) -> list[int]:
    """Return the first term of each block, and the end of the last block."""
    block_numbers = np.cumsum(weights) // BLOCK
    ends = [*(1 + np.flatnonzero(np.diff(block_numbers))).tolist(), len(weights)]
    return [0, *ends] if len(weights) else []


# --- a segment -----------------------------------------------------------------------------


class SegmentPostings:
    """The posting lists of a segment, with renumbered documents.

    Pages of the file are released as soon as their terms or occurrences were read.
    """

    def __init__(self, lists: PostingsFile, name: str, numbers: Numbers) -> None:
        """Take the lists of a field, and the new number of each document, -1 for none.

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
        """Return the approximate number of occurrences of each term."""
        starts = self._starts[first : last + 1].astype(np.int64)
        return (starts[1:] - starts[:-1]) // 2 + 1

    def block(self, first: int, numbers: Numbers) -> Occurrences:
        """Return the occurrences of the terms from `first` on, under their new numbers."""
        with self._lists.file.damage_reported():
            sizes, docs, counts, codes = self._read(first, first + len(numbers))
            docs = self._numbers[docs]
        self._lists.file.release()
        occurrences = np.repeat(numbers << TERM, sizes)
        occurrences += docs << DOC
        is_kept = docs >= 0
        if self._has_codes:
            occurrences = np.repeat(occurrences, counts)
            occurrences += codes
            is_kept = is_kept if is_kept.all() else np.repeat(is_kept, counts)
        return (occurrences if is_kept.all() else occurrences[is_kept]).view(np.uint64)

    def _read(self, first: int, last: int) -> tuple[Numbers, Numbers, Numbers, Codes]:
        """Return the numbers of documents of some lists, and the documents, counts and codes."""
        sizes = self._sizes[first:last].astype(np.int64) + 1
        kinds = self._kinds[first:last]
        bounds = self._starts[first : last + 1].astype(np.int64)
        starts, ends = bounds[:-1], bounds[1:]
        is_bits = (kinds & AS_BITS) > 0
        docs = self._documents(starts, sizes, is_bits)
        doc_ends = starts + np.where(is_bits, bytes_of_bits(self._lists.documents), 2 * sizes)
        bits, has_firsts = BITS_BY_KIND[kinds & PLACE_KIND], (kinds & WITH_FIRSTS) > 0
        totals = 8 * (ends - doc_ends) // np.maximum(bits + has_firsts, 1)
        place_starts = doc_ends + np.where(has_firsts, bytes_of_bits(totals), 0)
        counts = np.repeat(totals // sizes, sizes)  # without written counts: one each, or none
        counts[np.repeat(has_firsts, sizes)] = read_counts(
            self._content, doc_ends[has_firsts], totals[has_firsts], sizes[has_firsts]
        )
        if (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != totals).any():
            raise ValueError("counts and places differ")  # not a message
        places = np.zeros(totals.sum(), dtype=np.int32)
        read_numbers(places, self._content, place_starts, totals, bits >> 3)
        is_shared = bits == 8 + HALF
        high = read_half_bytes(self._content, (place_starts + totals)[is_shared], totals[is_shared])
        places[np.repeat(is_shared, totals)] += high.astype(np.int32) << 8
        places <<= np.repeat(np.where(kinds & WITH_LENGTHS, 0, 2).astype(np.int32), totals)
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
            offsets = np.repeat(np.arange(0, flags.size, flags.shape[1]), sizes[is_bits])
            docs[np.repeat(is_bits, sizes)] = np.flatnonzero(flags) - offsets
        return docs


def part_widths(occurrences: Occurrences) -> list[int]:
    """Return the highest number of positions of each part of an article, plus one."""
    codes = occurrences.astype(np.uint32) & CODE
    widths = []
    for part in range(len(PARTS)):
        top = ((part + 1) << PART) - 1
        last = top - int((np.uint32(top) - codes).min(initial=top))  # larger codes wrap around
        occurs = last >> PART == part
        widths.append((last >> 2 & PART_WIDTH - 1) + MAX_COMPOUND + 1 if occurs else 1)
    return widths


def _codes(places: Codes, layout: PlaceLayout) -> Codes:
    """Return the codes of places that have lengths."""
    codes = places.copy()
    for width, start in zip(layout.widths, layout.starts[1:], strict=False):
        codes += (places >= start << 2) * np.int32((PART_WIDTH - width) << 2)
    if len(codes) and not 0 <= codes.min() <= codes.max() <= CODE:
        raise ValueError("a place is too large")  # not a message
    return codes
