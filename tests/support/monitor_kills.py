"""Real monitors, killed at random while sources of all kinds publish, and webhooks misbehave."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from msgspec.structs import replace

from support.feeds_and_webhook import Accepted, Mood, ScriptedFeed, ScriptedWebhook
from support.imap_server import PASSWORD, ImapServer, newsletter
from support.newsroom import Item, Newsroom, until
from support.newsroom_invariants import Promised, broken_promises
from support.publishers import words
from support.scripted_server import Reply, Request, Web
from support.sitemaps import News, news_sitemap

EVERY = 3.0
"""Seconds between two editions of a feed."""
EDITED_AFTER = 2
"""Editions after which some items are edited."""
REISSUED = 25
"""Editions of a feed after which all its items get new ids."""
PATIENCE = 180.0
MOODS = (*(Mood.ACCEPT,) * 3, Mood.RESET, *(Mood.ACCEPT,) * 4, Mood.REFUSE)


class Ticker(ScriptedFeed):
    """A feed that keeps all its items and publishes another one every few seconds."""

    def number(self) -> int:
        return int(self.clock() // EVERY)

    def items(self, number: int) -> tuple[Item, ...]:
        turn = number // REISSUED if self.name == "b" else 0
        return tuple(
            replace(_item(self.name, id, number - id >= EDITED_AFTER), guid=f"{id}-{turn}")
            for id in range(number, -1, -1)
        )


class SitemapTicker(Ticker):
    """A sitemap of news that lists another article every few seconds."""

    def items(self, number: int) -> tuple[Item, ...]:
        return tuple(_item(self.name, id, edited=False, text="") for id in range(number, -1, -1))

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        reply = ScriptedFeed.answer(self, request)
        return replace(reply, body=self.document()) if reply.status == 200 else reply

    def document(self) -> bytes:
        """Return the document of this moment."""
        items = self.items(self.number())
        return news_sitemap(*(News(i.link, i.title, "") for i in items)).encode()


class PageTicker(SitemapTicker):
    """A page that lists another headline every few seconds, and an old one from the start.

    A page without any would be a page that changed, which is asked less and less.
    """

    def items(self, number: int) -> tuple[Item, ...]:
        return (*super().items(number), _item(self.name, -1, edited=False, text=""))

    def document(self) -> bytes:
        """Return the document of this moment."""
        items = self.items(self.number())
        rows = "".join(f'<li><a href="{item.link}">{item.title}</a></li>' for item in items)
        return f"<html><body><ul>{rows}</ul></body></html>".encode()


@dataclass
class Killing:
    """A newsroom whose monitor is killed again and again."""

    folder: Path
    seed: int
    say: Callable[[str], None] = lambda line: None
    sinks: dict[str, ScriptedWebhook] = field(
        default_factory=lambda: {"desk": ScriptedWebhook(), "soc": ScriptedWebhook(MOODS)}
    )
    accepted: list[Accepted] = field(default_factory=list)

    mail: ImapServer = field(default_factory=ImapServer)

    def __post_init__(self) -> None:
        self._began = self._ended = math.inf
        self._longest = 0.0
        self.dice = random.Random(self.seed)
        self.feeds = [Ticker(name, self._now, has_etag=name != "d") for name in "abcd"]
        self.sources = [
            *self.feeds,
            SitemapTicker("sitemap", self._now),
            PageTicker("page", self._now, has_etag=False),
            mails := SitemapTicker("mailbox", self._now),
        ]
        self.mails = mails
        for sink in self.sinks.values():
            sink.accepted = self.accepted

    def _now(self) -> float:
        """Return the seconds since the start, up to the end; -1 before the start."""
        return max(-1.0, min(time.monotonic(), self._ended) - self._began)

    def kill(self, kills: int) -> list[str]:
        """Kill the monitor this many times, let it finish; return the broken promises as texts."""
        with Web() as web, self.mail:
            for source in self.sources:
                web.on(f"/{source.name}", source.answer)
            for name, sink in self.sinks.items():
                web.on(f"/{name}", sink.answer)
            room = Newsroom(self.folder)
            self._write(room, web, 0)
            before = time.monotonic()
            room.tocsin("run", "--once", "--now")
            self._began = time.monotonic()
            self._longest = 2 * (self._began - before)  # a busy machine starts slowly
            for number in range(kills):
                if number % 20 == 10:
                    self._write(room, web, number)
                self._one(room, number, kills)
            self._ended = time.monotonic()
            self._finish(room)
            return broken_promises(room.data, self._promised(), self.accepted)

    def _deliver(self) -> None:
        """Deliver the mails of this moment that are not in the mailbox."""
        for id in range(len(self.mail.inbox.mails), self.mails.number() + 1):
            item = _item(self.mails.name, id, edited=False, text="")
            mail = newsletter(
                item.title, id=str(id), date=formatdate(), Archived_At=f"<{item.link}>"
            )
            self.mail.inbox.add(mail)

    def _one(self, room: Newsroom, number: int, kills: int) -> None:
        self._deliver()
        with room.running("run") as monitor:
            try:
                code = monitor.wait(self.dice.uniform(0.2, self._longest))
            except subprocess.TimeoutExpired:
                if self.dice.random() < 0.5:
                    os.killpg(monitor.pid, signal.SIGKILL)  # its workers and its indexer too
                else:
                    monitor.kill()
                monitor.wait()
            else:
                assert monitor.stderr
                raise AssertionError(f"it ended by itself ({code}): {monitor.stderr.read()}")
        articles, alerts, _ = room.counts()
        self.say(
            f"{number + 1} of {kills} kills: {articles} articles, {alerts} alerts,"
            f" {len(self.accepted)} messages accepted"
        )

    def _finish(self, room: Newsroom) -> None:
        """Run a monitor until no delivery is waiting."""
        self._deliver()
        for sink in self.sinks.values():
            sink.moods = (Mood.ACCEPT,)
        with room.running("run"):
            until(lambda: room.counts()[0] >= len(self._promised().titles), PATIENCE)
            room.tocsin("deliveries", "retry", "--dead")
            unsent = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
            until(lambda: room.sql(unsent) == [(0,)], PATIENCE)
        done = room.tocsin("run", "--once", "--now")
        assert done.returncode == 0, done.stderr

    def _write(self, room: Newsroom, web: Web, number: int) -> None:
        severity = ("low", "high")[number // 20 % 2]
        room.watch(
            [
                {"url": web.url(f"/{feed.name}"), "name": feed.name, "every": "1s", "lang": "fr"}
                for feed in self.feeds
            ]
            + [
                {"sitemap": web.url("/sitemap"), "name": "sitemap", "every": "1s", "lang": "fr"},
                {
                    "page": web.url("/page"),
                    "item": "li",
                    "name": "page",
                    "every": "1s",
                    "lang": "fr",
                },
                {
                    "mailbox": self.mail.url(),
                    "password": PASSWORD,
                    "name": "mailbox",
                    "every": "1s",
                    "since": "2020-01-01",
                    "lang": "fr",
                },
            ],
            [
                {"name": "Alibaba", "terms": ["Alibaba"], "severity": severity},
                {"name": "douane", "terms": ["douane"]},
                *([{"name": "Namur", "terms": ["Namur"], "notify": []}] if number else []),
            ],
            channels=[{"name": name, "webhook": web.url(f"/{name}")} for name in self.sinks],
        )

    def _promised(self) -> Promised:
        titles: dict[str, str] = {}
        alerts: set[tuple[str, str]] = set()
        namur = bool(Newsroom(self.folder).sql("SELECT 1 FROM watchlists WHERE name = 'Namur'"))
        for source in self.sources:
            for item in source.items(source.number()):
                titles[item.link] = item.title
                for watchlist in ("Alibaba", "douane", *(("Namur",) if namur else ())):
                    if watchlist in item.title + item.text:
                        alerts.add((watchlist, item.link))
        deliveries = frozenset(
            (name, *alert) for alert in alerts for name in self.sinks if alert[0] != "Namur"
        )
        return Promised(titles, frozenset(alerts), deliveries)


def _item(feed: str, number: int, edited: bool, text: str | None = None) -> Item:
    subject = ("Alibaba", "Namur", "Un port")[number % 3]
    edit = " La douane confirme." if edited and number % 4 == 0 else ""
    return Item(
        title=f"{subject} : dépêche {feed}{number}",
        text=f"{words(feed, number)}.{edit}" if text is None else text,
        link=f"https://press.example/{feed}/{number}",
    )
