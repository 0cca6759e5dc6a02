"""The monitor's side of the store."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from msgspec.structs import replace

from index.query.concepts import Definition
from monitor.base.article import Timestamp
from monitor.base.files import file_signature
from monitor.base.translation import coded, gettext as _
from monitor.model.config import OutboxEntry, OutboxState, StoreAddress
from monitor.model.feed import Feed, FeedState, PermanentRedirect
from monitor.model.poll import PendingPage
from monitor.model.watchlist import Watchlist
from monitor.storage.fencing import bucket_of
from monitor.storage.store.database.connection import (
    BUSY_MS,
    UNBOUNDED,
    Row,
    StoreConnection,
    reading,
    transaction,
)
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql import leases
from monitor.storage.store.sql.article_views import ArticleViews
from monitor.storage.store.sql.articles import article_columns, article_of
from monitor.storage.store.sql.batch import Batch, StoreReads
from monitor.storage.store.sql.deliveries import BriefingQueue, DeliveryQueue
from monitor.storage.store.sql.feeds import STATE, FeedViews, state_of
from monitor.storage.store.sql.subscriptions import (
    place_pages,
    save_concepts,
    save_subscriptions,
    save_watchlists,
)
from monitor.storage.store.sql.watchlists import WatchlistViews

SHARED_BUSY_MS = 60_000
"""Milliseconds that a monitor waits for another writing monitor, which may have been stopped."""


class Store:
    """The monitor's side. One per monitor; not for use from two threads at once."""

    def __init__(self, address: StoreAddress, *, create: bool = True) -> None:
        self.address, self.is_shared = address, address.is_shared
        busy_ms = SHARED_BUSY_MS if self.is_shared else BUSY_MS
        self._bucket_of = bucket_of if self.is_shared else _only_bucket
        self._connection = open_database(address, create=create, busy_ms=busy_ms)
        connection = StoreConnection(self._connection)
        self._read = connection.read
        self._rows = connection.rows
        self.deliveries = DeliveryQueue(connection)
        self.briefings = BriefingQueue(connection)
        self.feeds = FeedViews(connection)
        self.watchlists = WatchlistViews(connection)
        self.articles = ArticleViews(connection)

    def subscribe(
        self,
        feeds: Sequence[Feed],
        watchlists: Sequence[Watchlist],
        concepts: Sequence[Definition] = (),
    ) -> tuple[Feed, ...]:
        """Make these the active feeds, watchlists, concepts; return the feeds with their numbers.

        Only differences are written. The history of other feeds stays.
        """
        with transaction(self._connection) as sql:
            numbers = save_subscriptions(sql, feeds, self._bucket_of)
            save_watchlists(sql, watchlists)
            save_concepts(sql, concepts)
            if self.is_shared:
                place_pages(sql, self._bucket_of)
        return tuple(replace(feed, number=numbers[feed.url]) for feed in feeds)

    def states(self, due: Timestamp, monitor: int | None = None) -> dict[str, FeedState]:
        """Return the polling state of the enabled feeds that are due by then, by URL.

        Args:
            due: The latest time at which they are due.
            monitor: The monitor that holds their buckets; None for all.
        """
        # With an OR, SQLite would look at all feeds, since it reads them by their numbers.
        rows = self._rows(
            f"SELECT url, {STATE} FROM feeds WHERE number IN"
            " (SELECT number FROM feeds WHERE next_due <= ?1"
            " UNION SELECT number FROM feeds WHERE last_poll > ?1 + 60)"
            f" AND subscribed AND enabled AND NOT gone{_held_by(monitor)} ORDER BY number",
            (due, *(() if monitor is None else (monitor,))),
        )
        return {row["url"]: state_of(row) for row in rows}

    def stamp(self) -> object:
        """Return another value once the file has changed; the same where a listener tells of it."""
        return None if self.is_shared else file_signature(self.address.log)

    @contextmanager
    def reading(self) -> Iterator[StoreReads]:
        """Read without a transaction; a viewer may write meanwhile."""
        with reading(self._connection) as sql:
            yield StoreReads(sql)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Open a transaction: all of it is committed at its end, or nothing."""
        with transaction(self._connection) as sql:
            batch = Batch(sql, self._bucket_of)
            yield batch
            batch.finish()

    def moves(self) -> dict[str, PermanentRedirect]:
        """Return the permanent redirects of subscribed feeds, by URL."""
        rows = self._read(  # CROSS: SQLite begins with the moves, which are few
            "SELECT url, moved_to, since, latest, times FROM moves CROSS JOIN feeds"
            " WHERE number = feed AND subscribed"
        )
        return {url: PermanentRedirect(*move) for url, *move in rows}

    def reschedule(self, due: Mapping[str, Timestamp], delays: Mapping[str, float] = {}) -> None:
        """Set the time at which feeds are next due, and the seconds between their polls, by URL."""
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE feeds SET next_due = ?, delay = coalesce(?, delay) WHERE url = ?",
                [(due_at, delays.get(url), url) for url, due_at in due.items()],
            )

    def note_sought(
        self, feeds: Collection[str], found: tuple[str, Collection[str]] | None, at: Timestamp
    ) -> None:
        """Store that a sitemap was sought beside feeds.

        `found` is its address, '' if there is none, and those of the sitemaps that it
        replaces; None if the site did not answer.
        """
        with transaction(self._connection) as sql:
            searches = [(at, feed) for feed in feeds]
            sql.executemany("UPDATE feeds SET sought_at = ? WHERE url = ?", searches)
            url, former = found or ("", ())
            replaced = [(old,) for old in former if old != url]
            sql.executemany("UPDATE feeds SET is_found = FALSE WHERE url = ?", replaced)
            if url and url not in former:
                sql.execute(
                    "INSERT INTO feeds (url, name, subscribed, is_found, kind)"
                    " VALUES (?, '', FALSE, TRUE, 'sitemap')"
                    " ON CONFLICT (url) DO UPDATE SET is_found = TRUE",
                    (url,),
                )

    def pages_due(
        self, now: Timestamp, limit: int, monitor: int | None = None
    ) -> list[PendingPage]:
        """Return the pages of articles that are to be fetched now.

        `monitor` holds the buckets of their sites; None for all.
        """
        rows = self._rows(
            f"SELECT p.attempts, p.backfill, {article_columns(self._connection)} FROM pages p"
            f" JOIN articles a ON a.id = p.article WHERE p.due <= ?1{_held_by(monitor)}"
            f" ORDER BY p.due, p.article LIMIT {limit:d}",
            (now, *(() if monitor is None else (monitor,))),
        )
        return [
            PendingPage(
                article=article_of(row), attempts=row["attempts"], backfill=bool(row["backfill"])
            )
            for row in rows
        ]

    def forget(self, *, names_before: Timestamp, sent_before: Timestamp) -> None:
        """Drop data that is only needed for a while.

        Args:
            names_before: Drop shingles and names of articles first seen before then.
            sent_before: Drop deliveries sent before then, and briefings without deliveries.
        """
        with transaction(self._connection) as sql:
            # Not by the newest of the old: an import has high numbers and early dates.
            (oldest,) = sql.execute(
                f"SELECT coalesce(min(id), {UNBOUNDED}) FROM articles"
                f" {sql.indexed_by('articles_by_seen')}"
                " WHERE seen >= ?",
                (names_before,),
            ).fetchone()
            for table in ("shingles", "names", "named"):
                sql.execute(f"DELETE FROM {table} WHERE article < ?", (oldest,))
            sql.execute(
                "DELETE FROM deliveries WHERE state = 'sent' AND sent_at < ?", (sent_before,)
            )
            sql.execute(
                "DELETE FROM briefings WHERE made_at < ? AND NOT EXISTS"
                " (SELECT 1 FROM deliveries d WHERE d.briefing = briefings.id)",
                (sent_before,),
            )
            if self.is_shared:
                leases.forget(sql)

    def unindexed(self, limit: int, after: int = 0, chars: float = math.inf) -> list[OutboxEntry]:
        """Return articles that the index has to add or remove, oldest first.

        At most `limit` articles, up to the one with which they reach a number of characters.
        """
        rows = self._rows(
            f"SELECT o.ticket, o.article, {article_columns(self._connection)} FROM outbox o"
            " LEFT JOIN articles a ON a.id = o.article"
            " WHERE o.ticket > ? ORDER BY o.ticket LIMIT ?",
            (after, limit),
        )
        return outbox_entries(rows, chars)

    def mark_indexed(self, ticket: int, now: Timestamp | None = None) -> None:
        """Remove the outbox entries up to a ticket: their articles are searchable now."""
        with transaction(self._connection) as sql:
            if now is not None:
                sql.execute(
                    "UPDATE latency"
                    " SET searchable = CASE WHEN matched > ?1 THEN matched ELSE ?1 END"
                    " WHERE searchable IS NULL"
                    " AND article IN (SELECT article FROM outbox WHERE ticket <= ?2)",
                    (now, ticket),
                )
            sql.execute("DELETE FROM outbox WHERE ticket <= ?", (ticket,))

    def unsearchable(self) -> list[int]:
        """Return the articles that are indexed without their text."""
        return [id for (id,) in self._read("SELECT article FROM set_aside WHERE step = 'indexing'")]

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Store that an article is indexed without its text, with the reason; quarantine its feed.

        Without `now`, the time is that of the last poll of the feed: commands index at any time.
        """
        words = _("1 article is not searched: {reason}", reason=reason)
        with transaction(self._connection) as sql:
            sql.execute(
                "INSERT INTO set_aside SELECT a.id, 'indexing', ?,"
                " coalesce(?, f.last_poll, a.seen)"
                " FROM articles a JOIN feeds f ON f.number = a.feed WHERE a.id = ?"
                " ON CONFLICT (article, step) DO UPDATE SET reason = excluded.reason,"
                " at = excluded.at",
                (coded(reason), now, article),
            )
            sql.execute(
                "UPDATE feeds SET breaches = breaches + 1, breach = ?2,"
                " breached_at = (SELECT at FROM set_aside WHERE article = ?1 AND step = 'indexing')"
                " WHERE number = (SELECT feed FROM articles WHERE id = ?1)",
                (article, coded(words)),
            )

    def outbox(self) -> OutboxState:
        """Return the articles that the index has to add or remove."""
        rows = list(self._read("SELECT ticket, article FROM outbox ORDER BY ticket"))
        return OutboxState(
            articles=array("Q", (article for _, article in rows)),
            last=rows[-1][0] if rows else 0,
        )

    def article_ids(self) -> array[int]:
        """Return the id of every article, in no order."""
        return array("Q", chain.from_iterable(self._read("SELECT id FROM articles")))

    def begin_backfills(self, meanings: Mapping[str, str], edited: Collection[str] = ()) -> None:
        """Store the active rules, by watchlist; new ones begin a backfill.

        Args:
            meanings: Hashes of the rules, by watchlist.
            edited: Watchlists whose rule this monitor did not apply until now: articles that it
                has stored are for the backfill, even if another monitor has begun it.
        """
        with transaction(self._connection) as sql:
            stored = dict(sql.execute("SELECT watchlist, meaning FROM backfills"))
            sql.executemany(
                "DELETE FROM backfills WHERE watchlist = ?",
                [(name,) for name in stored.keys() - meanings.keys()],
            )
            sql.executemany(
                "INSERT INTO backfills SELECT ?, ?, 0, coalesce(max(id), 0) FROM articles"
                " WHERE TRUE ON CONFLICT (watchlist) DO UPDATE SET"
                " meaning = excluded.meaning, upto = excluded.upto, until = excluded.until",
                [pair for pair in meanings.items() if stored.get(pair[0]) != pair[1]],
            )
            sql.executemany(
                "UPDATE backfills SET until = (SELECT coalesce(max(id), 0) FROM articles)"
                " WHERE watchlist = ?",
                [(name,) for name in edited],
            )

    def claim(self, *, alone: bool) -> None:
        """Refuse exclusive users of the store, or all others, as long as the store is open.

        A store in a data folder needs no claim: the folder has a lock. Raises AlreadyRunningError.
        """
        with reading(self._connection) as sql:
            sql.claim(alone=alone)

    def close(self) -> None:
        """Close the store."""
        self._connection.close()


def _only_bucket(url: str) -> int:
    """Return the bucket of an address where one monitor polls all."""
    return 0


def outbox_entries(rows: Iterable[Row], chars: float) -> list[OutboxEntry]:
    """Return entries of the outbox, up to the one with which they reach a number of characters."""
    entries: list[OutboxEntry] = []
    for row in rows:
        article = None if row["id"] is None else article_of(row)
        entries.append(OutboxEntry(row["ticket"], row["article"], article))
        chars -= article.characters if article else 0
        if chars <= 0:
            break
    return entries


def _held_by(monitor: int | None) -> str:
    """Return the condition that a monitor holds a bucket; empty for the only monitor."""
    condition = " AND bucket IN (SELECT id FROM leases WHERE holder = ?2)"  # not a message
    return "" if monitor is None else condition
