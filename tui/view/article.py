"""An article laid out for reading: its text, its revisions, and who else has the story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from monitor.base import signs
from monitor.base import text_cleaning as safe
from monitor.base.article import PARTS, Timestamp
from monitor.base.formatting import shown_title
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.intake.ingest.outlets import describe_lag, describe_outlets, describe_wording
from monitor.judgement.alerts.description import (
    describe_deliveries,
    describe_linked,
    describe_suppression,
    describe_triage,
)
from monitor.model.alert import Alert, AlertState, MergedAlert, Outlet, StoryTimeline
from monitor.model.article import (
    ADDED,
    REMOVED,
    ArticleDetails,
    ArticleRevision,
    DiffPart,
    MatchPlace,
    Term,
    shown_parts,
)
from monitor.model.delivery import Delivery
from monitor.model.severity import SEVERITY_SIGNS
from monitor.model.shown_names import part_name, severity_name
from monitor.presentation.service.article_revisions import with_context
from monitor.presentation.spans import Line, Span, fit, line_breaks, slice_runs, wrap
from tui.view import times

if TYPE_CHECKING:
    from monitor.model.triage import Decision

_LAG_CELLS = 9
"""Width of the column that says how much later an outlet had the story."""


class OutletRow(NamedTuple):
    """An outlet's article as a row."""

    article: int
    line: Line


class OutletSection(NamedTuple):
    """Rows of outlets under a heading."""

    heading: str
    rows: tuple[OutletRow, ...]


def outlet_sections(
    timeline: StoryTimeline,
    article: int,
    cells: int,
    zone: tzinfo | None,
    merged: Sequence[MergedAlert] = (),
) -> list[OutletSection]:
    """Return the merged alerts of an article, the outlets with its story, and other languages.

    Args:
        timeline: Who has the story, in order of time.
        article: The article at hand, whose row is marked.
        cells: Width of the lines.
        zone: The time zone; None is the machine's.
        merged: Alerts that are merged with those of the article.
    """
    sections = _merged_sections(merged, cells)
    if len(timeline.outlets) > 1:
        rows = tuple(_outlet_rows(timeline.outlets, article, cells, zone))
        sections.append(OutletSection(describe_outlets(timeline.outlets), rows))
    for linked in timeline.elsewhere_by_language():
        words = safe.line(describe_linked(linked))
        rows = tuple(_outlet_rows(linked.outlets, article, cells, zone))
        sections.append(OutletSection(words[0].upper() + words[1:], rows))
    return sections


def _merged_sections(merged: Sequence[MergedAlert], cells: int) -> list[OutletSection]:
    """Return the alerts that stand for those of an article, and those merged into them."""
    standing = [one for one in merged if one.stands]
    into_it = [one for one in merged if not one.stands]
    sections = []
    counted = ngettext(
        "{count} alert merged into this one, not notified",
        "{count} alerts merged into this one, not notified",
        len(into_it),
    )
    for heading, alerts in (
        (_("Merged into the alert of another article, which was notified"), standing),
        (counted, into_it),
    ):
        if alerts:
            rows = tuple(OutletRow(one.article, _merged_row(one, cells)) for one in alerts)
            sections.append(OutletSection(heading, rows))
    return sections


