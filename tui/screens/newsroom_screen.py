"""The base of the screens that ask the newsroom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen

from monitor.base.errors import MonitorError
from monitor.base.text_cleaning import line
from monitor.model.article import ArticleDetails
from tui.data.newsroom import NewsroomModel

P = ParamSpec("P")
T = TypeVar("T")


class NewsroomScreen(Screen[None]):
    """A screen that reads the newsroom in threads, and shows the errors."""

    class ArticleOpened(Message):
        """The analyst opened an article; the application shows it over the screen."""

        def __init__(self, article: int, among: Sequence[int]) -> None:
            self.article = article
            self.among = among
            """Ids of the articles that the analyst may go through."""
            super().__init__()

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__()
        self.newsroom = newsroom

    @property
    def article_details(self) -> ArticleDetails | None:
        """The article in the reader, if there is one."""
        return None

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a call of the service returns, run in a thread.

        Returns None after an error, which is shown, and when the screen is closed.
        """
        try:
            result = await self.newsroom.ask(call, *args, **kwargs)
        except MonitorError as error:
            self.show_message(str(error), error=True)
            return None
        return result if self.is_attached else None

    async def details_of(self, article: int) -> ArticleDetails | None:
        """Return an article, from the reader if it is there; None if it cannot be read."""
        details = self.article_details
        if details is not None and details.article.id == article:
            return details
        return await self.ask(self.newsroom.service.views.articles.details, article)

    def show_message(self, text: str, *, error: bool = False) -> None:
        """Show a notification for a moment; never markup."""
        severity: SeverityLevel = "warning" if error else "information"
        self.app.notify(line(text), severity=severity, timeout=4 if error else 3, markup=False)
