"""Posting lists of many terms at once, as numpy writes them; `postings_file` reads one of them.

A list has up to four sections, one behind the other. That of a term with the places 7 and 300 in
document 2, and 5 in document 4::

    documents    02 00 04 00   16 bits each; or one bit for each document of the segment
    firsts       05            bits 1, 0, 1: whether a place is the first of a document
    places       07 2c 05      the low bytes of the places
    high digits  10 00         300 needs 12 bits: the four highest of each place, 0, 1, 0

With 16 bits instead of 12 an index takes a sixth more: more than SQLite's FTS5.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import byteorder
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.analysis.term_positions import PART_WIDTH
from index.engine.columns import MAX_DOCUMENTS
from index.engine.postings_file import (
    AS_BITS,
    MAX_OCCURRENCES,
    PLACE_BITS,
    PLACE_KIND,
    WITH_FIRSTS,
    WITH_LENGTHS,
    PlaceLayout,
    Records,
)

HALF = 4
"""Binary digits of half a byte."""

Numbers = NDArray[np.int64]
_Count = TypeVar("_Count", int, Numbers)


def bytes_of_bits(bits: _Count) -> _Count:
    """Return the number of bytes for a number of bits."""
    return (bits + 7) >> 3


def read_numbers(
    numbers: Numbers | NDArray[np.int32],
    content: NDArray[np.uint8],
    starts: Numbers,
    counts: Numbers,
    widths: Numbers,
) -> None:
    """Read runs of numbers, given the start, count and width of each; width 0 is skipped."""
    for width, chosen, indexes in _by_width(starts, counts, widths):
        digits = np.empty((len(indexes), width), dtype=np.uint8)
        for byte in range(width):
            digits[:, byte] = content[indexes + byte]
        numbers[chosen] = digits.view(f"u{width}")[:, 0]


def write_numbers(
    content: NDArray[np.uint8],
    numbers: Numbers | NDArray[np.int32],
    starts: Numbers,
    counts: Numbers,
    widths: Numbers,
) -> None:
    """Write runs of numbers, given the start, count and width of each."""
    for width, chosen, indexes in _by_width(starts, counts, widths):
        values = numbers[chosen]
        shifts = range(0, 8 * width, 8)
        # Writing byte by byte takes half of the time of writing unaligned numbers.
        for byte, shift in enumerate(shifts if byteorder == "little" else reversed(shifts)):
            content[indexes + byte] = (values >> shift).astype(np.uint8)


def _by_width(
    starts: Numbers, counts: Numbers, widths: Numbers
) -> Iterator[tuple[int, slice | NDArray[np.bool_], Numbers]]:
    """Yield each width of the runs, which numbers have it, and the offsets of these numbers."""
    for width in (1, 2, 4):
        chosen = widths == width
        if chosen.any():
            number_mask = slice(None) if chosen.all() else np.repeat(chosen, counts)
            yield width, number_mask, _ranges(starts[chosen], counts[chosen], width)


def write_sets(
    content: NDArray[np.uint8],
    docs: Numbers,
    starts: Numbers,
    sizes: Numbers,
    chosen: NDArray[np.bool_],
    documents: int,
) -> None:
    """Write the documents of the chosen lists as one bit for each document of the segment."""
    flags = np.zeros((np.count_nonzero(chosen), documents), dtype=np.bool_)
    row_of_doc = np.repeat(np.arange(len(flags)), sizes[chosen])
    flags[row_of_doc, docs[np.repeat(chosen, sizes)]] = True
    indexes = starts[chosen][:, None] + np.arange(bytes_of_bits(documents))
    content[indexes] = np.packbits(flags, axis=1, bitorder="little")


def write_firsts(
    content: NDArray[np.uint8],
    firsts: Numbers,
    heads: Numbers,
    starts: Numbers,
    counts: Numbers,
    chosen: NDArray[np.bool_],
) -> None:
    """Write a bit for each occurrence in the chosen lists: whether it is a document's first.

    Args:
        content: The bytes into which the bits are written.
        firsts: Numbers of the first occurrences in documents.
        heads: Index into `firsts` of the first one of each list.
        starts: Offset of the bits of each list.
        counts: Occurrences in each list.
        chosen: Whether each list is written.
    """
    sizes = np.diff(heads, append=len(firsts))
    widths = bytes_of_bits(counts[chosen])
    rows = np.cumsum(widths) - widths
    indexes = firsts[np.repeat(chosen, sizes)]
    indexes += np.repeat(8 * rows - firsts[heads[chosen]], sizes[chosen])
    bits = np.zeros(8 * widths.sum(), dtype=np.uint8)
    bits[indexes] = 1
    content[_ranges(starts[chosen], widths)] = np.packbits(bits, bitorder="little")


def write_half_bytes(
    content: NDArray[np.uint8],
    numbers: NDArray[np.uint8],
    starts: Numbers,
    counts: Numbers,
    chosen: NDArray[np.bool_],
) -> None:
    """Write the chosen runs of numbers of four binary digits, two in a byte."""
    numbers = numbers[np.repeat(chosen, counts)]
    starts, counts = starts[chosen], counts[chosen]
    sizes = bytes_of_bits(HALF * counts)
    halves = np.zeros(2 * sizes.sum(), dtype=np.uint8)
    halves[_in_use(counts)] = numbers
    content[_ranges(starts, sizes)] = halves[::2] | halves[1::2] << HALF


def read_counts(
    content: NDArray[np.uint8], starts: Numbers, totals: Numbers, sizes: Numbers
) -> Numbers:
    """Return the number of occurrences in each document, from the bits that mark first ones.

    Args:
        content: The bytes with the bits.
        starts: Offset of the bits of each list.
        totals: Occurrences in each list.
        sizes: Documents of each list.

    Raises:
        ValueError: The number of documents differs.
    """
    widths = bytes_of_bits(totals)
    bits = np.unpackbits(content[_ranges(starts, widths)], bitorder="little")
    firsts = np.flatnonzero(bits.view(np.bool_))
    if len(firsts) != sizes.sum():
        raise ValueError("documents and bits differ")  # not a message
    unused_bits = 8 * widths - totals  # bits of each list that are not in use
    firsts -= np.repeat(np.cumsum(unused_bits) - unused_bits, sizes)
    counts = np.diff(firsts, append=totals.sum())
    if (counts < 1).any():  # a bit that is not in use is set
        raise ValueError("documents without occurrences")  # not a message
    return counts


def read_half_bytes(
    content: NDArray[np.uint8], starts: Numbers, counts: Numbers
) -> NDArray[np.uint8]:
    """Read runs of numbers of four binary digits, two in a byte."""
    packed = content[_ranges(starts, bytes_of_bits(HALF * counts))]
    halves = np.empty(2 * len(packed), dtype=np.uint8)
    halves[::2], halves[1::2] = packed & 15, packed >> HALF
    return halves[_in_use(counts)]


def _in_use(counts: Numbers) -> NDArray[np.bool_]:
    """Tell of each half byte whether it holds a number: the last one of an odd run is empty."""
    in_use = np.ones((counts + (counts & 1)).sum(), dtype=np.bool_)
    in_use[np.cumsum(counts + (counts & 1))[counts & 1 > 0] - 1] = False
    return in_use


def _ranges(starts: Numbers, counts: Numbers, step: int = 1) -> Numbers:
    """Return the numbers of all runs in a row, each with a start, a count and a common step."""
    ends = np.cumsum(counts)
    numbers = np.repeat(starts - step * (ends - counts), counts)
    numbers += np.arange(0, step * len(numbers), step)
    return numbers


Codes = NDArray[np.int32]
"""Codes, or places with lengths, of at most 25 binary digits."""
Occurrences = NDArray[np.uint64]
"""Numbers that hold a term number, a document number and a code, from the highest digits on."""
DOC, TERM = 24, 40
"""Binary digits below the number of a document, and below the number of a term."""
CODE = (1 << DOC) - 1
"""The mask of the digits of a code."""
PART = PART_WIDTH.bit_length() + 1
"""Binary digits of a code below the number of its part."""
BITS_BY_KIND = np.array(PLACE_BITS)
_LARGEST = (1 << BITS_BY_KIND[:-1]) - 1
_LARGEST[0] = -1
"""The largest place of each kind; -1 for the kind without places."""


def encode(
    terms: list[bytes], occurrences: Occurrences, documents: int, layout: PlaceLayout | None
) -> Records:
    """Return the lists of the terms that occur.

    Args:
        terms: The terms, in order.
        occurrences: The occurrences of the terms, numbered from 0, in order.
        documents: Number of documents of the segment.
        layout: The layout of the places; None for labels, which have no places.
    """
    if not len(occurrences):
        return Records([], b"", b"", b"", b"")
    postings = (occurrences >> np.uint64(DOC)).view(np.int64)
    firsts, counts = runs(postings)
    if counts.max() > MAX_OCCURRENCES:
        ranks = np.arange(len(occurrences)) - np.repeat(firsts, counts)
        return encode(terms, occurrences[ranks < MAX_OCCURRENCES], documents, layout)
    postings = postings[firsts]
    numbers = postings >> (TERM - DOC)
    heads, sizes = runs(numbers)
    bytes_of_set = bytes_of_bits(documents)
    is_set = 4 * sizes >= bytes_of_set  # if it takes at most twice the bytes of numbers
    kinds = np.where(is_set, AS_BITS, 0)
    sections = [np.where(is_set, bytes_of_set, 2 * sizes)]
    if layout is not None:
        places = _places(occurrences.astype(np.int32) & CODE, layout)
        totals = np.add.reduceat(counts, heads)
        with_firsts = totals > sizes
        kinds_of_places = _fitted(places, firsts[heads], totals)
        bits = BITS_BY_KIND[kinds_of_places & PLACE_KIND]
        with_high_digits = bits == 8 + HALF
        kinds += np.where(with_firsts, WITH_FIRSTS, 0) + kinds_of_places
        sections += [
            np.where(with_firsts, bytes_of_bits(totals), 0),
            (bits >> 3) * totals,
            np.where(with_high_digits, bytes_of_bits(HALF * totals), 0),
        ]
    lengths = np.sum(sections, axis=0)
    content = np.empty(lengths.sum(), dtype=np.uint8)
    starts = np.cumsum([np.cumsum(lengths) - lengths, *sections], axis=0)
    docs = postings & (MAX_DOCUMENTS - 1)
    write_numbers(content, docs, starts[0], sizes, np.where(is_set, 0, 2))
    if is_set.any():
        write_sets(content, docs, starts[0], sizes, is_set, documents)
    if layout is not None:
        write_firsts(content, firsts, heads, starts[1], totals, with_firsts)
        write_numbers(content, places, starts[2], totals, bits >> 3)
        high_digits = (places >> 8).astype(np.uint8)
        write_half_bytes(content, high_digits, starts[3], totals, with_high_digits)
    return Records(
        terms=[terms[number] for number in numbers[heads].tolist()],
        sizes=(sizes - 1).astype(np.uint16).tobytes(),
        kinds=kinds.astype(np.uint8).tobytes(),
        lengths=lengths.astype(np.uint64).tobytes(),
        content=content.tobytes(),
    )


def _fitted(places: Codes, list_starts: Numbers, totals: Numbers) -> Numbers:
    """Drop the lengths of lists in which all are 1; return the kind of the places of each list.

    All places of a list have the width that the largest one needs.

    Args:
        places: All places, with lengths. The array is changed.
        list_starts: The index of the first place of each list.
        totals: Number of places of each list.
    """
    with_lengths = np.bitwise_or.reduceat(places & 3, list_starts) > 0
    places >>= np.repeat(np.where(with_lengths, 0, 2).astype(np.int32), totals)
    kinds = np.searchsorted(_LARGEST, np.maximum.reduceat(places, list_starts))
    return kinds + np.where(with_lengths, WITH_LENGTHS, 0)


def _places(codes: Codes, layout: PlaceLayout) -> Codes:
    """Return the places of codes, with lengths."""
    places = codes.copy()
    for part, width in enumerate(layout.widths[:-1], 1):
        places -= (codes >= part << PART) * np.int32((PART_WIDTH - width) << 2)
    return places


def runs(numbers: Numbers | Occurrences) -> tuple[Numbers, Numbers]:
    """Return the start of each run of equal numbers, and its length."""
    starts = np.concatenate(([0], 1 + np.flatnonzero(numbers[1:] != numbers[:-1])))
    return starts, np.diff(starts, append=len(numbers))
