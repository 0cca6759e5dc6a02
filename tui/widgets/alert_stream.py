"""The stream of alerts, newest first: it follows at the top and else keeps still."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import tzinfo

from textual import events
from textual.content import Content

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.errors import StoreError
from monitor.model.alert import Alert, EscalatedAlert
from tui.data.alert_cache import Alerts
from tui.data.alert_order import AlertOrder
from tui.messages import Moved, Storied
from tui.view import rows
from tui.view.styled_text import Line
from tui.widgets.line_list import LineList


class AlertStream(LineList):
    """Rows of alerts, read by primary key when they come into view."""

    _above = 0
    """Alerts that came on top while the stream kept still, and are above the screen."""

    _titled = ("", "")

    def __init__(
        self,
        alerts: Alerts,
        *,
        clock: Callable[[], Timestamp],
        zone: tzinfo | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._alerts = alerts
        self._clock = clock
        self._zone = zone
        self._stream = AlertOrder()
        self._guidance: Callable[[int], list[Line]] = lambda cells: []
        self._subject = ""
        self._later: dict[int, int] = {}
        """Alerts that became louder before the analyst's eyes, and by which escalation."""
        self._waiting: int | None = None
        self.held = False
        """Someone reads the newest alert: it must not be replaced under their eyes."""
        self.marks: set[int] = set()

    # --- what is in it ----------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Return how many alerts there are."""
        return len(self._stream)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._stream.newest

    def load(
        self,
        ids: Iterable[int],
        again: Iterable[EscalatedAlert] = (),
        subject: str = "",
        kept: int = 0,
    ) -> None:
        """Show other alerts, from the newest or from the one that is `kept` in sight.

        `again` are those of them that became louder, `subject` says which ones they are.
        """
        kept = kept or self.alert_id
        self._stream = AlertOrder(ids, again)
        self._subject = subject
        self._later.clear()
        self.marks = {alert for alert in self.marks if self._stream.row(alert) is not None}
        self._floor = self._above = 0
        row = self._stream.row(kept) if kept else None
        self.cursor = row or 0
        self.resize_rows()
        if self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True)
        self.reveal()
        self.title()
        self.post_message(Moved(self))

    def deepen(self, ids: array[int], again: Iterable[EscalatedAlert] = ()) -> None:
        """Add older alerts below; nothing on the screen moves."""
        self._stream.deepen(ids, again)
        self.resize_rows()
        self.title()

    def arrive(self, ids: Sequence[int], louder: Sequence[EscalatedAlert] = ()) -> None:
        """Add newer alerts, and on top those that became louder.

        Follow if the newest was under the cursor; else no row on the screen moves, and what
        became louder on it stays until one comes back to the top.
        """
        following = self.cursor == 0 and round(self.scroll_y) == 0 and not self.held
        stirring = {one.alert: one.escalation for one in louder}
        if following or not self.row_count:
            stirring = self._later | stirring
            self._later = {}
        else:
            seen = {*self.on_screen(), self.alert_id}
            self._later |= {a: e for a, e in stirring.items() if a in seen}
            stirring = {a: e for a, e in stirring.items() if a not in seen}
        if not stirring and not len(ids):
            self.title()
            return
        top = self._stream.rows(round(self.scroll_y), 1)
        on = self.alert_id
        before = self.row_count
        fresh = self._stream.arrive(ids)
        self._stream.stir([(escalation, alert) for alert, escalation in stirring.items()])
        if following or not before:
            self.resize_rows()
            self.post_message(Moved(self, by_itself=bool(before)))
        elif fresh or stirring:
            self._keep_still(top[0], on, fresh + len(stirring))
        self.title()

    def _keep_still(self, top: int, on: int, above: int) -> None:
        """Let rows that came on top push nothing: the window and the cursor go with theirs."""
        row, cursor = self._stream.row(top) or 0, self._stream.row(on) or 0
        self.cursor = cursor
        self._above += above
        self._floor = row + self.page
        self.resize_rows()
        self.scroll_to(y=row, animate=False, force=True)

    def pause(self, waiting: int | None) -> None:
        """Say that the stream stands still and how many wait; None is that it goes on."""
        self._waiting = waiting
        self.set_class(waiting is not None, "-paused")
        self.title()

    # --- what is under the cursor -------------------------------------------------

    @property
    def alert_id(self) -> int:
        """Id of the alert under the cursor, 0 without any."""
        return self._stream.at(self.cursor) if self.cursor < self.row_count else 0

    @property
    def alert(self) -> Alert | None:
        """The alert under the cursor."""
        return self.at(self.cursor) if self.row_count else None

    def at(self, row: int) -> Alert | None:
        """Return the alert on a row, None if the store has dropped it or cannot be read now."""
        try:
            return self._alerts.get(self._stream.at(row), lambda: self._stream.block(row))
        except StoreError:
            return None  # the next look says why

    def on_screen(self) -> list[int]:
        """Return the ids on the screen."""
        return self._stream.rows(round(self.scroll_y), self.page)

    def row_of(self, alert: int) -> int | None:
        """Return the row of an alert."""
        return self._stream.row(alert)

    def repaint(self, ids: Collection[int]) -> None:
        """Draw these alerts anew where they are on the screen."""
        for at, alert in enumerate(self.on_screen(), round(self.scroll_y)):
            if alert in ids:
                self.refresh_row(at)

    def mark(self, alert: int) -> None:
        """Mark an alert, or take its mark away."""
        self.marks ^= {alert}
        self.repaint({alert})
        self.title()

    def unmark(self) -> None:
        """Take all marks away."""
        marked, self.marks = self.marks, set()
        self.repaint(marked)
        self.title()

    # --- drawing ----------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        """Return an alert as a line."""
        alert = self.at(row)
        if alert is None:
            return [("  (not to be had)", "quiet")]
        marked = alert.id in self.marks
        return rows.alert_row(alert, cells, self._clock(), self._zone, marked=marked)

    def row_key(self, row: int) -> object:
        """Return an alert's look: itself and the day, which decides how its time is shown."""
        alert = self.at(row)
        if alert is None:
            return None
        return (alert, alert.id in self.marks, int(self._clock() // 900))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what to do about an empty stream."""
        return self._guidance(cells)

    def guide(self, guidance: Callable[[int], list[Line]]) -> None:
        """Say what an empty stream shows."""
        self._guidance = guidance
        if not self.row_count:
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Show who tells the story where `+14` is clicked; else as any list."""
        offset = event.get_content_offset(self)
        copies = rows.copies_at(self.scrollable_content_region.width - 1)
        row = offset.y + round(self.scroll_y) if offset else self.row_count
        if offset and copies is not None and offset.x > copies and row < self.row_count:
            alert = self.at(row)
            if alert is not None and alert.duplicates:
                self.post_message(Storied(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Count down what was not seen as it comes into view."""
        super().watch_scroll_y(old_value, new_value)
        above = min(self._above, round(new_value))
        if round(new_value) == 0 and self._floor:
            self._floor = 0
            self.resize_rows()
        if above != self._above:
            self._above = above
            self.title()

    def title(self) -> None:
        """Name what is shown; count what waits above, and what is marked."""
        shown = f"Alerts · {line(self._subject)} · {self.row_count} (F: all)"
        said = [f"{len(self.marks)} marked"] if self.marks else []
        if self._waiting is not None:
            said.append(f"‖ PAUSED, {self._waiting} wait (p: go on)")
        if self._above:
            said.append(f"▲ {self._above} new (.)")
        if self._later:
            said.append(f"↑ {len(self._later)} louder (.)")
        titled = (shown if self._subject else "Alerts", " · ".join(said))
        if titled != self._titled:  # setting them draws the whole widget anew
            self._titled = titled
            self.border_title, self.border_subtitle = map(Content, titled)
