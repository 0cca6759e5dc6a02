"""What a search found, as rows: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from index import text as safe
from index.article import Timestamp
from monitor.model import Found, Severity, Suggestion
from tui import moment
from tui.ink import Line, Span, cut, fit
from tui.rows import SEVERITY

SNIPPET = 24
"""Cells from which the words around the matches are shown behind a title."""
FORMS = 6
"""Forms of a word that a suggestion names."""
_DAY = {"undated": "?", "future": "»", "": " "}


def result_row(
    found: Found, rang: Severity | None, cells: int, now: Timestamp, zone: tzinfo | None
) -> Line:
    """Return an article on one line: date, its loudest alert, title, words around, outlet."""
    article = found.article
    odd = moment.dated(article.published, article.seen)
    outlet = 0 if cells < 50 else min(18, cells // 6)
    room = max(1, cells - 10 - (outlet + 1 if outlet else 0))
    line: Line = [
        (fit(moment.short(article.date, now, zone), 6, right=True), "quiet"),
        (_DAY[odd] + " ", "late"),
        (f"{SEVERITY[rang]} " if rang else "  ", f"{rang}" if rang else ""),
        *_words(found, room),
    ]
    return [*line, (" ", ""), (fit(found.feed, outlet), "quiet")] if outlet else line


def _words(found: Found, cells: int) -> Line:
    """Return the title and, where there is room, the words around the matches, both lit."""
    title = safe.line(found.article.title[: 8 * cells]) or "(no title)"
    lit = [(start, end) for part, start, end in found.spans if part == "title"]
    rest = cells - cell_len(title) - 2
    if rest < SNIPPET or not found.snippet or found.snippet == found.article.title:
        return lit_to(title, found.article.title, lit, cells, "plain")
    return [
        *lit_to(title, found.article.title, lit, cell_len(title), "plain"),
        ("  ", ""),
        *lit_to(found.snippet, found.snippet, found.lit, rest, "quiet"),
    ]


def lit_to(text: str, stored: str, lit: Sequence[tuple[int, int]], cells: int, ink: str) -> Line:
    """Return text on so many cells, its matches lit as long as it is what was stored."""
    shown = fit(text, cells)
    kept = shown.rstrip().removesuffix("…")
    if not stored.startswith(kept):
        return [(shown, ink)]
    spans: list[Span] = [(a, min(b, len(kept)), "hit") for a, b in lit if a < len(kept)]
    return cut(shown, spans, 0, len(shown), ink)


def suggestion_row(suggestion: Suggestion, cells: int) -> Line:
    """Return a search that finds more: how much, and what it does otherwise."""
    gone = suggestion.written or " ".join(suggestion.without)
    forms = ", ".join(suggestion.forms[:FORMS]) + ", …" * (len(suggestion.forms) > FORMS)
    instead = f"with {suggestion.instead}" + (f": {forms}" if forms else "")
    words = instead if suggestion.instead else f"without {gone}"
    return [
        (fit(f"+{suggestion.gained:,}", 10, right=True), "accent"),
        ("  ", ""),
        (fit(words, max(1, cells - 12)), "list"),
    ]
