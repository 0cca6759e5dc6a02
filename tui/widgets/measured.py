"""Telling a widget that scrolls how long it is now, without painting anew what looks the same."""

from __future__ import annotations

import math

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar

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
