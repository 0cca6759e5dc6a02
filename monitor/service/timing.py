"""How long news takes, for viewers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor.store import Views

if TYPE_CHECKING:
    from monitor.model import Latency


class Timing:
    """The latency of one newsroom."""

    _views: Views

    def latency(self, since: Timestamp) -> Latency:
        """Return how long each step took for what has raised alerts since then."""
        from monitor.latency import latency

        names = {feed.number: feed.name for feed in self._views.every_feed()}
        return latency(self._views.clocked(since), self._views.carried(since), names)
