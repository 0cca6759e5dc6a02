"""Saying something of alerts: verdicts, stars, and what is still to be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from monitor.model import Alert, AlertState, Filter, Verdict
from tui.alerts import Alerts, Change
from tui.screens.panes import Panes
from tui.triage import Triage
from tui.widgets.alert_stream import AlertStream

NEAR = 1024
"""Rows looked through at once for the next untriaged alert."""


class Triaging(Panes):
    """The part of a screen with a stream that says something of its alerts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Acknowledge, and on to the next"),
        Binding("A", "acknowledge_shown", "Acknowledge all on the screen"),
        Binding("x", "noise", "Noise: a verdict, kept; and on"),
        Binding("s", "star", "Star, or not"),
        Binding("u", "undo", "Undo"),
        Binding("n", "untriaged(1)", "Next untriaged alert"),
        Binding("N", "untriaged(-1)", "Previous untriaged alert"),
    ]
    alerts: Alerts
    stream: AlertStream
    filter: Filter
    triage: Triage

    def _say(self, change: Change, *, on: bool) -> None:
        alert = self.stream.alert
        if alert is not None:
            self.triage.say([alert], change)
            if on:
                self.stream.action_move(1)

    def action_acknowledge(self) -> None:
        """Acknowledge the alert."""
        self._say(Change(state=AlertState.ACKNOWLEDGED), on=True)

    def action_noise(self) -> None:
        """Call the alert noise."""
        self._say(Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.NOISE), on=True)

    def action_star(self) -> None:
        """Star the alert or take the star away."""
        alert = self.stream.alert
        if alert is not None:
            self._say(Change(starred=not alert.starred), on=False)

    def action_acknowledge_shown(self) -> None:
        """Acknowledge every alert on the screen."""
        shown = [self.alerts.get(alert) for alert in self.stream.on_screen()]
        self.triage.say([a for a in shown if a], Change(state=AlertState.ACKNOWLEDGED))

    def action_undo(self) -> None:
        """Take back the last verdict and go where it was."""
        ids = self.triage.undo()
        if not ids:
            self.tell("Nothing to undo.")
        elif len(ids) == 1:
            row = self.stream.row_of(next(iter(ids)))
            if row is not None:
                self.stream.go(row)

    def _shown(self, ids: Iterable[int]) -> None:
        self.stream.repaint(ids)

    def _not_stored(self, why: str) -> None:
        self.tell(f"Not stored, taken back: {why}", trouble=True)

    def action_untriaged(self, by: int) -> None:
        """Go to the next alert that waits for a verdict."""
        row = self.stream.cursor + by
        end = self.stream.row_count if by > 0 else -1
        for at in range(row, end, by):
            if abs(at - row) > NEAR:
                self.run_worker(self._far_untriaged(at, by), group="untriaged", exclusive=True)
                return
            if _waits(self.stream.at(at)):
                self.stream.go(at)
                return
        self.tell("No untriaged alert below." if by > 0 else "No untriaged alert above.")

    async def _far_untriaged(self, row: int, by: int) -> None:
        """Ask the store for the next untriaged alert beyond the rows at hand."""
        waiting = replace(self.filter, state=AlertState.NEW)
        ids = await self.answer(self.newsroom.service.alert_ids, waiting)
        if ids is None:
            return
        pending = self.alerts.pending()
        there = (
            self.stream.row_of(a) for a in (reversed(ids) if by > 0 else ids) if a not in pending
        )
        found = next((r for r in there if r is not None and (r - row) * by >= 0), None)
        if found is None:
            self.tell("No untriaged alert that way.")
        else:
            self.stream.go(found)


def _waits(alert: Alert | None) -> bool:
    return alert is not None and alert.state is AlertState.NEW
