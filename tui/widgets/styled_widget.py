"""Widgets that paint lines of styled text."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from index.analysis.text_cleaning import clean
from tui.themes import inks
from tui.view.styled_text import Line

EIGHTHS = 8
"""Of a cell: so finely a scrollbar is drawn."""


def measure(view: ScrollView, lines: int) -> None:
    """Give a view so many lines.

    All panes are laid out anew, which takes 10 ms, only where its scrollbar comes or goes; the
    scrollbar is painted anew only where that can be seen.
    """
    size = Size(0, lines)
    room = view.size.height
    scrolls = lines > room or view.styles.overflow_y == "scroll"
    if (
        view.is_mounted
        and scrolls is view.show_vertical_scrollbar
        and (view.scroll_y <= max(0, lines - room))
    ):
        view.set_reactive(ScrollView.virtual_size, size)
        if scrolls:
            _lengthen(view.vertical_scrollbar, lines)
    else:
        view.virtual_size = size


def _lengthen(bar: ScrollBar, lines: int) -> None:
    if _thumb(bar, bar.window_virtual_size) == _thumb(bar, lines):
        bar.set_reactive(ScrollBar.window_virtual_size, lines)
    else:
        bar.window_virtual_size = lines


def _thumb(bar: ScrollBar, lines: int) -> tuple[int, int] | None:
    """Return where the thumb begins and how long it is beside so many lines; None for no thumb."""
    cells, window = bar.size.height, bar.window_size
    if not cells or not 0 < window < lines:
        return None
    length = max(1.0, window * cells / lines)
    start = (cells - length) * bar.position / (lines - window)
    return int(start * EIGHTHS), math.ceil(length * EIGHTHS)


class StyledWidget(Widget):
    """A widget that paints in the inks of the theme, on its own ground."""

    _ground: Style | None = None
    _inks: Mapping[str, Style] = {}

    def strip(self, line: Line, cells: int, under: str = "") -> Strip:
        """Return a line on exactly so many cells, over the ground of another ink.

        Nothing unsafe gets past here: what is not plainly printable is cleaned once more.
        """
        if self._ground is None:
            self._ground = self.rich_style
            self._inks = inks(self.app.theme)
        ground = self._ground + self._inks[under] if under else self._ground
        segments = [
            Segment(
                text if text.isprintable() else clean(text),
                ground + self._inks[ink] if ink else ground,
            )
            for text, ink in line
            if text
        ]
        return Strip(segments).adjust_cell_length(cells, ground).simplify()

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._ground = None
        super().notify_style_update()
