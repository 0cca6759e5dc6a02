"""What a watchlist would have matched, as lines: counts, terms, and examples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from monitor.base import text_cleaning as safe
from monitor.base.article import Timestamp
from monitor.base.formatting import articles as article_count
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.presentation.spans import Line, width, wrap
from tui.view.search import result_row

if TYPE_CHECKING:
    from monitor.watchlists.preview import WatchlistPreview

TERM_CELLS = 30
"""Cells of a term beside its count."""


def preview_lines(
    preview: WatchlistPreview,
    terms: Sequence[str],
    days: int,
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
) -> list[Line]:
    """Return what a watchlist would have matched in some days; terms without a match too."""
    articles, matched = article_count(preview.articles), number(preview.matched)
    head = _("{count} of {articles} of the last {days} days match",
             count=matched, articles=articles, days=days)  # fmt: skip
    if preview.matched:
        head = _("{count} of {articles} of the last {days} days", count=matched,
                 articles=articles, days=days)  # fmt: skip
    if (rate := preview.matched / days) >= 0.1:
        head = _("{matched}, about {rate} a day", matched=head, rate=number(rate, 1))
    lines = wrap(head, cells, "title")
    counts = dict(preview.terms)
    counts.update((term, 0) for term in terms if term not in counts)
    lines += _term_lines(counts, cells)
    for term in (term for term, count in counts.items() if "," in term and not count):
        words = _("{term} is one term: write each on a line of its own.", term=safe.line(term))
        lines += wrap(words, cells, "late")
    lines += [result_row(hit, None, cells, now, zone) for hit in preview.examples]
    return lines


def _term_lines(counts: dict[str, int], cells: int) -> list[Line]:
    """Return each term with the number of its articles, as many on a line as fit."""
    lines: list[Line] = []
    for term, count in counts.items():
        shown = safe.truncate(safe.line(term), TERM_CELLS)
        run: Line = [(f"{shown} ", "list"), (number(count), "plain" if count else "late")]
        if lines and width(lines[-1]) + width(run) + 3 <= cells:
            lines[-1] += [("   ", ""), *run]
        else:
            lines.append(run)
    return lines
