"""Alerts in bulk, as a stream shows and filters them: the service's part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import Filter
from monitor.store import Views

if TYPE_CHECKING:
    from monitor.search import Search


class Skimming:
    """Headlines, and alerts that became louder."""

    _views: Views
    _search: Search

    def headlines(
        self, *, after: int = 0, before: int | None = None, limit: int = 2_000
    ) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two, the newest first."""
        return self._views.headlines(after, before, limit)

    def stirred(self, filter: Filter = Filter(), *, after: int = 0) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of alerts that became louder.

        Those above `after`, each alert once, the oldest first; what is noise is not among them.
        """
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.stirred(filter, feeds, after)
