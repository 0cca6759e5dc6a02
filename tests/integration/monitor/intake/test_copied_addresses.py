"""The sources behind addresses that people copy, with a server in place of the services."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from support.fetch_client import client
from support.newsroom import Item, rss
from support.scripted_server import Reply, Request, Web

from monitor.intake.discovery import DiscoveredFeed, FeedFinder
from monitor.intake.parse.workers import Parser
from monitor.model.feed import SourceKind

CHANNEL = "UC" + "abcdefghij_0123456789-"
VIDEOS = "www.youtube.com/feeds/videos.xml"
FEED = rss(Item("Alibaba à Liège", guid="1", link="https://ex.org/1"), title="Le compte")
MESSAGE = """<div class="tgme_widget_message_wrap"><div class="tgme_widget_message">
<div class="tgme_widget_message_text">{text}</div><a class="tgme_widget_message_date"
 href="https://t.me/depeche_liege/{n}"><time datetime="2026-11-24T10:0{n}:00+00:00">10:0{n}</time>
</a></div></div>"""


@pytest.fixture
def services() -> Iterator[Web]:
    with Web(clock=time.time) as web:
        yield web


def found(services: Web, address: str) -> DiscoveredFeed:
    """Return the source behind an address, where all hosts are one server on loopback."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", int(services.url("").rpartition(":")[2]))

    async def find() -> DiscoveredFeed:
        parser = Parser()
        try:
            async with client(resolve=resolve, dial=dial) as http:
                (prospect,) = await FeedFinder(http, parser, time.monotonic).find(address)
                return prospect
        finally:
            parser.close()

    return asyncio.run(find())


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://bsky.app/profile/depeche.bsky.social", "/profile/depeche.bsky.social/rss"),
        ("http://mastodon.example/@redaction", "/@redaction.rss"),
        (f"http://www.youtube.com/channel/{CHANNEL}", f"/feeds/videos.xml?channel_id={CHANNEL}"),
    ],
)
def test_the_feed_behind_a_profile(services: Web, address: str, path: str) -> None:
    services.on(path, Reply(body=FEED))
    prospect = found(services, address)
    assert (prospect.parsed.title, prospect.source.kind) == ("Le compte", SourceKind.FEED)
    assert [request.path for request in services.requests] == [path]


def test_the_channel_of_a_handle_is_named_by_its_page(services: Web) -> None:
    def channel(request: Request) -> Reply:
        is_asked_for_consent = request.header("Cookie") != b"SOCS=CAI"
        link = "/consent" if is_asked_for_consent else f"http://www.youtube.com/channel/{CHANNEL}"
        return Reply(body=f"<html><head><link rel=canonical href='{link}'></head></html>".encode())

    services.on("/@rtbfinfo", channel)
    services.on(f"/feeds/videos.xml?channel_id={CHANNEL}", Reply(body=FEED))
    canonical = found(services, "http://www.youtube.com/@rtbfinfo").url
    assert canonical == f"http://{VIDEOS}?channel_id={CHANNEL}"


def test_a_public_channel_of_telegram_is_a_page(services: Web) -> None:
    texts = ["Alibaba à Liège", "Le port reste fermé", "Fin de la grève"]
    body = "".join(MESSAGE.format(text=text, n=n) for n, text in enumerate(texts))
    services.on("/s/depeche_liege", Reply(body=f"<html><body>{body}".encode()))
    prospect = found(services, "http://t.me/depeche_liege")
    assert prospect.source.kind is SourceKind.PAGE
    assert [entry.title for entry in prospect.parsed.entries] == texts
    assert prospect.parsed.entries[1].url == "https://t.me/depeche_liege/1"
    assert prospect.parsed.entries[1].published == 1_795_514_460.0
