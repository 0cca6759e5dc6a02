"""Telling a widget that scrolls how long it is now, without laying out all others anew."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView


def measure(view: ScrollView, lines: int) -> None:
    """Give a view so many lines.

    All panes are laid out anew, which takes 10 ms, only where its scrollbar comes or goes.
    """
    size = Size(0, lines)
    room = view.size.height
    scrolls = lines > room
    if (
        view.is_mounted
        and scrolls is view.show_vertical_scrollbar
        and (view.scroll_y <= max(0, lines - room))
    ):
        view.set_reactive(ScrollView.virtual_size, size)
        if scrolls:
            view.vertical_scrollbar.window_virtual_size = lines
    else:
        view.virtual_size = size
