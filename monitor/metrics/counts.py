"""What is counted since the monitor started."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from monitor.answers import Settled
from monitor.model import Outcome, Severity

POLLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of how long polls take, in seconds; none takes longer than its half minute, and a wait."""


class Counts:
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
            "tocsin_escalations", "Alerts that became louder.", registry=registry
        )
        for outcome in Outcome:
            self._polls.labels(outcome)
        for severity in Severity:
            self._alerts.labels(severity)
        for change in ("new", "edited"):
            self._articles.labels(change)

    def settled(self, settled: Settled) -> None:
        """Count a batch that is stored."""
        for _, poll in settled.polls:
            self._polls.labels(poll.outcome).inc()
            self._seconds.observe(poll.seconds)
            self._articles.labels("new").inc(poll.new)
            self._articles.labels("edited").inc(poll.changed)
        for alert in settled.raised:
            if alert.escalation:
                self._escalations.inc()
            else:
                self._alerts.labels(alert.severity).inc()
