"""The results of a search of the archive as lines: articles, suggestions and facets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from index.query.filters import offered_name
from monitor.base import text_cleaning as safe
from monitor.base.article import Timestamp
from monitor.base.formatting import percent, shown_title
from monitor.base.translation import gettext as _, mark, ngettext, number
from monitor.model.search import Facets, Results, SearchHit, Share, Suggestion
from monitor.model.shown_names import language_name
from monitor.model.watchlist import SEVERITY_SIGNS, Severity
from monitor.presentation import times
from monitor.presentation.spans import Line, Span, fit, slice_runs
from tui.view.alerts import DATE_MARKS

SNIPPET_MIN_CELLS = 24
"""Cells that must be free behind a title to show the words around the matches."""


def result_summary(results: Results, sort: str) -> Line:
    """Return the number of results, their order, the inflections that count, and any warning."""
    text = _("Nothing found.")
    if results.total and sort == "date":
        text = ngettext("{count} found, newest first", "{count} found, newest first", results.total)
    elif results.total:
        text = ngettext("{count} found, best first", "{count} found, best first", results.total)
    line: Line = [(f"   {text}", "quiet")]
    for word, forms in list(results.forms.items())[:2]:
        names = ", ".join(forms[:4]) + ", …" * (len(forms) > 4)
        line.append(
            (f"  {_('{name}: {text}', name=fit(word, min(len(word), 20)), text=names)}", "quiet")
        )
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
    room = cells - cell_len(title) - 2
    if room < SNIPPET_MIN_CELLS or not hit.snippet or hit.snippet == hit.article.title:
        return highlighted(title, hit.article.title, matches, cells, "plain")
    return [
        *highlighted(title, hit.article.title, matches, cell_len(title), "plain"),
        ("  ", ""),
        *highlighted(hit.snippet, hit.snippet, hit.lit, room, "quiet"),
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
    fitted = fit(text, cells)
    visible = fitted.rstrip().removesuffix("…")
    if not stored.startswith(visible):
        return [(fitted, style)]
    spans: list[Span] = [(a, min(b, len(visible)), "hit") for a, b in matches if a < len(visible)]
    return slice_runs(fitted, spans, 0, len(fitted), style)


class OfferedRow(NamedTuple):
    """A query that the archive offers."""

    line: Line
    query: str = ""
    """The query that enter searches for; empty on headings."""


EXAMPLES = (
    (mark('"general strike"'), mark("a phrase")),
    (
        mark("strike~ AND NOT port"),
        mark("every inflection of a word; words that must not be there"),
    ),
    (mark("strike NEAR/5 port"), mark("both within five words")),
    (mark("title:strike"), mark("in the title; also body: summary: author:")),
    (mark("lang:fr"), mark("in a language")),
    (mark("since:7d"), mark("of the last seven days; also until:")),
    (mark("has:alert"), mark("with an alert; also severity:high")),
)
"""Fields and operators of the language, each as a query: in French with its French words."""
RECENT = 5
"""Earlier queries that are offered."""


def start_rows(searches: Sequence[tuple[str, str]], recent: Sequence[str]) -> list[OfferedRow]:
    """Return queries to begin with: saved searches, the last queries, examples.

    A saved search is given as it is written in the line, and by its query.
    """
    rows: list[OfferedRow] = []
    examples = [(_(query), _(words)) for query, words in EXAMPLES]
    for heading, entries in (
        (_("Saved searches; enter runs one:"), searches),
        (_("Last queries; enter runs one:"), [(query, "") for query in recent[:RECENT]]),
        (_("What a query can hold; enter runs one:"), examples),
    ):
        if entries:
            rows.append(OfferedRow([(f"  {heading}", "accent")]))
        for query, words in entries:
            text = safe.line(query)
            line: Line = [("    ", ""), (fit(text, max(26, cell_len(text))), "list")]
            rows.append(OfferedRow([*line, ("  ", ""), (safe.line(words), "quiet")], query))
    return rows


def suggestion_rows(suggestions: Sequence[Suggestion]) -> list[OfferedRow]:
    """Return queries that find more articles, each with their number and its change."""
    heading = _("Queries that find more; enter runs one:")
    rows = [OfferedRow([(f"  {heading}", "accent")])] if suggestions else []
    for suggestion in suggestions:
        gain = fit(f"+{number(suggestion.gained)}", 10, right=True)
        line: Line = [(gain, "accent"), ("  ", ""), (safe.line(suggestion.described()), "list")]
        rows.append(OfferedRow(line, suggestion.query))
    return rows


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
        *_section(_("Feeds"), "feed", facets.feeds, facets.feeds, facets.total, cells),
        *_section(_("Languages"), "lang", facets.langs, langs, facets.total, cells),
        *_section(
            _("Watchlists"), "watch", facets.watchlists, facets.watchlists, facets.total, cells
        ),
        *_section(_("Names of concepts"), "", facets.names, facets.names, facets.total, cells),
    ]
    heading = _("Words that stand out: there are, expected")
    if facets.read < facets.total:
        heading = _(
            "Words that stand out, from {count} of them: there are, expected",
            count=number(facets.read),
        )
    if facets.words:
        rows.append(FacetRow([(heading, "accent")]))
    for word in facets.words:
        forms = ", ".join(safe.line(form) for form in word.forms[1 : FACET_FORMS + 1])
        expected = number(word.expected, 0 if word.expected >= 10 else 1)
        rows.append(
            FacetRow(
                [
                    (fit(number(word.articles), 8, right=True), "quiet"),
                    (fit(expected, 10, right=True), "quiet"),
                    ("  ", ""),
                    (fit(word.word, min(20, max(4, cells - 21))), "list"),
                    (" ", ""),
                    (fit(forms, max(0, cells - 41)), "quiet"),
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
    for (value, count), (label, _count) in shares:
        yield FacetRow(
            [
                (fit(number(count), 8, right=True), "quiet"),
                (fit(percent(count / max(1, total)), 10, right=True), "quiet"),
                ("  ", ""),
                (fit(label, max(1, cells - 20)), "list"),
            ],
            facet_clause(name, value),
        )


def facet_clause(name: str, value: str) -> str:
    """Return a filter as it is written in a query; empty for a value that no query can hold."""
    if not name or '"' in value or "," in value or not value.isprintable():
        return ""
    field = offered_name(name)
    return f"{field}:{value}" if value.isalnum() else f'{field}:"{value}"'
