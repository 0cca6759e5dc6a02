"""Promise 1, whatever happens in whatever order: nothing is lost, nothing told under two names.

A feed holds all it ever published, so that being away costs nothing; an edit only adds words,
so that what was never seen is in what is.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace
from support.feeds_and_webhook import Accepted, Mood, ScriptedFeed, ScriptedWebhook, keys
from support.newsroom import Item
from support.newsroom_invariants import duplicates
from support.publishers import words
from support.scripted_server import Web
from support.simulated_monitor import Living
from support.simulated_time import Town, World

from monitor.model.config import STORE_FILE, StoreAddress
from monitor.storage.store.sql.views import Views

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
NAMES = ("a", "b", "c")
CHANNELS = ("desk", "soc")
WORDS = ("Alibaba", "douane", "Namur", "rien")
TOLD = ("Alibaba", "douane")
"""Watchlists that are always there; `Namur` comes and goes, and tells nobody."""
FULL = 30
"""Items of a feed."""


@dataclass
class Published:
    """An item, and its expected alerts."""

    item: Item
    words: set[str]
    news: bool
    """Whether its feed had been read before, so that its alerts are sent."""


@dataclass
class Model:
    """The published items, by link."""

    items: dict[str, Published] = field(default_factory=dict)
    ids: int = 0


class Promise(RuleBasedStateMachine):
    """A monitor, three feeds, two webhooks, an analyst, a clock."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.world, self.model = World(), Model()
        web = Web(clock=lambda: self.world.elapsed)
        self.feeds = {name: ScriptedFeed(name, lambda: self.world.elapsed) for name in NAMES}
        self.feeds["c"].has_etag = False
        self.accepted: list[Accepted] = []
        self.sinks = {name: ScriptedWebhook(accepted=self.accepted) for name in CHANNELS}
        for name, server in {**self.feeds, **self.sinks}.items():
            web.on(f"/{name}", server.answer)  # type: ignore[attr-defined]
        homes = frozenset(f"{name}.example" for name in (*NAMES, *CHANNELS))
        self.town = Town(self.world, web, homes)
        self.severity, self.named = "medium", False
        self.write()
        self.living = Living(self.world, self.town, self.folder / "feeds.yaml", tick=20.0)
        self.living.begin()

    def write(self) -> None:
        lists: list[Any] = [{"name": w, "terms": [w], "severity": self.severity} for w in TOLD]
        if self.named:
            lists.append({"name": "Namur", "terms": ["Namur"], "notify": []})
        document = {
            "feeds": [
                {"url": f.url, "name": n, "every": "1m", "lang": "fr"}
                for n, f in self.feeds.items()
            ],
            "watchlists": lists,
            "channels": [{"name": n, "webhook": f"http://{n}.example/{n}"} for n in CHANNELS],
            "network": {"allow": ["127.0.0.0/8"]},
        }
        (self.folder / "feeds.yaml").write_text(json.dumps(document), encoding="utf-8")

    # --- what happens -------------------------------------------------------------------

    @rule(
        name=st.sampled_from(NAMES),
        word=st.sampled_from(WORDS),
        days_late=st.sampled_from((None, 0, 3, 40)),
        place=st.integers(0, 2),
    )
    def publish(self, name: str, word: str, days_late: int | None = None, place: int = 0) -> None:
        """Publish an item, dated as others of its day or undated, at the top or lower down."""
        feed, number = self.feeds[name], len(self.model.items)
        if len(self.items(name)) >= FULL:
            return
        link = f"http://{name}.example/{number}"
        date = (
            "" if days_late is None else formatdate(self.world.now // DAY * DAY - days_late * DAY)
        )
        title, text = f"{word}, dépêche {number}", f"{words(name, number)}."
        item = Item(title, text, f"{number}", link, date)
        read = self.sql("SELECT 1 FROM feeds WHERE name = ? AND last_ok IS NOT NULL", name)
        self.model.items[link] = Published(item, {word}, bool(read))
        items = self.items(name)
        feed.publish(self.world.elapsed, *items[:place], item, *items[place:])

    @rule(name=st.sampled_from(NAMES), index=st.integers(0, FULL), word=st.sampled_from(WORDS))
    def edit(self, name: str, index: int, word: str) -> None:
        if not (items := list(self.items(name))):
            return
        index %= len(items)
        items[index] = replace(items[index], text=f"{items[index].text} On dit : {word}.")
        self.model.items[items[index].link].words.add(word)
        self.feeds[name].publish(self.world.elapsed, *items)

    @rule(name=st.sampled_from(NAMES))
    def reissue(self, name: str) -> None:
        self.model.ids += 1
        items = (replace(item, guid=f"{item.guid}-{self.model.ids}") for item in self.items(name))
        self.feeds[name].publish(self.world.elapsed, *items)

    @rule(minutes=st.sampled_from((0.05, 0.5, 1.5, 5, 20)))
    def wait(self, minutes: float) -> None:
        self.living.let(minutes * MINUTE)

    @rule(hours=st.sampled_from((-30, -1, -0.05, 0.05, 1, 30)))
    def set_the_clock(self, hours: float) -> None:
        self.world.offset += hours * HOUR

    @precondition(lambda self: self.living.alive)
    @rule()
    def kill(self) -> None:
        self.living.kill()

    @precondition(lambda self: self.living.alive)
    @rule(name=st.sampled_from(NAMES), channel=st.sampled_from(CHANNELS))
    def kill_while_it_tells(self, name: str, channel: str) -> None:
        self.publish(name, TOLD[0])
        sink = self.sinks[channel]
        self.turn_a_channel(channel, Mood.HANG)
        count = sink.message_count
        for _ in range(20):
            if sink.message_count == count:
                self.living.let(5.0)
        self.kill()

    @precondition(lambda self: self.living.alive)
    @rule()
    def stop(self) -> None:
        self.living.stop()

    @precondition(lambda self: not self.living.alive)
    @rule()
    def start(self) -> None:
        self.write()
        self.living.begin()

    @rule(severity=st.sampled_from(("low", "high")), named=st.booleans())
    def edit_the_rules(self, severity: str, named: bool) -> None:
        self.severity, self.named = severity, named
        self.write()

    @rule()
    def make_a_mistake(self) -> None:
        (self.folder / "feeds.yaml").write_text("feeds: [\n", encoding="utf-8")

    @rule(name=st.sampled_from(CHANNELS), mood=st.sampled_from(Mood))
    def turn_a_channel(self, name: str, mood: Mood) -> None:
        self.sinks[name].moods = (mood,)

    @rule(name=st.sampled_from(NAMES), is_up=st.booleans())
    def turn_a_feed(self, name: str, is_up: bool) -> None:
        self.feeds[name].is_up = is_up

    @rule(is_down=st.booleans())
    def turn_the_network(self, is_down: bool) -> None:
        self.town.unreachable = is_down

    # --- what must hold -----------------------------------------------------------------

    @invariant()
    def what_is_remembered_of_a_feed_is_stored(self) -> None:
        for name, etag in self.sql("SELECT name, etag FROM feeds WHERE etag IS NOT NULL"):
            links = {item.link for item in self.feeds[name].items(int(etag.strip(b'"')))}
            assert links <= {url for (url,) in self.sql("SELECT url FROM articles")}, name

    @invariant()
    def who_is_told_is_stored_with_the_alert(self) -> None:
        undelivered = self.sql(
            "SELECT al.id, count(d.id) FROM alerts al LEFT JOIN deliveries d ON d.alert = al.id"
            " WHERE al.suppressed = '' AND al.merged_into IS NULL AND al.watchlist IN (?, ?)"
            " GROUP BY al.id HAVING count(d.id) <> 2",
            *TOLD,
        )
        assert undelivered == []

    @invariant()
    def nothing_is_told_under_two_names(self) -> None:
        assert [message for message, ids in keys(self.accepted).items() if len(ids) > 1] == []

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        assert duplicates(self.sql("SELECT url FROM articles")) == []

    def teardown(self) -> None:
        try:
            self.all_is_well_in_the_end()
        finally:
            self.living.close()
            self.place.cleanup()

    def all_is_well_in_the_end(self) -> None:
        self.town.unreachable = False
        for feed in self.feeds.values():
            feed.is_up = True
        for sink in self.sinks.values():
            sink.moods = (Mood.ACCEPT,)
        self.write()
        if not self.living.alive:
            self.living.begin()
        self.living.let(5 * MINUTE)  # until the monitor retries a store that refused
        for _ in range(2):  # alerts of items that arrive in between are sent too
            views = Views(StoreAddress(self.folder / "var"))
            views.feeds.poll_now(None)
            views.deliveries.retry(None, self.world.now)
            self.living.let(12 * MINUTE)
        self.what_is_published_is_stored_and_told_of()

    def what_is_published_is_stored_and_told_of(self) -> None:
        items, watched = self.model.items, {*TOLD, *(["Namur"] if self.named else [])}
        assert {url for (url,) in self.sql("SELECT url FROM articles")} == set(items)
        alerts = self.sql(
            "SELECT al.watchlist, a.url FROM alerts al JOIN articles a ON a.id = al.article"
        )
        expected = {(word, link) for link, item in items.items() for word in item.words & watched}
        assert duplicates(alerts) == []
        assert {alert for alert in alerts if alert[0] in watched} == expected
        accepted = {message[:3] for message in keys(self.accepted) if message[1] in TOLD}
        news = {(word, link) for word, link in expected if items[link].news and word in TOLD}
        assert {(name, *alert) for name in CHANNELS for alert in news} <= accepted
        assert {message[1:] for message in accepted} <= expected
        assert self.sql("SELECT DISTINCT state FROM deliveries") in ([], [("sent",)])
        assert self.sql("PRAGMA integrity_check") == [("ok",)]

    # --- looking ------------------------------------------------------------------------

    def items(self, name: str) -> tuple[Item, ...]:
        """Return the items of a feed."""
        return self.feeds[name].items(len(self.feeds[name].editions) - 1)

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "var" / STORE_FILE)) as sql:
            return sql.execute(query, values).fetchall()


_LONG = settings().max_examples > 1_000
Promise.TestCase.settings = settings(
    max_examples=400 if _LONG else 6,
    stateful_step_count=60 if _LONG else 25,
    suppress_health_check=list(HealthCheck),
)
TestPromise = Promise.TestCase
