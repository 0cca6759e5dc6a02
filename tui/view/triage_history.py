"""Who decided what about alerts, and when, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from monitor.base.formatting import clauses, shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, pgettext
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.shown_names import state_name, verdict_name
from monitor.model.triage import Change, Decision
from monitor.presentation import times
from monitor.presentation.alert import describe_changes
from monitor.presentation.spans import Line, wrap


def history_lines(
    histories: Sequence[tuple[Alert, Sequence[Decision]]], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return who decided what about alerts and when, the newest decision of each first.

    What is the same for the alerts of several watchlists is said once.
    """
    same: dict[tuple[object, ...], tuple[Alert, list[Line], list[str]]] = {}
    for alert, decisions in histories:
        history = _decision_lines(decisions, cells, zone)
        key = alert.title, str(history), alert.raised_at, alert.note
        same.setdefault(key, (alert, history, []))[2].append(alert.watchlist)
    lines: list[Line] = []
    title = ""
    for alert, history, watchlists in same.values():
        if alert.title != title or not lines:
            title = alert.title
            lines += [*wrap(shown_title(line(title)), cells, "title"), []]
        raised = _("raised by {watchlist}", watchlist=line(", ".join(watchlists)))
        lines += [*history, *wrap(f"{times.full(alert.raised_at, zone)}  {raised}", cells, "quiet")]
        if alert.note:
            lines += [[], *wrap(alert.note, cells, "plain", "  ")]
        lines.append([])
    return lines[:-1]


def _decision_lines(decisions: Sequence[Decision], cells: int, zone: tzinfo | None) -> list[Line]:
    lines: list[Line] = []
    undone = {decision.act for decision in decisions if decision.undoes is not None}
    for decision in reversed(decisions):
        who = line(decision.who) if not decision.why else "tocsin"
        changes = describe_changes(decision) or _("nothing")
        why = f" ({line(decision.why)})" if decision.why else ""
        who = who or _("somebody")
        if decision.undoes is None:
            words = _("{who}: {changes}", who=who, changes=changes)
        elif decision.undoes in undone:
            words = _("{who} redid: {changes}", who=who, changes=changes)
        else:
            words = _("{who} undid: {changes}", who=who, changes=changes)
        lines += wrap(f"{times.full(decision.at, zone)}  {words}{why}", cells, "plain")
    return lines


def change_words(change: Change) -> str:
    """Return in a few words what a change says of alerts: `noise`, `tags`."""
    changes = {
        name: value for name in _FIELDS if (value := getattr(change, name, None)) is not None
    }
    changes["tags"] = [*change.tags, *(f"-{tag}" for tag in change.untag)]
    return decision_words({name: value for name, value in changes.items() if value != []})


def decision_words(changes: Mapping[str, Any]) -> str:
    """Return in a few words what was said of alerts, from the fields that were changed."""
    words = {name: _in_words(name, value) for name, value in changes.items()}
    if changes.get("verdict"):
        words.pop("state", None)  # a verdict acknowledges
    return clauses(word for name in _FIELDS if (word := words.get(name, "")))


def _in_words(name: str, value: Any) -> str:
    if name == "starred":
        return _("star") if value else _("no star")
    if name in ("state", "verdict"):
        return _value(name, value) if value else ""
    if name == "note":
        return pgettext("decision", name)
    return _("{field} {value}", field=pgettext("decision", name), value=_value(name, value))


_FIELDS = mark_all("decision", "state", "verdict", "starred", "note", "tags", "assignee")


def _value(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return line(" ".join(map(str, value))) or pgettext("decision", "none")
    if value and name == "state":
        return state_name(AlertState(value))
    if value and name == "verdict":
        return verdict_name(Verdict(value))
    return line(str(value)) or pgettext("decision", "none")
