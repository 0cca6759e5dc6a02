"""Lists of rows with a cursor, of which only the rows on the screen exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from monitor.base import signs
from monitor.base.text_cleaning import line
from monitor.presentation.spans import Line, fit
from tui.key_labels import bind
from tui.widgets.styled_widget import StyledWidget, set_line_count

PREFETCH_ROWS = 30
"""Rows before the last one at which more are requested."""
HEADER_MIN_LINES = 8
"""Lines that a list must have to show its header."""


class LineList(StyledWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows that are painted on demand; subclasses return their number and the text of each.

    Textual's OptionList and ListView create an object or a widget for each row: with 100,000
    alerts they need 8 s and 194 MB or more, this list 0.3 s and 45 MB.
    """

    class Highlighted(Message):
        """The cursor is on another row, or its row shows something else."""

        def __init__(self, line_list: LineList) -> None:
            self.line_list = line_list
            super().__init__()

    class Selected(Message):
        """The analyst chose the row under the cursor."""

        def __init__(self, line_list: LineList) -> None:
            self.line_list = line_list
            super().__init__()

    class EndNear(Message):
        """The last rows are near, and there are more to read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("j,down", "move(1)", "Down", name="down"),
        bind("k,up", "move(-1)", "Up", name="up"),
        bind("ctrl+d,pagedown", "page(1)", "A page down", name="page-down"),
        bind("ctrl+u,pageup", "page(-1)", "A page up", name="page-up"),
        bind("g,home", "top", "First row"),
        bind("G,end", "bottom", "Last row"),
        bind("enter,l,right", "open", "Open"),
    ]

    IDLE_CURSOR: ClassVar[str] = "cursor-idle"
    """Style of the cursor's row while another pane has the focus; empty shows no cursor."""
    HAS_HEADER: ClassVar[bool] = False
    OPENS_AT_CLICK: ClassVar[bool] = False
    """Whether one click chooses a row; else it takes two."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._min_lines = 0
        """Lines that the list has at least, so that it can be scrolled past its last row."""

    # --- what a subclass defines ----------------------------------------------

    @property
    def has_more(self) -> bool:
        """Return whether there may be more rows to read at the end."""
        return False

    @property
    def row_count(self) -> int:
        """Return the number of rows."""
        raise NotImplementedError

    def row_line(self, row: int, cells: int) -> Line:
        """Return the text of a row."""
        raise NotImplementedError

    def header_line(self, cells: int) -> Line:
        """Return the line above the rows of a list with `HAS_HEADER`, which does not scroll."""
        return []

    def click_header(self, cell: int) -> None:
        """Act on a click on a cell of the header."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of rows, or of the lines that are shown without rows."""
        return self.row_count or len(self.empty_lines(width))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return the lines of a list without rows."""
        return []

    # --- moving ---------------------------------------------------------------

    @property
    def header_lines(self) -> int:
        """Lines of the header: one, where there is room for it."""
        return int(self.HAS_HEADER and self.scrollable_content_region.height >= HEADER_MIN_LINES)

    @property
    def page(self) -> int:
        """Rows that fit on the screen."""
        return max(1, self.scrollable_content_region.height - self.header_lines)

    def refresh_line(self, y: int) -> None:
        """Paint a row again."""
        super().refresh_line(y + self.header_lines)

    def go_to(self, row: int) -> None:
        """Put the cursor on a row and scroll it into view."""
        row = max(0, min(row, self.row_count - 1))
        if row == self.cursor:
            self.reveal()
            return
        for changed_row in (self.cursor, row):
            self.refresh_line(changed_row)
        self.cursor = row
        self.reveal()
        self.post_message(self.Highlighted(self))

    def reveal(self) -> None:
        """Scroll as little as needed to show the cursor."""
        top, page = round(self.scroll_y), self.page
        target = min(self.cursor, max(top, self.cursor - page + 1))
        if target != top:
            self.scroll_to(y=target, animate=False, force=True)

    def update_row_count(self) -> None:
        """Take the present number of rows over into the cursor and the scrollbar."""
        self.cursor = max(0, min(self.cursor, self.row_count - 1))
        set_line_count(self, max(self.row_count, self._min_lines) + self.header_lines)
        self.refresh()

    def action_move(self, rows: int) -> None:
        self.go_to(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        self.go_to(self.cursor + pages * max(1, self.page - 1))

    def action_top(self) -> None:
        self.go_to(0)

    def action_bottom(self) -> None:
        self.go_to(self.row_count - 1)

    def action_open(self) -> None:
        """Choose the row under the cursor."""
        if self.row_count:
            self.post_message(self.Selected(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the mouse; a double click chooses the row."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y - self.header_lines + round(self.scroll_y)
        if offset.y < self.header_lines:
            self.click_header(offset.x - 1)
        elif row < self.row_count:
            self.go_to(row)
            if event.chain > 1 or self.OPENS_AT_CLICK:
                self.action_open()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request more rows when the last ones are near."""
        super().watch_scroll_y(old_value, new_value)
        if self.has_more and round(new_value) + self.page + PREFETCH_ROWS >= self.row_count:
            self.post_message(self.EndNear())

    # --- painting -------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        cells = self.scrollable_content_region.width
        header_lines = self.header_lines
        if y < header_lines:
            return self.strip([(" ", ""), *self.header_line(cells - 1)], cells)
        y -= header_lines
        row = y + round(self.scroll_y)
        if row >= self.row_count:
            empty = [] if self.row_count else self.empty_lines(cells)
            return self.strip(empty[y] if y < len(empty) else [], cells)
        background = ""
        if row == self.cursor:
            background = "cursor" if self.has_focus else self.IDLE_CURSOR
        bar = (signs.CURSOR, "bar") if background else (" ", "")
        return self.strip([bar, *self.row_line(row, cells - 1)], cells, background)

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    def on_resize(self) -> None:
        self.update_row_count()
        self.reveal()


class CheckList(LineList):
    """Names with a box each, painted on demand.

    Textual's SelectionList tells chosen from others by colour alone, and creates an object for
    each of some thousand feeds.
    """

    class ChoiceChanged(Message):
        """A name was chosen, or is not any more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("space", "toggle_name", "Choose, or not", name="choose")
    ]
    IDLE_CURSOR = ""

    def __init__(
        self, names: Sequence[str], chosen: Iterable[str] = (), *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._names = names
        self._chosen = set(chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen names, in the order of the list."""
        return tuple(name for name in self._names if name in self._chosen)

    @property
    def row_count(self) -> int:
        return len(self._names)

    def row_line(self, row: int, cells: int) -> Line:
        name = self._names[row]
        is_chosen = name in self._chosen
        box: Line = [("[x] " if is_chosen else "[ ] ", "key" if is_chosen else "quiet")]
        return [*box, (fit(line(name), max(1, cells - 4)), "plain")]

    def action_toggle_name(self) -> None:
        """Choose the name under the cursor, or not."""
        if self._names:
            self._chosen ^= {self._names[self.cursor]}
            self.refresh_line(self.cursor)
            self.post_message(self.ChoiceChanged())

    def action_open(self) -> None:
        """Do the same at enter and a double click."""
        self.action_toggle_name()
