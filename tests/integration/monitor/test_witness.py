"""A sitemap beside a feed: found, read, compared, and told of, through the executable."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web

HOUR = 3_600.0


def sitemap(*articles: tuple[str, str, float]) -> bytes:
    """Return a sitemap of news; each article has its address, its headline and its age in hours."""
    news = "".join(
        f"<url><loc>{address}</loc><n:news><n:title>{title}</n:title><n:publication_date>"
        f"{datetime.fromtimestamp(time.time() - age * HOUR, UTC).isoformat()}</n:publication_date>"
        "</n:news></url>"
        for address, title, age in articles
    )
    return (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        f" xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{news}</urlset>"
    ).encode()


class Outlet:
    """An outlet on loopback: its feed shows the articles with even numbers, its sitemap all."""

    def __init__(self, web: Web, articles: int) -> None:
        ages = [2 + number / 10 for number in range(articles)]
        shown = [(web.url(f"/{n}"), f"Le port ferme le quai {n}", ages[n]) for n in range(articles)]
        items = (
            Item(
                title=title,
                text="Les dockers attendent.",
                link=address,
                date=format_datetime(datetime.fromtimestamp(time.time() - age * HOUR, UTC)),
            )
            for address, title, age in shown[::2]
        )
        index = f"<sitemapindex><sitemap><loc>{web.url('/news.xml')}</loc></sitemap></sitemapindex>"
        web.on("/rss", Reply(body=rss(*items)))
        web.on("/robots.txt", Reply(body=f"Sitemap: {web.url('/index.xml')}".encode()))
        web.on("/index.xml", Reply(body=index.encode()))
        web.on("/news.xml", Reply(body=sitemap(*shown)))


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.mark.parametrize(("choice", "articles"), [({"witness": True}, 20), ({}, 10)])
def test_the_sitemap_of_a_site_is_found_and_read_once_an_hour(
    newsroom: Newsroom, choice: dict[str, bool], articles: int
) -> None:
    with Web() as web:
        Outlet(web, 20)
        newsroom.watch([{"url": web.url("/rss"), "name": "Le Journal", **choice}], ["port"])
        for _run in range(3):
            done = newsroom.once()
            assert done.returncode == 0, done.stderr
        asked = [request.path for request in web.requests]
    assert newsroom.counts()[0] == articles
    if choice:
        assert asked == ["/rss", "/robots.txt", "/index.xml", "/news.xml", "/news.xml"]
    else:  # a host without a registered name is not asked
        assert asked == ["/rss"]


def test_a_hostile_site_costs_few_requests(newsroom: Newsroom) -> None:
    with Web() as web:
        Outlet(web, 2)
        lines = [b"Sitemap: http://[bad", b"sitemap:", b"Sitemap: \xff\xfe", b"Sitemap: ftp://a/b"]
        lines += [b"Sitemap: https://elsewhere.example/news.xml"]
        lines += [f"Sitemap: {web.url(f'/news{n}.xml')}".encode() for n in range(5_000)]
        web.on("/robots.txt", Reply(body=b"\r\n".join(lines)))
        for n in range(10):
            web.on(
                f"/news{n}.xml", Reply(body=(b"<urlset><url>" * 10_000, b"\0", b"<html>")[n % 3])
            )
        newsroom.watch([{"url": web.url("/rss"), "name": "A", "witness": True}], ["port"])
        done = newsroom.once()
        newsroom.once()
        asked = [request.path for request in web.requests]
    assert done.returncode == 0, done.stderr
    assert asked == ["/rss", "/robots.txt", *(f"/news{n}.xml" for n in range(6))]


def test_coverage_is_told_with_its_interval(newsroom: Newsroom) -> None:
    with Web() as web:
        Outlet(web, 40)
        newsroom.watch(
            [{"url": web.url("/rss"), "name": "Le Journal", "witness": True}],
            ["port", {"name": "Quai 7", "terms": ["quai 7"]}],
        )
        newsroom.once()
        assert newsroom.here("coverage").stderr.startswith("nothing to compare")
        newsroom.once()
    early = newsroom.here("coverage").stdout
    assert "less than an hour" in early
    _watch_since_yesterday(newsroom)
    outlet, port, quay = newsroom.json("coverage", "--json")
    assert (outlet["seen"], outlet["unlisted"], outlet["sitemap"], outlet["both"]) == (
        40,
        20,
        40,
        20,
    )
    assert (outlet["published"], outlet["low"]) == (40, 40)
    assert 40 < outlet["high"] < 46
    assert {**port, "watchlist": ""} == outlet
    assert (quay["seen"], quay["published"], quay["refusal"]) == (1, None, "few")
    table = newsroom.here("coverage").stdout
    assert "40 (40–4" in table
    assert "fewer than 8" in table
    assert newsroom.json("coverage", "quai 7", "--json") == [quay]
    told = "40 seen, about 40 published (40 to 4"
    assert told in newsroom.here("status").stdout
    of_the_day = newsroom.json("status", "--json")["coverage"]
    same = newsroom.json("coverage", "--since", "1d", "--json")[0]  # a second later, or two
    assert {**of_the_day, "since": "", "until": ""} == {**same, "since": "", "until": ""}
    assert told in newsroom.here("brief").stdout
    briefed = newsroom.json("brief", "--json")["watchlists"]
    assert any(row["coverage"].startswith(told) for row in briefed)
    french = newsroom.here("status", LC_ALL="fr_FR.UTF-8").stdout
    assert "40 vus, environ 40 publiés (de 40 à 4" in french.replace("\N{NO-BREAK SPACE}", " ")


def test_an_alert_says_that_its_article_is_not_in_the_feed(newsroom: Newsroom) -> None:
    with Web() as web:
        Outlet(web, 2)
        newsroom.watch([{"url": web.url("/rss"), "name": "Le Journal", "witness": True}], ["port"])
        newsroom.once()
        newsroom.once()
    assert {a["url"][-2:]: a["unlisted"] for a in newsroom.json("alerts", "--json")["alerts"]} == {
        "/0": False,
        "/1": True,
    }
    (number,) = (
        a["alert_id"] for a in newsroom.json("alerts", "--json")["alerts"] if a["unlisted"]
    )
    assert "not in the feed: only the sitemap" in newsroom.here("show", number).stdout
    assert "Le Journal, not in the feed" in newsroom.here("alerts").stdout


def _watch_since_yesterday(newsroom: Newsroom) -> None:
    """Let the feeds have been read since yesterday, so that what they showed counts."""
    with closing(sqlite3.connect(newsroom.data / "newsroom.db")) as sql, sql:
        sql.execute("UPDATE feeds SET first_ok = first_ok - 86400")
