"""The viewers' side of the store: short reads, and triage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.model.config import StoreAddress
from monitor.model.lease import SharingMonitor
from monitor.model.search import PastSearch
from monitor.model.status import StoreVersion, Totals
from monitor.storage.store.database.connection import (
    EVERY,
    TRIAGE_BUSY_MS,
    StoreConnection,
    reading,
    transaction,
    upsert,
)
from monitor.storage.store.database.opening import ViewerConnection
from monitor.storage.store.database.postgresql_address import parse_address
from monitor.storage.store.sql.feed_views import FeedViews
from monitor.storage.store.sql.leases import sharing_monitors
from monitor.storage.store.sql.watchlists import WatchlistViews

if TYPE_CHECKING:
    from monitor.storage.store.database.postgresql_listener import PostgresqlCommitListener
    from monitor.storage.store.sql.alert_views import AlertViews
    from monitor.storage.store.sql.article_views import ArticleViews
    from monitor.storage.store.sql.briefings import BriefingViews
    from monitor.storage.store.sql.configs import ConfigViews
    from monitor.storage.store.sql.deliveries import DeliveryViews
    from monitor.storage.store.sql.tokens import TokenViews
    from monitor.storage.store.sql.triage import TriageViews
    from monitor.storage.store.sql.volumes import VolumeViews

KEPT = 200
"""Searches that are remembered."""


class Views:
    """The viewers' side: short reads, and triage. Safe from any thread.

    Reads raise StoreError when the store cannot be read. `tocsin status` needs few of these views;
    importing the others at once would take a fifth of its time.
    """

    def __init__(
        self, address: StoreAddress, *, read_only: bool = False, busy_ms: int = TRIAGE_BUSY_MS
    ) -> None:
        self._address = address
        connection = ViewerConnection(address, read_only=read_only, busy_ms=busy_ms)
        self.connection = connection
        self.feeds = FeedViews(connection)
        self.watchlists = WatchlistViews(connection)
        self.searches = SearchHistory(connection)

    @cached_property
    def alerts(self) -> AlertViews:
        from monitor.storage.store.sql.alert_views import AlertViews

        return AlertViews(self.connection)

    @cached_property
    def articles(self) -> ArticleViews:
        from monitor.storage.store.sql.article_views import ArticleViews

        return ArticleViews(self.connection)

    @cached_property
    def triage(self) -> TriageViews:
        from monitor.storage.store.sql.triage import TriageViews

        return TriageViews(self.connection)

    @cached_property
    def deliveries(self) -> DeliveryViews:
        from monitor.storage.store.sql.deliveries import DeliveryViews

        return DeliveryViews(self.connection)

    @cached_property
    def briefings(self) -> BriefingViews:
        from monitor.storage.store.sql.briefings import BriefingViews

        return BriefingViews(self.connection)

    @cached_property
    def configs(self) -> ConfigViews:
        from monitor.storage.store.sql.configs import ConfigViews

        return ConfigViews(self.connection)

    @cached_property
    def tokens(self) -> TokenViews:
        from monitor.storage.store.sql.tokens import TokenViews

        return TokenViews(self.connection)

    def let_go(self) -> None:
        """Free memory while nobody asks; the next question takes a moment longer."""
        self.connection.let_go()

    @contextmanager
    def volumes(self) -> Iterator[VolumeViews]:
        """Read how many stories watchlists bring."""
        from monitor.storage.store.sql.volumes import VolumeViews

        with reading(self.connection.sql) as sql:
            yield VolumeViews(sql)

    def version(self) -> StoreVersion:
        """Return how far the store has got; cheap enough for every second."""
        commits, newest = self.connection.listen(
            "SELECT (SELECT coalesce(max(id), 0) FROM articles),"
            " (SELECT coalesce(max(id), 0) FROM alerts),"
            " (SELECT coalesce(max(id), 0) FROM escalations)",
        )
        return StoreVersion(commits, *newest)

    def listener(self) -> PostgresqlCommitListener | None:
        """Return what waits for commits; None where nobody tells of them, and one has to look."""
        if not self._address.is_shared:
            return None
        from monitor.storage.store.database.postgresql_listener import PostgresqlCommitListener

        return PostgresqlCommitListener(parse_address(self._address.url))

    def totals(self) -> Totals:
        """Return how much is stored."""
        return Totals(
            articles=self.connection.number("SELECT coalesce(sum(articles), 0) FROM feeds"),
            unindexed=self.connection.number(
                "SELECT count(*) FROM (SELECT DISTINCT o.article FROM outbox o"
                " JOIN articles a ON a.id = o.article) AS waiting"
            ),
            alerts=self.connection.number("SELECT coalesce(sum(total), 0) FROM counts"),
            untriaged=self.connection.number("SELECT number FROM untriaged_stories"),
        )

    def set_aside_count(self) -> int:
        """Return how many articles exceeded the limits of matching or indexing."""
        return self.connection.number("SELECT count(DISTINCT article) FROM set_aside")

    def silenced_count(self) -> int:
        """Return how many stories have a new alert that was raised in a silence."""
        return self.connection.number(
            # With the plus SQLite reads the silenced alerts, not all in the order of their stories.
            "SELECT count(DISTINCT +story_alert) FROM alerts"
            " WHERE suppressed = 'silence' AND state = 'new' AND merged_into IS NULL"
        )

    def monitors(self) -> list[SharingMonitor]:
        """Return the monitors of a store that several may share, those that are lost the last."""
        if not self._address.is_shared:
            return []
        return sharing_monitors(self.connection)


class SearchHistory:
    """The searches that were made."""

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
                upsert("searched", "query, sort, at", "query"),
                (search.query, search.sort, search.at),
            )
            sql.execute(
                "DELETE FROM searched WHERE query IN"
                f" (SELECT query FROM searched ORDER BY at DESC, query LIMIT {EVERY} OFFSET ?)",
                (KEPT,),
            )
