"""Who else tells a story; the article of one of them can be opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from monitor.model import Telling
from tui.ink import Line
from tui.messages import Opened
from tui.screens.dialog import Dialog
from tui.story_page import Section, sections
from tui.widgets.line_list import LineList


class Tellers(LineList):
    """Headings and outlets; the cursor begins on the outlet of the article at hand."""

    def __init__(self, telling: Telling, article: int, zone: tzinfo | None) -> None:
        super().__init__()
        self._telling = telling
        self._article = article
        self._zone = zone
        articles = self.articles
        self.cursor = articles.index(article) if article in articles else 0

    def _sections(self, cells: int) -> list[Section]:
        return sections(self._telling, self._article, cells, self._zone)

    @property
    def articles(self) -> Sequence[int]:
        """The article of each row; 0 on a heading."""
        found: list[int] = []
        for section in self._sections(80):
            found += [0, *(teller.article for teller in section.tellers)]
        return found

    @property
    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self.articles)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a heading or an outlet as a line."""
        lines: list[Line] = []
        for section in self._sections(cells):
            lines += [[(section.heading, "accent")], *(teller.line for teller in section.tellers)]
        return lines[row]


class Outlets(Dialog[int]):
    """Asks for an outlet; gives the id of its article, None when closed without a choice."""

    def __init__(self, telling: Telling, article: int, zone: tzinfo | None = None) -> None:
        self._tellers = Tellers(telling, article, zone)
        super().__init__("Who tells it", self._tellers)

    def on_opened(self, message: Opened) -> None:
        """Take the outlet under the cursor."""
        message.stop()
        article = self._tellers.articles[self._tellers.cursor]
        if article:
            self.dismiss(article)
