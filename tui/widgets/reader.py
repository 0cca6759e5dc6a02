"""Pages of text to scroll through, and the pane in which an article is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from monitor.base.translation import gettext as _
from monitor.model.article import ArticleDetails, MatchPlace
from monitor.presentation.spans import Line, wrap
from tui.key_labels import bind
from tui.view.article import article_page
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

        With `keep_place`, stay at the same line: the text has changed only a little.
        """
        self._layout_text = layout
        self.lay_out()
        if not keep_place:
            self.scroll_to(y=0, animate=False, force=True)

    def lay_out(self) -> None:
        """Lay the text out for the present width."""
        self._cells = self.scrollable_content_region.width
        if self._cells > 2:
            old_lines, self._lines = self._lines, self._layout_text(self._cells - 2)
            set_line_count(self, len(self._lines))
            self.refresh_changed(old_lines, self._lines, round(self.scroll_y))

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
        line = self._lines[row] if row < len(self._lines) else []
        return self.strip([(" ", ""), *line], self.scrollable_content_region.width)


class Reader(ScrollText):
    """An article with its matches highlighted, which the analyst can step through."""

    def __init__(self, zone: tzinfo | None, empty: Callable[[], str]) -> None:
        """Set the pane up.

        Args:
            zone: The time zone; None is the machine's.
            empty: Returns the text of a pane without an article.
        """
        super().__init__(self._lay_out_article, id="reader")
        self.border_title = _("Reader")
        self._empty = empty
        self.details: ArticleDetails | None = None
        self._zone = zone
        self._places: Sequence[MatchPlace] = ()
        self._match_lines: Sequence[int] = ()
        self._current: int | None = None
        self._step = 0
        """The step to the next or previous match, once the article is laid out."""

    def show_article(
        self, details: ArticleDetails | None, places: Sequence[MatchPlace] = ()
    ) -> None:
        """Show an article from its top, or nothing; the same article stays where it is."""
        old_id = self.details.article.id if self.details else None
        is_same = details is not None and details.article.id == old_id
        if not is_same or self._places != places:
            self._current, self._match_lines = None, ()  # those of the article before are no more
        self.details, self._places = details, places
        self.update(self._lay_out_article, keep_place=is_same)
        self._take_step()

    def on_resize(self) -> None:
        """Lay the article out; go to the match that was asked for before it had a width."""
        super().on_resize()
        self._take_step()

    def _take_step(self) -> None:
        step, self._step = self._step, 0
        if step:
            self.step_match(step)

    def show_text(self, layout: TextLayout) -> None:
        """Show a text that is no article."""
        self.details, self._places, self._current = None, (), None
        self._match_lines = ()
        self.update(layout)

    def step_match(self, step: int) -> None:
        """Go to the next or the previous match; after the last comes the first."""
        if not self._match_lines:
            self._step = step
            return
        count = len(self._match_lines)
        if self._current is None:
            self._current = 0 if step > 0 else count - 1
        else:
            self._current = (self._current + step) % count
        self.lay_out()
        self.reveal(self._match_lines[self._current])

    def _lay_out_article(self, cells: int) -> Sequence[Line]:
        if self.details is None:
            self._match_lines = ()
            text = self._empty()
            return [[], *wrap(text, cells, "quiet", "  ")] if text else []
        page = article_page(self.details, self._places, cells, self._zone, self._current)
        self._match_lines = page.matches
        return page.lines
