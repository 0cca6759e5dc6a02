"""A list of rows with a cursor: only the rows on the screen exist."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.messages import Moved, Opened
from tui.view.styled_text import Line
from tui.widgets.styled_widget import StyledWidget, measure


class LineList(StyledWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows drawn on demand; subclasses say how many there are and what is on each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down"),
        Binding("k,up", "move(-1)", "Up"),
        Binding("ctrl+d,pagedown", "page(1)", "A page down"),
        Binding("ctrl+u,pageup", "page(-1)", "A page up"),
        Binding("g,home", "top", "First row"),
        Binding("G,end", "bottom", "Last row"),
        Binding("enter,l", "open", "Open"),
    ]

    IDLE: ClassVar[str] = "cursor-idle"
    """Ground of the cursor's row while another pane has the focus; empty shows no cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._strips: LRUCache[object, Strip] = LRUCache(1024)
        self._floor = 0

    # --- what a subclass says -------------------------------------------------

    @property
    def row_count(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def row_line(self, row: int, cells: int) -> Line:
        """Return what a row shows."""
        raise NotImplementedError

    def row_key(self, row: int) -> object:
        """Return what identifies a row's look; equal keys, equal strips. None is never kept."""
        return None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines all rows would take, or what is shown without any."""
        return self.row_count or len(self.empty_lines(width))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without rows."""
        return []

    # --- moving ---------------------------------------------------------------

    @property
    def page(self) -> int:
        """Rows that fit."""
        return max(1, self.scrollable_content_region.height)

    def go(self, row: int) -> None:
        """Put the cursor on a row and bring it into view."""
        row = max(0, min(row, self.row_count - 1))
        if row == self.cursor:
            self.reveal()
            return
        for changed in (self.cursor, row):
            self.refresh_line(changed)
        self.cursor = row
        self.reveal()
        self.post_message(Moved(self))

    def reveal(self) -> None:
        """Scroll as little as shows the cursor."""
        top, page = round(self.scroll_y), self.page
        wanted = min(self.cursor, max(top, self.cursor - page + 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def resize_rows(self) -> None:
        """Tell the scrollbar how many rows there are now."""
        self.cursor = max(0, min(self.cursor, self.row_count - 1))
        measure(self, max(self.row_count, self._floor))
        self.refresh()

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.go(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by some screens."""
        self.go(self.cursor + pages * max(1, self.page - 1))

    def action_top(self) -> None:
        """Go to the first row."""
        self.go(0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.go(self.row_count - 1)

    def action_open(self) -> None:
        """Choose the row under the cursor."""
        if self.row_count:
            self.post_message(Opened(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y + round(self.scroll_y)
        if row < self.row_count:
            self.go(row)
            if event.chain > 1:
                self.action_open()

    # --- drawing --------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        cells = self.scrollable_content_region.width
        row = y + round(self.scroll_y)
        if row >= self.row_count:
            empty = [] if self.row_count else self.empty_lines(cells)
            return self.strip(empty[y] if y < len(empty) else [], cells)
        under = self._under(row)
        key = self.row_key(row)
        if key is None:
            return self._draw(row, cells, under)
        key = (key, cells, under)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(row, cells, under)
        return strip

    def _draw(self, row: int, cells: int, under: str) -> Strip:
        bar = ("▌", "bar") if under else (" ", "")
        return self.strip([bar, *self.row_line(row, cells - 1)], cells, under)

    def _under(self, row: int) -> str:
        if row != self.cursor:
            return ""
        return "cursor" if self.has_focus else self.IDLE

    def refresh_row(self, row: int) -> None:
        """Draw one row anew if it is on the screen."""
        if round(self.scroll_y) <= row < round(self.scroll_y) + self.page:
            self.refresh(Region(0, row - round(self.scroll_y), self.size.width, 1))

    def notify_style_update(self) -> None:
        """Forget strips drawn in other colours."""
        if hasattr(self, "_strips"):
            self._strips.clear()
        super().notify_style_update()

    def on_focus(self) -> None:
        """Light the cursor."""
        self.refresh_row(self.cursor)

    def on_blur(self) -> None:
        """Dim the cursor."""
        self.refresh_row(self.cursor)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.resize_rows()
        self.reveal()
