"""Figures of a running monitor, as Prometheus reads them, and the server for them."""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError, StoreError
from monitor.base.tasks import is_due
from monitor.base.translation import gettext as _
from monitor.base.url import is_loopback
from monitor.intake.ingest.feed_health import health
from monitor.intake.ingest.poll_outcome import BatchOutcome
from monitor.judgement.alerts.latency import durations
from monitor.model.config import Listening
from monitor.model.delivery import DeliveryState
from monitor.model.feed import Health, Outcome
from monitor.model.latency import Step
from monitor.model.watchlist import Severity
from monitor.storage.monitor_lock import Heartbeat
from monitor.storage.store.sql.views import Views

POLLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the durations of polls, in seconds; a poll takes at most half a minute and its wait."""


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
        for _feed, poll in outcome.polls:
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
"""Bounds of the durations of steps, in seconds."""
PATIENCE = 3_600.0
"""Seconds for which an article is waited for to become searchable."""


class Latencies:
    """The durations of steps since the monitor started, each counted once."""

    def __init__(self, registry: CollectorRegistry, since: Timestamp) -> None:
        self._durations = Histogram(
            "tocsin_step_duration_seconds", "Time that news which raised an alert took, by step.",
            ["step"], buckets=BOUNDS, registry=registry,
        )  # fmt: skip
        for step in Step:
            self._durations.labels(_label(step))
        self._since = self._sent = since
        self._counted: set[tuple[int, Step]] = set()

    def look(self, views: Views, now: Timestamp) -> None:
        """Count the steps since the last look. Raises StoreError."""
        latencies, accepted = views.deliveries.latency(self._since, sent_after=self._sent)
        for times in latencies:
            for step, seconds in durations(times):
                if (times.article, step) not in self._counted:
                    self._counted.add((times.article, step))
                    self._durations.labels(_label(step)).observe(max(0.0, seconds))
        waiting_since = [
            times.matched
            for times in latencies
            if times.searchable is None and times.matched > now - PATIENCE
        ]
        self._since = min(
            [*waiting_since, max([times.matched for times in latencies], default=self._since)]
        )
        pending = {times.article for times in latencies if times.matched >= self._since}
        self._counted = {pair for pair in self._counted if pair[0] in pending}
        for sent in accepted:
            self._sent = max(self._sent, sent.sent_at)
            if not sent.delayed:
                seconds = max(0.0, sent.sent_at - sent.raised_at)
                self._durations.labels(_label(Step.DELIVERED)).observe(seconds)


def _label(step: Step) -> str:
    return step.replace(" ", "_")


def figures(
    views: Views, clock: Callable[[], Timestamp], version: str, heartbeat: Callable[[], Heartbeat]
) -> CollectorRegistry:
    """Return the figures of a newsroom, to be read by one thread at a time.

    `heartbeat` returns the state that only the monitor has.
    """
    registry = CollectorRegistry()
    _NewsroomCollector(registry, views, clock, version, heartbeat)
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
        heartbeat: Callable[[], Heartbeat],
    ) -> None:
        self._views = views
        self._clock = clock
        self._version = version
        self._heartbeat = heartbeat
        registry.register(self)  # before the latencies, which it brings up to date
        self._latencies = Latencies(registry, clock())

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: the store is not read before somebody asks."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the present figures; if the store cannot be read, a gauge says so."""
        python = ".".join(map(str, sys.version_info[:3]))
        yield InfoMetricFamily(
            "tocsin_build", "Which tocsin runs.", {"version": self._version, "python": python}
        )
        yield from _monitor_gauges(self._heartbeat())
        try:
            metrics = [*self._feeds(), *self._store(), *self._deliveries()]
            self._latencies.look(self._views, self._clock())
            readable = 1
        except StoreError:
            metrics, readable = [], 0
        yield from metrics
        yield from _gauges(tocsin_store_readable=("Whether the store can be read.", readable))

    def _feeds(self) -> Iterator[Metric]:
        now, feeds = self._clock(), self._views.feeds.subscribed()
        counts = collections.Counter(health(feed.feed, feed.state, now) for feed in feeds)
        gauge = GaugeMetricFamily(
            "tocsin_feeds", "Feeds, by how they are doing.", labels=["health"]
        )
        for state in Health:
            gauge.add_metric([state], counts[state])
        yield gauge
        yield from _gauges(
            tocsin_last_poll_timestamp_seconds=(
                "When a feed was polled last; 0 for never.",
                max((feed.state.last_poll or 0.0 for feed in feeds), default=0.0),
            ),
            tocsin_last_read_timestamp_seconds=(
                "When a feed could be read last; 0 for never.",
                max((feed.state.last_ok or 0.0 for feed in feeds), default=0.0),
            ),
        )

    def _store(self) -> Iterator[Metric]:
        stored, views = self._views.totals(), self._views
        help_text, slow = "Articles on their way to the search index.", views.set_aside_count()
        return _gauges(
            tocsin_articles_stored=("Articles in the archive.", stored.articles),
            tocsin_index_waiting_articles=(help_text, stored.unindexed),
            tocsin_alerts_stored=("Alerts in the archive, without copies.", stored.alerts),
            tocsin_alerts_untriaged=("New stories.", stored.untriaged),
            tocsin_set_aside_articles=("Articles that took too long to match or to index.", slow),
        )

    def _deliveries(self) -> Iterator[Metric]:
        counts: collections.Counter[DeliveryState] = collections.Counter()
        for (_channel, state), count in self._views.deliveries.unsent().items():
            counts[state] += count
        waiting, dead = counts[DeliveryState.WAITING], counts[DeliveryState.DEAD]
        return _gauges(
            tocsin_deliveries_pending=("Deliveries on their way to channels, or held.", waiting),
            tocsin_deliveries_dead=("Deliveries that were given up.", dead),
        )


