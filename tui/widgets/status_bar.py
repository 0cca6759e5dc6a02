"""The line at the top of the screen; a click opens what it tells of."""

from __future__ import annotations

from datetime import tzinfo

from textual import events
from textual.strip import Strip

from index.article import Timestamp
from monitor.model.status import Status
from tui.view.status_bar import parts, status_line
from tui.view.styled_text import Line, width
from tui.widgets.styled_widget import StyledWidget


class StatusBar(StyledWidget):
    """The newsroom at a glance; repaints only when its words change."""

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._zone = zone
        self._shown: tuple[Status | None, Timestamp] = (None, 0.0)
        self._waiting: int | None = None
        self._line: Line = []

    def tell(self, status: Status | None, now: Timestamp, waiting: int | None = None) -> None:
        """Show this status at this moment, and how many alerts wait for a paused stream."""
        self._shown = (status, now)
        self._waiting = waiting
        before, self._line = self._line, self._said()
        if before != self._line:
            self.refresh()

    def _said(self) -> Line:
        return status_line(*self._shown, self._zone, self.size.width, self._waiting)

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        if width(self._line) != self.size.width:
            self._line = self._said()
        return self.strip(self._line, self.size.width)

    async def on_click(self, event: events.Click) -> None:
        """Open what is under the mouse."""
        right = 0
        for part in parts(*self._shown, self._zone, self.size.width, self._waiting):
            right += width(part.line)
            if event.x < right:
                if part.opens:
                    await self.screen.run_action(f"open_part('{part.opens}')")
                return
