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
    """Return the number of bytes that so many bits take."""
    return (bits + 7) >> 3


def read_numbers(
    numbers: Numbers | NDArray[np.int32],
    content: NDArray[np.uint8],
    starts: Numbers,
    counts: Numbers,
    widths: Numbers,
) -> None:
    """Read runs of numbers, so many from each start and so wide; those of no width are left."""
    for width, chosen, at in _by_width(starts, counts, widths):
        digits = np.empty((len(at), width), dtype=np.uint8)
        for byte in range(width):
            digits[:, byte] = content[at + byte]
        numbers[chosen] = digits.view(f"u{width}")[:, 0]


def write_numbers(
    content: NDArray[np.uint8],
    numbers: Numbers | NDArray[np.int32],
    starts: Numbers,
    counts: Numbers,
    widths: Numbers,
) -> None:
    """Write runs of numbers, so many at each start and so wide."""
    for width, chosen, at in _by_width(starts, counts, widths):
        some = numbers[chosen]
        shifts = range(0, 8 * width, 8)
        # Byte by byte takes half of the time of numbers that begin at any byte.
        for byte, shift in enumerate(shifts if byteorder == "little" else reversed(shifts)):
            content[at + byte] = (some >> shift).astype(np.uint8)


def _by_width(
    starts: Numbers, counts: Numbers, widths: Numbers
) -> Iterator[tuple[int, slice | NDArray[np.bool_], Numbers]]:
    """Yield each width of some runs, which of their numbers have it, and where these begin."""
    for width in (1, 2, 4):
        chosen = widths == width
        if chosen.any():
            of_numbers = slice(None) if chosen.all() else np.repeat(chosen, counts)
            yield width, of_numbers, _ranges(starts[chosen], counts[chosen], width)


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
    at = starts[chosen][:, None] + np.arange(bytes_of_bits(documents))
    content[at] = np.packbits(flags, axis=1, bitorder="little")


def write_firsts(
    content: NDArray[np.uint8],
    firsts: Numbers,
    heads: Numbers,
    starts: Numbers,
    counts: Numbers,
    chosen: NDArray[np.bool_],
) -> None:
    """Write for each occurrence in the chosen lists a bit: whether it is the first of a document.

    Args:
        content: Where they are written.
        firsts: Numbers of the first occurrences in a document.
        heads: Which of these is the first of each list.
        starts: Where the bits of each list begin.
        counts: Occurrences in each list.
        chosen: Which lists are written.
    """
    sizes = np.diff(heads, append=len(firsts))
    widths = bytes_of_bits(counts[chosen])
    rows = np.cumsum(widths) - widths
    at = firsts[np.repeat(chosen, sizes)]
    at += np.repeat(8 * rows - firsts[heads[chosen]], sizes[chosen])
    bits = np.zeros(8 * widths.sum(), dtype=np.uint8)
    bits[at] = 1
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
    row = np.zeros(2 * sizes.sum(), dtype=np.uint8)
    row[_in_use(counts)] = numbers
    content[_ranges(starts, sizes)] = row[::2] | row[1::2] << HALF


def read_counts(
    content: NDArray[np.uint8], starts: Numbers, in_all: Numbers, sizes: Numbers
) -> Numbers:
    """Read how many occurrences each document has, from bits that say where it has the first.

    Args:
        content: Where the bits are.
        starts: Where those of each list begin.
        in_all: Occurrences in each list.
        sizes: Documents of each list.

    Raises:
        ValueError: There are other numbers of documents.
    """
    widths = bytes_of_bits(in_all)
    bits = np.unpackbits(content[_ranges(starts, widths)], bitorder="little")
    firsts = np.flatnonzero(bits.view(np.bool_))
    if len(firsts) != sizes.sum():
        raise ValueError("documents and bits differ")  # not a message
    behind = 8 * widths - in_all  # bits of each list that are not in use
    firsts -= np.repeat(np.cumsum(behind) - behind, sizes)
    counts = np.diff(firsts, append=in_all.sum())
    if (counts < 1).any():  # a bit that is not in use is set
        raise ValueError("documents without occurrences")  # not a message
    return counts


def read_half_bytes(
    content: NDArray[np.uint8], starts: Numbers, counts: Numbers
) -> NDArray[np.uint8]:
    """Read runs of numbers of four binary digits, two in a byte."""
    packed = content[_ranges(starts, bytes_of_bits(HALF * counts))]
    row = np.empty(2 * len(packed), dtype=np.uint8)
    row[::2], row[1::2] = packed & 15, packed >> HALF
    return row[_in_use(counts)]


def _in_use(counts: Numbers) -> NDArray[np.bool_]:
    """Return for each half of a byte whether a number is in it: that behind an odd run is empty."""
    in_use = np.ones((counts + (counts & 1)).sum(), dtype=np.bool_)
    in_use[np.cumsum(counts + (counts & 1))[counts & 1 > 0] - 1] = False
    return in_use


