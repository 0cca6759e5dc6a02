"""One line of our own words, such as what a search found or why it cannot be understood."""

from __future__ import annotations

from textual.strip import Strip

from tui.ink import Line
from tui.widgets.inked import Inked


class Note(Inked):
    """A line that can be changed."""

    def __init__(self, line: Line | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._line: Line = line or []

    def say(self, line: Line) -> None:
        """Show another line."""
        if line != self._line:
            self._line = line
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        return self.strip(self._line if y == 0 else [], self.size.width)
