"""The line at the bottom of the screen: the keys that matter here, help first."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.strip import Strip

from tui.keys import KeyBinding
from tui.view.styled_text import Line, width
from tui.widgets.styled_widget import StyledWidget


class KeyBar(StyledWidget):
    """As many keys as fit whole; a click on one is the key pressed."""

    def __init__(self, keys: Sequence[KeyBinding], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = keys

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        line: Line = []
        for key in self._fitting():
            line += _label(key)
        return self.strip(line, self.size.width)

    def _fitting(self) -> list[KeyBinding]:
        used = 0
        fitting: list[KeyBinding] = []
        for key in self._keys:
            used += width(_label(key))
            if used > self.size.width:
                break
            fitting.append(key)
        return fitting

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        right = 0
        for key in self._fitting():
            right += width(_label(key))
            if event.x < right:
                await self.screen.run_action(key.action)
                return


def _label(key: KeyBinding) -> Line:
    return [(f" {key.shown}", "key"), (f" {key.label} ", "quiet")]
