"""Tests of the search for the sitemap of a site, by name and over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from support.scripted_server import Reply
from support.simulated_fetch import City
from support.sitemaps import News, news_sitemap

from monitor.intake.fetch.client import Client
from monitor.intake.parse.workers import parse
from monitor.intake.witness_search import find_news_sitemap
from monitor.model.feed import Feed, RequestOptions, Secret
from monitor.model.poll import Fetched, ParsedFeed

NOW = 1_700_000_000.0
MAP = "http://www.journal.be/news.xml"


async def parsed(fetched: Fetched, source: Any) -> ParsedFeed:
    return parse(source, False, fetched.body, fetched.url)


def test_the_secrets_of_a_feed_stay_with_its_server() -> None:
    """Its site is another server, and asked without a key."""
    city, found = City(), list[str]()
    article = News("http://www.journal.be/un", "Un", datetime.fromtimestamp(NOW, UTC).isoformat())
    city.web.on("/robots.txt", Reply(body=f"Sitemap: {MAP}".encode()))
    city.web.on("/news.xml", Reply(body=news_sitemap(article).encode()))
    secret = RequestOptions(headers=(("Cookie", Secret("abonné")),))
    feed = Feed(url="https://flux.journal.be/rss", name="J", request_options=secret)

    async def script(client: Client) -> None:
        parser: Any = SimpleNamespace(parse=parsed)
        seek = partial(find_news_sitemap, client, parser, "http://www.journal.be/", feed)
        found.append(await seek(NOW))

    city.live(script)
    assert found == [MAP]
    assert [r.path for r in city.web.requests] == ["/robots.txt", "/news.xml"]
    assert [r.header("cookie") for r in city.web.requests] == [None, None]
