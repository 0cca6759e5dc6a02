"""What a search of the archive found, as lines: articles, suggestions, facets, and a chart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from index.analysis import text_cleaning as safe
from index.article import Timestamp
from monitor import signs
from monitor.formatting import shown_title
from monitor.model.language import language_name
from monitor.model.search_results import (
    BucketSize,
    Facets,
    Results,
    SearchHit,
    Share,
    Suggestion,
    Trend,
)
from monitor.model.severity import SEVERITY_SIGNS, Severity
from tui.view import times
from tui.view.alerts import DATE_MARKS
from tui.view.styled_text import Line, Span, fit, slice_runs, width

SNIPPET_MIN_CELLS = 24
"""Cells that must be free behind a title to show the words around the matches."""
SUGGESTION_FORMS = 6
"""Inflections of a word that a suggestion names."""


def result_summary(results: Results, sort: str) -> Line:
    """Return how much was found, in which order, which inflections count, and any warning."""
    order = "newest first" if sort == "date" else "best first"
    text = f"{results.total:,} found, {order}" if results.total else "Nothing found."
    line: Line = [(f"   {text}", "quiet")]
    for word, forms in list(results.forms.items())[:2]:
        names = ", ".join(forms[:4]) + ", …" * (len(forms) > 4)
        line.append((f"  {fit(word, min(len(word), 20))}: {names}", "quiet"))
    return [*line, (f"  ! {results.note}", "late")] if results.note else line


def result_row(
    hit: SearchHit, severity: Severity | None, cells: int, now: Timestamp, zone: tzinfo | None
) -> Line:
    """Return an article on one line: date, severity, title, words around the matches, outlet.

    Args:
        hit: The article and its matches.
        severity: The highest severity of the article's alerts; None if it raised none.
        cells: Width of the line.
        now: The present time: dates of today are shown as hours.
        zone: The time zone; None is the machine's.
    """
    article = hit.article
    anomaly = times.date_anomaly(article.published, article.seen)
    outlet = 0 if cells < 50 else min(18, cells // 6)
    room = max(1, cells - 10 - (outlet + 1 if outlet else 0))
    line: Line = [
        (fit(times.short(article.date, now, zone), 6, right=True), "quiet"),
        (DATE_MARKS[anomaly] + " ", "late"),
        (f"{SEVERITY_SIGNS[severity]} " if severity else "  ", f"{severity or ''}"),
        *_title_and_snippet(hit, room),
    ]
    return [*line, (" ", ""), (fit(hit.publisher, outlet), "quiet")] if outlet else line


def _title_and_snippet(hit: SearchHit, cells: int) -> Line:
    """Return the title and, where there is room, the words around the matches, highlighted."""
    title = shown_title(safe.line(hit.article.title[: 8 * cells]))
    matches = [(start, end) for part, start, end in hit.spans if part == "title"]
    rest = cells - cell_len(title) - 2
    if rest < SNIPPET_MIN_CELLS or not hit.snippet or hit.snippet == hit.article.title:
        return highlighted(title, hit.article.title, matches, cells, "plain")
    return [
        *highlighted(title, hit.article.title, matches, cell_len(title), "plain"),
        ("  ", ""),
        *highlighted(hit.snippet, hit.snippet, hit.lit, rest, "quiet"),
    ]


def highlighted(
    text: str, stored: str, matches: Sequence[tuple[int, int]], cells: int, style: str
) -> Line:
    """Return text on exactly so many cells, with its matches highlighted.

    Args:
        text: Clean text.
        stored: The text as it is stored; where cleaning has changed it, nothing is highlighted.
        matches: (start, end) of the matches, in characters of the stored text.
        cells: Width of the line.
        style: Style of the rest.
    """
    shown = fit(text, cells)
    visible = shown.rstrip().removesuffix("…")
    if not stored.startswith(visible):
        return [(shown, style)]
    spans: list[Span] = [(a, min(b, len(visible)), "hit") for a, b in matches if a < len(visible)]
    return slice_runs(shown, spans, 0, len(shown), style)


class StartRow(NamedTuple):
    """A row of the archive before a query is written."""

    line: Line
    query: str = ""
    """What enter searches for; empty on headings."""


EXAMPLES = (
    ('"grève générale"', "a phrase"),
    ("grève~ AND NOT port", "every inflection of a word; words that must not be there"),
    ("grève NEAR/5 port", "both within five words"),
    ("title:grève", "in the title; also body: summary: author:"),
    ("lang:fr", "in a language"),
    ("since:7d", "of the last seven days; also until:"),
    ("has:alert", "with an alert; also severity:high"),
)
"""Fields and operators of the language, each as a query."""
RECENT = 5
"""Earlier queries that are offered."""


def start_rows(
    saved: Sequence[tuple[str, str]], recent: Sequence[str], names: Sequence[tuple[str, str]]
) -> list[StartRow]:
    """Return what can be searched for: saved searches, the last queries, examples.

    Args:
        saved: The saved searches, each as it is written in the line, with its query.
        recent: The earlier queries, newest first.
        names: More examples, by the names of this newsroom, with what they mean.
    """
    rows: list[StartRow] = []
    for heading, entries in (
        ("Saved searches", saved),
        ("Last queries", [(query, "") for query in recent[:RECENT]]),
        ("What a query can hold", [*EXAMPLES, *names]),
    ):
        if entries:
            rows.append(StartRow([(f"  {heading}; enter runs one:", "accent")]))
        for query, words in entries:
            shown = safe.line(query)
            line: Line = [("    ", ""), (fit(shown, max(26, cell_len(shown))), "list")]
            rows.append(StartRow([*line, ("  ", ""), (safe.line(words), "quiet")], query))
    return rows


def suggestion_row(suggestion: Suggestion, cells: int) -> Line:
    """Return a query that finds more: how many articles more, and what it changes."""
    removed = suggestion.written or " ".join(suggestion.without)
    more = ", …" * (len(suggestion.forms) > SUGGESTION_FORMS)
    forms = ", ".join(suggestion.forms[:SUGGESTION_FORMS]) + more
    instead = f"with {suggestion.instead}" + (f": {forms}" if forms else "")
    change = instead if suggestion.instead else f"without {removed}"
    return [
        (fit(f"+{suggestion.gained:,}", 10, right=True), "accent"),
        ("  ", ""),
        (fit(change, max(1, cells - 12)), "list"),
    ]


FACET_FORMS = 4
"""Inflections of a significant word that are shown."""


class FacetRow(NamedTuple):
    """A row of the facets."""

    line: Line
    clause: str = ""
    """Narrows the query to the row; empty on headings, and where no query can."""


def facet_rows(facets: Facets, cells: int) -> list[FacetRow]:
    """Return feeds, languages, watchlists and significant words under headings."""
    langs = [Share(language_name(name), count) for name, count in facets.langs]
    rows = [
        *_section("Feeds", "feed", facets.feeds, facets.feeds, facets.total, cells),
        *_section("Languages", "lang", facets.langs, langs, facets.total, cells),
        *_section("Watchlists", "watch", facets.watchlists, facets.watchlists, facets.total, cells),
    ]
    read = f", from {facets.read:,} of them" if facets.read < facets.total else ""
    if facets.words:
        rows.append(FacetRow([(f"Words that stand out{read}: there are, expected", "accent")]))
    for word in facets.words:
        others = ", ".join(safe.line(form) for form in word.forms[1 : FACET_FORMS + 1])
        expected = f"{word.expected:,.0f}" if word.expected >= 10 else f"{word.expected:.1f}"
        rows.append(
            FacetRow(
                [
                    (fit(f"{word.articles:,}", 8, right=True), "quiet"),
                    (fit(expected, 10, right=True), "quiet"),
                    ("  ", ""),
                    (fit(word.word, min(20, max(4, cells - 21))), "list"),
                    (" ", ""),
                    (fit(others, max(0, cells - 41)), "quiet"),
                ],
                f"{word.word}~" if len(word.forms) > 1 else word.word,
            )
        )
    return rows


def _section(
    heading: str,
    name: str,
    values: Iterable[Share],
    labels: Iterable[Share],
    total: int,
    cells: int,
) -> Iterator[FacetRow]:
    shares = list(zip(values, labels, strict=True))
    if shares:
        yield FacetRow([(heading, "accent")])
    for (value, count), (label, _) in shares:
        yield FacetRow(
            [
                (fit(f"{count:,}", 8, right=True), "quiet"),
                (fit(f"{count / max(1, total):.0%}", 10, right=True), "quiet"),
                ("  ", ""),
                (fit(label, max(1, cells - 20)), "list"),
            ],
            facet_clause(name, value),
        )


def facet_clause(name: str, value: str) -> str:
    """Return a filter as it is written in a query; empty for a value that no query can hold."""
    if '"' in value or "," in value or not value.isprintable():
        return ""
    return f"{name}:{value}" if value.isalnum() else f'{name}:"{value}"'


EIGHTHS = f" {signs.BARS}"
UNCERTAIN_BAR, GAP_BAR = signs.UNSURE, signs.GAP
"""A bar of a period with coverage gaps, and such a period without articles."""
MAX_BAR_CELLS = 6
"""Largest width of a bar, in cells."""


@dataclass(frozen=True, slots=True)
class TrendBar:
    """One bar of the chart: one period of the trend, or several where cells are few."""

    first: int
    """Number of its first period."""
    last: int
    count: int
    """Articles."""
    has_gaps: bool
    """Some feeds had coverage gaps: there may be more articles than were counted."""


def trend_bars(trend: Trend, cells: int) -> tuple[list[TrendBar], int]:
    """Return the bars of the first series, and the width of each in cells."""
    (series, *_) = trend.series
    total = len(series.counts)
    step = max(1, -(-total // max(1, cells)))
    bars = [
        TrendBar(
            at,
            min(at + step, total) - 1,
            sum(series.counts[at : at + step]),
            any(series.marked[at : at + step]),
        )
        for at in range(0, total, step)
    ]
    return bars, max(1, min(MAX_BAR_CELLS, cells // max(1, len(bars))))


def trend_lines(trend: Trend, cells: int, rows: int, zone: tzinfo | None) -> list[Line]:
    """Return the bars on `rows` lines, and below them a line with the first and last date."""
    bars, wide = trend_bars(trend, cells)
    top = max((bar.count for bar in bars), default=0)
    lines: list[Line] = []
    for row in range(rows - 1, -1, -1):
        line: Line = []
        for bar in bars:
            glyph = _bar_glyph(bar, top, row, rows)
            text = glyph * wide if wide < 3 else glyph * (wide - 1) + " "
            line.append((text, "late" if bar.has_gaps else "list"))
        lines.append(line)
    return [*lines, _axis(trend, bars, wide, top, cells, zone)]


def _bar_glyph(bar: TrendBar, top: int, row: int, rows: int) -> str:
    """Return what a bar shows on a row; row 0 is the lowest."""
    if not bar.count:
        return GAP_BAR if bar.has_gaps and not row else " "
    eighths = max(1, round(bar.count / top * 8 * rows))
    if bar.has_gaps:
        return UNCERTAIN_BAR if row < max(1, math.ceil(eighths / 8)) else " "
    return EIGHTHS[min(8, max(0, eighths - 8 * row))]


def _axis(
    trend: Trend, bars: Sequence[TrendBar], wide: int, top: int, cells: int, zone: tzinfo | None
) -> Line:
    first, last = _day(trend.edges[0], trend.by, zone), _day(trend.edges[-2], trend.by, zone)
    periods = bars[0].last - bars[0].first + 1
    each = f"each {trend.by}" if periods == 1 else f"in {periods} {trend.by}s"
    scale = f"up to {top:,} {each}"
    legend = _legend(bars)
    between = len(bars) * wide - len(first) - len(last)
    for text in (scale + legend, legend.strip() or scale, scale, ""):
        if text and len(text) + 4 <= between:
            left = (between - len(text)) // 2
            gap, behind = " " * left + text + " " * (between - left - len(text)), ""
        else:
            gap, behind = " " * max(2, between), f"   {text}" if text else ""
        line: Line = [(first, "quiet"), (gap, "quiet"), (last, "quiet"), (behind, "quiet")]
        if width(line) <= cells:
            return line
    return [(first[:cells], "quiet")]


def _legend(bars: Sequence[TrendBar]) -> str:
    """Return what the signs of coverage gaps in the chart mean, of those that are there."""
    gaps = [bar for bar in bars if bar.has_gaps]
    found = f"  {UNCERTAIN_BAR} coverage gap" if any(bar.count for bar in gaps) else ""
    empty = f"  {GAP_BAR} gap, nothing found" if any(not bar.count for bar in gaps) else ""
    return found + empty


def _day(start: float, by: BucketSize, zone: tzinfo | None) -> str:
    then = times.local(start, zone)
    if then is None:
        return "?"
    return f"{then:%d %b %H:%M}" if by is BucketSize.HOUR else f"{then:%Y-%m-%d}"


def period_clauses(trend: Trend, bar: TrendBar, zone: tzinfo | None) -> str:
    """Return the filters for the period of a bar: `since:2026-10-01 until:2026-10-31`."""
    start = times.local(trend.edges[bar.first], zone)
    end = times.local(trend.edges[bar.last + 1], zone)
    if start is None or end is None:
        return ""
    form = "%Y-%m-%dT%H:%M" if trend.by is BucketSize.HOUR else "%Y-%m-%d"
    until: datetime = end - timedelta(minutes=1)
    return f"since:{start.strftime(form)} until:{until.strftime(form)}"
