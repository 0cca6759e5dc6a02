"""Marked text: what a person reads, as lines of (text, role), which each face draws in its medium.

A role says what a text is (`title`, `quiet`, `hit`, `late`): the dashboard's theme gives it
colours, the command line an ANSI style. It is never markup. Widths are terminal cells.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

from rich.cells import cell_len, chop_cells, set_cell_size

from monitor.base import text_cleaning as safe

_SPACES = " \t\u1680\u2000-\u2006\u2008-\u200a\u205f"
"""Spaces where a line may end: all but the no-break spaces U+00A0, U+2007 and U+202F."""
_WIDE = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
_CLOSING = "、。，．」』）】〉》〕！？：；…‥ーゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％"
_OPENING = "「『（【〈《〔"
_PART = re.compile(r"[^/?&=.,;:_\-]*[/?&=.,;:_\-]+|[^/?&=.,;:_\-]+")


def line_breaks(text: str, cells: int, *, intact: bool = False) -> list[tuple[int, int]]:
    """Return (start, end) of the lines of a paragraph, in French, English, Chinese, Japanese.

    A line ends at a space, but never before `:` `;` `!` `?` `»` or after `«` (French sets these
    off, with a no-break space or a plain one), and between characters of scripts without
    spaces. A word wider than a line is broken after its punctuation, as an address is at its
    slashes, else between any two graphemes; with `intact` it makes a longer line, so that
    it can be copied. No other line is wider than `cells`, not counting the spaces at its end.
    """
    lines: list[tuple[int, int]] = []
    start = filled = 0
    for first, last in _pieces(text, sys.maxsize if intact else cells):
        word_width = cell_len(text[first:last].rstrip())
        if filled and filled + word_width > cells:
            lines.append((start, first))
            start, filled = first, 0
        filled += cell_len(text[first:last])
    lines.append((start, len(text)))
    return lines


@functools.cache
def _may_end(*, has_wide: bool) -> re.Pattern[str]:
    """Compile the places where a line may end, when needed: wide letters take 3 ms."""
    expression = rf"(?<=[{_SPACES}])(?<!«[ ])(?![{_SPACES}])(?![:;!?»%]+(?:\s|$))"
    expression += r"(?!(?<=\d )(?:s|min|h|d|j)\b)"  # a unit of time stays with its number
    if has_wide:
        expression += (
            rf"|(?<=[{_WIDE}])(?<![{_OPENING}])(?![{_CLOSING}{_SPACES}])(?=\S)"
            rf"|(?<=[^\s{_WIDE}{_OPENING}])(?<![(\[«“‘])(?=[{_WIDE}])(?![{_CLOSING}])"
        )
    return re.compile(expression)


def _pieces(text: str, cells: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a paragraph that stay whole."""
    start = 0
    may_end = _may_end(has_wide=max(text, default="") >= _WIDE[0])
    ends = [match.start() for match in may_end.finditer(text)]
    for end in (*ends, len(text)):
        if cell_len(text[start:end].rstrip()) <= cells:
            yield start, end
        else:
            yield from _parts(text[start:end], start, cells)
        start = end


def _parts(word: str, start: int, cells: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a word that is wider than a line."""
    for match in _PART.finditer(word):
        fits = cell_len(match[0].rstrip()) <= cells
        for piece in [match[0]] if fits else chop_cells(match[0], cells):
            yield start, start + len(piece)
            start += len(piece)


Run = tuple[str, str]
Line = list[Run]
Span = tuple[int, int, str]
"""(start, end, style) in characters of a text."""


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return text on exactly so many cells: cut with an ellipsis, or padded."""
    text = text[: 8 * cells + 64]  # cutting the graphemes of a whole novel takes 8 ms
    fitted = safe.truncate(safe.line(text), max(0, cells))
    pad = " " * (cells - cell_len(fitted))
    return pad + fitted if right else fitted + pad


def width(line: Iterable[Run]) -> int:
    return sum(cell_len(text) for text, _ in line)


def fit_line(line: Line, cells: int) -> Line:
    """Return a line on at most so many cells: cut with an ellipsis where it is longer."""
    if width(line) <= cells:
        return line
    runs: Line = []
    for text, style in line:
        room = cells - width(runs)
        if cell_len(text) >= room:
            return [*runs, (set_cell_size(text, room - 1) + "…", style)]
        runs.append((text, style))
    return runs


def slice_runs(text: str, spans: Sequence[Span], start: int, end: int, style: str = "") -> Line:
    """Return a part of a text as a line; where spans overlap, the later one counts."""
    edges = {start, end}
    for a, b, _ in spans:
        edges |= {min(max(a, start), end), min(max(b, start), end)}
    marks = sorted(edges)
    line: Line = []
    for a, b in pairwise(marks):
        styles = [name for s, e, name in spans if s <= a and b <= e]
        line.append((text[a:b], styles[-1] if styles else style))
    return line


def wrap(text: str, cells: int, style: str = "", indent: str = "") -> list[Line]:
    """Return clean text as wrapped lines in one style."""
    return wrap_line([(text, style)], cells, indent)


def wrap_line(
    line: Sequence[Run], cells: int, indent: str = "", *, intact: bool = False
) -> list[Line]:
    """Return a line of several runs as wrapped lines."""
    text = "".join(run for run, _style in line)
    ends = accumulate(len(run) for run, _style in line)
    spans = [(end - len(run), end, style) for end, (run, style) in zip(ends, line, strict=True)]
    room = max(1, cells - cell_len(indent))
    margin = [(indent, "")] if indent else []
    lines, offset = [], 0
    for paragraph in text.split("\n"):
        for start, end in line_breaks(paragraph, room, intact=intact):
            bounds = offset + start, offset + start + len(paragraph[start:end].rstrip())
            lines.append([*margin, *slice_runs(text, spans, *bounds)])
        offset += len(paragraph) + 1
    return lines


def arranged(message: str, **runs: Run) -> Line:
    """Return a translated message as a line, with a run at the place of each `{name}`."""
    parts = re.split(r"\{(\w+)\}", message)
    return [runs[part] if index % 2 else (part, "") for index, part in enumerate(parts) if part]


def marked(text: str, spans: Iterable[tuple[int, int]], style: str = "", mark: str = "hit") -> Line:
    """Return a text with some spans of it marked, cleaned for the terminal."""
    cleaned, places = clean_with_spans(text, [(start, end, mark) for start, end in spans])
    runs = slice_runs(cleaned, places, 0, len(cleaned), style)
    groups = groupby(runs, itemgetter(1))
    return [("".join(text for text, _ in group), role) for role, group in groups]


def clean_with_spans(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return text cleaned for the terminal, with its spans moved; stored text is clean already."""
    cleaned = safe.clean(text, keep_newlines=True)
    if cleaned == text:
        return text, spans

    def moved(edge: int) -> int:
        return min(len(safe.clean(text[:edge], keep_newlines=True)), len(cleaned))

    return cleaned, [(moved(a), moved(b), style) for a, b, style in spans]
