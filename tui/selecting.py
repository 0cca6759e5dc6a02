"""Which alerts a sieve lets through, asked for from threads; headlines are read when needed."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor.fetch.url import host
from monitor.model import FeedHealth, Filter, WatchlistCount
from tui import sieve
from tui.headlines import PAGE, Headlines
from tui.sieve import Asking, Sieve
from tui.stream import Again

if TYPE_CHECKING:
    from monitor.service import Service


@dataclass(frozen=True, slots=True)
class Names:
    """The names that are on the screen anyway."""

    watchlists: Collection[str] = ()
    feeds: Collection[tuple[str, str]] = ()
    tags: Collection[str] = ()
    own_tags: Collection[str] = ()


def named(
    watchlists: Sequence[WatchlistCount], feeds: Sequence[FeedHealth], own: Collection[str]
) -> Names:
    """Return the names in force."""
    return Names(
        watchlists=[count.name for count in watchlists],
        feeds=[(feed.feed.name, host(feed.feed.url)) for feed in feeds],
        tags={tag for feed in feeds for tag in feed.feed.tags},
        own_tags=own,
    )


class Selecting:
    """Asks the store. Safe from any thread."""

    def __init__(
        self, service: Service, clock: Callable[[], Timestamp], zone: tzinfo | None
    ) -> None:
        self._service = service
        self._clock = clock
        self._zone = zone
        self._reading = threading.Lock()
        self._answers: dict[Filter, array[int]] = {}
        self.headlines = Headlines()

    def quick(self, wanted: Sieve, names: Names) -> Filter | None:
        """Return the one filter of the store that a sieve is, None if it takes more."""
        return sieve.plain(wanted, self._asking(names))

    def ids(
        self, wanted: Sieve, names: Names, *, after: int = 0, limit: int | None = None
    ) -> array[int]:
        """Return the alerts above an id that a sieve lets through, the newest `limit`."""
        asking = self._asking(names)
        plain = sieve.plain(wanted, asking)
        if plain is not None:
            return self._service.alert_ids(plain, after=after, limit=limit)
        if wanted.words:
            self.read_new()
        return sieve.sift(
            wanted,
            asking,
            lambda filter: self._answer(filter, after),
            lambda: (alert for _, alert, _ in self._service.stirred()),
            lambda node: self.headlines.holding(node, after),
        )

    def forget(self) -> None:
        """Ask the store anew from here on: what is typed meanwhile is about one moment."""
        self._answers = {}

    def _answer(self, filter: Filter, after: int) -> array[int]:
        if after:
            return self._service.alert_ids(filter, after=after)
        answers = self._answers
        if filter not in answers:
            answers[filter] = self._service.alert_ids(filter)
        return answers[filter]

    def louder(self, wanted: Sieve, names: Names, after: int = 0) -> list[Again]:
        """Return what a sieve lets through of alerts that became louder, the oldest first."""
        plain = self.quick(wanted, names)
        found = self._service.stirred(plain or Filter(closed=True), after=after)
        if plain is None and found:
            passing = set(self.ids(wanted, names, after=min(alert for _, alert, _ in found) - 1))
            found = [one for one in found if one[1] in passing]
        return [Again(above, escalation, alert) for escalation, alert, above in found]

    def read_new(self) -> None:
        """Read the headlines of alerts that are newer than those known."""
        with self._reading:
            known = self.headlines
            if known.oldest is not None:
                known.add(self._service.headlines(after=known.newest, limit=-1))

    def read_older(self) -> bool:
        """Read some more headlines; return whether all are known."""
        with self._reading:
            known = self.headlines
            if not known.whole:
                page = self._service.headlines(before=known.oldest, limit=PAGE)
                known.whole = known.add(page) < PAGE
            return known.whole

    def _asking(self, names: Names) -> Asking:
        return Asking(names, self._clock(), self._zone)
