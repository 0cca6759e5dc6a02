"""The viewers' side of the store, in SQLite: short reads, and triage.

What reads a subject is imported when it is first asked for: a command needs one or two of them,
and the values of all of them take a tenth of a second to import.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.model.search import PastSearch
from monitor.model.status import StoreVersion, Totals
from monitor.store.sqlite.connection import StoreConnection, ViewerConnection, transaction

if TYPE_CHECKING:
    from monitor.store.sqlite.alert_views import SqliteAlertViews
    from monitor.store.sqlite.article_views import SqliteArticleViews
    from monitor.store.sqlite.briefings import SqliteBriefingViews
    from monitor.store.sqlite.deliveries import SqliteDeliveryViews
    from monitor.store.sqlite.feeds import SqliteFeedViews
    from monitor.store.sqlite.triage import SqliteTriageViews
    from monitor.store.sqlite.watchlists import SqliteWatchlistViews

KEPT = 200
"""Searches that are remembered."""


class SqliteViews:
    """See `Views`."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.connection = ViewerConnection(folder, read_only=read_only)
        self.searches = SqliteSearchHistory(self.connection)

    @cached_property
    def feeds(self) -> SqliteFeedViews:
        """Subscriptions."""
        from monitor.store.sqlite.feeds import SqliteFeedViews

        return SqliteFeedViews(self.connection)

    @cached_property
    def watchlists(self) -> SqliteWatchlistViews:
        """Watchlists."""
        from monitor.store.sqlite.watchlists import SqliteWatchlistViews

        return SqliteWatchlistViews(self.connection)

    @cached_property
    def alerts(self) -> SqliteAlertViews:
        """Alerts."""
        from monitor.store.sqlite.alert_views import SqliteAlertViews

        return SqliteAlertViews(self.connection)

    @cached_property
    def articles(self) -> SqliteArticleViews:
        """Articles."""
        from monitor.store.sqlite.article_views import SqliteArticleViews

        return SqliteArticleViews(self.connection)

    @cached_property
    def triage(self) -> SqliteTriageViews:
        """Decisions about alerts."""
        from monitor.store.sqlite.triage import SqliteTriageViews

        return SqliteTriageViews(self.connection)

    @cached_property
    def deliveries(self) -> SqliteDeliveryViews:
        """Deliveries."""
        from monitor.store.sqlite.deliveries import SqliteDeliveryViews

        return SqliteDeliveryViews(self.connection)

    @cached_property
    def briefings(self) -> SqliteBriefingViews:
        """Briefings by schedule."""
        from monitor.store.sqlite.briefings import SqliteBriefingViews

        return SqliteBriefingViews(self.connection)

    def version(self) -> StoreVersion:
        """Return how far the store has got; cheap enough for every second."""
        (commits,), newest = self.connection.listen(
            "PRAGMA data_version",
            "SELECT (SELECT coalesce(max(id), 0) FROM articles),"
            " (SELECT coalesce(max(id), 0) FROM alerts),"
            " (SELECT coalesce(max(id), 0) FROM escalations)",
        )
        return StoreVersion(commits, *newest)

    def totals(self) -> Totals:
        """Return how much is stored."""
        return Totals(
            articles=self.connection.number("SELECT coalesce(sum(articles), 0) FROM feeds"),
            unindexed=self.connection.number(
                "SELECT count(*) FROM (SELECT DISTINCT o.article FROM outbox o"
                " JOIN articles a ON a.id = o.article)"
            ),
            alerts=self.connection.number("SELECT coalesce(sum(total), 0) FROM counts"),
            untriaged=self.connection.number("SELECT number FROM untriaged_stories"),
        )

    def set_aside_count(self) -> int:
        """Return how many articles exceeded the limits of matching or indexing."""
        return self.connection.number("SELECT count(DISTINCT article) FROM set_aside")


class SqliteSearchHistory:
    """See `SearchHistory`."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def recent(self, limit: int = 50) -> list[PastSearch]:
        """Return the searches that were made, the newest first, each query once."""
        found = self._connection.read(
            "SELECT query, sort, at FROM searched ORDER BY at DESC, query LIMIT ?", (limit,)
        )
        return [PastSearch(*row) for row in found]

    def note(self, search: PastSearch) -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        with transaction(self._connection.sql) as sql:
            sql.execute(
                "INSERT OR REPLACE INTO searched VALUES (?, ?, ?)",
                (search.query, search.sort, search.at),
            )
            sql.execute(
                "DELETE FROM searched WHERE query IN"
                " (SELECT query FROM searched ORDER BY at DESC, query LIMIT -1 OFFSET ?)",
                (KEPT,),
            )
