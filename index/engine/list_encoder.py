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

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis.term_positions import PART_WIDTH
from index.engine.packed_numbers import (
    HALF,
    Numbers,
    bytes_of_bits,
    write_firsts,
    write_half_bytes,
    write_numbers,
)
from index.engine.places import PlaceLayout
from index.engine.postings_file import (
    AS_BITS,
    MAX_OCCURRENCES,
    PLACE_BITS,
    WITH_FIRSTS,
    WITH_LENGTHS,
    Records,
)
from index.engine.schema import MAX_DOCUMENTS

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


class _Section(NamedTuple):
    lengths: Numbers
    """Bytes of the section in each list."""
    kinds: Numbers
    """What it adds to the kind of each list."""
    write: Callable[[NDArray[np.uint8], Numbers], None]
    """Writes the section of all lists, given where it begins in each."""


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
    sections = [_documents(postings & (MAX_DOCUMENTS - 1), sizes, documents)]
    if layout is not None:
        places = _places(occurrences.astype(np.int32) & CODE, layout)
        in_all = np.add.reduceat(counts, heads)
        sections += [_firsts(firsts, heads, in_all), *_of_places(places, firsts[heads], in_all)]
    lengths = np.sum([section.lengths for section in sections], axis=0)
    starts = np.cumsum(lengths) - lengths
    content = np.empty(lengths.sum(), dtype=np.uint8)
    for section in sections:
        section.write(content, starts)
        starts = starts + section.lengths
    return Records(
        terms=[terms[number] for number in numbers[heads].tolist()],
        sizes=(sizes - 1).astype(np.uint16).tobytes(),
        kinds=np.sum([section.kinds for section in sections], axis=0).astype(np.uint8).tobytes(),
        lengths=lengths.astype(np.uint64).tobytes(),
        content=content.tobytes(),
    )


def _documents(docs: Numbers, sizes: Numbers, documents: int) -> _Section:
    """Return the section of documents: bits where these take at most twice as much as numbers."""
    bytes_of_list = bytes_of_bits(documents)
    is_bits = 4 * sizes >= bytes_of_list

    def write(content: NDArray[np.uint8], starts: Numbers) -> None:
        write_numbers(content, docs, starts, sizes, np.where(is_bits, 0, 2))
        if is_bits.any():
            rows = starts[is_bits][:, None] + np.arange(bytes_of_list)
            flags = np.zeros((len(rows), documents), dtype=np.bool_)
            row_of_doc = np.repeat(np.arange(len(rows)), sizes[is_bits])
            flags[row_of_doc, docs[np.repeat(is_bits, sizes)]] = True
            content[rows] = np.packbits(flags, axis=1, bitorder="little")

    lengths = np.where(is_bits, bytes_of_list, 2 * sizes)
    return _Section(lengths, np.where(is_bits, AS_BITS, 0), write)


def _firsts(firsts: Numbers, heads: Numbers, in_all: Numbers) -> _Section:
    """Return the bits of the first places of documents, for terms that occur twice in any."""
    sizes = np.diff(heads, append=len(firsts))
    is_written = in_all > sizes

    def write(content: NDArray[np.uint8], starts: Numbers) -> None:
        write_firsts(content, firsts, heads, starts, in_all, is_written)

    lengths = np.where(is_written, bytes_of_bits(in_all), 0)
    return _Section(lengths, np.where(is_written, WITH_FIRSTS, 0), write)


def _of_places(places: Codes, starts_of_lists: Numbers, in_all: Numbers) -> list[_Section]:
    """Return the sections of places, all of a list as wide as its largest one needs.

    Args:
        places: All places, with lengths. The array is changed.
        starts_of_lists: Where those of each list begin.
        in_all: Number of places of each list.
    """
    with_lengths = np.bitwise_or.reduceat(places & 3, starts_of_lists) > 0
    places >>= np.repeat(np.where(with_lengths, 0, 2).astype(np.int32), in_all)
    kinds = np.searchsorted(_LARGEST, np.maximum.reduceat(places, starts_of_lists))
    bits = BITS_BY_KIND[kinds]
    has_high_digits = bits == 8 + HALF

    def write_low(content: NDArray[np.uint8], starts: Numbers) -> None:
        write_numbers(content, places, starts, in_all, bits >> 3)

    def write_high(content: NDArray[np.uint8], starts: Numbers) -> None:
        write_half_bytes(content, (places >> 8).astype(np.uint8), starts, in_all, has_high_digits)

    return [
        _Section((bits >> 3) * in_all, kinds + np.where(with_lengths, WITH_LENGTHS, 0), write_low),
        _Section(
            np.where(has_high_digits, bytes_of_bits(HALF * in_all), 0),
            np.zeros_like(kinds),
            write_high,
        ),
    ]


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
