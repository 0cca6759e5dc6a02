"""The pane in which an article is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from textual import events

from monitor.model.article import ArticleDetails
from tui.messages import Wanted
from tui.view.article_page import Place, lay_out
from tui.view.styled_text import Line
from tui.widgets.scroll_text import Layout, ScrollText


class Reader(ScrollText):
    """One article, its matches inked; steps from match to match."""

    BORDER_TITLE = "Reader"

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.reading: ArticleDetails | None = None
        self._zone = zone
        self._places: Sequence[Place] = ()
        self._matches: Sequence[int] = ()
        self._links: Sequence[tuple[int, int]] = ()
        self._current: int | None = None

    def read(self, reading: ArticleDetails | None, places: Sequence[Place] = ()) -> None:
        """Show an article from its top; the same one again stays where it is."""
        before = self.reading.article.id if self.reading else None
        same = reading is not None and reading.article.id == before
        if not same or self._places != places:
            self._current = None
        self.reading, self._places = reading, places
        self.show(self._page, keep_place=same)

    def read_feed(self, layout: Layout) -> None:
        """Show something that is no article and has no matches."""
        self.reading, self._places, self._current = None, (), None
        self._matches = self._links = ()
        self.show(layout)

    def step(self, by: int) -> None:
        """Go to the next or the previous match, round the ends."""
        if not self._matches:
            return
        count = len(self._matches)
        if self._current is None:
            self._current = 0 if by > 0 else count - 1
        else:
            self._current = (self._current + by) % count
        self.lay_out()
        self.reveal(self._matches[self._current])

    def on_click(self, event: events.Click) -> None:
        """Ask for the article of the outlet under the mouse."""
        offset = event.get_content_offset(self)
        links = dict(self._links)
        if offset is not None and (article := links.get(offset.y + round(self.scroll_y))):
            event.stop()
            self.post_message(Wanted(article))

    def _page(self, cells: int) -> Sequence[Line]:
        if self.reading is None:
            self._matches = self._links = ()
            return []
        page = lay_out(self.reading, self._places, cells, self._zone, self._current)
        self._matches, self._links = page.matches, page.links
        return page.lines
