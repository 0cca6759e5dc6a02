"""The requests to servers in unusual situations, in simulated time.

The ordinary is in test_restarts, single decisions in test_schedule, slots in test_slot_pool.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Item, rss
from support.publishers import words
from support.scripted_server import Reply, Request, Web, conditional, redirect
from support.simulated_time import START, Town, World
from support.sitemaps import News, index, news_sitemap

HOUR = 3_600.0
FEW, MANY = 5, 16


@dataclass
class SimulatedRoom:
    """A newsroom in a world, and when each request came, by the world's own time."""

    folder: Path
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.web = Web(clock=lambda: self.world.elapsed)
        self.town = Town(self.world, self.web)

    @property
    def config(self) -> Path:
        return self.folder / "feeds.yaml"

    def write(self, feeds: list[dict[str, Any]], **sections: object) -> None:
        settings = {"feeds": feeds, "watchlists": ["Alibaba"], **sections}
        self.config.write_text(json.dumps(settings, indent=1))

    def live(self, script: Callable[[], Awaitable[object]], tick: float = 5.0) -> None:
        """Watch until the script ends."""

        async def leave() -> bool:
            await script()
            return True

        self.world.watch(self.config, self.town, leave, tick)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "var" / "newsroom.db")) as sql:
            return sql.execute(query).fetchall()


@pytest.fixture
def room(tmp_path: Path) -> SimulatedRoom:
    return SimulatedRoom(tmp_path)


def feed(*titles: str) -> bytes:
    return rss(*(Item(title, guid=title) for title in titles))


def subscribe(room: SimulatedRoom, hosts: int) -> None:
    """Subscribe to a number of good hosts."""
    for number in range(hosts):
        room.web.on(f"/{number}", conditional(feed(f"Un {number}")))
    room.write([{"url": f"http://h{n}.example/{n}", "name": str(n)} for n in range(hosts)])


def busiest(requests: list[Request]) -> int:
    """Return the largest number of requests within a second."""
    times = sorted(request.at for request in requests)
    return max(sum(1 for at in times if start <= at < start + 1) for start in times)


def test_when_the_network_comes_back_everybody_is_asked_soon_and_not_at_once(
    room: SimulatedRoom,
) -> None:
    subscribe(room, MANY)
    back = 0.0

    async def script() -> None:
        nonlocal back
        await room.town.wait(0.4 * HOUR)
        room.town.unreachable = True
        await room.town.wait(0.75 * HOUR)
        assert not [r for r in room.web.requests if r.at > 0.4 * HOUR + 1]
        room.town.unreachable, back = False, room.world.elapsed
        await room.town.wait(0.3 * HOUR)

    room.live(script)
    since = [request for request in room.web.requests if request.at >= back]
    times = {r.path: r.at for r in reversed(since)}
    assert len(times) == MANY
    assert max(times.values()) - back < 150  # a minute between two tries, as long as it is down
    assert busiest(since) <= 11  # ten per second, and one at its edge
    assert room.rows("SELECT max(failures) FROM feeds") == [(0,)]
    assert Counter(r.path for r in room.web.requests if not r.header("If-None-Match")) == {
        f"/{n}": 1 for n in range(MANY)
    }


@pytest.mark.parametrize("hours", [2, 30])
def test_after_a_sleep_each_feed_is_asked_once_and_spread(room: SimulatedRoom, hours: int) -> None:
    subscribe(room, MANY)
    woken_at = 0.0

    async def script() -> None:
        nonlocal woken_at
        await room.town.wait(0.4 * HOUR)
        room.world.jump(hours * HOUR)
        woken_at = room.world.elapsed
        await room.town.wait(600)

    room.live(script)
    since = [request for request in room.web.requests if request.at >= woken_at]
    assert Counter(r.path for r in since) == {f"/{n}": 1 for n in range(MANY)}
    assert busiest(since) <= 11
    assert max(r.at for r in since) - woken_at < MANY / 10 + 11


@pytest.mark.parametrize("hours", [-30, -1, 1, 9_000])
def test_a_clock_that_is_set_stalls_nobody(room: SimulatedRoom, hours: int) -> None:
    subscribe(room, FEW)

    async def script() -> None:
        await room.town.wait(HOUR)
        room.world.offset = hours * HOUR
        await room.town.wait(1.5 * HOUR)

    room.live(script, tick=30.0)
    for number in range(FEW):
        times = [request.at for request in room.web.requests_for(f"/{number}")]
        stalls = [b - a for a, b in itertools.pairwise([*times, room.world.elapsed])]
        assert max(stalls) < 2 * 15 * 60
        assert len(times) <= 13  # every quarter of an hour, and once for the clock


