"""One article on a screen of its own: what another outlet has; esc comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from monitor.model import Reading
from tui.article_page import Place, places
from tui.keys import bar
from tui.newsroom import Newsroom
from tui.screens.panes import Panes
from tui.widgets.key_bar import KeyBar
from tui.widgets.reader import Reader


class ArticleScreen(Panes):
    """An article; `J` and `K` go through the others it was opened among."""

    PANES: ClassVar = ("reader",)
    BAR = (
        ("app.help", "Help"),
        ("match(1)", "Match"),
        ("item(1)", "Next outlet"),
        ("outlets", "Outlets"),
        ("why", "Why"),
        ("open_link", "Open"),
        ("copy_link", "Copy"),
        ("back", "Back"),
        ("app.leave(True)", "Quit"),
    )
    AUTO_FOCUS = "#reader"

    def __init__(
        self,
        newsroom: Newsroom,
        article: int,
        among: Sequence[int] = (),
        found: Sequence[Place] = (),
    ) -> None:
        super().__init__(newsroom)
        self.current = "reader"
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._article = article
        self._among = list(dict.fromkeys((*among, article) if article not in among else among))
        self._found = found

    def compose(self) -> ComposeResult:
        """Give the reader the whole screen."""
        from tui.app import Tocsin

        yield self.status_line
        with self.main:
            yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, ArticleScreen), id="keys")

    def on_mount(self) -> None:
        """Read the article; keep the clock going."""
        self.set_interval(1.0, self.tick)
        self.tick()
        self._read_soon()

    @property
    def reading(self) -> Reading | None:
        """Return the article."""
        return self.reader.reading

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the article and its address."""
        reading = self.reading
        return (self._article, reading.article.url if reading else "")

    def step(self, by: int) -> None:
        """Step through the matches."""
        self.reader.step(by)

    def action_item(self, by: int) -> None:
        """Go to the article of the next or previous outlet, round the ends."""
        at = self._among.index(self._article) + by
        self._article = self._among[at % len(self._among)]
        self._found = ()
        self._read_soon()

    def action_back(self) -> None:
        """Come back to where it was opened."""
        self.dismiss(None)

    def _read_soon(self) -> None:
        self.run_worker(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        article = self._article
        reading = await self.answer(self.newsroom.service.read, article)
        if self.is_attached and article == self._article:
            marks = places(reading.alerts, self._found) if reading else ()
            self.reader.read(reading, marks)
            if reading is None:
                self.tell(f"Article {article} is not in the archive any more.", trouble=True)
