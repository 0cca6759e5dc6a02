"""Inked text: the only form in which words reach the screen, never markup.

A run is (text, ink); a line is a list of runs; an ink is a name that the style
sheet gives a colour. Widths are terminal cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich.cells import cell_len

from index.analysis import text_cleaning as safe
from tui.view.line_breaking import breaks

Run = tuple[str, str]
Line = list[Run]
Span = tuple[int, int, str]
"""(start, end, ink) in characters of a text."""


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return text on exactly so many cells: cut with an ellipsis or padded."""
    text = text[: 8 * cells + 64]  # cutting graphemes of a whole novel takes 8 ms
    shown = safe.truncate(safe.line(text), max(0, cells))
    pad = " " * (cells - cell_len(shown))
    return pad + shown if right else shown + pad


def width(line: Iterable[Run]) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


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
