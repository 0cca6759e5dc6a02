"""Runs of numbers in bytes, as posting lists have them; numpy reads and writes many at once.

The numbers of a run have one width. Bytes of a number are in the order of the machine. Of two
numbers of four binary digits, the first is in the lower half of a byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import byteorder
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

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
