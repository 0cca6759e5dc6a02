"""The viewers' side of the store: short reads, and triage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.files import file_signature
from monitor.base.translation import gettext as _
from monitor.model.analyst import Token
from monitor.model.config import StoreAddress, StoredConfig
from monitor.model.search import PastSearch
from monitor.model.status import StoreVersion, Totals
from monitor.storage.store.database.connection import (
    TRIAGE_BUSY_MS,
    UNBOUNDED,
    StoreViews,
    marks,
    reading,
    transaction,
    upsert,
)
from monitor.storage.store.database.opening import ViewerConnection
from monitor.storage.store.sql.feeds import FeedViews
from monitor.storage.store.sql.watchlists import WatchlistViews

if TYPE_CHECKING:
    from monitor.storage.store.database.postgresql import PostgresqlCommitListener
    from monitor.storage.store.sql.alert_views import AlertViews
    from monitor.storage.store.sql.article_views import ArticleViews
    from monitor.storage.store.sql.deliveries import BriefingViews, DeliveryViews
    from monitor.storage.store.sql.shown_articles import ShownArticles
    from monitor.storage.store.sql.triage import TriageViews
    from monitor.storage.store.sql.volumes import VolumeViews

MAX_SEARCHES = 200
"""Most searches that are remembered."""


class Views:
    """The viewers' side: short reads, and triage. Safe from any thread.

    Reads raise StoreError when the store cannot be read. `tocsin status` needs few of these views;
    importing the others at once would take a fifth of its time.
    """

    def __init__(
        self, address: StoreAddress, *, read_only: bool = False, busy_ms: int = TRIAGE_BUSY_MS
    ) -> None:
        self.address = address
        connection = ViewerConnection(address, read_only=read_only, busy_ms=busy_ms)
        self.connection = connection
        self.feeds = FeedViews(connection)
        self.watchlists = WatchlistViews(connection)
        self.searches = SearchHistory(connection)
        self.configs = ConfigViews(connection)
        self.tokens = TokenViews(connection)

    @cached_property
    def alerts(self) -> AlertViews:
        from monitor.storage.store.sql.alert_views import AlertViews

        return AlertViews(self.connection)

    @cached_property
    def articles(self) -> ArticleViews:
        from monitor.storage.store.sql.article_views import ArticleViews

        return ArticleViews(self.connection)

    @cached_property
    def shown(self) -> ShownArticles:
        from monitor.storage.store.sql.shown_articles import ShownArticles

        return ShownArticles(self.connection)

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
        from monitor.storage.store.sql.deliveries import BriefingViews

        return BriefingViews(self.connection)

    def free_memory(self) -> None:
        """Free memory while nobody reads; the next read takes a moment longer."""
        self.connection.free_memory()

    @contextmanager
    def volumes(self) -> Iterator[VolumeViews]:
        """Read the volume of stories of watchlists."""
        from monitor.storage.store.sql.volumes import VolumeViews

        with reading(self.connection.sql) as sql:
            yield VolumeViews(sql)

    def version(self) -> StoreVersion:
        """Return the version of the content of the store; cheap enough for every second."""
        commits, newest = self.connection.listen(
            "SELECT (SELECT coalesce(max(id), 0) FROM articles),"
            " (SELECT coalesce(max(id), 0) FROM alerts),"
            " (SELECT coalesce(max(id), 0) FROM escalations)"
        )
        return StoreVersion(commits, *newest)

    def listener(self) -> PostgresqlCommitListener | None:
        """Return a listener that waits for commits; None for SQLite, which has to be polled."""
        if not self.address.is_shared:
            return None
        from monitor.storage.store.database.postgresql import PostgresqlCommitListener

        return PostgresqlCommitListener(self.address.url)

    def stamp(self) -> object:
        """Return another value once a file has changed; the same where a listener tells of it."""
        return None if self.address.is_shared else file_signature(self.address.log)

    def totals(self) -> Totals:
        """Return the numbers of articles and alerts."""
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
        """Return the number of articles that exceeded the limits of matching or indexing."""
        return self.connection.number("SELECT count(DISTINCT article) FROM set_aside")

    def silenced_count(self) -> int:
        """Return the number of stories with a new alert that was raised in a silence."""
        return self.connection.number(
            # With the plus SQLite reads the silenced alerts, not all in the order of their stories.
            "SELECT count(DISTINCT +story_alert) FROM alerts"
            " WHERE suppressed = 'silence' AND state = 'new' AND merged_into IS NULL"
        )


class SearchHistory(StoreViews):
    """The past searches."""

    def recent(self, limit: int = 50) -> list[PastSearch]:
        """Return past searches, the newest first, each query once."""
        query = "SELECT query, sort, at FROM searched ORDER BY at DESC, query LIMIT ?"
        return self._connection.values(PastSearch, query, (limit,))

    def note(self, search: PastSearch) -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        with transaction(self._connection.sql) as sql:
            sql.execute(
                upsert("searched", "query, sort, at", "query"),
                (search.query, search.sort, search.at),
            )
            sql.execute(
                "DELETE FROM searched WHERE query IN"
                f" (SELECT query FROM searched ORDER BY at DESC, query LIMIT {UNBOUNDED} OFFSET ?)",
                (MAX_SEARCHES,),
            )


_TOKEN = ", ".join(Token.__struct_fields__)


class TokenViews(StoreViews):
    """Tokens of programs that use the API."""

    def find(self, hash: bytes) -> Token | None:
        """Return the token with a hash, None if there is none."""
        query = f"SELECT {_TOKEN} FROM tokens WHERE hash = ?"
        return next(iter(self._connection.values(Token, query, (hash,))), None)

    def every(self) -> list[Token]:
        """Return all tokens, revoked ones too, by name."""
        return self._connection.values(Token, f"SELECT {_TOKEN} FROM tokens ORDER BY name")

    def add(self, token: Token, hash: bytes) -> bool:
        """Store a token; return False if its name was ever used.

        Raises StoreError if the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            return bool(
                sql.execute(
                    "INSERT INTO tokens (name, hash, scope, created_at, expires_at)"
                    f" VALUES ({marks(5)}) ON CONFLICT (name) DO NOTHING",
                    (token.name, hash, token.scope, token.created_at, token.expires_at),
                ).rowcount
            )

    def revoke(self, name: str, at: Timestamp) -> bool:
        """Make a token invalid; return False if no valid token has this name.

        Raises StoreError if the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            return bool(
                sql.execute(
                    "UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
                    (at, name),
                ).rowcount
            )

    def note_use(self, name: str, at: Timestamp) -> None:
        """Store the last use of a token; raises StoreError if the store stays locked."""
        with transaction(self._connection.sql) as sql:
            sql.execute("UPDATE tokens SET last_used = ? WHERE name = ?", (at, name))


_NOW = "EXTRACT(EPOCH FROM clock_timestamp())"  # not a message


class ConfigViews(StoreViews):
    """Versions of the configuration in a store that several machines share."""

    def number(self) -> int:
        """Return the number of the version in force, 0 without any."""
        return self._connection.number("SELECT coalesce(max(number), 0) FROM configs")

    def version(self, number: int | None = None) -> StoredConfig | None:
        """Return a version with its text, or the version in force; None if there is none."""
        configs = self._connection.values(
            StoredConfig,
            "SELECT number, at, who, again, content FROM configs"
            " WHERE cast(?1 AS BIGINT) IS NULL OR number = ?1 ORDER BY number DESC LIMIT 1",
            (number,),
        )
        return next(iter(configs), None)

    def history(self) -> list[StoredConfig]:
        """Return all versions without their texts, the newest first."""
        return self._connection.values(
            StoredConfig, "SELECT number, at, who, again FROM configs ORDER BY number DESC"
        )

    def apply(self, content: str, person: str, base: int, restored: int | None = None) -> int:
        """Put a version in force; return its number.

        Args:
            content: The text of a `feeds.yaml` without mistakes.
            person: The person who applies it.
            base: The version that was in force when the person saw the change.
            restored: The earlier version that is applied again.

        Raises:
            StoreError: Another version than `base` is in force, or the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            (newest,) = sql.execute("SELECT coalesce(max(number), 0) FROM configs").fetchone()
            if newest != base:
                raise StoreError(
                    _(
                        "version {number} of the configuration was applied meanwhile, and nothing"
                        " was changed; look at `tocsin config history`, and try again",
                        number=newest,
                    )
                )
            sql.execute(
                f"INSERT INTO configs (number, at, who, again, content)"
                f" VALUES (?, {_NOW}, ?, ?, ?)",
                (newest + 1, person, restored, content),
            )
        return int(newest) + 1
