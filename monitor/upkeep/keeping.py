"""How long the archive keeps its articles: what is older goes, a few at a time.

Each step is one short transaction. What was dropped is known again if it comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.article import Timestamp
from index.facets import selects
from monitor.fetch.url import host
from monitor.model import Expiring, Feed, Retention, Spared
from monitor.store import Reading, Store

STEP = 200
"""Articles looked at in one step: 20 ms when all of them go."""
BEGINNING = (float("-inf"), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a step came to; an empty one is the end."""

    articles: int = 0
    """How many went, or would go."""
    spared: int = 0
    """How many are as old, and stay."""
    characters: int = 0
    """Of the text that went."""

    def __add__(self, other: Swept) -> Swept:
        """Return both together."""
        return Swept(
            articles=self.articles + other.articles,
            spared=self.spared + other.spared,
            characters=self.characters + other.characters,
        )


def spared(retention: Retention, feeds: Iterable[Feed]) -> Spared:
    """Return in the store's terms what is kept whatever its age."""
    known = list(feeds)
    numbers: set[int] = set()
    watchlists: set[str] = set()
    for selector in retention.spare:
        kind, _, name = selector.partition(":")
        if kind == "watch":
            watchlists.add(name)
        elif kind in ("tag", "feed"):
            asked = selector if kind == "tag" else name
            numbers.update(
                feed.number
                for feed in known
                if selects(asked, feed.name, host(feed.url), feed.tags)
            )
    return Spared(
        feeds=frozenset(numbers),
        watchlists=frozenset(watchlists),
        alerts=not retention.drop_alerts or "has:alert" in retention.spare,
    )


class Sweep:
    """One look at all that is older than the archive keeps it. For the store's thread."""

    def __init__(self, store: Store, retention: Retention, now: Timestamp) -> None:
        self._store = store
        self._before = float("-inf") if retention.keep is None else now - retention.keep
        self._spared = spared(retention, store.every_feed())
        self._after = BEGINNING

    def step(self) -> Swept:
        """Drop the next few articles. Raises StoreError."""
        with self._store.batch() as batch:
            found = self._next(batch)
            batch.drop([one.id for one in found if not one.spared])
        return self._swept(found)

    def look(self) -> Swept:
        """Count the next few articles that `step` would drop. Raises StoreError."""
        with self._store.reading() as reading:
            found = self._next(reading)
        return self._swept(found)

    def _next(self, reading: Reading) -> list[Expiring]:
        return reading.expiring(self._before, self._spared, self._after, STEP)

    def _swept(self, found: Sequence[Expiring]) -> Swept:
        if found:
            self._after = (found[-1].seen, found[-1].id)
        going = [one for one in found if not one.spared]
        return Swept(
            articles=len(going),
            spared=len(found) - len(going),
            characters=sum(one.characters for one in going),
        )
