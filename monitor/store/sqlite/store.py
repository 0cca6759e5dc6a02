"""The monitor's side of the store, in SQLite."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.article import Article, Timestamp
from monitor.model.config import OutboxEntry, Watchlist
from monitor.model.feed import Feed, FeedState, PermanentRedirect
from monitor.model.status import BackfillStand
from monitor.store.sqlite import rows
from monitor.store.sqlite.batch import SqliteBatch, SqliteReads
from monitor.store.sqlite.connection import open_store, read, reading, transaction
from monitor.store.sqlite.feeds import subscribe
from monitor.store.sqlite.outbox import Outgoing


class SqliteStore(Outgoing):
    """See `Store`. Everything here blocks; the monitor calls it from one thread."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_store(folder, create=True)

    def subscribe(self, feeds: Sequence[Feed], watchlists: Sequence[Watchlist]) -> tuple[Feed, ...]:
        """Make these the ones in force, return the feeds numbered; history of others stays."""
        with transaction(self._connection) as sql:
            return subscribe(sql, feeds, watchlists)

    def due(self, now: Timestamp) -> dict[str, FeedState]:
        """Return the state of every watched feed that is due, by URL."""
        found = self._read(
            f"SELECT url, {rows.STATE} FROM feeds"
            " WHERE subscribed AND enabled AND NOT gone"
            " AND (next_due <= ?1 OR last_poll > ?1 + 60)",
            (now,),
        )
        return {url: rows.state(state) for url, *state in found}

    def states(self) -> dict[str, FeedState]:
        """Return the polling state of every subscribed feed, by URL."""
        found = self._read(f"SELECT url, {rows.STATE} FROM feeds WHERE subscribed")
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

    def reschedule(self, due: Mapping[str, Timestamp]) -> None:
        """Set when feeds are next due, by URL."""
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE feeds SET next_due = ? WHERE url = ?",
                [(when, url) for url, when in due.items()],
            )

    def adjust(self, states: Mapping[str, FeedState]) -> None:
        """Set when feeds are next due, and after how long they are, by URL."""
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE feeds SET next_due = ?, delay = ? WHERE url = ?",
                [(state.next_due, state.delay, url) for url, state in states.items()],
            )

    def intervals(self) -> dict[str, float | None]:
        """Return the interval that was asked for of every feed there ever was, by URL."""
        return dict(self._read("SELECT url, every FROM feeds"))

    def pages_due(self, now: Timestamp, limit: int) -> list[tuple[Article, int]]:
        """Return articles whose page is to be fetched now, with the attempts made so far."""
        found = self._read(
            f"SELECT p.attempts, {rows.ARTICLE} FROM pages p JOIN articles a ON a.id = p.article"
            " WHERE p.due <= ? ORDER BY p.due, p.article LIMIT ?",
            (now, limit),
        )
        return [(rows.article(row), attempts) for attempts, *row in found]

    def forget_shingles(self, before: Timestamp) -> None:
        """Drop the shingles and names of articles first seen before that moment."""
        with transaction(self._connection) as sql:
            sql.execute(
                # Not by the newest of the old: an import has high numbers and early dates.
                "DELETE FROM shingles WHERE article < coalesce("
                "(SELECT min(id) FROM articles INDEXED BY articles_by_seen WHERE seen >= ?),"
                " 1 << 62)",
                (before,),
            )
            (oldest,) = sql.execute(
                "SELECT min(id) FROM articles INDEXED BY articles_by_seen WHERE seen >= ?",
                (before,),
            ).fetchone()
            for table in ("names", "named"):
                sql.execute(f"DELETE FROM {table} WHERE article < coalesce(?, 1 << 62)", (oldest,))

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
        """Take the tickets up to this one out of the outbox: their articles are searchable now."""
        with transaction(self._connection) as sql:
            if now is not None:
                sql.execute(
                    "UPDATE latency SET searchable = max(matched, ?) WHERE searchable IS NULL"
                    " AND article IN (SELECT article FROM outbox WHERE ticket <= ?)",
                    (now, upto),
                )
            sql.execute("DELETE FROM outbox WHERE ticket <= ?", (upto,))

    def last_ticket(self) -> int:
        """Return the newest ticket of those on their way to the index, 0 without any."""
        return self._one("SELECT coalesce(max(ticket), 0) FROM outbox")

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

    def article_count(self) -> int:
        """Return how many articles there are."""
        return self._one("SELECT coalesce(sum(articles), 0) FROM feeds")

    def outbox_size(self) -> int:
        """Return how many articles are on their way to the index."""
        return self._one("SELECT count(*) FROM outbox")

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return [rows.feed(row) for row in self._read(f"SELECT {rows.FEED} FROM feeds")]

    def begin_backfills(self, meanings: Mapping[str, str]) -> None:
        """Take note of the rules in force, by watchlist: new ones have the archive before them."""
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

    def _one(self, query: str) -> int:
        ((value,),) = self._read(query)
        return int(value)

    def _read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        return read(self._connection, query, values)
