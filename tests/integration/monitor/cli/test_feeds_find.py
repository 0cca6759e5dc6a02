"""`tocsin feeds find`, and sitemaps in `feeds add`: what a site has beside feeds."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from time import time

import pytest
from support.feeds_commands import page, run
from support.newsroom import Newsroom
from support.scripted_server import Reply, Web
from support.sitemaps import News, index, news_sitemap, sitemap

from monitor.config.loading import load
from monitor.model.feed import SourceKind

pytestmark = pytest.mark.costly
NOW = datetime.fromtimestamp(time(), UTC)


def news(web: Web, count: int = 3) -> bytes:
    """Return a sitemap of the articles of the last days: one of now, and one of each day before."""
    days = [(NOW - timedelta(days=n)).isoformat() for n in range(count)]
    articles = (
        News(web.url(f"/liege/{n}"), f"L’entrepôt de Liège, épisode {n}", day)
        for n, day in enumerate(days)
    )
    return news_sitemap(*articles).encode()


def publish_sitemaps(web: Web) -> None:
    """Put a paper on a server: a page that names a feed, robots.txt, and its sitemaps."""
    web.on("/paper", Reply(body=page("/fil", "/gone")))
    web.on("/news.xml", Reply(body=news(web)))
    web.on("/all.xml", Reply(body=index((web.url("/10.xml.gz"), "2023-10-10")).encode()))
    pages = sitemap((web.url("/liege/le-port-de-liege"), "2023-10-10"))
    web.on("/10.xml.gz", Reply(body=gzip.compress(pages.encode())))
    rules = "User-agent: *\nDisallow: /x\nSitemap: {}\nsitemap:{}\nSitemap: {}\n"
    web.on(
        "/robots.txt",
        Reply(body=rules.format(*map(web.url, ("/all.xml", "/news.xml", "/no"))).encode()),
    )


def test_the_feeds_and_sitemaps_of_a_site_are_listed_and_not_subscribed_to(
    newsroom: Newsroom, publisher: Web
) -> None:
    publish_sitemaps(publisher)
    before = newsroom.config.read_text()
    out, err = run(newsroom, "find", publisher.url("/paper"))
    blocks = dict(zip(out.splitlines()[::2], out.splitlines()[1::2], strict=True))
    facts = {line[2:].removeprefix(publisher.url("")): text for line, text in blocks.items()}
    assert "Le Fil : l’info, RSS 2.0, 2 entries, " in facts["/fil"]
    assert "410 Gone" in facts["/gone"]
    assert facts["/news.xml"].startswith("    Le Journal, a sitemap, 3 entries, 1 of today, newest")
    assert facts["/news.xml"].endswith(", fr")
    assert "an index of sitemaps, 1 entry, 0 of today" in facts["/all.xml"]
    assert "404" in facts["/no"]
    assert "feeds add" in err
    assert newsroom.config.read_text() == before
    rows = json.loads(run(newsroom, "find", publisher.url("/paper"), "--format", "json")[0])
    assert [(row["kind"], row["entries"], row["today"]) for row in rows if row["readable"]] == [
        ("feed", 2, rows[0]["today"]), ("sitemap", 3, 1), ("sitemap", 1, 0),
    ]  # fmt: skip


def test_a_site_without_anything(newsroom: Newsroom, publisher: Web) -> None:
    publisher.on("/robots.txt", Reply(404))
    _, err = run(newsroom, "find", publisher.url("/none"), code=1)
    assert "no feeds and no sitemaps" in err


def test_a_sitemap_is_added_by_its_address(newsroom: Newsroom, publisher: Web) -> None:
    publish_sitemaps(publisher)
    for path in ("/news.xml", "/all.xml", "/10.xml.gz"):
        run(newsroom, "add", publisher.url(path), "--name", path)
    feeds = load(newsroom.config).feeds[1:]
    assert [feed.url for feed in feeds] == [
        publisher.url(path) for path in ("/news.xml", "/all.xml", "/10.xml.gz")
    ]
    assert {feed.source.kind for feed in feeds} == {SourceKind.SITEMAP}


def test_the_sitemap_of_a_site_without_a_feed_is_added(newsroom: Newsroom, publisher: Web) -> None:
    publisher.on("/robots.txt", Reply(404))
    publisher.on("/sitemap-news.xml", Reply(body=news(publisher)))
    out, _ = run(newsroom, "add", publisher.url("/none"))
    assert "added Le Journal: a sitemap, 3 entries, fr" in out
    assert f"sitemap: {publisher.url('/sitemap-news.xml')}" in newsroom.config.read_text()
