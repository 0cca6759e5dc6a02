"""Lines of a terminal: text broken where it fits, wide characters counted as two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

Span = tuple[int, int]


def wrapped(text: str, lit: Sequence[Span], width: int) -> Iterator[tuple[str, list[Span]]]:
    """Yield a text as lines of at most `width` cells, each with the spans that are lit in it.

    It is broken at spaces; inside a word only if it is wider than a line, or wide itself.
    """
    for start, end in _lines(text, max(width, 2)):
        here = ((max(a, start), min(b, end)) for a, b in lit)
        yield text[start:end], [(a - start, b - start) for a, b in here if a < b]


def _lines(text: str, width: int) -> Iterator[Span]:
    """Yield start and end of each line."""
    start = end = cells = 0
    for first, last in _pieces(text, width):
        wide = cell_len(text[first:last])
        gap = first - end
        if end > start and cells + gap + wide > width:
            yield start, end
            start, cells, gap = first, 0, 0
        elif end == start:
            start, gap = first, 0
        cells += gap + wide
        end = last
    if end > start:
        yield start, end


def _pieces(text: str, width: int) -> Iterator[Span]:
    """Yield what may not be broken: words, or characters of words that must be."""
    for found in re.finditer(r"\S+", text):
        cells = cell_len(found[0])
        if cells > width or cells > len(found[0]):
            yield from ((at, at + 1) for at in range(*found.span()))
        else:
            yield found.span()
