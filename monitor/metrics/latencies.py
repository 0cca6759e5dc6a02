"""How long news takes, as a histogram that goes on from scrape to scrape."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

from index.article import Timestamp
from monitor.latency import durations
from monitor.model import Step
from monitor.store import Views

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
        found = views.clocked(self._since)
        for one in found:
            for step, seconds in durations(one):
                if (one.article, step) not in self._counted:
                    self._counted.add((one.article, step))
                    self._taken.labels(_label(step)).observe(max(0.0, seconds))
        waited_for = [
            one.matched for one in found if one.searchable is None and one.matched > now - PATIENCE
        ]
        self._since = min([*waited_for, max([one.matched for one in found], default=self._since)])
        left = {one.article for one in found if one.matched >= self._since}
        self._counted = {pair for pair in self._counted if pair[0] in left}
        for carried in views.sent_after(self._sent):
            self._sent = max(self._sent, carried.sent_at)
            if not carried.held:
                seconds = max(0.0, carried.sent_at - carried.raised_at)
                self._taken.labels(_label(Step.DELIVERED)).observe(seconds)


def _label(step: Step) -> str:
    return step.replace(" ", "_")
