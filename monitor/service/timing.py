"""How long news takes, for viewers."""

from __future__ import annotations

from index.article import Timestamp
from monitor import latency
from monitor.model import Latency
from monitor.store import Views


class Timing:
    """The latency of one newsroom."""

    _views: Views

    def latency(self, since: Timestamp) -> Latency:
        """Return how long each step took for what has raised alerts since then."""
        names = {feed.number: feed.name for feed in self._views.every_feed()}
        return latency.latency(self._views.clocked(since), self._views.carried(since), names)
