"""Finds the sitemap of news of a site, by its robots.txt and its indices of sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError
from monitor.base.url import site
from monitor.intake.fetch.client import Client
from monitor.intake.fetch.page_reader import fetch_robots
from monitor.intake.ingest.witness import outlet_of
from monitor.intake.parse.workers import Parser
from monitor.model.feed import Feed, RequestOptions, Source, SourceKind
from monitor.model.poll import Fetched

MOST_READ = 6
"""Most sitemaps of a site that are read, those with `news` or `actu` in the address first."""
RECENT = 3 * 86_400.0
"""Seconds within which a sitemap of news has an article, as it lists two days."""
_SITEMAP = re.compile(r"^[ \t]*sitemap:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NEWS = re.compile(r"news|actu", re.IGNORECASE)


async def sitemaps_of(
    client: Client, home: str, options: RequestOptions, credentials_origin: str = ""
) -> list[str]:
    """Return the sitemaps that the robots.txt of a site names, the likeliest for news first.

    Raises:
        FeedError: The site does not answer.
    """
    robots = await fetch_robots(client, site(home), options, credentials_origin)
    return _own(_SITEMAP.findall(robots.body.decode("latin-1")), home) if robots else []


async def find_news_sitemap(
    client: Client, parser: Parser, home: str, feed: Feed, now: Timestamp
) -> str:
    """Return the first sitemap with news of today that the site of a feed names, or ''.

    Raises:
        FeedError: The site does not answer.
    """
    options, origin = feed.request_options, feed.url
    urls = await sitemaps_of(client, home, options, origin)
    for _read in range(MOST_READ):
        if not urls:
            break
        url = urls.pop(0)
        try:
            fetched = await client.fetch(url, request_options=options, credentials_origin=origin)
            assert isinstance(fetched, Fetched)  # as above
            parsed = await parser.parse(fetched, Source(kind=SourceKind.SITEMAP))
        except FeedError:
            continue
        if any(entry.published and entry.published > now - RECENT for entry in parsed.entries):
            return url
        urls = _own([*parsed.children, *urls], home)
    return ""


def _own(urls: Iterable[str], home: str) -> list[str]:
    """Return those addresses that are of a site, the likeliest for news first."""
    own = [url for url in dict.fromkeys(urls) if outlet_of(url) == outlet_of(home)]
    return sorted(own, key=lambda url: not _NEWS.search(url))
