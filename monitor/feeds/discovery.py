"""Discovery: the feed at an address, or the feeds of the site there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from monitor.errors import FeedError, ParseError
from monitor.fetch.client import Client
from monitor.fetch.robots_policy import RobotsPolicy
from monitor.model.poll import Fetched, NotModified, ParsedFeed
from monitor.model.request_options import DEFAULT_OPTIONS, RequestOptions
from monitor.parse import feed_links
from monitor.parse.workers import Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A feed that was read once."""

    url: str
    """The address to subscribe to: as asked for, or the one it permanently moved to."""
    fetched: Fetched
    parsed: ParsedFeed
    seconds: float
    """Seconds that fetching took, including the wait for a slot."""
    pages: str = ""
    """Why the page of its newest article may not be read; empty if it may."""


class FeedFinder:
    """Reads feeds before anybody subscribes to them."""

    def __init__(self, client: Client, parser: Parser, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._parser = parser
        self._monotonic = monotonic
        self._policy = RobotsPolicy(client, parser.robots, monotonic)

    async def read(self, url: str, options: RequestOptions = DEFAULT_OPTIONS) -> Prospect:
        """Fetch and read a feed once; raises FeedError."""
        fetched, seconds = await self._fetched(url, options)
        return await self._parsed(url, replace(fetched, encoding=options.encoding), seconds)

    async def with_pages(
        self, found: Prospect, options: RequestOptions = DEFAULT_OPTIONS
    ) -> Prospect:
        """Return the feed with what `robots.txt` of its articles says of reading their pages."""
        page = next((entry.url for entry in found.parsed.entries if entry.url), "")
        if not page:
            return found
        permission = await self._policy.check(page, options, found.url)
        return replace(found, pages="" if permission.wait else permission.reason)

    async def find(self, url: str) -> list[Prospect]:
        """Return the feed at an address, or else those of the page there.

        These are the feeds that the page names and that can be read; if it names none, the first
        at one of the usual places.

        Raises:
            FeedError: There are none.
        """
        fetched, seconds = await self._fetched(url)
        try:
            return [await self._parsed(url, fetched, seconds)]
        except ParseError as error:
            refusal = error
        links = await self._parser.links(fetched)
        if links:
            named = [link.url for link in links]
            read = await asyncio.gather(*map(self._tried, named))
            if found := [one for one in read if isinstance(one, Prospect)]:
                return found
            reasons = "; ".join(str(one) for one in read if isinstance(one, FeedError))
            raise ParseError(
                url, f"a page that names {len(named)}, none of which is read: {reasons}"
            )
        if not fetched.body.lstrip()[:1] == b"<":
            raise refusal
        return [await self._at_a_usual_place(fetched.url, refusal)]

    async def _tried(self, url: str) -> Prospect | FeedError:
        try:
            return await self.read(url)
        except FeedError as error:
            return error

    async def _at_a_usual_place(self, site: str, refusal: ParseError) -> Prospect:
        for url in feed_links.usual_feed_urls(site):
            try:
                return await self.read(url)
            except FeedError:
                continue
        places = " ".join(f"/{path}" for path in feed_links.USUAL)
        reason = refusal.reason.partition(";")[0]
        raise ParseError(refusal.url, f"{reason}; it names none, nor is there one at {places}")

    async def _fetched(
        self, url: str, options: RequestOptions = DEFAULT_OPTIONS
    ) -> tuple[Fetched, float]:
        began = self._monotonic()
        answer = await self._client.fetch(url, request_options=options)
        if isinstance(answer, NotModified):  # the request was not conditional
            raise ParseError(url, "the answer is that nothing has changed")
        return answer, self._monotonic() - began

    async def _parsed(self, url: str, fetched: Fetched, seconds: float) -> Prospect:
        parsed = await self._parser.parse(fetched)
        # A password is sent to its own address only.
        moved_to = None if urlsplit(url).username else fetched.moved_to
        return Prospect(url=moved_to or url, fetched=fetched, parsed=parsed, seconds=seconds)