def test_a_feed_that_moves_for_good_takes_all_that_is_known_along(room: SimulatedRoom) -> None:
    """Three permanent redirects over a day: the new address, the same validators, no Referer."""
    web = room.web
    web.on("/old", redirect("http://new.example/new", 301))
    web.on("/new", conditional(feed("Un")))
    room.write([{"url": "http://old.example/old", "name": "Journal", "every": "5h"}])

    async def script() -> None:
        await room.town.wait(60 * HOUR)

    room.live(script, tick=300.0)
    assert "http://new.example/new" in room.config.read_text()
    last = max(request.at for request in web.requests_for("/old"))
    assert 24 * HOUR < last < 36 * HOUR
    after = [request for request in web.requests_for("/new") if request.at > last]
    assert len(after) >= 4
    plain = [request for request in web.requests_for("/new") if not request.header("If-None-Match")]
    assert len(plain) == 1
    assert not any(r.header("Referer") or r.header("Cookie") for r in web.requests)
    assert room.rows("SELECT count(*), max(articles), max(url) FROM feeds") == [
        (1, 1, "http://new.example/new")
    ]


def test_three_days_of_an_index_of_sitemaps_loses_nothing_and_asks_for_no_more_than_feeds(
    room: SimulatedRoom,
) -> None:
    """An article an hour, in a sitemap for each day; the index says no more than that."""
    site = "http://journal.example"

    def date(hours: int) -> str:
        return datetime.fromtimestamp(START + hours * HOUR, UTC).isoformat()

    def index_of(request: Request) -> Reply:
        today = int(request.at // (24 * HOUR))
        days = [(f"/{day}.xml", date(24 * day)) for day in range(max(0, today - 9), today + 1)]
        return conditional(index(*days).encode(), f'"{today}"')(request)

    def day_of(request: Request) -> Reply:
        first = 24 * int(request.path[1:-4])
        hours = range(first, min(first + 24, int(request.at // HOUR) + 1))
        articles = (News(f"{site}/{n}", f"Alibaba {words('j', n)}", date(n)) for n in hours)
        return conditional(news_sitemap(*articles).encode(), f'"{hours.stop}"')(request)

    room.web.on("/index.xml", index_of)
    for day in range(4):
        room.web.on(f"/{day}.xml", day_of)
    room.write([{"sitemap": f"{site}/index.xml", "name": "J"}])

    async def script() -> None:
        await room.town.wait(3 * 24 * HOUR - 60)

    room.live(script, tick=240.0)
    published = 3 * 24
    stored = room.rows("SELECT count(*), count(DISTINCT url) FROM articles")[0]
    assert published - 1 <= stored[0] == stored[1] <= published
    assert room.rows("SELECT count(*), sum(backfill) FROM alerts") == [(stored[0], 1)]
    assert room.rows("SELECT count(*) FROM gaps") == [(0,)]
    assert room.rows("SELECT max(failures), max(blind) FROM feeds") == [(0, 0)]
    requests = Counter(request.path for request in room.web.requests)
    polls = requests["/index.xml"]
    assert polls <= 3 * 24 * 12 + 1
    assert requests.total() <= 4 * polls
    unconditional = [r.path for r in room.web.requests if not r.header("If-None-Match")]
    assert sorted(unconditional) == sorted({*requests})
    times = [request.at for request in room.web.requests]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 1 - 1e-6


def test_pages_of_one_site_are_asked_one_a_second_after_its_rules(room: SimulatedRoom) -> None:
    pages = [Item(f"Un {n}", guid=str(n), link=f"http://a.example/page{n}") for n in range(9)]
    room.web.on("/feed", Reply(body=rss(*pages)))
    room.web.on("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /page3\n"))
    html = b"<html><body><article><p>" + b"Un texte assez long. " * 30 + b"</p></article>"
    room.web.on("*", Reply(200, (("Content-Type", "text/html"),), html, delay=0.2))
    room.write([{"url": "http://a.example/feed", "full_text": True}])

    async def script() -> None:
        await room.town.wait(120)

    room.live(script, tick=1.0)
    paths = [request.path for request in room.web.requests]
    assert paths[:2] == ["/feed", "/robots.txt"]
    assert sorted(paths[2:]) == [f"/page{n}" for n in range(9) if n != 3]
    times = [request.at for request in room.web.requests]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 1 - 1e-6


def test_a_new_feed_raises_no_alert_for_anything_that_was_there_before(room: SimulatedRoom) -> None:
    """Its old items are stored, and only their alerts are marked as backfill."""
    backlog = [f"Alibaba {n}" for n in range(20)]
    room.web.on("/feed", Reply(body=feed(*backlog)), Reply(body=feed("Alibaba neuf", *backlog)))
    room.write([{"url": "http://a.example/feed"}], network={"contact": "https://desk.example/bot"})

    async def script() -> None:
        await room.town.wait(HOUR)

    room.live(script)
    assert room.rows("SELECT backfill, count(*) FROM alerts GROUP BY 1") == [(0, 1), (1, 20)]
    assert {request.header("User-Agent") for request in room.web.requests} == {
        b"tocsin/0.1.0 (+https://desk.example/bot)"
    }