def _merged_row(one: MergedAlert, cells: int) -> Line:
    name = min(20, cells // 4)
    title = shown_title(safe.line(one.title))
    return [
        (f"  {fit(safe.line(one.publisher), name)} ", "list"),
        (fit(safe.line(one.watchlist), name), "quiet"),
        (fit(f" {title}", max(4, cells - 3 - 2 * name)), "plain"),
    ]


def _outlet_rows(
    outlets: Sequence[Outlet], article: int, cells: int, zone: tzinfo | None
) -> Iterator[OutletRow]:
    for number, outlet in enumerate(outlets):
        here = outlet.article == article
        lag = describe_lag(outlet, outlets[0])
        origin = describe_wording(outlet, outlets[0])
        when = times.full(outlet.seen, zone)
        tail: Line = [(fit(origin, 10), "quiet"), (when, "quiet")] if cells >= 60 else []
        name = max(4, cells - 3 - _LAG_CELLS - (10 + len(when) if tail else 0))
        yield OutletRow(
            outlet.article,
            [
                (f"{signs.CHOSEN} " if here else "  ", "accent"),
                (fit(lag, _LAG_CELLS), "accent" if not number else "quiet"),
                (fit(outlet.name, min(name, 40)), "plain" if here else "list"),
                *tail,
            ],
        )


CONTEXT_WORDS = 12
"""Words shown on each side of a change."""


def revision_lines(
    title: str, revisions: Sequence[ArticleRevision], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return what the revisions of an article changed, the latest first."""
    lines = [*wrap(shown_title(safe.line(title)), cells, "title"), []]
    if not revisions:
        lines += wrap(_("No revision since it was first seen."), cells, "plain")
    for revision in reversed(revisions):
        heading = _("Revision {number}", number=revision.version - 1)
        lines += wrap(f"{heading} · {times.full(revision.at, zone)}", cells, "accent")
        if removed := _terms(revision.removed_terms):
            lines += wrap(_("Removed terms: {terms}", terms=removed), cells, "late", "  ")
        if added := _terms(revision.added_terms):
            lines += wrap(_("New terms: {terms}", terms=added), cells, "list", "  ")
        for part, pieces in revision.parts.items():
            lines += [*_diff_lines(part, with_context(pieces, CONTEXT_WORDS), cells)]
        lines.append([])
    return lines


def _terms(terms: Iterable[Term]) -> str:
    return ", ".join(f"{safe.line(term)} ({safe.line(name)})" for name, term in terms)


def _diff_lines(name: str, pieces: Iterable[DiffPart], cells: int) -> list[Line]:
    """Return a part of an article with the changes styled, and marked as in `show --diff`."""
    marks = {REMOVED: ("[-", "-]", "gone"), ADDED: ("{+", "+}", "came")}
    text = ""
    spans: list[Span] = []
    for piece in pieces:
        before, after, style = marks.get(piece.kind, ("", "", ""))
        start = len(text)
        text += before + safe.clean(piece.text, keep_newlines=True) + after
        if style:
            spans.append((start, len(text), style))
    lines: list[Line] = [[(f"  {part_name(name)}", "quiet")]]
    offset = 0
    for paragraph in text.split("\n"):
        for start, end in line_breaks(paragraph, max(1, cells - 4)):
            line = slice_runs(text, spans, offset + start, offset + end, "plain")
            lines.append([("    ", ""), *line])
        offset += len(paragraph) + 1
    return lines


PROSE_CELLS = 92
"""Widest line of prose, in cells; in longer lines the eye loses its place."""


class ArticlePage(Struct, frozen=True):
    """An article as lines."""

    lines: tuple[Line, ...]
    matches: tuple[int, ...] = ()
    """Number of the line that each match is on, in reading order."""
    links: tuple[tuple[int, int], ...] = ()
    """(line, article) of the articles of other outlets."""


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
    """Return an article as a page.

    Args:
        details: The article with its alerts and its story.
        matches: What to highlight, in reading order.
        cells: Width of the lines.
        zone: The time zone; None is the machine's.
        current: Number of the match that the analyst has stepped to.
    """
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
            match_lines += [len(lines) + at for at in prose.matches]
            lines += prose.lines
            if part == "title":
                lines += _byline(details, cells, zone, len(matches), current)
            lines.append([])
    lines += _page_error(details, cells, zone)
    others = _other_outlets(details, cells, zone, len(lines))
    return ArticlePage((*lines, *others.lines), tuple(match_lines), others.links)


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
            inside = [span for span in spans if span[0] < b and span[1] > a]
            matches += [len(lines) for span in inside if a <= span[0]]
            lines.append(slice_runs(text, inside, a, b, style))
        offset += len(paragraph) + 1
    return ArticlePage(tuple(lines), tuple(matches))


def clean_with_spans(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return text cleaned for the terminal, with its spans moved; stored text is clean already."""
    if safe.clean(text, keep_newlines=True) == text:
        return text, spans
    whole = safe.clean(text, keep_newlines=True)

    def moved(edge: int) -> int:
        return min(len(safe.clean(text[:edge], keep_newlines=True)), len(whole))

    return whole, [(moved(a), moved(b), style) for a, b, style in spans]


def _byline(
    details: ArticleDetails, cells: int, zone: tzinfo | None, matches: int, current: int | None
) -> list[Line]:
    """Return the outlet, the date, the alerts, the number of matches, and the link."""
    article = details.article
    anomaly = times.date_anomaly(article.published, article.seen)
    when = times.full(article.seen if article.published is None else article.published, zone)
    seen = times.full(article.seen, zone)
    date, style = {
        "undated": (f"{signs.UNDATED} {_('undated, first seen {time}', time=when)}", "late"),
        "future": (
            f"{signs.FUTURE} "
            + _("dated in the future: {date}, first seen {time}", date=when, time=seen),
            "late",
        ),
    }.get(anomaly, (when, "quiet"))
    tail = f" · {article.lang or _('language unknown')}"
    if details.versions > 1:
        revisions = ngettext(
            "{count} revision, D shows them", "{count} revisions, D shows them",
            details.versions - 1,
        )  # fmt: skip
        tail += f" · {revisions}"
    lines = _wrap_runs(
        [(f"{safe.line(details.publisher)} · ", "quiet"), (date, style), (tail, "quiet")], cells
    )
    for alert in details.alerts:
        lines += _alert_lines(alert, cells, zone)
        if count := sum(one.of == alert.id and not one.stands for one in details.merged):
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
        lines += _wrap_runs([(step, "accent"), (keys, "quiet")], cells)
    if article.url:
        lines += wrap(safe.line(article.url), cells, "link")
    return lines


def _wrap_runs(line: Line, cells: int) -> list[Line]:
    """Return a line of several runs as wrapped lines."""
    text = "".join(run for run, _ in line)
    spans: list[Span] = []
    for run, style in line:
        start = spans[-1][1] if spans else 0
        spans.append((start, start + len(run), style))
    return [slice_runs(text, spans, start, end) for start, end in line_breaks(text, cells)]


def _alert_lines(alert: Alert, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return the matches of an alert, its escalations, and the matches that a revision removed."""
    lines = wrap(
        _("{name}: {text}", name=safe.line(alert.watchlist), text=match_reasons(alert)),
        cells,
        "list",
    )
    for step in alert.escalations:
        words = _(
            "{reason} at {time}, before: {severity}",
            reason=safe.line(step.words),
            time=times.full(step.at, zone),
            severity=severity_name(step.severity),
        )
        lines += wrap(f"{signs.ESCALATED} {words}", cells, "accent", "  ")
    for lost in alert.lost:
        words = _(
            "{term}: no longer in the text since {time}",
            term=safe.line(lost.term),
            time=times.full(lost.at, zone),
        )
        lines += wrap(f"{signs.LOOK} {words}", cells, "late", "  ")
    return lines


def standing_lines(
    alerts: Sequence[Alert],
    decisions: Mapping[int, Decision],
    deliveries: Mapping[int, Sequence[Delivery]],
    cells: int,
    zone: tzinfo | None,
) -> list[Line]:
    """Return what was decided of alerts, their note, and who was notified or why nobody.

    What holds for several alerts is said once, behind the names of their watchlists.

    Args:
        alerts: The alerts.
        decisions: The last decision about each alert, by alert.
        deliveries: The deliveries of each alert, by alert.
        cells: Width of the lines.
        zone: The time zone; None is the machine's.
    """

    def moment(at: Timestamp) -> str:
        return times.full(at, zone)

    same: dict[tuple[str, str, str, str], list[Alert]] = {}
    for alert in alerts:
        triage = describe_triage(alert, decisions.get(alert.id), moment)
        sent = describe_deliveries(deliveries.get(alert.id, ()), moment)
        said = triage, sent, describe_suppression(alert, moment), alert.note
        same.setdefault(said, []).append(alert)
    lines: list[Line] = []
    for (triage, sent, suppressed, note), group in same.items():
        names = [run for alert in group for run in _watchlist_runs(alert)]
        style = "new" if group[0].state is AlertState.NEW else "plain"
        lines += _wrap_runs([*names, (triage, style)], cells)
        for words in filter(None, (sent, suppressed)):
            lines += wrap(words, cells, "quiet", "  ")
        for paragraph in safe.lines(note).splitlines():
            lines += wrap(f"{signs.NOTE} {paragraph}", cells, "copies", "  ")
    return [*lines, []] if lines else []


def _watchlist_runs(alert: Alert) -> Line:
    """Return the sign of the severity of an alert, and its watchlist."""
    sign = SEVERITY_SIGNS[alert.severity]
    return [(f"{sign} ", f"{alert.severity}"), (f"{safe.line(alert.watchlist)}  ", "list")]


def match_reasons(alert: Alert) -> str:
    """Return which terms matched and in which parts: `grève (title, body), SNCF (body)`."""
    parts: dict[str, list[str]] = {}
    for match in alert.matches:
        parts.setdefault(safe.line(match.term), [])
        if match.field not in parts[safe.line(match.term)]:
            parts[safe.line(match.term)].append(match.field)
    terms = (f"{term} ({', '.join(map(part_name, fields))})" for term, fields in parts.items())
    return ", ".join(terms) or _("matched")


def _page_error(details: ArticleDetails, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return what of the article was not read, matched or searched, and why."""
    limits = [part for words in details.limits for part in wrap(safe.line(words), cells, "late")]
    if limits:
        limits.append([])
    if not details.page_trouble:
        return limits
    reason = safe.line(details.page_trouble)
    words = _("Page not read: {reason}", reason=reason)
    if details.page_retry:
        retry = times.full(details.page_retry, zone)
        words = _("Page not read: {reason}; next attempt {time}", reason=reason, time=retry)
    return [*limits, *wrap(words, cells, "late"), []]


def _other_outlets(
    details: ArticleDetails, cells: int, zone: tzinfo | None, first: int
) -> ArticlePage:
    """Return the outlets with the same story, and the line that each is on.

    `first` is the number of the first line.
    """
    lines: list[Line] = []
    links: list[tuple[int, int]] = []
    for section in outlet_sections(
        details.telling, details.article.id, cells, zone, details.merged
    ):
        lines += wrap(section.heading, cells, "accent")
        for row in section.rows:
            links.append((first + len(lines), row.article))
            lines.append(row.line)
        lines.append([])
    if lines:
        lines[-1:] = wrap(_("O or a click opens another article"), cells, "quiet")
    return ArticlePage(tuple(lines), links=tuple(links))
