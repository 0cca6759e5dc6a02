"""The stream of alerts, newest first; it follows new alerts while the cursor is at the top."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import tzinfo

from textual import events
from textual.content import Content
from textual.message import Message

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.errors import StoreError
from monitor.model.alert import Alert, EscalatedAlert
from tui.data.alert_list import AlertCache, AlertOrder
from tui.view.alerts import alert_row, copies_column
from tui.view.styled_text import Line
from tui.widgets.line_list import LineList


class AlertStream(LineList):
    """Rows of alerts, read by primary key when they come into view."""

    class OutletsRequested(Message):
        """The analyst clicked on the number of copies of the alert under the cursor."""

    _new_above = 0
    """New alerts above the screen that the analyst has not seen."""
    _titles = ("", "")

    def __init__(
        self,
        alerts: AlertCache,
        *,
        clock: Callable[[], Timestamp],
        zone: tzinfo | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._alerts = alerts
        self._clock = clock
        self._zone = zone
        self._order = AlertOrder()
        self._empty_state: Callable[[int], list[Line]] = lambda cells: []
        self._filter = ""
        self._postponed: dict[int, int] = {}
        """Alerts on the screen that escalated and have not moved yet, with their escalations."""
        self._paused_alerts: int | None = None
        self.follow = True
        """Whether the cursor follows new alerts; not while the analyst reads the newest one."""
        self.marks: set[int] = set()

    # --- alerts -----------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Return the number of alerts."""
        return len(self._order)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._order.newest

    def load(
        self,
        ids: Iterable[int],
        escalated: Iterable[EscalatedAlert] = (),
        filter: str = "",
        cursor: int = 0,
    ) -> None:
        """Show other alerts.

        Args:
            ids: The alerts in ascending order.
            escalated: Those of them that have escalated.
            filter: The filter that they pass, as written.
            cursor: Id of the alert to put the cursor on; 0 for that under the cursor now.
        """
        cursor = cursor or self.alert_id
        self._order = AlertOrder(ids, escalated)
        self._filter = filter
        self._postponed.clear()
        self.marks = {alert for alert in self.marks if self._order.row(alert) is not None}
        self._min_lines = self._new_above = 0
        row = self._order.row(cursor) if cursor else None
        self.cursor = row or 0
        self.update_row_count()
        if self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True)
        self.reveal()
        self.update_titles()
        self.post_message(self.Highlighted(self))

    def add_older(self, ids: array[int], escalated: Iterable[EscalatedAlert] = ()) -> None:
        """Add older alerts below; nothing on the screen moves."""
        self._order.add_older(ids, escalated)
        self.update_row_count()
        self.update_titles()

    def add_newer(self, ids: Sequence[int], escalated: Sequence[EscalatedAlert] = ()) -> None:
        """Add newer alerts, and move escalated ones to the top.

        If the newest row is under the cursor the stream follows. Else no row on the screen
        moves, and an escalated alert on the screen stays until the analyst is at the top again.
        """
        following = self.cursor == 0 and round(self.scroll_y) == 0 and self.follow
        moving = {row.alert: row.escalation for row in escalated}
        if following or not self.row_count:
            moving = self._postponed | moving
            self._postponed = {}
        else:
            visible = {*self.on_screen(), self.alert_id}
            self._postponed |= {a: e for a, e in moving.items() if a in visible}
            moving = {a: e for a, e in moving.items() if a not in visible}
        if not moving and not len(ids):
            self.update_titles()
            return
        top = self._order.rows(round(self.scroll_y), 1)
        cursor = self.alert_id
        before = self.row_count
        new = self._order.add_newer(ids)
        self._order.escalate([(escalation, alert) for alert, escalation in moving.items()])
        if following or not before:
            self.update_row_count()
            self.post_message(self.Highlighted(self, automatic=bool(before)))
        elif new or moving:
            self._keep_still(top[0], cursor, new + len(moving))
        self.update_titles()

    def _keep_still(self, top: int, cursor: int, new_above: int) -> None:
        """Keep the topmost alert and the cursor where they are on the screen."""
        row, self.cursor = self._order.row(top) or 0, self._order.row(cursor) or 0
        self._new_above += new_above
        self._min_lines = row + self.page
        self.update_row_count()
        self.scroll_to(y=row, animate=False, force=True)

    def show_paused(self, waiting: int | None) -> None:
        """Show that the stream is paused and how many alerts wait; None when it is not."""
        self._paused_alerts = waiting
        self.set_class(waiting is not None, "-paused")
        self.update_titles()

    # --- rows -------------------------------------------------------------------

    @property
    def alert_id(self) -> int:
        """Id of the alert under the cursor, 0 without any."""
        return self._order.at(self.cursor) if self.cursor < self.row_count else 0

    @property
    def alert(self) -> Alert | None:
        """The alert under the cursor."""
        return self.at(self.cursor) if self.row_count else None

    def at(self, row: int) -> Alert | None:
        """Return the alert on a row; None if it is deleted or the store cannot be read now."""
        try:
            return self._alerts.get(self._order.at(row), lambda: self._order.block(row))
        except StoreError:
            return None  # the screen reports the error at its next read

    def on_screen(self) -> list[int]:
        """Return the ids of the alerts on the screen."""
        return self._order.rows(round(self.scroll_y), self.page)

    def row_of(self, alert: int) -> int | None:
        """Return the row of an alert, None if it is not shown."""
        return self._order.row(alert)

    def repaint(self, ids: Collection[int]) -> None:
        """Paint alerts again if they are on the screen."""
        for at, alert in enumerate(self.on_screen(), round(self.scroll_y)):
            if alert in ids:
                self.refresh_row(at)

    def mark(self, alert: int) -> None:
        """Mark an alert, or remove its mark."""
        self.marks ^= {alert}
        self.repaint({alert})
        self.update_titles()

    def unmark_all(self) -> None:
        """Remove every mark."""
        marked, self.marks = self.marks, set()
        self.repaint(marked)
        self.update_titles()

    # --- painting ---------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        """Return an alert as a line."""
        alert = self.at(row)
        if alert is None:
            return [("  (not available)", "quiet")]
        marked = alert.id in self.marks
        return alert_row(alert, cells, self._clock(), self._zone, marked=marked)

    def row_key(self, row: int) -> object:
        """Return the alert, its mark and the quarter of an hour, which decides its time's form."""
        alert = self.at(row)
        if alert is None:
            return None
        return (alert, alert.id in self.marks, int(self._clock() // 900))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what an empty stream shows."""
        return self._empty_state(cells)

    def set_empty_state(self, empty_state: Callable[[int], list[Line]]) -> None:
        """Set what an empty stream shows, as lines of so many cells."""
        self._empty_state = empty_state
        if not self.row_count:
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Tell of a click on the number of copies (`+14`); else do what any list does."""
        offset = event.get_content_offset(self)
        copies = copies_column(self.scrollable_content_region.width - 1)
        row = offset.y + round(self.scroll_y) if offset else self.row_count
        if offset and copies is not None and offset.x > copies and row < self.row_count:
            alert = self.at(row)
            if alert is not None and alert.duplicates:
                self.post_message(self.OutletsRequested())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Count new alerts down as they come into view."""
        super().watch_scroll_y(old_value, new_value)
        new_above = min(self._new_above, round(new_value))
        if round(new_value) == 0 and self._min_lines:
            self._min_lines = 0
            self.update_row_count()
        if new_above != self._new_above:
            self._new_above = new_above
            self.update_titles()

    def update_titles(self) -> None:
        """Show the filter above, and below the numbers of marked, waiting and new alerts."""
        filtered = f"Alerts · {line(self._filter)} · {self.row_count} (F: all)"
        counts = [f"{len(self.marks)} marked"] if self.marks else []
        if self._paused_alerts is not None:
            counts.append(f"‖ PAUSED, {self._paused_alerts} wait (p: resume)")
        if self._new_above:
            counts.append(f"▲ {self._new_above} new (.)")
        if self._postponed:
            counts.append(f"↑ {len(self._postponed)} escalated (.)")
        titles = (filtered if self._filter else "Alerts", " · ".join(counts))
        if titles != self._titles:  # setting them repaints the whole widget
            self._titles = titles
            self.border_title, self.border_subtitle = map(Content, titles)
