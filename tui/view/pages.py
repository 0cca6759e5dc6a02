"""Pages: a briefing, the rehearsal of a watchlist, and the history of decisions about alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import clean, line, shown_url
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, Verdict
from monitor.model.briefing import Briefing
from monitor.model.shown_names import list_name
from monitor.model.triage import Decision
from monitor.presentation import briefing as briefings, times
from monitor.presentation.alert import describe_changes
from monitor.presentation.spans import Line, wrap, wrap_line
from tui.view.search import result_row

if TYPE_CHECKING:
    from monitor.watchlists.rehearsal import Rehearsal

INDENT = "  "
MOST_CELLS = 100
"""Width of the page at most; longer lines are hard to read."""


def briefing_page(briefing: Briefing, cells: int, zone: tzinfo | None) -> list[Line]:
    """Return a briefing as lines of at most so many cells."""
    cells = min(cells, MOST_CELLS)
    blocks = (_block(section, cells) for section in briefings.sections(briefing, zone))
    return [row for block in blocks for row in (*block, [])][:-1]


def _block(section: briefings.Section, cells: int) -> Iterator[Line]:
    is_indented = section.kind in ("story", "missing")
    for index, (kind, content) in enumerate(section.lines):
        runs = [(clean(text), role) for text, role in content]
        if kind == "chart":
            yield [(text[-cells:], role) for text, role in runs]
        elif kind == "headline":
            rows = wrap_line(runs[1:], cells, INDENT)
            yield from ([runs[0], *rows[0][1:]], *rows[1:])
        else:
            yield from wrap_line(runs, cells, INDENT if is_indented and index else "")
    if section.story:
        link = shown_url(section.story.lead.url) or briefings.alert(section.story)
        yield from wrap(link, cells, "quiet", INDENT)


def rehearsal_lines(
    rehearsal: Rehearsal,
    judged: Mapping[int, Verdict],
    cells: int,
    now: Timestamp,
    zone: tzinfo | None,
) -> list[Line]:
    """Return a rehearsal as lines; its examples come last."""
    hint = _("^s saves; v calls an example relevant, x noise")
    texts = rehearsal.texts(judged, hint)
    lines = [row for text in texts for row in wrap(text, cells, "plain")]
    verdicts = {**rehearsal.verdicts, **judged}
    for hit in rehearsal.examples:
        sign = _VERDICT_SIGNS.get(verdicts.get(hit.article.id, Verdict.NONE), (" ", ""))
        lines.append([sign, *result_row(hit, None, cells - 1, now, zone)])
    return lines


_VERDICT_SIGNS = {Verdict.RELEVANT: (signs.RELEVANT, "ok"), Verdict.NOISE: (signs.NOISE, "quiet")}


def history_lines(
    histories: Sequence[tuple[Alert, Sequence[Decision]]], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return the decisions about alerts with their people and times, the newest of each first.

    A history that the alerts of several watchlists share is listed once.
    """
    groups: dict[tuple[object, ...], tuple[Alert, list[Line], list[str]]] = {}
    for alert, decisions in histories:
        history = _decision_lines(decisions, cells, zone)
        key = alert.title, str(history), alert.raised_at, alert.note
        groups.setdefault(key, (alert, history, []))[2].append(list_name(alert.watchlist))
    lines: list[Line] = []
    title = ""
    for alert, history, watchlists in groups.values():
        if alert.title != title or not lines:
            title = alert.title
            lines += [*wrap(shown_title(line(title)), cells, "title"), []]
        words = _("raised by {watchlist}", watchlist=line(", ".join(watchlists)))
        lines += [*history, *wrap(f"{times.full(alert.raised_at, zone)}  {words}", cells, "quiet")]
        if alert.note:
            lines += [[], *wrap(alert.note, cells, "plain", "  ")]
        lines.append([])
    return lines[:-1]


def _decision_lines(decisions: Sequence[Decision], cells: int, zone: tzinfo | None) -> list[Line]:
    lines: list[Line] = []
    undone = {decision.act for decision in decisions if decision.undoes is not None}
    for decision in reversed(decisions):
        person = line(decision.who) if not decision.why else "tocsin"
        changes = describe_changes(decision) or _("nothing")
        reason = f" ({line(decision.why)})" if decision.why else ""
        person = person or _("somebody")
        if decision.undoes is None:
            words = _("{who}: {changes}", who=person, changes=changes)
        elif decision.undoes in undone:
            words = _("{who} redid: {changes}", who=person, changes=changes)
        else:
            words = _("{who} undid: {changes}", who=person, changes=changes)
        lines += wrap(f"{times.full(decision.at, zone)}  {words}{reason}", cells, "plain")
    return lines
