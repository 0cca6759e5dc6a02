"""Reading the page of one article: permitted, fetched, its text found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from index.article import Article
from monitor.errors import FeedError, FetchError
from monitor.fetch.client import ACCEPT_PAGE, Client
from monitor.fetch.robots_policy import Permit, Permits
from monitor.model.feed import Feed
from monitor.model.poll import Fetched, NotModified, Page
from monitor.model.request_options import DEFAULT_OPTIONS


class PageReader:
    """Reads pages as their feeds are read: with the same request options, by the same client."""

    def __init__(
        self, client: Client, permits: Permits, extract: Callable[[Fetched], Awaitable[str]]
    ) -> None:
        self._client = client
        self._permits = permits
        self._extract = extract

    async def read(self, article: Article, feed: Feed | None) -> Page:
        """Return the text of an article's page, or why there is none, or when its turn is."""
        options, origin = (feed.request_options, feed.url) if feed else (DEFAULT_OPTIONS, "")
        permit = await self._permits.ask(article.url, options, origin)
        if permit.reason:
            return _refused(article, permit)
        try:
            answer = await self._client.fetch(
                article.url, accept=ACCEPT_PAGE, request_options=options, credentials_origin=origin
            )
            if isinstance(answer, NotModified):
                raise FetchError(article.url, "answered 304 to an unconditional request")
            if answer.hops:
                permit = await self._permits.ask(answer.url, options, origin)
                if permit.reason and not permit.wait:
                    return _refused(article, permit)
            return Page(article=article.id, text=await self._extract(answer))
        except FeedError as error:
            status = error.status if isinstance(error, FetchError) else None
            final = status is not None and 400 <= status < 500
            return Page(article=article.id, reason=error.reason, status=status, final=final)


def _refused(article: Article, permit: Permit) -> Page:
    return Page(article=article.id, reason=permit.reason, final=permit.final, later=permit.wait)
