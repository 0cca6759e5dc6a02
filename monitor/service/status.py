"""The newsroom at a glance: counts, latency, deliveries and evidence, for viewers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor import monitor_lock
from monitor.ingest.feed_health import health
from monitor.maintenance import index_rebuild
from monitor.model.delivery import Delivery, DeliveryState
from monitor.model.status import Status
from monitor.service.triage import Muting
from monitor.store.protocol import Views

if TYPE_CHECKING:
    from monitor.model.status import Latency


UNSENT = (DeliveryState.WAITING, DeliveryState.DEAD)


class Deliveries:
    """Deliveries of one newsroom."""

    _views: Views
    _clock: Callable[[], Timestamp]

    def deliveries(
        self,
        states: Collection[DeliveryState] = UNSENT,
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, of a channel or all, the newest last."""
        return self._views.deliveries(states, channel, limit)

    def deliveries_of(self, alerts: Collection[int]) -> list[Delivery]:
        """Return where some alerts went, in the order in which that was planned."""
        return self._views.deliveries_of(alerts)

    def unsent(self) -> Counter[DeliveryState]:
        """Return how many deliveries wait, and how many were given up; cheap enough to poll."""
        found: Counter[DeliveryState] = Counter()
        for (_, state), count in self._views.delivery_counts().items():
            found[state] += count
        return found

    def unsent_by_channel(self) -> dict[tuple[str, DeliveryState], int]:
        """Return the same by channel and state."""
        return self._views.delivery_counts()

    def retry(
        self,
        ids: Sequence[int] | None = None,
        *,
        channel: str | None = None,
        to: str | None = None,
    ) -> int:
        """Let the monitor try again what was given up or failed: by id, or all of it.

        With `channel` only what is for that one; with `to` it goes there instead. Returns how
        many that are. Raises StoreError if the store stays locked.
        """
        return self._views.retry(ids, channel, to, self._clock())


DAY = 86_400.0
LOG = "monitor.log"
"""Name of the log of a monitor in the background, in the data folder."""


class Glancing(Deliveries, Muting):
    """Counts take milliseconds; whether they could have changed takes microseconds."""

    _folder: Path

    def status(self) -> Status:
        """Return the newsroom at a glance; reads the state of every feed."""
        articles, waiting, alerts, untriaged = self._views.totals()
        now = self._clock()
        feeds = self._views.feeds()
        gaps = self._views.gaps(now - DAY, now)
        unsent = self.unsent()
        counted = Status(
            articles=articles,
            indexed=articles - waiting,
            alerts=alerts,
            untriaged=untriaged,
            feeds=Counter(health(feed, state, now) for feed, state, _ in feeds),
            blind=sum(state.blind for _, state, _ in feeds),
            gaps=Counter(kind for kind, _ in {(g.kind, g.feed.url) for g in gaps}),
            monitor=None,
            pulse=None,
            backfill=tuple(self._views.backfills()),
            mutes=tuple(self.mutes()),
            unsent=unsent[DeliveryState.WAITING],
            dead=unsent[DeliveryState.DEAD],
        )
        log = (self._folder / LOG).absolute()
        rebuilt = index_rebuild.read_progress(self._folder, now)
        return replace(
            self.renewed(counted),
            indexed=_searchable(articles, waiting, rebuilt),
            rebuilt=rebuilt,
            log=str(log) if log.exists() else "",
        )

    def renewed(self, status: Status) -> Status:
        """Return a status with the monitor's latest sign of life, the counts as they were.

        Cheap enough for every second.
        """
        card = monitor_lock.present(self._folder)
        return replace(
            status,
            monitor=card.presence if card else None,
            pulse=card.pulse if card else None,
            config_error=card.config_error if card else "",
            network_down=card.network_down if card else "",
        )

    def commits(self) -> int:
        """Return a number that is another one after each commit to the store, by whomever.

        Cheap enough for every second. Raises StoreError when the store cannot be read.
        """
        return self._views.commits()


def _searchable(articles: int, waiting: int, rebuilt: float | None) -> int:
    """Return how many articles can be searched, about: while it is built again, that share."""
    there = articles - waiting
    return there if rebuilt is None else min(there, int(articles * rebuilt))


class Timing:
    """The latency of one newsroom."""

    _views: Views

    def latency(self, since: Timestamp) -> Latency:
        """Return how long each step took for what has raised alerts since then."""
        from monitor.alerts.latency import latency

        names = {feed.number: feed.name for feed in self._views.every_feed()}
        return latency(self._views.clocked(since), self._views.carried(since), names)


class Attesting:
    """The records of one newsroom."""

    _views: Views

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""
        return self._views.proofs(alerts)

    def edited_at(self, article: int) -> Timestamp | None:
        """Return when the text that an article has was read; None if it never had another."""
        texts = self._views.texts(article)
        return texts[-2].until if len(texts) > 1 else None
