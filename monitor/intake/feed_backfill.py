"""The articles of a feed from before it was watched: from its archives, and its site's sitemaps.

RFC 5005 links the archives of a feed (`prev-archive`) and the pages of a long one (`next`); JSON
Feed has `next_url`. Sitemaps of earlier days are named by robots.txt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError
from monitor.intake.fetch.client import MAX_BYTES, Client
from monitor.intake.parse import sitemap
from monitor.intake.parse.workers import Parser
from monitor.intake.witness_search import sitemaps_of
from monitor.model.feed import Feed, Source, SourceKind
from monitor.model.poll import Entry, Fetched, ParsedFeed

MOST = 1_000
"""Documents of a site that are read."""


class FeedBackfill:
    """Reads the documents of a feed and its site, one after the other."""

    def __init__(self, client: Client, parser: Parser, feed: Feed, since: Timestamp) -> None:
        self._client = client
        self._parser = parser
        self._feed = feed
        self._since = since
        self._documents = deque([(feed.url, feed.source)])
        self._seen = {feed.url}
        self.read = 0
        """Documents read so far."""
        self.failures: list[FeedError] = []

    @property
    def known(self) -> int:
        """The number of documents that are known so far."""
        return len(self._seen)

    async def entries(self) -> AsyncIterator[tuple[Entry, ...]]:
        """Yield the entries of each document that are not older, with a date or without."""
        async for document in self._parsed():
            yield tuple(
                entry
                for entry in document.entries
                if entry.published is None or entry.published >= self._since
            )

    async def _parsed(self) -> AsyncIterator[ParsedFeed]:
        day = f"{datetime.fromtimestamp(self._since, UTC):%F}"
        sitemaps = Source(kind=SourceKind.SITEMAP, since=day)
        try:
            named = await sitemaps_of(self._client, self._feed.url, self._feed.request_options)
        except FeedError as error:
            self.failures.append(error)
            named = []
        self._add(named, sitemaps)
        while self._documents and self.read + len(self.failures) < MOST:
            url, source = self._documents.popleft()
            try:
                fetched = await self._fetched(url, source)
                parsed = await self._parser.parse(fetched, source)
            except FeedError as error:
                self.failures.append(error)
                continue
            self.read += 1
            yield parsed
            self._add(parsed.children, sitemaps)
            dates = [entry.published for entry in parsed.entries if entry.published is not None]
            if source.kind is SourceKind.FEED and max(dates, default=self._since) >= self._since:
                self._add(await self._parser.older(fetched), source)

    async def _fetched(self, url: str, source: Source) -> Fetched:
        answer = await self._client.fetch(
            url,
            max_bytes=sitemap.MAX_BYTES if source.kind is SourceKind.SITEMAP else MAX_BYTES,
            request_options=self._feed.request_options,
            credentials_origin=self._feed.url,
        )
        assert isinstance(answer, Fetched)  # the request was not conditional
        return replace(answer, encoding=self._feed.request_options.encoding)

    def _add(self, urls: tuple[str, ...] | list[str], source: Source) -> None:
        for url in urls:
            if url not in self._seen:
                self._seen.add(url)
                self._documents.append((url, source))
