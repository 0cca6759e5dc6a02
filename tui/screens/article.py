"""The screen of one article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from monitor.base.translation import gettext as _
from monitor.model.article import ArticleDetails, MatchPlace
from tui.data.newsroom import NewsroomModel
from tui.screens.panes import ARTICLE_KEYS, PaneScreen
from tui.view.article import match_places
from tui.widgets.reader import Reader


class ArticleScreen(PaneScreen):
    """One article; `J` and `K` go through the articles it was opened among."""

    PANES: ClassVar = ("reader",)
    BARS: ClassVar = {
        "reader": (
            ("app.help", "Help"),
            ("back", "Back"),
            ("item(1)", "Next outlet"),
            *ARTICLE_KEYS,
        )
    }
    AUTO_FOCUS = "#reader"

    def __init__(
        self,
        newsroom: NewsroomModel,
        article: int,
        among: Sequence[int] = (),
        found: Sequence[MatchPlace] = (),
    ) -> None:
        """Open an article.

        Args:
            newsroom: The newsroom.
            article: Id of the article.
            among: Ids of the articles to go through.
            found: Matches to highlight beside those of its alerts.
        """
        super().__init__(newsroom)
        self.current = "reader"
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._article = article
        self._among = list(dict.fromkeys((*among, article) if article not in among else among))
        self._found = found

    def compose(self) -> ComposeResult:
        yield self.status_bar
        with self.main:
            yield self.reader
        yield self.key_bar

    def on_mount(self) -> None:
        """Start the clock; read the article."""
        self.set_interval(1.0, self.update_status_bar)
        self.update_status_bar()
        self._show_article_soon()

    @property
    def article_details(self) -> ArticleDetails | None:
        return self.reader.details

    @property
    def target(self) -> tuple[int, str] | None:
        details = self.article_details
        return (self._article, details.article.url if details else "")

    def step_match(self, by: int) -> None:
        self.reader.step_match(by)

    def action_item(self, by: int) -> None:
        """Go to the next or previous article; after the last comes the first."""
        at = self._among.index(self._article) + by
        self._article = self._among[at % len(self._among)]
        self._found = ()
        self._show_article_soon()

    def action_back(self) -> None:
        """Close the screen."""
        self.dismiss(None)

    def _show_article_soon(self) -> None:
        self.run_worker(self._show_article, group="read", exclusive=True)  # type: ignore[arg-type]

    async def _show_article(self) -> None:
        article = self._article
        details = await self.ask(self.newsroom.service.views.articles.details, article)
        if self.is_attached and article == self._article:
            places = match_places(details.alerts, self._found) if details else ()
            self.reader.show_article(details, places)
            if details is None:
                text = _("Article {number} is not in the archive any more.", number=article)
                self.show_message(text, error=True)
