"""The viewers' side of the store, in SQLite: short reads, and triage."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from monitor.model.search import Searched
from monitor.store.sqlite.alert_counts import CountViews
from monitor.store.sqlite.alert_views import AlertViews, HeadlineViews
from monitor.store.sqlite.article_views import ArticleViews
from monitor.store.sqlite.connection import open_store, read, transaction
from monitor.store.sqlite.delivery_views import DeliveryViews, EvidenceViews, LatencyViews
from monitor.store.sqlite.feed_views import FeedViews
from monitor.store.sqlite.triage_views import TriageViews
from monitor.store.sqlite.viewer_connection import TRIAGE_BUSY_MS, Connected
from monitor.store.sqlite.watchlist_views import JudgedViews, MuteViews, WatchlistViews


class CommitViews(Connected):
    """SQLite tells a connection of the commits of others: here one that never commits itself."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        super().__init__(folder, read_only=read_only)
        self._listening = threading.Lock()
        self._listener: sqlite3.Connection | None = None

    def commits(self) -> int:
        """Return a number that is another one after each commit, by whatever connection."""
        with self._listening:
            if self._listener is None:
                self._listener = open_store(self._folder, create=False, busy_ms=TRIAGE_BUSY_MS)
            ((version,),) = read(self._listener, "PRAGMA data_version")
        return int(version)


KEPT = 200
"""Searches that are remembered."""


class SearchViews(Connected):
    """What was searched for."""

    def searched(self, limit: int) -> list[Searched]:
        """Return the searches that were made, the newest first, each query once."""
        found = self._read(
            "SELECT query, sort, at FROM searched ORDER BY at DESC, query LIMIT ?", (limit,)
        )
        return [Searched(*row) for row in found]

    def note_search(self, search: Searched) -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        with transaction(self._sql) as sql:
            sql.execute(
                "INSERT OR REPLACE INTO searched VALUES (?, ?, ?)",
                (search.query, search.sort, search.at),
            )
            sql.execute(
                "DELETE FROM searched WHERE query IN"
                " (SELECT query FROM searched ORDER BY at DESC, query LIMIT -1 OFFSET ?)",
                (KEPT,),
            )

    def forget_search(self, query: str) -> None:
        """Forget a search; raises StoreError if the store stays locked."""
        with transaction(self._sql) as sql:
            sql.execute("DELETE FROM searched WHERE query = ?", (query,))


class SqliteViews(
    CommitViews,
    FeedViews,
    WatchlistViews,
    AlertViews,
    HeadlineViews,
    ArticleViews,
    CountViews,
    SearchViews,
    DeliveryViews,
    LatencyViews,
    EvidenceViews,
    MuteViews,
    TriageViews,
    JudgedViews,
):
    """See `Views`."""
