"""An article laid out for reading: its text, its revisions, and who else has the story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial

from msgspec import Struct

from monitor.base import signs, text_cleaning as safe
from monitor.base.article import PARTS
from monitor.base.formatting import shown_title
from monitor.base.translation import gettext as _, ngettext
from monitor.model.alert import Alert, AlertState, MergedAlert, Outlet
from monitor.model.article import ArticleDetails, ArticleRevision, MatchPlace, shown_parts
from monitor.model.delivery import Delivery
from monitor.model.shown_names import list_name, part_name, term_name
from monitor.model.triage import Decision
from monitor.presentation import times
from monitor.presentation.alert import change_lines, describe_triage, outcome_lines
from monitor.presentation.article import (
    byline,
    merged_groups,
    outlet_groups,
    revision_lines,
    trouble_lines,
)
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import (
    Line,
    Run,
    Span,
    clean_with_spans,
    fit,
    line_breaks,
    slice_runs,
    wrap,
    wrap_line,
)
from monitor.presentation.story import describe_lag, describe_wording

_LAG_CELLS = 9
"""Width of the column with the delay of an outlet."""


OutletRow = tuple[Line, int | None]
"""A line, and the article that it is about; None for a heading."""


def outlet_rows(
    details: ArticleDetails, article: int, cells: int, zone: tzinfo | None
) -> list[OutletRow]:
    """Return the merged alerts of an article, the outlets with its story, and other languages.

    Each group has a heading; the row of the article at hand is marked.
    """
    rows: list[OutletRow] = []
    for heading, alerts in merged_groups(details.merged):
        rows.append(([(heading, "accent")], None))
        rows += [(_merged_row(merged, cells), merged.article) for merged in alerts]
    for heading, outlets in outlet_groups(details.timeline):
        rows.append(([(heading, "accent")], None))
        rows += _outlet_rows(outlets, article, cells, zone)
    return rows


def _merged_row(merged: MergedAlert, cells: int) -> Line:
    name_cells = min(20, cells // 4)
    title = shown_title(safe.line(merged.title))
    return [
        (f"  {fit(safe.line(merged.publisher), name_cells)} ", "list"),
        (fit(safe.line(merged.watchlist), name_cells), "quiet"),
        (fit(f" {title}", max(4, cells - 3 - 2 * name_cells)), "plain"),
    ]


def _outlet_rows(
    outlets: Sequence[Outlet], article: int, cells: int, zone: tzinfo | None
) -> Iterator[OutletRow]:
    for number, outlet in enumerate(outlets):
        is_current = outlet.article == article
        lag = describe_lag(outlet, outlets[0])
        origin = describe_wording(outlet, outlets[0])
        when = times.full(outlet.seen, zone)
        tail: Line = [(fit(origin, 10), "quiet"), (when, "quiet")] if cells >= 60 else []
        name_cells = max(4, cells - 3 - _LAG_CELLS - (10 + len(when) if tail else 0))
        row: Line = [
            (f"{signs.CHOSEN} " if is_current else "  ", "accent"),
            (fit(lag, _LAG_CELLS), "accent" if not number else "quiet"),
            (fit(outlet.name, min(name_cells, 40)), "plain" if is_current else "list"),
            *tail,
        ]
        yield row, outlet.article


def revision_page(
    title: str, revisions: Sequence[ArticleRevision], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return the changes of the revisions of an article as lines, the latest first."""
    lines = [*wrap(shown_title(safe.line(title)), cells, "title"), []]
    for depth, line in revision_lines(revisions, partial(times.full, zone=zone)):
        lines += wrap_line(line, cells, "  " * depth)
    return lines


PROSE_CELLS = 92
"""Widest line of prose, in cells; in longer lines the eye loses its place."""


class ArticlePage(Struct, frozen=True):
    """An article as lines."""

    lines: tuple[Line, ...]
    matches: tuple[int, ...] = ()
    """Number of the line that each match is on, in reading order."""


def match_places(
    alerts: Iterable[Alert], search_matches: Iterable[MatchPlace] = ()
) -> tuple[MatchPlace, ...]:
    """Return the matches of alerts and of a search, each once, in reading order."""
    places = {(match.field, match.start, match.end) for alert in alerts for match in alert.matches}
    places |= set(search_matches)
    return tuple(_in_order(places))


def _in_order(places: Iterable[MatchPlace]) -> list[MatchPlace]:
    return sorted(places, key=lambda place: (PARTS.index(place[0]), place[1], -place[2]))