def _monitor_gauges(beat: Heartbeat) -> Iterator[Metric]:
    valid, up, intact = not beat.config_error, not beat.network_down, not beat.store_damage
    return _gauges(
        tocsin_start_time_seconds=("When the monitor was started.", beat.presence.since),
        tocsin_config_valid=("Whether the last edit of feeds.yaml is active.", valid),
        tocsin_network_up=("0 while the network is blamed instead of the feeds.", up),
        tocsin_store_whole=("0 when a check of every page found the store damaged.", intact),
    )


def _gauges(**figures: tuple[str, float]) -> Iterator[Metric]:
    """Yield a gauge for each name: its help and its value."""
    for name, (help_text, value) in figures.items():
        yield GaugeMetricFamily(name, help_text, float(value))


FRESH = 5.0
"""Seconds for which figures of the store are served again."""
EXCHANGE = 5.0
"""Seconds that a client has to send its request and to take the answer."""

log = logging.getLogger("tocsin")


class _Snapshot(Collector):
    """The figures, read again when they are asked for and no longer fresh."""

    def __init__(self, figures: Collector, clock: Callable[[], Timestamp]) -> None:
        self._figures, self._clock = figures, clock
        self._reader = ThreadPoolExecutor(1, "metrics")  # one thread: one connection to the store
        self._read_at = float("-inf")
        self._metrics: list[Metric] = []

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def collect(self) -> list[Metric]:
        return self._reader.submit(self._read).result()

    def _read(self) -> list[Metric]:
        if is_due(self._read_at, FRESH, self._clock()):
            self._metrics = list(self._figures.collect())
            self._read_at = self._clock()
        return self._metrics

    def close(self) -> None:
        self._reader.shutdown()


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Log no request."""


class _MetricsServer(ThreadingWSGIServer):
    """Answers one request of each connection, in a thread, and closes it in time."""

    def __init__(
        self, at: Listening, max_connections: int, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        self._max_connections, self._seconds = max_connections, seconds
        self._monotonic = monotonic
        self._open: dict[Any, float] = {}
        """Start of each connection, the oldest first."""
        super().__init__((at.host, at.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open[request] = self._monotonic()
        self.hang_up([*self._open][: -self._max_connections])
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Close connections that took too long; called twice a second."""
        latest = self._monotonic() - self._seconds
        self.hang_up([connection for connection, began in [*self._open.items()] if began < latest])

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("metrics: a client left", exc_info=True)  # not a message

    def hang_up(self, connections: list[Any]) -> None:
        """Close connections; their threads end then."""
        for connection in connections:
            self._open.pop(connection, None)
            with suppress(OSError):  # closed meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.hang_up([*self._open])


@asynccontextmanager
async def serving(
    registry: CollectorRegistry,
    at: Listening,
    clock: Callable[[], Timestamp],
    max_connections: int,
    *,
    seconds: float = EXCHANGE,
) -> AsyncIterator[None]:
    """Answer scrapes meanwhile.

    Args:
        registry: The figures.
        at: Address to listen at.
        clock: Returns the time.
        max_connections: Clients that are served at once.
        seconds: How long a client is served.

    Raises:
        MonitorError: The address cannot be listened at.
    """
    monotonic = asyncio.get_running_loop().time
    try:
        server = await asyncio.to_thread(_MetricsServer, at, max_connections, seconds, monotonic)
    except OSError as error:
        number = error.errno or 0
        reason = (os.strerror(number) if number > 0 else error.strerror or str(error)).lower()
        raise MonitorError(
            _(
                "no metrics at {address}: {why}; choose another address or port for --metrics,"
                " or for `network: metrics:`",
                address=at,
                why=reason,
            )
        ) from error
    snapshot, shared = _Snapshot(registry, clock), CollectorRegistry()
    shared.register(snapshot)
    server.set_app(make_wsgi_app(shared))
    log.info(_("metrics at {address}", address=f"http://{at}/metrics"))
    if not is_loopback(at.host):
        text = _("metrics at {address} can be read by whoever reaches that address", address=at)
        log.warning(text)
    threading.Thread(target=server.serve_forever, name="metrics server", daemon=True).start()
    try:
        yield
    finally:
        await asyncio.to_thread(server.close)
        await asyncio.to_thread(snapshot.close)
