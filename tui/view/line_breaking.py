"""Where the lines of a paragraph end, in French, English, Chinese, Japanese and addresses.

A line ends at a space that may be broken, never before `:` `;` `!` `?` `»` or after `«` (French
sets them off, with a no-break space or a plain one), and between characters that are written
without spaces. What is wider than a line is broken after its punctuation, as an address is at its
slashes, else anywhere between two graphemes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

_SPACES = " \t\u1680\u2000-\u2006\u2008-\u200a\u205f"
"""All but the three that hold a line together: U+00A0, U+2007, U+202F. U+3000 is wide."""
_WIDE = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
_CLOSING = "、。，．」』）】〉》〕！？：；…‥ーゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％"
_OPENING = "「『（【〈《〔"
_PART = re.compile(r"[^/?&=.,;:_\-]*[/?&=.,;:_\-]+|[^/?&=.,;:_\-]+")


def breaks(text: str, cells: int) -> list[tuple[int, int]]:
    """Return (start, end) of the lines that hold a paragraph, one after the other.

    Without the spaces at its end none is wider than so many cells.
    """
    lines: list[tuple[int, int]] = []
    start = used = 0
    for first, last in _pieces(text, cells):
        bare = cell_len(text[first:last].rstrip())
        if used and used + bare > cells:
            lines.append((start, first))
            start, used = first, 0
        used += cell_len(text[first:last])
    lines.append((start, len(text)))
    return lines


@functools.cache
def _may_end() -> re.Pattern[str]:
    """Compile where a line may end, once there is one to be broken: it takes 3 ms."""
    return re.compile(
        rf"(?<=[{_SPACES}])(?<!«[ ])(?![{_SPACES}])(?![:;!?»%]+(?:\s|$))"
        rf"|(?<=[{_WIDE}])(?<![{_OPENING}])(?![{_CLOSING}{_SPACES}])(?=\S)"
        rf"|(?<=[^\s{_WIDE}{_OPENING}])(?<![(\[«“‘])(?=[{_WIDE}])(?![{_CLOSING}])"
    )


def _pieces(text: str, cells: int) -> Iterator[tuple[int, int]]:
    """Yield what is not to be broken."""
    start = 0
    ends = [found.start() for found in _may_end().finditer(text)]
    for end in (*ends, len(text)):
        if cell_len(text[start:end].rstrip()) <= cells:
            yield start, end
        else:
            yield from _parts(text[start:end], start, cells)
        start = end


def _parts(word: str, at: int, cells: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a word that is wider than a line."""
    for found in _PART.finditer(word):
        whole = cell_len(found[0].rstrip()) <= cells
        for piece in [found[0]] if whole else chop_cells(found[0], cells):
            yield at, at + len(piece)
            at += len(piece)
