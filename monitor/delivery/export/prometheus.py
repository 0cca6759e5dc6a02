"""Figures of a running monitor, as Prometheus reads them."""

from __future__ import annotations

import collections
import sys
from collections.abc import Callable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.intake.ingest.feed_health import health
from monitor.intake.ingest.poll_outcome import BatchOutcome
from monitor.judgement.alerts.latency import durations
from monitor.model.delivery import DeliveryState
from monitor.model.feed import Health, Outcome
from monitor.model.latency import Step
from monitor.model.watchlist import Severity
from monitor.storage.monitor_lock import Heartbeat
from monitor.storage.store.sql.views import Views

POLLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of how long polls take, in seconds; none takes longer than its half minute, and a wait."""


class EventCounters:
    """Counters of a watch; no label can take more than a handful of values."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._polls = Counter("tocsin_polls", "Polls of feeds.", ["outcome"], registry=registry)
        self._seconds = Histogram(
            "tocsin_poll_duration_seconds", "Time that a poll of a feed took, waiting for its turn"
            " and reading what came included.", buckets=POLLS, registry=registry,
        )  # fmt: skip
        self._articles = Counter(
            "tocsin_articles", "Articles that polls brought.", ["change"], registry=registry
        )
        self._alerts = Counter("tocsin_alerts", "Alerts raised.", ["severity"], registry=registry)
        self._escalations = Counter(
            "tocsin_escalations", "Alerts that were escalated.", registry=registry
        )
        for outcome in Outcome:
            self._polls.labels(outcome)
        for severity in Severity:
            self._alerts.labels(severity)
        for change in ("new", "edited"):
            self._articles.labels(change)

    def batch_stored(self, outcome: BatchOutcome) -> None:
        for _, poll in outcome.polls:
            self._polls.labels(poll.outcome).inc()
            self._seconds.observe(poll.seconds)
            self._articles.labels("new").inc(poll.new)
            self._articles.labels("edited").inc(poll.changed)
        for alert in outcome.raised:
            if alert.escalation:
                self._escalations.inc()
            else:
                self._alerts.labels(alert.severity).inc()


BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0)
"""In seconds."""
PATIENCE = 3_600.0
"""Seconds for which an article is waited for to become searchable."""


class Latencies:
    """What has taken its steps since the monitor started, each counted once."""

    def __init__(self, registry: CollectorRegistry, since: Timestamp) -> None:
        self._taken = Histogram(
            "tocsin_step_duration_seconds", "Time that news which raised an alert took, by step.",
            ["step"], buckets=BOUNDS, registry=registry,
        )  # fmt: skip
        for step in Step:
            self._taken.labels(_label(step))
        self._since = self._sent = since
        self._counted: set[tuple[int, Step]] = set()

    def look(self, views: Views, now: Timestamp) -> None:
        """Count what was done since the last look. Raises StoreError."""
        latencies, accepted = views.deliveries.latency(self._since, sent_after=self._sent)
        for one in latencies:
            for step, seconds in durations(one):
                if (one.article, step) not in self._counted:
                    self._counted.add((one.article, step))
                    self._taken.labels(_label(step)).observe(max(0.0, seconds))
        waited_for = [
            one.matched
            for one in latencies
            if one.searchable is None and one.matched > now - PATIENCE
        ]
        self._since = min(
            [*waited_for, max([one.matched for one in latencies], default=self._since)]
        )
        left = {one.article for one in latencies if one.matched >= self._since}
        self._counted = {pair for pair in self._counted if pair[0] in left}
        for carried in accepted:
            self._sent = max(self._sent, carried.sent_at)
            if not carried.delayed:
                seconds = max(0.0, carried.sent_at - carried.raised_at)
                self._taken.labels(_label(Step.DELIVERED)).observe(seconds)


def _label(step: Step) -> str:
    return step.replace(" ", "_")


def figures(
    views: Views, clock: Callable[[], Timestamp], version: str, card: Callable[[], Heartbeat]
) -> CollectorRegistry:
    """Return the figures of a newsroom, to be read by one thread at a time.

    The monitor says by its `card` what only it knows.
    """
    registry = CollectorRegistry()
    _NewsroomCollector(registry, views, clock, version, card)
    ProcessCollector(registry=registry)
    return registry


class _NewsroomCollector(Collector):
    """Gauges."""

    def __init__(
        self,
        registry: CollectorRegistry,
        views: Views,
        clock: Callable[[], Timestamp],
        version: str,
        card: Callable[[], Heartbeat],
    ) -> None:
        self._views = views
        self._clock = clock
        self._version = version
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
            metrics = [*self._feeds(), *self._store(), *self._deliveries()]
            self._latencies.look(self._views, self._clock())
            readable = 1
        except StoreError:
            metrics, readable = [], 0
        yield from metrics
        yield _gauge("tocsin_store_readable", "Whether the store can be read.", readable)

    def _feeds(self) -> Iterator[Metric]:
        now, feeds = self._clock(), self._views.feeds.subscribed()
        counted = collections.Counter(health(one.feed, one.state, now) for one in feeds)
        gauge = GaugeMetricFamily(
            "tocsin_feeds", "Feeds, by how they are doing.", labels=["health"]
        )
        for one in Health:
            gauge.add_metric([one], counted[one])
        yield gauge
        last = max((feed.state.last_poll or 0.0 for feed in feeds), default=0.0)
        yield _gauge(
            "tocsin_last_poll_timestamp_seconds", "When a feed was polled last; 0 for never.", last
        )
        yield _gauge(
            "tocsin_last_read_timestamp_seconds", "When a feed could be read last; 0 for never.",
            max((feed.state.last_ok or 0.0 for feed in feeds), default=0.0),
        )  # fmt: skip

    def _store(self) -> Iterator[Metric]:
        articles, waiting, alerts, untriaged = self._views.totals()
        yield _gauge("tocsin_articles_stored", "Articles in the archive.", articles)
        yield _gauge(
            "tocsin_index_waiting_articles", "Articles on their way to the search index.", waiting
        )
        yield _gauge("tocsin_alerts_stored", "Alerts in the archive, without copies.", alerts)
        yield _gauge("tocsin_alerts_untriaged", "New stories.", untriaged)
        yield _gauge(
            "tocsin_set_aside_articles",
            "Articles that took too long to match or to index.",
            self._views.set_aside_count(),
        )

    def _deliveries(self) -> Iterator[Metric]:
        counted: collections.Counter[DeliveryState] = collections.Counter()
        for (_, state), count in self._views.deliveries.unsent().items():
            counted[state] += count
        yield _gauge(
            "tocsin_deliveries_pending", "Deliveries on their way to channels, or held.",
            counted[DeliveryState.WAITING],
        )  # fmt: skip
        yield _gauge(
            "tocsin_deliveries_dead", "Deliveries that were given up.", counted[DeliveryState.DEAD]
        )


def _of_the_monitor(card: Heartbeat) -> Iterator[Metric]:
    yield _gauge("tocsin_start_time_seconds", "When the monitor was started.", card.presence.since)
    yield _gauge(
        "tocsin_config_valid", "Whether the last edit of feeds.yaml is active.",
        not card.config_error,
    )  # fmt: skip
    yield _gauge(
        "tocsin_network_up", "0 while the network is blamed instead of the feeds.",
        not card.network_down,
    )  # fmt: skip
    yield _gauge(
        "tocsin_store_whole", "0 when a check of every page found the store damaged.",
        not card.store_damage,
    )  # fmt: skip


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, float(value))
