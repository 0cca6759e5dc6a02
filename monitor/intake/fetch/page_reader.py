"""Page reader: fetches the page of an article, where robots.txt allows it, and finds its text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from monitor.base.article import Article
from monitor.base.errors import FeedError, FetchError
from monitor.base.translation import gettext as _
from monitor.intake.fetch.client import ACCEPT_PAGE, Client
from monitor.intake.fetch.robots_policy import Permission, RobotsPolicy
from monitor.model.feed import DEFAULT_OPTIONS, Feed
from monitor.model.poll import Fetched, NotModified, Page


class PageReader:
    """Reads the pages of articles with the request options of their feeds."""

    def __init__(
        self, client: Client, policy: RobotsPolicy, extract: Callable[[Fetched], Awaitable[str]]
    ) -> None:
        self._client = client
        self._policy = policy
        self._extract = extract

    async def read(self, article: Article, feed: Feed | None) -> Page:
        """Return the text of an article's page, or why there is none, or when its turn is."""
        options, origin = (feed.request_options, feed.url) if feed else (DEFAULT_OPTIONS, "")
        permission = await self._policy.check(article.url, options, origin)
        if permission.reason:
            return _refused(article, permission)
        try:
            answer = await self._client.fetch(
                article.url, accept=ACCEPT_PAGE, request_options=options, credentials_origin=origin
            )
            if isinstance(answer, NotModified):
                raise FetchError(article.url, _("answered 304 to an unconditional request"))
            if answer.hops:
                permission = await self._policy.check(answer.url, options, origin)
                if permission.reason and not permission.wait:
                    return _refused(article, permission)
            return Page(article=article.id, text=await self._extract(answer))
        except FeedError as error:
            status = error.status if isinstance(error, FetchError) else None
            final = status is not None and 400 <= status < 500
            return Page(article=article.id, reason=error.reason, status=status, final=final)


def _refused(article: Article, permission: Permission) -> Page:
    return Page(
        article=article.id, reason=permission.reason, final=permission.final, later=permission.wait
    )
