"""A page of text to scroll through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.view.styled_text import Line
from tui.widgets.styled_widget import StyledWidget, measure

Layout = Callable[[int], Sequence[Line]]
"""Lays text out on lines of so many cells."""


class ScrollText(StyledWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines laid out for the width there is, and again when it changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "Down"),
        Binding("k,up", "scroll(-1)", "Up"),
        Binding("ctrl+d,pagedown,space", "page(1)", "A page down"),
        Binding("ctrl+u,pageup", "page(-1)", "A page up"),
        Binding("g,home", "top", "To the top"),
        Binding("G,end", "bottom", "To the end"),
    ]

    def __init__(self, layout: Layout | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout_text: Layout = layout or (lambda cells: [])
        self._lines: Sequence[Line] = []
        self._cells = 0

    def show(self, layout: Layout, *, keep_place: bool = False) -> None:
        """Show another text, from its top unless it is the same one laid out anew."""
        self._layout_text = layout
        self.lay_out()
        if not keep_place:
            self.scroll_to(y=0, animate=False, force=True)

    def lay_out(self) -> None:
        """Fit the text to the width."""
        self._cells = self.scrollable_content_region.width
        if self._cells > 2:
            before, self._lines = self._lines, self._layout_text(self._cells - 2)
            measure(self, len(self._lines))
            self._draw_changed(before)

    def _draw_changed(self, before: Sequence[Line]) -> None:
        """Draw the lines on the screen that are others than before."""
        top = round(self.scroll_y)
        for y in range(self.size.height):
            if _line(before, top + y) != _line(self._lines, top + y):
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the whole text takes at a width."""
        return len(self._layout_text(max(1, width - 2)))

    def on_resize(self) -> None:
        """Lay the text out anew when its width changed, about where it was."""
        if self.scrollable_content_region.width != self._cells:
            share = self.scroll_y / max(1, len(self._lines))
            self.lay_out()
            self.scroll_to(y=round(share * len(self._lines)), animate=False, force=True)

    def reveal(self, line: int) -> None:
        """Scroll a line into view, a third down, unless it is in view already."""
        page = self.scrollable_content_region.height
        if not self.scroll_y <= line < self.scroll_y + page:
            self.scroll_to(y=line - page // 3, animate=False, force=True)

    def action_scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        self.scroll_to(y=self.scroll_y + lines, animate=False, force=True)

    def action_page(self, pages: int) -> None:
        """Scroll by some screens."""
        self.action_scroll(pages * max(1, self.scrollable_content_region.height - 1))

    def action_top(self) -> None:
        """Scroll to the top."""
        self.scroll_to(y=0, animate=False, force=True)

    def action_bottom(self) -> None:
        """Scroll to the end."""
        self.scroll_to(y=len(self._lines), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        row = y + round(self.scroll_y)
        line = _line(self._lines, row)
        return self.strip([(" ", ""), *line], self.scrollable_content_region.width)


def _line(lines: Sequence[Line], row: int) -> Line:
    return lines[row] if row < len(lines) else []