def article_page(
    details: ArticleDetails,
    matches: Sequence[MatchPlace],
    cells: int,
    zone: tzinfo | None = None,
    current: int | None = None,
) -> ArticlePage:
    """Return an article as a page; `current` is the match that the analyst has stepped to."""
    lines = standing_lines(details.alerts, details.decisions, details.deliveries, cells, zone)
    match_lines: list[int] = []
    parts, places = shown_parts(details.article, matches)
    matches = _in_order(places)
    for part in parts:
        spans = [
            (start, end, "hit-now" if number == current else "hit")
            for number, (name, start, end) in enumerate(matches)
            if name == part
        ]
        text = details.article.part(part)
        text, spans = clean_with_spans(shown_title(text) if part == "title" else text, spans)
        if text:
            prose = _paragraphs(text, spans, min(cells, PROSE_CELLS), _PART_STYLES[part])
            match_lines += [len(lines) + index for index in prose.matches]
            lines += prose.lines
            if part == "title":
                lines += _byline(details, cells, zone, len(matches), current)
            lines.append([])
    for line in trouble_lines(details, partial(times.full, zone=zone)):
        lines += [*wrap_line(line, cells), []]
    return ArticlePage((*lines, *_other_outlets(details, cells, zone)), tuple(match_lines))


_PART_STYLES = {"title": "title", "summary": "plain", "body": "plain", "author": "quiet"}


def _paragraphs(text: str, spans: list[Span], cells: int, style: str) -> ArticlePage:
    """Return text as wrapped lines with its spans, and a blank line between paragraphs."""
    lines: list[Line] = []
    matches: list[int] = []
    offset = 0
    for paragraph in text.split("\n"):
        if lines:
            lines.append([])
        for start, end in line_breaks(paragraph, cells):
            a, b = offset + start, offset + end
            line_spans = [span for span in spans if span[0] < b and span[1] > a]
            matches += [len(lines) for span in line_spans if a <= span[0]]
            lines.append(slice_runs(text, line_spans, a, b, style))
        offset += len(paragraph) + 1
    return ArticlePage(tuple(lines), tuple(matches))


def _byline(
    details: ArticleDetails, cells: int, zone: tzinfo | None, matches: int, current: int | None
) -> list[Line]:
    """Return the outlet, the date, the alerts, the number of matches, and the link."""
    moment = partial(times.full, zone=zone)
    runs = byline(details, moment)
    if details.versions > 1:
        revisions = ngettext(
            "{count} revision, D shows them", "{count} revisions, D shows them",
            details.versions - 1,
        )  # fmt: skip
        runs.append((f" · {revisions}", "quiet"))
    lines = wrap_line(runs, cells)
    for alert in details.alerts:
        reasons = _("{name}: {text}", name=safe.line(alert.watchlist), text=match_reasons(alert))
        lines += wrap(reasons, cells, "list")
        for change in change_lines(alert, moment):
            lines += wrap_line(change, cells, "  ")
        if count := sum(m.partner == alert.id and not m.stands for m in details.merged):
            words = ngettext(
                "{count} alert merged into this one, O shows which",
                "{count} alerts merged into this one, O shows which",
                count,
            )
            lines += wrap(words, cells, "quiet", "  ")
    if matches:
        step = (
            _("match {number}/{count}", number=current + 1, count=matches)
            if current is not None
            else ngettext("{count} match", "{count} matches", matches)
        )
        keys = f"  {_('] next  [ previous')}"
        lines += wrap_line([(step, "accent"), (keys, "quiet")], cells)
    if url := details.article.url:
        lines += wrap(safe.line(url), cells, "link")
    return lines


def standing_lines(
    alerts: Sequence[Alert],
    decisions: Mapping[int, Decision],
    deliveries: Mapping[int, Sequence[Delivery]],
    cells: int,
    zone: tzinfo | None,
) -> list[Line]:
    """Return the decisions about alerts, their note, and who was notified or why nobody.

    Words that hold for several alerts stand once, behind the names of their watchlists.
    """
    moment = partial(times.full, zone=zone)
    groups: dict[tuple[str, tuple[tuple[Run, ...], ...]], list[Alert]] = {}
    for alert in alerts:
        triage = describe_triage(alert, decisions.get(alert.id), moment)
        outcome = outcome_lines(alert, deliveries.get(alert.id, ()), moment)
        groups.setdefault((triage, tuple(map(tuple, outcome))), []).append(alert)
    lines: list[Line] = []
    for (triage, outcomes), group in groups.items():
        names = [
            run
            for alert in group
            for run in (
                severity_run(alert.severity),
                (f"{safe.line(list_name(alert.watchlist))}  ", "list"),
            )
        ]
        style = "new" if group[0].state is AlertState.NEW else "plain"
        lines += wrap_line([*names, (triage, style)], cells)
        lines += [row for line in outcomes for row in wrap_line(line, cells, "  ")]
    return [*lines, []] if lines else []


def match_reasons(alert: Alert) -> str:
    """Return the terms that matched, with the parts: `grève (title, body), SNCF (body)`."""
    parts: dict[str, dict[str, None]] = {}
    for match in alert.matches:
        parts.setdefault(safe.line(term_name(match)), {})[part_name(match.field)] = None
    terms = (f"{term} ({', '.join(names)})" for term, names in parts.items())
    return ", ".join(terms) or _("matched")


def _other_outlets(details: ArticleDetails, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return the outlets with the same story."""
    lines: list[Line] = []
    for line, article in outlet_rows(details, details.article.id, cells, zone):
        if article is None:
            lines += [*([[]] if lines else []), *wrap_line(line, cells)]
        else:
            lines.append(line)
    return [*lines, *wrap(_("O opens another article"), cells, "quiet")] if lines else []
