"""The monitor's side of the store, in SQLite."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.article import Article, Timestamp
from monitor.model.config import OutboxEntry, OutboxState, Watchlist
from monitor.model.feed import Feed, FeedState, PermanentRedirect
from monitor.model.watchlist import BackfillStand
from monitor.store.sqlite import rows
from monitor.store.sqlite.batch import SqliteBatch, SqliteReads
from monitor.store.sqlite.connection import StoreConnection, open_store, reading, transaction
from monitor.store.sqlite.deliveries import SqliteDeliveryQueue
from monitor.store.sqlite.feeds import subscribe


class SqliteStore:
    """See `Store`. Every method blocks; the monitor calls it from one thread."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_store(folder, create=True)
        self._read = StoreConnection(self._connection).read
        self.deliveries = SqliteDeliveryQueue(self._connection)

    def subscribe(self, feeds: Sequence[Feed], watchlists: Sequence[Watchlist]) -> tuple[Feed, ...]:
        """Make these the active ones; return the feeds numbered. The history of others stays."""
        with transaction(self._connection) as sql:
            return subscribe(sql, feeds, watchlists)

    def states(self, due: Timestamp | None = None) -> dict[str, FeedState]:
        """Return the polling state of subscribed feeds, by URL.

        Args:
            due: Only of those that are enabled and due by then; None is all.
        """
        found = self._read(
            f"SELECT url, {rows.STATE} FROM feeds WHERE subscribed AND (?1 IS NULL"
            " OR enabled AND NOT gone AND (next_due <= ?1 OR last_poll > ?1 + 60))",
            (due,),
        )
        return {url: rows.state(state) for url, *state in found}

    @contextmanager
    def reading(self) -> Iterator[SqliteReads]:
        """Open what is stored for reading; a viewer may write meanwhile."""
        with reading(self._connection) as sql:
            yield SqliteReads(sql)

    @contextmanager
    def batch(self) -> Iterator[SqliteBatch]:
        """Open a transaction: everything in it is committed at its end, or nothing."""
        with transaction(self._connection) as sql:
            yield SqliteBatch(sql)

    def moves(self) -> dict[str, PermanentRedirect]:
        """Return where permanent redirects of subscribed feeds lead, by URL."""
        found = self._read(
            "SELECT url, moved_to, since, latest, times FROM moves JOIN feeds ON number = feed"
            " WHERE subscribed"
        )
        return {url: PermanentRedirect(*move) for url, *move in found}

    def reschedule(self, due: Mapping[str, Timestamp], delays: Mapping[str, float] = {}) -> None:
        """Set when feeds are next due, and after how many seconds they are again; by URL."""
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE feeds SET next_due = ?, delay = coalesce(?, delay) WHERE url = ?",
                [(when, delays.get(url), url) for url, when in due.items()],
            )

    def pages_due(self, now: Timestamp, limit: int) -> list[tuple[Article, int]]:
        """Return articles whose page is to be fetched now, with the attempts made so far."""
        found = self._read(
            f"SELECT p.attempts, {rows.ARTICLE} FROM pages p JOIN articles a ON a.id = p.article"
            " WHERE p.due <= ? ORDER BY p.due, p.article LIMIT ?",
            (now, limit),
        )
        return [(rows.article(row), attempts) for attempts, *row in found]

    def forget(self, *, names_before: Timestamp, sent_before: Timestamp) -> None:
        """Drop what is only needed for a while.

        Args:
            names_before: Shingles and names of articles first seen before then.
            sent_before: Deliveries sent before then.
        """
        with transaction(self._connection) as sql:
            # Not by the newest of the old: an import has high numbers and early dates.
            (oldest,) = sql.execute(
                "SELECT coalesce(min(id), 1 << 62) FROM articles INDEXED BY articles_by_seen"
                " WHERE seen >= ?",
                (names_before,),
            ).fetchone()
            for table in ("shingles", "names", "named"):
                sql.execute(f"DELETE FROM {table} WHERE article < ?", (oldest,))
            sql.execute(
                "DELETE FROM deliveries WHERE state = 'sent' AND sent_at < ?", (sent_before,)
            )

    def unindexed(self, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Return articles on their way into the index or out of it, oldest first."""
        found = self._read(
            f"SELECT o.ticket, o.article, {rows.ARTICLE} FROM outbox o"
            " LEFT JOIN articles a ON a.id = o.article"
            " WHERE o.ticket > ? ORDER BY o.ticket LIMIT ?",
            (after, limit),
        )
        return [
            OutboxEntry(ticket, id, None if row[0] is None else rows.article(row))
            for ticket, id, *row in found
        ]

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Remove the outbox entries up to this one: their articles are searchable now."""
        with transaction(self._connection) as sql:
            if now is not None:
                sql.execute(
                    "UPDATE latency SET searchable = max(matched, ?) WHERE searchable IS NULL"
                    " AND article IN (SELECT article FROM outbox WHERE ticket <= ?)",
                    (now, upto),
                )
            sql.execute("DELETE FROM outbox WHERE ticket <= ?", (upto,))

    def outbox(self) -> OutboxState:
        """Return how much is on its way to the index."""
        ((size, last),) = self._read("SELECT count(*), coalesce(max(ticket), 0) FROM outbox")
        return OutboxState(size, last)

    def waiting(self) -> set[int]:
        """Return the ids of articles on their way into the index or out of it."""
        return {id for (id,) in self._read("SELECT article FROM outbox")}

    def article_ids(self) -> array[int]:
        """Return the id of every article, in no order."""
        return array("Q", (id for (id,) in self._read("SELECT id FROM articles")))

    def articles(self, ids: Collection[int]) -> list[Article]:
        """Return these articles; unknown ids are left out."""
        found = self._read(
            f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return [rows.article(row) for row in found]

    def articles_after(self, id: int, limit: int) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy."""
        found = self._read(
            f"SELECT a.copy_of, {rows.ARTICLE} FROM articles a WHERE a.id > ?"
            " ORDER BY a.id LIMIT ?",
            (id, limit),
        )
        return [(rows.article(row), copy_of) for copy_of, *row in found]

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return [rows.feed(row) for row in self._read(f"SELECT {rows.FEED} FROM feeds")]

    def begin_backfills(self, meanings: Mapping[str, str]) -> None:
        """Store the active rules, by watchlist; new ones begin a backfill."""
        with transaction(self._connection) as sql:
            known = dict(sql.execute("SELECT watchlist, meaning FROM backfills"))
            sql.executemany(
                "DELETE FROM backfills WHERE watchlist = ?",
                [(name,) for name in known.keys() - meanings.keys()],
            )
            sql.executemany(
                "INSERT OR REPLACE INTO backfills"
                " SELECT ?, ?, 0, coalesce(max(id), 0) FROM articles",
                [pair for pair in meanings.items() if known.get(pair[0]) != pair[1]],
            )

    def backfills(self) -> list[BackfillStand]:
        """Return the rules that are not done with the archive, the least advanced first."""
        return [BackfillStand(*row) for row in self._read(rows.BACKFILLS)]

    def close(self) -> None:
        """Close the store."""
        self._connection.close()
