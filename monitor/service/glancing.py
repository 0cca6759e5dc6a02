"""The newsroom at a glance, and whether it changed since: the service's part of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from monitor import model, presence
from monitor.polling.health import health
from monitor.service.deliveries import Deliveries
from monitor.service.muting import Muting
from monitor.upkeep import rebuilding

DAY = 86_400.0
LOG = "monitor.log"
"""Name of the log of a monitor in the background, in the data folder."""


class Glancing(Deliveries, Muting):
    """Counts take milliseconds; whether they could have changed takes microseconds."""

    _folder: Path

    def status(self) -> model.Status:
        """Return the newsroom at a glance; reads the state of every feed."""
        articles, waiting, alerts, untriaged = self._views.totals()
        now = self._clock()
        feeds = self._views.feeds()
        gaps = self._views.gaps(now - DAY, now)
        unsent = self.unsent()
        counted = model.Status(
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
            unsent=unsent[model.DeliveryState.WAITING],
            dead=unsent[model.DeliveryState.DEAD],
        )
        log = (self._folder / LOG).absolute()
        rebuilt = rebuilding.share(self._folder, now)
        return replace(
            self.renewed(counted),
            indexed=_searchable(articles, waiting, rebuilt),
            rebuilt=rebuilt,
            log=str(log) if log.exists() else "",
        )

    def renewed(self, status: model.Status) -> model.Status:
        """Return a status with the monitor's latest sign of life, the counts as they were.

        Cheap enough for every second.
        """
        card = presence.present(self._folder)
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
