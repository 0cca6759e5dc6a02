"""The pane in which an article is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from textual import events
from textual.message import Message

from monitor.base.translation import gettext as _
from monitor.model.article import ArticleDetails, MatchPlace
from monitor.presentation.spans import Line, wrap
from tui.view.article import article_page
from tui.widgets.scroll_text import ScrollText, TextLayout


class Reader(ScrollText):
    """An article with its matches highlighted, which the analyst can step through."""

    class OutletSelected(Message):
        """The analyst clicked on the article of another outlet."""

        def __init__(self, article: int) -> None:
            self.article = article
            super().__init__()

    def __init__(
        self,
        *,
        zone: tzinfo | None = None,
        id: str | None = None,
        empty: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(self._lay_out_article, id=id)
        self.border_title = _("Reader")
        self._empty = empty
        """Returns what is shown without an article."""
        self.details: ArticleDetails | None = None
        self._zone = zone
        self._places: Sequence[MatchPlace] = ()
        self._match_lines: Sequence[int] = ()
        self._links: Sequence[tuple[int, int]] = ()
        self._current: int | None = None
        self._step = 0
        """To the next or previous match, once the article is laid out."""

    def show_article(
        self, details: ArticleDetails | None, places: Sequence[MatchPlace] = ()
    ) -> None:
        """Show an article from its top, or nothing; the same article stays where it is."""
        before = self.details.article.id if self.details else None
        same = details is not None and details.article.id == before
        if not same or self._places != places:
            self._current, self._match_lines = None, ()  # those of the article before are no more
        self.details, self._places = details, places
        self.update(self._lay_out_article, keep_place=same)
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
        self._match_lines = self._links = ()
        self.update(layout)

    def step_match(self, by: int) -> None:
        """Go to the next or the previous match; after the last comes the first."""
        if not self._match_lines:
            self._step = by
            return
        count = len(self._match_lines)
        if self._current is None:
            self._current = 0 if by > 0 else count - 1
        else:
            self._current = (self._current + by) % count
        self.lay_out()
        self.reveal(self._match_lines[self._current])

    def on_click(self, event: events.Click) -> None:
        """Tell which other outlet's article is under the mouse."""
        offset = event.get_content_offset(self)
        links = dict(self._links)
        if offset is not None and (article := links.get(offset.y + round(self.scroll_y))):
            event.stop()
            self.post_message(self.OutletSelected(article))

    def _lay_out_article(self, cells: int) -> Sequence[Line]:
        if self.details is None:
            self._match_lines = self._links = ()
            text = self._empty()
            return [[], *wrap(text, cells, "quiet", "  ")] if text else []
        page = article_page(self.details, self._places, cells, self._zone, self._current)
        self._match_lines, self._links = page.matches, page.links
        return page.lines
