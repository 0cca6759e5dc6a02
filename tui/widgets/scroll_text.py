"""A page of text to scroll through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from monitor.presentation.spans import Line
from tui.key_labels import bind
from tui.widgets.styled_widget import StyledWidget, set_line_count

TextLayout = Callable[[int], Sequence[Line]]
"""Lays a text out as lines of at most so many cells."""


class ScrollText(StyledWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines laid out for the width of the widget, and again when the width changes.

    Textual's RichLog keeps lines at the width they were written for, and a Static in a
    VerticalScroll renders the whole text at each change; neither knows the line of a match.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("j,down", "scroll(1)", "Down", name="scroll-down"),
        bind("k,up", "scroll(-1)", "Up", name="scroll-up"),
        bind("ctrl+d,pagedown,space", "page(1)", "A page down", name="page-down"),
        bind("ctrl+u,pageup", "page(-1)", "A page up", name="page-up"),
        bind("g,home", "top", "To the top"),
        bind("G,end", "bottom", "To the end"),
    ]

    def __init__(self, layout: TextLayout | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout_text: TextLayout = layout or (lambda cells: [])
        self._lines: Sequence[Line] = []
        self._cells = 0

    def update(self, layout: TextLayout, *, keep_place: bool = False) -> None:
        """Show a text.

        Args:
            layout: Lays it out.
            keep_place: Stay at the same line, for a text that has changed only a little.
        """
        self._layout_text = layout
        self.lay_out()
        if not keep_place:
            self.scroll_to(y=0, animate=False, force=True)

    def lay_out(self) -> None:
        """Lay the text out for the present width."""
        self._cells = self.scrollable_content_region.width
        if self._cells > 2:
            before, self._lines = self._lines, self._layout_text(self._cells - 2)
            set_line_count(self, len(self._lines))
            self._repaint_changed(before)

    def _repaint_changed(self, before: Sequence[Line]) -> None:
        """Repaint the lines on the screen that differ from before."""
        top = round(self.scroll_y)
        for y in range(self.size.height):
            if _line(before, top + y) != _line(self._lines, top + y):
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._layout_text(max(1, width - 2)))

    def on_resize(self) -> None:
        """Lay the text out again when the width has changed, and stay at about the same place."""
        if self.scrollable_content_region.width != self._cells:
            share = self.scroll_y / max(1, len(self._lines))
            self.lay_out()
            self.scroll_to(y=round(share * len(self._lines)), animate=False, force=True)

    def reveal(self, line: int) -> None:
        """Scroll a line to the upper third of the widget, unless it is in view."""
        page = self.scrollable_content_region.height
        if not self.scroll_y <= line < self.scroll_y + page:
            self.scroll_to(y=line - page // 3, animate=False, force=True)

    def action_scroll(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_y + lines, animate=False, force=True)

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.scrollable_content_region.height - 1))

    def action_top(self) -> None:
        self.scroll_to(y=0, animate=False, force=True)

    def action_bottom(self) -> None:
        self.scroll_to(y=len(self._lines), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        row = y + round(self.scroll_y)
        line = _line(self._lines, row)
        return self.strip([(" ", ""), *line], self.scrollable_content_region.width)


def _line(lines: Sequence[Line], row: int) -> Line:
    return lines[row] if row < len(lines) else []
