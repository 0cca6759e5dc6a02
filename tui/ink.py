"""Inked text: the only form in which words reach the screen, never markup.

A run is (text, ink); a line is a list of runs; an ink is a name that the style
sheet gives a colour. Widths are terminal cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich.cells import cell_len, chop_cells

from index import text as safe

Run = tuple[str, str]
Line = list[Run]
Span = tuple[int, int, str]
"""(start, end, ink) in characters of a text."""

_WORD = re.compile(r"\S+\s*|\s+")


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return text on exactly so many cells: cut with an ellipsis or padded."""
    text = text[: 8 * cells + 64]  # cutting graphemes of a whole novel takes 8 ms
    shown = safe.truncate(safe.line(text), max(0, cells))
    pad = " " * (cells - cell_len(shown))
    return pad + shown if right else shown + pad


def width(line: Iterable[Run]) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def breaks(text: str, cells: int) -> list[tuple[int, int]]:
    """Return (start, end) of the lines that hold a paragraph, words kept whole where they fit."""
    lines: list[tuple[int, int]] = []
    start = at = used = 0
    for word in _WORD.findall(text):
        bare = cell_len(word.rstrip())
        if used + bare > cells and used:
            lines.append((start, at))
            start, used = at, 0
        if bare > cells:
            *full, rest = chop_cells(word, cells)
            for piece in full:
                lines.append((at, at + len(piece)))
                start = at = at + len(piece)
            word = rest  # noqa: PLW2901 - what is left of it
        at += len(word)
        used += cell_len(word)
    if start < at or not lines:
        lines.append((start, at))
    return lines


def cut(text: str, spans: Sequence[Span], start: int, end: int, ink: str = "") -> Line:
    """Return a part of a text as a line, its spans inked; later spans lie over earlier ones."""
    edges = {start, end}
    for a, b, _ in spans:
        edges |= {min(max(a, start), end), min(max(b, start), end)}
    marks = sorted(edges)
    line: Line = []
    for a, b in pairwise(marks):
        over = [name for s, e, name in spans if s <= a and b <= e]
        line.append((text[a:b], over[-1] if over else ink))
    return line


def wrap(text: str, cells: int, ink: str = "", indent: str = "") -> list[Line]:
    """Return text of our own or clean text as wrapped lines in one ink."""
    room = max(1, cells - cell_len(indent))
    return [
        [(indent + paragraph[a:b].rstrip(), ink)]
        for paragraph in text.split("\n")
        for a, b in breaks(paragraph, room)
    ]
