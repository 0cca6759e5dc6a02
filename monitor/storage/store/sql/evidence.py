"""Evidence: the records of what happens to alerts, appended, and read for verification."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from monitor.judgement.alerts.plan import EvidenceRecord
from monitor.model import evidence
from monitor.model.config import StoreAddress
from monitor.model.evidence import Kind
from monitor.model.watchlist import Watchlist
from monitor.storage.store.database.connection import (
    CHUNK,
    Connection,
    StoreConnection,
    grouped,
    reading,
)
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.alert_views import read_matches


class EvidenceLog:
    """Appends records within a transaction."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql
        self._last: tuple[int, str] | None = None
        """Number and hash of the last record, once it was read."""

    def add(self, record: EvidenceRecord) -> None:
        """Append a record; its rule is recorded first, unless it is already."""
        content = dict(record.content)
        if record.rule is not None:
            content["rule"] = {"record": self._rule(record.rule), "version": record.rule.rule}
        self.append(record.kind, record.alert, content)

    def add_feeds(self, feeds: Iterable[tuple[int, str, str]]) -> None:
        """Append a record of those feeds (number, name, URL) that are not as last recorded."""
        recorded = recorded_feeds(self._sql)
        changed = [feed for feed in feeds if recorded.get(feed[0], (0, None))[1] != feed[1:]]
        if changed:
            self.append(Kind.FEEDS, None, {"feeds": changed}, Kind.FEEDS)

    def append(
        self, kind: Kind, alert: int | None, content: Mapping[str, Any], key: str = ""
    ) -> int:
        """Append a record of an alert, a rule or feeds; return its number.

        Args:
            kind: The kind of the record.
            alert: The alert; None for a rule or feeds.
            content: The content of the record.
            key: Hash of a rule, or `feeds`, by which the record is found again.
        """
        last, previous = self._last_record()
        number = last + 1
        content = {**content, "kind": kind} | ({} if alert is None else {"alert": alert})
        record, digest = evidence.link(number, previous, content)
        self._sql.execute(
            "INSERT INTO evidence (number, kind, alert, rule, record, hash)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, kind, alert, key, record, digest),
        )
        self._last = number, digest
        return number

    def _rule(self, watchlist: Watchlist) -> int:
        """Return the number of the record that has the rule of a watchlist."""
        content = evidence.rule(watchlist)
        key = evidence.digest(evidence.canonical(content))
        row = self._sql.execute(
            "SELECT number FROM evidence WHERE rule = ? AND rule <> ''", (key,)
        ).fetchone()
        return int(row[0]) if row else self.append(Kind.RULE, None, content, key)

    def _last_record(self) -> tuple[int, str]:
        if self._last is None:
            row = self._sql.execute(
                "SELECT number, hash FROM evidence ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self._last = (int(row[0]), str(row[1])) if row else (0, evidence.BEGINNING)
        return self._last


def recorded_feeds(sql: Connection) -> dict[int, tuple[int, tuple[object, ...]]]:
    """Return the number of the last record of each feed, and its name and URL there, by feed."""
    rows = sql.execute(
        f"SELECT number, record FROM evidence WHERE rule = '{Kind.FEEDS}' AND rule <> ''"
        " ORDER BY number"
    ).fetchall()
    return {
        feed: (number, (name, url))
        for number, record in rows
        for feed, name, url in evidence.recorded_feeds(record)
    }


class EvidenceRow(NamedTuple):
    """A record as it is stored."""

    number: int
    kind: str
    alert: int | None
    rule: str
    record: str
    hash: str


class WatchlistRename(NamedTuple):
    """A record of the renaming of a watchlist."""

    number: int
    """Number of the record."""
    before: object
    after: object


class StoredAlert(Struct, frozen=True):
    """The values of an alert in the store that must not change without a record."""

    id: int
    about: str
    watchlist: str
    severity: str
    raised_at: float
    backfill: int
    merged_into: int | None
    rule: str
    article_version: int
    article: int | None
    first_feed: int | None
    url: str | None
    published: float | None
    seen: float | None
    author: str | None
    lang: str | None
    outlet: str | None


_STORED = (
    "SELECT al.id, al.kind AS about, al.watchlist, al.severity, al.raised_at, al.backfill,"
    " al.merged_into, al.rule, al.article_version, al.article, a.feed AS first_feed, a.url,"
    " a.published, a.seen, a.author, a.lang, a.outlet"
    " FROM alerts al LEFT JOIN articles a ON a.id = al.article WHERE al.id IN ({0})"
)


class EvidenceReader:
    """The store, for one verification; a context manager.

    Raises:
        StoreError: The store cannot be read.
    """

    def __init__(self, address: StoreAddress) -> None:
        self._connection = StoreConnection(open_database(address, create=False))

    def __enter__(self) -> EvidenceReader:
        with reading(self._connection.sql) as sql:
            sql.begin_reading()
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.sql.close()

    def damage(self) -> str:
        """Return the damage of the store in words; empty if there is none. Raises StoreError."""
        return self._connection.sql.find_damage()

    def altered_schema(self) -> list[str]:
        """Return the names of tables, indices and triggers that are not those of a new store."""
        with reading(self._connection.sql) as sql:
            return sql.altered_schema()

    def count_records(self) -> int:
        """Return the number of records."""
        return self._connection.number("SELECT count(*) FROM evidence")

    def highest_number(self) -> int:
        """Return the highest number that a record ever had."""
        with reading(self._connection.sql) as sql:
            return sql.last_given("evidence")

    def rows(self) -> Iterator[EvidenceRow]:
        """Yield all records."""
        columns = ", ".join(EvidenceRow._fields)
        rows = self._connection.read(f"SELECT {columns} FROM evidence ORDER BY number")
        return map(EvidenceRow._make, rows)

    def feeds(self) -> Iterator[tuple[int, int, tuple[object, ...], tuple[object, ...]]]:
        """Yield feeds: number, last record, name and URL there, and those in the store."""
        rows = self._connection.read("SELECT number, name, url FROM feeds")
        stored = {number: (name, url) for number, name, url in rows}
        with reading(self._connection.sql) as sql:
            for feed, (number, recorded) in recorded_feeds(sql).items():
                yield feed, number, recorded, stored.get(feed, (None, None))

    def missing_articles(self) -> int:
        """Return how many articles of those that the feeds brought are not in the store."""
        return self._connection.number(
            "SELECT coalesce(sum(articles), 0) - (SELECT count(*) FROM articles) FROM feeds"
        )

    def misplaced(self, story: int | None = None) -> list[int]:
        """Return the articles, of a story or of all, that a feed brought which they do not name."""
        rows = self._connection.read(
            "SELECT id FROM articles a WHERE "
            + "(id = ?1 OR story = ?1 AND story <> id) AND " * (story is not None)
            + "EXISTS (SELECT 1 FROM entries e WHERE e.article = a.id AND e.feed <> a.feed"
            " AND NOT EXISTS (SELECT 1 FROM carriers c WHERE c.article = a.id AND c.feed = e.feed))"
            " ORDER BY id",
            () if story is None else (story,),
        )
        return [int(id) for (id,) in rows]

    def renames(self) -> list[WatchlistRename]:
        """Return the renamed watchlists, the first ones first."""
        rows = self._connection.read(
            "SELECT number, record FROM evidence WHERE kind = ? ORDER BY number", (Kind.RENAMED,)
        )
        contents = ((number, evidence.record_content(record)) for number, record in rows)
        return [WatchlistRename(n, c.get("before"), c.get("watchlist")) for n, c in contents]

    def number_of(self, hash: str) -> int | None:
        """Return the number of the record with a hash; None if there is none."""
        rows = self._connection.read("SELECT number FROM evidence WHERE hash = ?", (hash,))
        return next((int(number) for (number,) in rows), None)

    def alerts(self) -> Iterator[list[int]]:
        """Yield the ids of all alerts in the store or in records, in chunks."""
        ids = [
            int(id)
            for (id,) in self._connection.read(
                "SELECT id FROM alerts UNION SELECT alert FROM evidence WHERE alert IS NOT NULL"
                " ORDER BY 1"
            )
        ]
        for start in range(0, len(ids), CHUNK):
            yield ids[start : start + CHUNK]

    def stored_alerts(self, ids: Sequence[int]) -> dict[int, StoredAlert]:
        """Return the values of these alerts in the store, by alert."""
        return {row["id"]: StoredAlert(**row) for row in self._connection.rows_in(_STORED, ids)}

    def records_of(self, ids: Sequence[int]) -> dict[int, tuple[tuple[int, str], ...]]:
        """Return number and text of the records of these alerts, the first ones first."""
        rows = self._connection.select_in(
            "SELECT alert, number, record FROM evidence WHERE alert IN ({0}) ORDER BY number", ids
        )
        return grouped((alert, (number, record)) for alert, number, record in rows)

    def matches_of(self, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """Return the matches of these alerts in the form of the records, by alert."""
        matches = read_matches(self._connection, ids)
        return {id: evidence.matches(matches.get(id, ())) for id in ids}

    def escalations_of(self, ids: Sequence[int]) -> dict[int, set[tuple[str, float]]]:
        """Return reason and time of each escalation of these alerts, by alert."""
        rows = self._connection.select_in(
            "SELECT alert, reason, at FROM escalations WHERE alert IN ({0})", ids
        )
        escalations = grouped((alert, (reason, at)) for alert, reason, at in rows)
        return {alert: set(pairs) for alert, pairs in escalations.items()}

    def texts_of(self, articles: Collection[int]) -> dict[tuple[int, int], str]:
        """Return the hashes of the texts that are kept of some articles, by id and version."""
        queries = (
            "SELECT id, version, title, summary, body FROM articles WHERE id IN ({0})",
            "SELECT article, version, title, summary, body FROM versions WHERE article IN ({0})",
        )
        ids = sorted(articles)
        return {
            (id, version): evidence.text_hash(title, summary, body)
            for query in queries
            for id, version, title, summary, body in self._connection.select_in(query, ids)
        }