def _ranges(starts: Numbers, counts: Numbers, step: int = 1) -> Numbers:
    """Return `counts` numbers from each start, so far apart, one run after the other."""
    ends = np.cumsum(counts)
    numbers = np.repeat(starts - step * (ends - counts), counts)
    numbers += np.arange(0, step * len(numbers), step)
    return numbers


Codes = NDArray[np.int32]
"""Codes, or places with lengths: none needs more than 25 binary digits."""
Occurrences = NDArray[np.uint64]
"""A number holds that of a term, of a document and a code, from the highest digits on."""
DOC, TERM = 24, 40
"""Binary digits behind the number of a document, and behind that of a term."""
CODE = (1 << DOC) - 1
"""The digits of a code."""
PART = PART_WIDTH.bit_length() + 1
"""Binary digits of a code behind the number of its part."""
BITS_BY_KIND = np.array(PLACE_BITS)
_LARGEST = (1 << BITS_BY_KIND[:-1]) - 1
_LARGEST[0] = -1
"""Largest place of a kind; that of no places is none."""


def encode(
    terms: list[bytes], occurrences: Occurrences, documents: int, layout: PlaceLayout | None
) -> Records:
    """Return the lists of those terms that occur.

    Args:
        terms: The terms, in order.
        occurrences: Where they occur, in order, the terms numbered from 0.
        documents: Number of documents of the segment.
        layout: That of the places; None for labels, which have none.
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
    is_set = 4 * sizes >= bytes_of_set  # where it takes at most twice as much as numbers
    kinds = np.where(is_set, AS_BITS, 0)
    sections = [np.where(is_set, bytes_of_set, 2 * sizes)]
    if layout is not None:
        places = _places(occurrences.astype(np.int32) & CODE, layout)
        in_all = np.add.reduceat(counts, heads)
        with_firsts = in_all > sizes
        kinds_of_places = _fitted(places, firsts[heads], in_all)
        bits = BITS_BY_KIND[kinds_of_places & PLACE_KIND]
        with_high_digits = bits == 8 + HALF
        kinds += np.where(with_firsts, WITH_FIRSTS, 0) + kinds_of_places
        sections += [
            np.where(with_firsts, bytes_of_bits(in_all), 0),
            (bits >> 3) * in_all,
            np.where(with_high_digits, bytes_of_bits(HALF * in_all), 0),
        ]
    lengths = np.sum(sections, axis=0)
    content = np.empty(lengths.sum(), dtype=np.uint8)
    starts = np.cumsum([np.cumsum(lengths) - lengths, *sections], axis=0)
    docs = postings & (MAX_DOCUMENTS - 1)
    write_numbers(content, docs, starts[0], sizes, np.where(is_set, 0, 2))
    if is_set.any():
        write_sets(content, docs, starts[0], sizes, is_set, documents)
    if layout is not None:
        write_firsts(content, firsts, heads, starts[1], in_all, with_firsts)
        write_numbers(content, places, starts[2], in_all, bits >> 3)
        high_digits = (places >> 8).astype(np.uint8)
        write_half_bytes(content, high_digits, starts[3], in_all, with_high_digits)
    return Records(
        terms=[terms[number] for number in numbers[heads].tolist()],
        sizes=(sizes - 1).astype(np.uint16).tobytes(),
        kinds=kinds.astype(np.uint8).tobytes(),
        lengths=lengths.astype(np.uint64).tobytes(),
        content=content.tobytes(),
    )


def _fitted(places: Codes, starts_of_lists: Numbers, in_all: Numbers) -> Numbers:
    """Drop lengths where all of a list are 1; return the kind of the places of each list.

    All of a list are as wide as its largest one needs.

    Args:
        places: All places, with lengths. The array is changed.
        starts_of_lists: Where those of each list begin.
        in_all: Number of places of each list.
    """
    with_lengths = np.bitwise_or.reduceat(places & 3, starts_of_lists) > 0
    places >>= np.repeat(np.where(with_lengths, 0, 2).astype(np.int32), in_all)
    kinds = np.searchsorted(_LARGEST, np.maximum.reduceat(places, starts_of_lists))
    return kinds + np.where(with_lengths, WITH_LENGTHS, 0)


def _places(codes: Codes, layout: PlaceLayout) -> Codes:
    """Return the places, with lengths, of codes."""
    places = codes.copy()
    for part, width in enumerate(layout.widths[:-1], 1):
        places -= (codes >= part << PART) * np.int32((PART_WIDTH - width) << 2)
    return places


def runs(numbers: Numbers | Occurrences) -> tuple[Numbers, Numbers]:
    """Return the start of each run of equal numbers, and its length."""
    starts = np.concatenate(([0], 1 + np.flatnonzero(numbers[1:] != numbers[:-1])))
    return starts, np.diff(starts, append=len(numbers))
