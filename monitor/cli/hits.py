"""What a search found, line by line for people and row by row for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import output
from monitor.cli.wrapping import Span, wrapped

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model import Found, Results, Suggestion

COLUMNS = ("id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet")
_MARGIN = " " * 8
"""Before all but the title: the number of the article and two spaces are as wide."""
_FORMS = 6
"""Forms of a word that are named."""
_WIDEST = 120
"""Cells of a line; the eye loses longer ones."""


def room(cells: int) -> int:
    """Return how wide a snippet is for people: two lines of a narrow terminal, one of others."""
    line = min(cells, _WIDEST) - len(_MARGIN)
    return line if line > 90 else 2 * line - 10  # lines are broken at spaces


def row(found: Found) -> dict[str, Any]:
    """Return a hit for programs."""
    article = found.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": found.feed,
        "lang": article.lang,
        "published": output.iso(article.published),
        "seen": output.iso(article.seen),
        "score": round(found.score, 4),
        "snippet": found.snippet,
    }


def lines(found: Found, now: Timestamp, cells: int) -> Iterator[str]:
    """Yield a hit as lines of at most so many cells, its matches lit."""
    article = found.article
    width = min(cells, _WIDEST) - len(_MARGIN)
    lit = [(start, end) for part, start, end in found.spans if part == "title"]
    title = _block(article.title or "(untitled)", lit, width)
    yield f"{article.id:>6}  {next(title)}"
    yield from (_MARGIN + line for line in title)
    when = output.ago(article.date, now)
    about = f"{found.feed} · {when} · {article.lang or 'und'}"
    for line, _ in wrapped(about, (), width):
        yield _MARGIN + (click.style(line, dim=True) if output.coloured() else line)
    if found.snippet and found.snippet != article.title:
        yield from (_MARGIN + line for line in _block(found.snippet, found.lit, width))


def _block(text: str, lit: Sequence[Span], width: int) -> Iterator[str]:
    return (output.lit(line, places) for line, places in wrapped(text, lit, width))


def told(results: Results) -> str:
    """Return which hits of how many are shown; empty when it is all of them."""
    shown = len(results.found)
    if shown == results.total:
        return ""
    if not shown:
        return f"that is behind the last page; there are {results.total} in all"
    if not results.before:
        words = f"{shown} of {results.total}"
    else:
        words = f"{results.before + 1} to {results.before + shown} of {results.total}"
    return f"{words}; --page shows the others, --limit 0 all of them"


def document(results: Results, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """Return a page of a result as one value for programs."""
    return {
        "total": results.total,
        "before": results.before,
        "next": results.next or None,
        "note": results.note or None,
        "forms": {word: list(forms) for word, forms in results.forms.items()},
        "suggestions": [_suggestion(one) for one in suggestions],
        "hits": [row(found) for found in results.found],
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "kind": suggestion.kind,
        "query": suggestion.query,
        "without": [f"--{option}" for option in suggestion.without],
        "total": suggestion.total,
        "gained": suggestion.gained,
        "forms": list(suggestion.forms),
    }


def advice(suggestion: Suggestion) -> str:
    """Return a suggestion as words: +37 with sanction~: sanction, sanctions, sanctionné."""
    gain = f"+{suggestion.gained}"
    if not suggestion.instead:
        gone = suggestion.written or " ".join(f"--{option}" for option in suggestion.without)
        return f"{gain:>5} without {gone}"
    forms = ", ".join(suggestion.forms[:_FORMS])
    more = ", …" if len(suggestion.forms) > _FORMS else ""
    return f"{gain:>5} with {suggestion.instead}" + (f": {forms}{more}" if forms else "")
