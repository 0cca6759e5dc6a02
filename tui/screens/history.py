"""Who said what of an alert, and when; what made it louder is told too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from index.text import line
from monitor.model import Alert, Decision
from tui import moment
from tui.ink import Line, wrap
from tui.screens.dialog import Dialog
from tui.widgets.sheet import Sheet


class History(Dialog[None]):
    """The record of one alert, the newest last."""

    def __init__(self, alert: Alert, decisions: Sequence[Decision], zone: tzinfo | None) -> None:
        super().__init__(
            "Who said what", Sheet(lambda cells: record(alert, decisions, cells, zone))
        )


def record(
    alert: Alert, decisions: Sequence[Decision], cells: int, zone: tzinfo | None
) -> list[Line]:
    """Return the record as lines."""
    lines = [*wrap(line(alert.title) or "(no title)", cells, "title"), []]
    raised = f"{moment.full(alert.raised_at, zone)}  raised by {line(alert.watchlist)}"
    lines += wrap(raised, cells, "quiet")
    for decision in decisions:
        who = line(decision.who) if not decision.why else "tocsin"
        back = " took back" if decision.undoes is not None else ""
        said = "; ".join(_changes(decision)) or "nothing"
        why = f" ({line(decision.why)})" if decision.why else ""
        head = f"{moment.full(decision.at, zone)}  {who or 'somebody'}{back}: "
        lines += wrap(f"{head}{said}{why}", cells, "plain")
    if alert.note:
        lines += [[], *wrap(alert.note, cells, "plain", "  ")]
    return lines


def _changes(decision: Decision) -> Iterator[str]:
    for name, after in decision.after.items():
        yield f"{name} {_value(decision.before.get(name))} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return line(" ".join(map(str, value))) or "none"
    return line(str(value)) or "none"
