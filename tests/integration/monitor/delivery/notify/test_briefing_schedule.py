"""A briefing by schedule: made once for its time, delivered under one key, over kills and sleep."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from support.newsroom import Item, rss
from support.publishers import HOUR, MINUTE, START
from support.scripted_server import Reply, Request, Web
from support.simulated_monitor import Living
from support.simulated_time import Town, World

pytestmark = pytest.mark.costly

SEVEN = START + 8 * HOUR + 46 * MINUTE + 40
"""Seven in the morning, UTC, after the start at 22:13:20."""
ATOM = "{http://www.w3.org/2005/Atom}"


class Desk:
    """A monitor in simulated time, a feed, and the channels of one morning briefing."""

    def __init__(self, folder: Path, tick: float) -> None:
        self.folder, self.world = folder, World()
        self.items = [
            Item(
                guid="1", title="Alibaba à Liège", link="http://a.example/1", date=formatdate(START)
            )
        ]
        self.refuses = False
        self.posted: list[dict[str, Any]] = []
        self.web = Web(clock=lambda: self.world.now)
        self.web.on("/a", lambda _: Reply(200, body=rss(*self.items)))
        self.web.on("/desk", self._take)
        town = Town(self.world, self.web, homes=frozenset({"a.example", "desk.example"}))
        self.write(at="07:00", to=["desk", "log", "public"])
        self.living = Living(self.world, town, folder / "feeds.yaml", tick=tick)

    def write(self, **briefing: object) -> None:
        settings = {
            "feeds": [{"url": "http://a.example/a", "name": "A", "every": "30m", "lang": "fr"}],
            "watchlists": [{"name": "Alibaba", "terms": ["Alibaba"], "notify": []}],
            "channels": [
                {"name": "desk", "webhook": "http://desk.example/desk"},
                {"name": "log", "file": "log.jsonl"},
                {"name": "public", "atom": "public"},
            ],
            "briefing": briefing,
            "zone": "UTC",
            "api": {"url": "https://news.example.org"},
            "network": {"allow": ["127.0.0.0/8"]},
        }
        (self.folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")

    def _take(self, request: Request) -> Reply:
        self.posted.append(json.loads(request.body))
        return Reply(503 if self.refuses else 200)

    def until(self, moment: float) -> None:
        self.living.let(moment - self.world.now)

    @property
    def keys(self) -> Counter[str]:
        return Counter(message["key"] for message in self.posted)

    @property
    def logged(self) -> list[dict[str, Any]]:
        path = self.folder / "log.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, MINUTE)
    yield desk
    desk.living.close()


@pytest.fixture
def desk_of_days(tmp_path: Path) -> Iterator[Desk]:
    """A desk that looks every ten minutes: enough for what happens over days."""
    desk = Desk(tmp_path, 10 * MINUTE)
    yield desk
    desk.living.close()


def test_a_briefing_is_sent_at_its_time_to_every_kind_of_channel(desk: Desk) -> None:
    desk.living.begin()
    desk.until(SEVEN - MINUTE)
    assert desk.posted == desk.logged == []
    desk.until(SEVEN + 2 * MINUTE)
    (posted,), (logged,) = desk.posted, desk.logged
    assert posted["occasion"] == logged["occasion"] == "briefing"
    assert posted["subject"].startswith("Briefing: 1 story")
    (watchlist,) = posted["briefing"]["watchlists"]
    assert watchlist["stories"][0]["headline"]["text"] == "Alibaba à Liège"
    assert posted["briefing"]["due"] is None
    page = "https://news.example.org/briefing/1"
    assert posted["page"] == logged["page"] == page
    feed = ET.parse(desk.folder / "public" / "_briefings.xml").getroot()
    (entry,) = feed.findall(f"{ATOM}entry")
    assert [link.get("href") for link in entry.findall(f"{ATOM}link")] == [page]
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    assert "à Liège" in (content.text or "")


def test_a_briefing_survives_kills_under_one_key_and_is_not_made_again(desk: Desk) -> None:
    desk.refuses = True
    desk.living.begin()
    desk.until(SEVEN + 2 * MINUTE)
    assert desk.posted
    desk.living.kill()
    desk.refuses = False
    desk.until(SEVEN + 10 * MINUTE)
    desk.living.begin()
    desk.until(SEVEN + HOUR)
    count = len(desk.posted)
    assert len(desk.keys) == 1
    desk.living.kill()
    desk.living.begin()
    desk.until(SEVEN + 5 * HOUR)
    assert (len(desk.posted), len(desk.keys), len(desk.logged)) == (count, 1, 1)


def test_missed_times_are_made_up_for_once_and_say_that_they_are_late(desk_of_days: Desk) -> None:
    desk = desk_of_days
    desk.living.begin()
    desk.until(SEVEN + HOUR)
    desk.living.stop()
    desk.until(SEVEN + 53 * HOUR)
    desk.living.begin()
    desk.until(SEVEN + 54 * HOUR)
    first, late = desk.posted
    assert late["briefing"]["due"] == "2023-11-17T07:00:00Z"
    assert late["briefing"]["since"] == first["briefing"]["until"]
    assert late["subject"].endswith("late")
    desk.until(SEVEN + 73 * HOUR)
    assert len(desk.posted) == 3
    assert desk.posted[2]["briefing"]["due"] is None
    assert desk.posted[2]["briefing"]["since"] == late["briefing"]["until"]


def test_a_new_time_begins_with_the_next_one(desk_of_days: Desk) -> None:
    desk = desk_of_days
    desk.living.begin()
    desk.until(SEVEN + HOUR)
    desk.write(at="06:00", days="mon-fri", to="desk", since="2h")
    desk.until(SEVEN + 22 * HOUR)
    assert len(desk.posted) == 1
    desk.until(SEVEN + 24 * HOUR)
    assert len(desk.posted) == 2
    briefing = desk.posted[1]["briefing"]
    assert (briefing["since"][11:16], briefing["until"][11:16]) == ("04:00", "06:00")
