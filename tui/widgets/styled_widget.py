"""The base of all widgets that paint styled text, and a block of such text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from monitor.base.text_cleaning import clean
from monitor.presentation.spans import Line
from tui.themes import styles


def set_line_count(view: ScrollView, lines: int) -> None:
    """Set the number of lines of a view.

    Textual would lay all panes out again, which takes 10 ms. Here they are laid out only when the
    scrollbar appears or disappears; it is told of steps that it can show, eighths of a cell.
    """
    room = view.size.height
    scrolls = lines > room or view.styles.overflow_y == "scroll"
    if (
        view.is_mounted
        and scrolls is view.show_vertical_scrollbar
        and view.scroll_y <= max(0, lines - room)
    ):
        view.set_reactive(ScrollView.virtual_size, Size(0, lines))
        if scrolls and abs(lines - view.vertical_scrollbar.window_virtual_size) * 8 * room > lines:
            view.vertical_scrollbar.window_virtual_size = lines
    else:
        view.virtual_size = Size(0, lines)


class StyledWidget(Widget):
    """A widget that paints lines of styled text; the one place where text reaches the screen.

    Textual's Static, Label and RichLog parse a `str` as markup and pass escape sequences and
    bidi controls of feeds to the terminal; this widget does neither, and takes its colours from
    the theme by style name.
    """

    _background: Style | None = None
    _theme_styles: Mapping[str, Style] = {}

    def strip(self, line: Line, cells: int, background: str = "") -> Strip:
        """Return a line as a strip of exactly so many cells; unprintable text is cleaned again.

        `background` is the name of a style to paint over; empty for the widget's own.
        """
        if self._background is None:
            self._background = self.rich_style
            self._theme_styles = styles(self.app.theme)
        base = self._background
        if background:
            base += self._theme_styles[background]
        segments = [
            Segment(
                text if text.isprintable() else clean(text),
                base + self._theme_styles[style] if style else base,
            )
            for text, style in line
            if text
        ]
        return Strip(segments).adjust_cell_length(cells, base).simplify()

    def refresh_changed(self, old: Sequence[object], new: Sequence[object], top: int = 0) -> None:
        """Repaint the lines that differ; `top` is the number of the first one on the screen."""
        for row in range(top, top + self.size.height):
            if old[row : row + 1] != new[row : row + 1]:
                self.refresh(Region(0, row - top, self.size.width, 1))

    def notify_style_update(self) -> None:
        """Forget the colours of the earlier theme."""
        self._background = None
        super().notify_style_update()


class TextBlock(StyledWidget):
    """A few lines of styled text; an update repaints only the lines that differ.

    Textual's Static would lay the screen out again at each update, which takes 10 ms.
    """

    def __init__(self, *lines: Line, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[Line, bool]] = [(line, False) for line in lines]

    def update(self, *lines: Line, highlighted: Collection[int] = ()) -> None:
        """Show other lines; those with the `highlighted` numbers have the cursor's background."""
        old_lines = self._lines
        self._lines = [(line, number in highlighted) for number, line in enumerate(lines)]
        self.refresh_changed(old_lines, self._lines)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        line, highlighted = self._lines[y] if y < len(self._lines) else ([], False)
        return self.strip(line, self.size.width, "cursor" if highlighted else "")
