"""The stream of alerts, newest first: it follows at the top and else keeps still."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo

from textual.content import Content

from index.article import Timestamp
from monitor.errors import StoreError
from monitor.model import Alert
from tui import rows
from tui.alerts import Alerts
from tui.ink import Line
from tui.messages import Moved
from tui.stream import Stream
from tui.widgets.line_list import LineList


class AlertStream(LineList):
    """Rows of alerts, read by primary key when they come into view."""

    _above = 0
    """Newer alerts that came while the stream kept still, and are above the screen."""

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
        self._stream = Stream()
        self._guidance: Callable[[int], list[Line]] = lambda cells: []
        self._subject = ""
        self.held = False
        """Someone reads the newest alert: it must not be replaced under their eyes."""

    # --- what is in it ----------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Return how many alerts there are."""
        return len(self._stream)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._stream.newest

    def load(self, ids: Iterable[int], subject: str = "") -> None:
        """Show other alerts, from the newest; `subject` says which ones."""
        kept = self.alert_id
        self._stream = Stream(ids)
        self._subject = subject
        self._floor = self._above = 0
        row = self._stream.row(kept) if kept else None
        self.cursor = row or 0
        self.resize_rows()
        self.scroll_to(y=0, animate=False, force=True)
        self.reveal()
        self._title()
        self.post_message(Moved(self))

    def deepen(self, ids: array[int]) -> None:
        """Add older alerts below; nothing on the screen moves."""
        self._stream.deepen(ids)
        self.resize_rows()

    def arrive(self, ids: Sequence[int]) -> None:
        """Add newer alerts: follow if the newest was under the cursor, else keep still."""
        following = self.cursor == 0 and round(self.scroll_y) == 0 and not self.held
        was_empty = not self.row_count
        fresh = self._stream.arrive(ids)
        if not fresh:
            return
        if following or was_empty:
            self.resize_rows()
            self.post_message(Moved(self))
        else:
            self._keep_still(fresh)
        self._title()

    def _keep_still(self, fresh: int) -> None:
        """Let rows that came on top push nothing: the window and the cursor go with them."""
        top = round(self.scroll_y) + fresh
        self.cursor += fresh
        self._above += fresh
        self._floor = top + self.page
        self.resize_rows()
        self.scroll_to(y=top, animate=False, force=True)

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

    def repaint(self, ids: Iterable[int]) -> None:
        """Draw these alerts anew where they are on the screen."""
        for alert in ids:
            row = self._stream.row(alert)
            if row is not None:
                self.refresh_row(row)

    # --- drawing ----------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        """Return an alert as a line."""
        alert = self.at(row)
        if alert is None:
            return [("  (not to be had)", "quiet")]
        return rows.alert_row(alert, cells, self._clock(), self._zone)

    def row_key(self, row: int) -> object:
        """Return an alert's look: itself and the day, which decides how its time is shown."""
        alert = self.at(row)
        return None if alert is None else (alert, int(self._clock() // 900))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what to do about an empty stream."""
        return self._guidance(cells)

    def guide(self, guidance: Callable[[int], list[Line]]) -> None:
        """Say what an empty stream shows."""
        self._guidance = guidance
        if not self.row_count:
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Count down what was not seen as it comes into view."""
        super().watch_scroll_y(old_value, new_value)
        above = min(self._above, round(new_value))
        if round(new_value) == 0 and self._floor:
            self._floor = 0
            self.resize_rows()
        if above != self._above:
            self._above = above
            self._title()

    def _title(self) -> None:
        """Name what is shown and count what waits above."""
        title = "Alerts" + (f" · {self._subject}" if self._subject else "")
        self.border_title = Content(title)
        self.border_subtitle = Content(f"▲ {self._above} new (.)" if self._above else "")
