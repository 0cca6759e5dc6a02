"""The lines at the top and at the bottom of a screen: the status bar and the key bar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from textual import events
from textual.strip import Strip

from monitor.base.article import Timestamp
from monitor.model.status import Status
from monitor.presentation.spans import Line, width
from tui.key_labels import KeyBinding
from tui.view.status import status_line, status_parts
from tui.widgets.styled_widget import StyledWidget


class StatusBar(StyledWidget):
    """The state of the newsroom on one line; a click on a part opens what it is about."""

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._zone = zone
        self._status: Status | None = None
        self._now: Timestamp = 0.0
        self._paused_stories: int | None = None
        self._line: Line = []

    def update(
        self, status: Status | None, now: Timestamp, paused_stories: int | None = None
    ) -> None:
        """Show a status; repaint only if the line differs.

        Args:
            status: The status; None before it is known.
            now: The present time.
            paused_stories: Stories that wait while the stream is paused; None while it is not.
        """
        self._status, self._now, self._paused_stories = status, now, paused_stories
        before, self._line = self._line, self._status_line()
        if before != self._line:
            self.refresh()

    def _status_line(self) -> Line:
        cells = self.size.width
        return status_line(self._status, self._now, self._zone, cells, self._paused_stories)

    def render_line(self, y: int) -> Strip:
        if width(self._line) != self.size.width:
            self._line = self._status_line()
        return self.strip(self._line, self.size.width)

    async def on_click(self, event: events.Click) -> None:
        """Open what the part under the mouse is about."""
        right, cells = 0, self.size.width
        for part in status_parts(self._status, self._now, self._zone, cells, self._paused_stories):
            right += width(part.line)
            if event.x < right:
                if part.opens:
                    await self.app.run_action(f"open_part('{part.opens}')")
                return


class KeyBar(StyledWidget):
    """The most important keys of the focused pane, as many as fit whole; a click presses a key.

    Textual's Footer cuts off what does not fit, has no order of importance, and creates a widget
    for each key whenever the focus moves.
    """

    def __init__(self, keys: Sequence[KeyBinding], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = keys

    def update(self, keys: Sequence[KeyBinding]) -> None:
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        line: Line = []
        for key in self._fitting():
            line += _label(key)
        return self.strip(line, self.size.width)

    def _fitting(self) -> list[KeyBinding]:
        used = 0
        fitting: list[KeyBinding] = []
        for key in self._keys:
            if used + width(_label(key)) <= self.size.width:
                used += width(_label(key))
                fitting.append(key)
        return fitting

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the key under the mouse."""
        right = 0
        for key in self._fitting():
            right += width(_label(key))
            if event.x < right:
                if key.action:
                    await self.screen.run_action(key.action)
                return


def _label(key: KeyBinding) -> Line:
    return [(f" {key.shown}", "key"), (f" {key.label} ", "quiet")]
