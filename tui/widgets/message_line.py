"""Text that others compose: one line, or a block."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual.geometry import Region
from textual.strip import Strip

from tui.view.styled_text import Line
from tui.widgets.styled_widget import StyledWidget


class MessageLine(StyledWidget):
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


class TextBlock(StyledWidget):
    """Shows lines from its top; some of them may stand out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[Line, bool]] = []

    def show(self, lines: Sequence[Line], standing_out: Collection[int] = ()) -> None:
        """Show these lines, those with the numbers of `standing_out` on another ground."""
        before = self._lines
        self._lines = [(line, number in standing_out) for number, line in enumerate(lines)]
        for y in range(max(len(before), len(self._lines))):
            if before[y : y + 1] != self._lines[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line of it."""
        line, out = self._lines[y] if y < len(self._lines) else ([], False)
        return self.strip(line, self.size.width, "cursor" if out else "")
