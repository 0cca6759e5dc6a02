"""How the newsroom stands, read from the store at each scrape."""

from __future__ import annotations

import sys
import collections
from collections.abc import Callable, Iterator
from threading import Lock

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from index.article import Timestamp
from monitor.errors import StoreError
from monitor.metrics.latencies import Latencies
from monitor.model import DeliveryState, Health
from monitor.polling.health import health
from monitor.presence import Card
from monitor.store import Views


def figures(
    views: Views, clock: Callable[[], Timestamp], version: str, card: Callable[[], Card]
) -> CollectorRegistry:
    """Return the figures of a newsroom; the monitor says by its `card` what only it knows."""
    registry = CollectorRegistry()
    _Standing(registry, views, clock, version, card)
    ProcessCollector(registry=registry)
    return registry


class _Standing(Collector):
    """Gauges."""

    def __init__(
        self,
        registry: CollectorRegistry,
        views: Views,
        clock: Callable[[], Timestamp],
        version: str,
        card: Callable[[], Card],
    ) -> None:
        self._views = views
        self._clock = clock
        self._version = version
        self._lock = Lock()
        self._card = card
        registry.register(self)  # before the latencies, which it brings up to date
        self._latencies = Latencies(registry, clock())

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: the store is not read before somebody asks."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment; when the store cannot be read, that."""
        python = ".".join(map(str, sys.version_info[:3]))
        yield InfoMetricFamily(
            "tocsin_build", "Which tocsin runs.", {"version": self._version, "python": python}
        )
        yield from _of_the_monitor(self._card())
        try:
            with self._lock:
                found = [*self._feeds(), *self._store(), *self._deliveries()]
                self._latencies.look(self._views, self._clock())
            readable = 1
        except StoreError:
            found, readable = [], 0
        yield from found
        yield _gauge("tocsin_store_readable", "Whether the store can be read.", readable)

    def _feeds(self) -> Iterator[Metric]:
        now, feeds = self._clock(), self._views.feeds()
        counted = collections.Counter(health(feed, state, now) for feed, state, _ in feeds)
        told = GaugeMetricFamily("tocsin_feeds", "Feeds, by how they are doing.", labels=["health"])
        for one in Health:
            told.add_metric([one], counted[one])
        yield told
        last = max((state.last_poll or 0.0 for _, state, _ in feeds), default=0.0)
        yield _gauge(
            "tocsin_last_poll_timestamp_seconds", "When a feed was polled last; 0 for never.", last
        )
        yield _gauge(
            "tocsin_last_read_timestamp_seconds", "When a feed could be read last; 0 for never.",
            max((state.last_ok or 0.0 for _, state, _ in feeds), default=0.0),
        )  # fmt: skip

    def _store(self) -> Iterator[Metric]:
        articles, waiting, alerts, untriaged = self._views.totals()
        yield _gauge("tocsin_articles_stored", "Articles in the archive.", articles)
        yield _gauge(
            "tocsin_index_waiting_articles", "Articles on their way to the search index.", waiting
        )
        yield _gauge("tocsin_alerts_stored", "Alerts in the archive, without copies.", alerts)
        yield _gauge("tocsin_alerts_untriaged", "Alerts not yet triaged.", untriaged)

    def _deliveries(self) -> Iterator[Metric]:
        counted: collections.Counter[DeliveryState] = collections.Counter()
        for (_, state), count in self._views.delivery_counts().items():
            counted[state] += count
        yield _gauge(
            "tocsin_deliveries_pending", "Deliveries on their way to channels, or held.",
            counted[DeliveryState.WAITING],
        )  # fmt: skip
        yield _gauge(
            "tocsin_deliveries_dead", "Deliveries that were given up.", counted[DeliveryState.DEAD]
        )


def _of_the_monitor(card: Card) -> Iterator[Metric]:
    yield _gauge("tocsin_start_time_seconds", "When the monitor was started.", card.presence.since)
    yield _gauge(
        "tocsin_config_valid", "Whether the last edit of feeds.yaml is in force.",
        not card.config_error,
    )  # fmt: skip
    yield _gauge(
        "tocsin_network_up", "0 while the network is blamed instead of the feeds.",
        not card.network_down,
    )  # fmt: skip


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, float(value))
