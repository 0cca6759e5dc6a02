"""The line at the top of the screen."""

from __future__ import annotations

from datetime import tzinfo

from textual.strip import Strip

from index.article import Timestamp
from monitor.model import Status
from tui.ink import Line
from tui.pulse import status_line
from tui.widgets.inked import Inked


class StatusLine(Inked):
    """The newsroom at a glance; repaints only when its words change."""

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._zone = zone
        self._shown: tuple[Status | None, Timestamp] = (None, 0.0)
        self._line: Line = []

    def tell(self, status: Status | None, now: Timestamp) -> None:
        """Show this status at this moment."""
        self._shown = (status, now)
        if status_line(status, now, self._zone, self.size.width) != self._line:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        self._line = status_line(*self._shown, self._zone, self.size.width)
        return self.strip(self._line, self.size.width)
