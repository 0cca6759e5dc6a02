"""One line of an article, around its densest matches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, takewhile

from rich.cells import cell_len

from index.article import Article

Span = tuple[int, int]

ELLIPSIS = "…"
_LONG_WORD = 24
"""Cells above which a word may be cut: a link, for one."""


def snippet(
    article: Article, spans: Iterable[tuple[str, int, int]], width: int
) -> tuple[str, list[Span]]:
    """Return one line of at most `width` cells and what to light in it.

    It comes from the summary or the body, from the title only when there is no other
    text. A match is never cut, even if it alone is wider than the line.
    """
    part, own = _best_part(article, spans)
    text, lit = _on_one_line(article.part(part), own)
    pieces = _pieces(text, lit, width)
    if not pieces:
        return "", []
    first, last = _grown(text, pieces, _densest(text, pieces, lit, width), width)
    start, end = pieces[first][0], pieces[last][1]
    before = ELLIPSIS if first else ""
    after = ELLIPSIS if last < len(pieces) - 1 else ""
    shift = len(before) - start
    return before + text[start:end] + after, [
        (a + shift, b + shift) for a, b in lit if start <= a and b <= end
    ]


def _best_part(article: Article, spans: Iterable[tuple[str, int, int]]) -> tuple[str, list[Span]]:
    by_part: dict[str, list[Span]] = {part: [] for part in ("summary", "body", "title", "author")}
    for part, start, end in spans:
        by_part[part].append((start, end))
    told = [part for part in ("summary", "body") if article.part(part).strip()] or ["title"]
    best = max(told, key=lambda part: len(by_part[part]))
    return best, by_part[best]


def _on_one_line(text: str, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the text with every gap one space, and the spans in it, disjoint and in order."""
    gaps = [found.span() for found in re.finditer(r"\s{2,}|[^\S ]", text)]
    ends = [end for _, end in gaps]
    lost = list(accumulate((end - start - 1 for start, end in gaps), initial=0))

    def moved(offset: int) -> int:
        return offset - lost[bisect_right(ends, offset)]

    disjoint: list[Span] = []
    for start, end in sorted((moved(start), moved(end)) for start, end in spans):
        if disjoint and start < disjoint[-1][1]:
            disjoint[-1] = disjoint[-1][0], max(end, disjoint[-1][1])
        else:
            disjoint.append((start, end))
    return re.sub(r"\s{2,}|[^\S ]", " ", text), disjoint


def _pieces(text: str, lit: Sequence[Span], width: int) -> list[Span]:
    """Return the words of a line; a match and what it touches is one piece."""
    pieces: list[Span] = []
    matches = iter(lit)
    match = next(matches, None)
    for start, end in _words(text, width):
        while match and match[1] <= start:
            match = next(matches, None)
        joins = pieces and match and match[0] < pieces[-1][1] and match[1] > start
        pieces.append((pieces.pop()[0], end) if joins else (start, end))
    return pieces


def _words(text: str, width: int) -> Iterable[Span]:
    """Yield the words of a line, in single characters where it may be cut inside them."""
    for found in re.finditer(r"\S+", text):
        cells = len(found[0]) if found[0].isascii() else cell_len(found[0])
        is_wide = cells > len(found[0])  # CJK has no spaces
        if is_wide or cells > min(_LONG_WORD, width - 2 * cell_len(ELLIPSIS)):
            yield from ((at, at + 1) for at in range(*found.span()))
        else:
            yield found.span()


def _densest(text: str, pieces: Sequence[Span], lit: Sequence[Span], width: int) -> Span:
    """Return the first and last piece around most matches, different ones counting more."""
    starts = [start for start, _ in pieces]
    holds = [bisect_right(starts, start) - 1 for start, _ in lit]
    best, worth = (0, 0), (0, 0)
    for number, first in enumerate(holds):
        fits = partial(_fits, text, pieces, width, first)
        fitting = list(takewhile(fits, holds[number:]))
        words = {text[slice(*span)].casefold() for span in lit[number : number + len(fitting)]}
        here = len(words), len(fitting)
        if here > worth or not number:
            best, worth = (first, fitting[-1] if fitting else first), here
    return best


def _fits(text: str, pieces: Sequence[Span], width: int, first: int, last: int) -> bool:
    """Tell whether a line from one piece to another has room, ellipses included."""
    ellipses = (first > 0) + (last < len(pieces) - 1)
    return cell_len(text[pieces[first][0] : pieces[last][1]]) + ellipses <= width


def _grown(text: str, pieces: Sequence[Span], window: Span, width: int) -> Span:
    """Return a window with as many pieces before and after it as there is room for."""
    first, last = window
    growing = True
    while growing:
        growing = False
        if last + 1 < len(pieces) and _fits(text, pieces, width, first, last + 1):
            last, growing = last + 1, True
        if first and _fits(text, pieces, width, first - 1, last):
            first, growing = first - 1, True
    return first, last
