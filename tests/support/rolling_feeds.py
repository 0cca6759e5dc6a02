"""Feeds whose documents hold the newest entries only, polled too seldom now and then.

What was lost between two polls is known here; what tocsin says of it is read from its store.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.ingest.ingest import Ingester
from monitor.ingest.poll_outcome import ActiveConfig, NewDocument, PollResult
from monitor.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.poll import Entry, Fetched, NotModified, ParsedFeed
from monitor.pipeline import hash_of
from monitor.store.sqlite.store import SqliteStore
from monitor.store.sqlite.views import SqliteViews

BEGAN = 1_795_392_000.0
SIZES = (5, 10, 20, 40)
"""Entries of a document."""
PAUSES = (300.0, 900.0, 3_600.0, 14_400.0, 43_200.0)
"""Seconds between two polls."""
KINDS = {
    "the newest entries": "",
    "the newest entries, two of them pinned": "pinned",
    "the newest entries, older ones again on top": "returns",
    "the newest entries, some withdrawn": "withdraws",
    "the newest entries, or an older copy": "copies",
}


@dataclass
class Tally:
    """Intervals between two polls of fresh documents."""

    intervals: int = 0
    lost: int = 0
    """Those in which entries came and went."""
    told: int = 0
    """Those of them that are coverage gaps."""
    needless: int = 0
    """Coverage gaps in which nothing was lost."""


class RollingFeed:
    """A publisher with one feed."""

    def __init__(self, url: str, kind: str, size: int, chance: random.Random) -> None:
        self.url, self.kind, self.size, self._chance = url, kind, size, chance
        self._published = 0
        self._window: list[str] = []
        self._archive: list[str] = []
        self._pinned = [self._new() for _ in range(2)] if kind == "pinned" else []
        self._unseen: set[str] = set()
        self.document: Sequence[str] = ()

    def _new(self) -> str:
        self._published += 1
        return f"{self.url}/{self._published}"

    def entries(self, document: Sequence[str]) -> tuple[Entry, ...]:
        """Return a document as it is parsed; entries are dated a minute apart."""
        return tuple(
            Entry(guid=one, url=one, title=one, summary=one, published=BEGAN + 60 * number)
            for one in document
            for number in [int(one.rpartition("/")[2])]
        )

    def go_on(self) -> bool:
        """Publish, and make the next document; return whether it is fresh."""
        if self.kind == "copies" and self.document and self._chance.random() < 0.2:
            return False
        room = self.size - len(self._pinned)
        for _ in range(int(self._chance.expovariate(1 / (0.6 * room)))):
            entry = self._new()
            self._unseen.add(entry)
            self._window.insert(0, entry)
        self._archive += self._window[room:]
        del self._window[room:]
        if self.kind == "withdraws" and self._window and self._chance.random() < 0.3:
            gone = self._chance.choice(self._window)
            self._window.remove(gone)
            self._unseen.discard(gone)
        if self.kind == "returns" and len(self._archive) > 60 and self._chance.random() < 0.3:
            again = self._archive[self._chance.randrange(len(self._archive) - 40)]
            self._window = [again, *(one for one in self._window if one != again)][:room]
        self.document = (*self._pinned, *self._window)
        return True

    def lost(self) -> bool:
        """Tell whether entries are gone that no document had; all others have been seen."""
        gone = self._unseen.difference(self.document)
        self._unseen.clear()
        return bool(gone)


class Polls:
    """Polls of several feeds, into one store."""

    def __init__(self, folder: Path) -> None:
        self._store = SqliteStore(folder)
        self._views = SqliteViews(folder)
        self._store._connection.execute("PRAGMA synchronous = OFF")  # no power fails here
        self.now = BEGAN

    def tally(self, kind: str, polls: int, seed: int) -> Tally:
        """Poll a feed of each size so many times, and compare what is lost and what is said."""
        chance, tally = random.Random(seed), Tally()
        for size in SIZES:
            feed = RollingFeed(f"https://{kind or 'plain'}-{size}.test", kind, size, chance)
            for lost, is_gap in self._intervals(feed, polls, chance):
                tally.intervals += 1
                tally.lost += lost
                tally.told += lost and is_gap
                tally.needless += is_gap and not lost
        return tally

    def _intervals(
        self, feed: RollingFeed, polls: int, chance: random.Random
    ) -> Iterator[tuple[bool, bool]]:
        """Yield of each interval whether entries were lost, and whether it is a coverage gap."""
        known = [each.feed for each in self._views.feeds.subscribed()]
        *_, subscribed = self._store.subscribe([*known, Feed(url=feed.url, name=feed.url)], [])
        watch = ActiveConfig(rules=WatchlistMatcher((), []), feeds={subscribed.number: subscribed})
        ingester = Ingester(self._store, watch, lambda: self.now, lambda: 0.0)
        is_gap = False
        copies: list[Sequence[str]] = []
        for number in range(polls):
            self.now += chance.choice(PAUSES)
            is_fresh = feed.go_on()
            document = feed.document if is_fresh else copies[-2:][0]
            is_gap |= self._poll(ingester, subscribed, feed.entries(document))
            if is_fresh:
                copies.append(feed.document)
                lost = feed.lost()
                if number:
                    yield lost, is_gap
                is_gap = False

    def _poll(self, ingester: Ingester, feed: Feed, entries: tuple[Entry, ...]) -> bool:
        """Poll, and return whether that begins or prolongs a coverage gap."""
        state = next(
            each.state for each in self._store.feeds.subscribed() if each.feed.url == feed.url
        )
        body = repr(entries).encode()
        came: NewDocument | NotModified = NotModified()
        if hash_of(body) != state.body_hash:
            fetched = Fetched(url=feed.url, body=body)
            came = NewDocument(
                fetched=fetched, digest=hash_of(body), parsed=ParsedFeed(entries=entries)
            )
        ingester.ingest([PollResult(feed=feed, state=state, came=came, seconds=0.1)], False)
        return any(
            gap.end == self.now and gap.feed.url == feed.url
            for gap in self._views.feeds.gaps(0.0, self.now + 1)
        )
