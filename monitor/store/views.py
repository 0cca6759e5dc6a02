"""The viewers' side of the store, in SQLite: short reads, and triage."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from index.article import Article, Timestamp
from monitor.model import (
    Alert,
    AlertState,
    BackfillStand,
    Feed,
    FeedState,
    Filter,
    Match,
    Outcome,
    Poll,
    Severity,
    Verdict,
    WatchlistCount,
    WatchlistRecord,
)
from monitor.store import rows
from monitor.store.connection import open_store, read, transaction

ALERT = (
    "al.id, al.watchlist, al.article, al.severity, al.state, al.verdict, al.starred, al.backfill,"
    " al.raised_at, a.title, a.url, f.name, a.lang, a.published,"
    " (SELECT count(*) FROM articles s WHERE s.story = a.story AND s.story <> s.id)"
)
ALERTS = "alerts al JOIN articles a ON a.id = al.article JOIN feeds f ON f.number = a.feed"
CHUNK = 500
TRIAGE_BUSY_MS = 2_000


class SqliteViews:
    """See `Views`. Each thread has its own connection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._local = threading.local()

    @property
    def _sql(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = open_store(self._folder, create=False, busy_ms=TRIAGE_BUSY_MS)
            self._local.connection = connection
        return connection

    def _read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        return read(self._sql, query, values)

    # --- feeds ---

    def feeds(self) -> list[tuple[Feed, FeedState, int]]:
        """Return subscribed feeds with their state and number of articles."""
        found = self._read(
            f"SELECT articles, {rows.FEED}, {rows.STATE} FROM feeds"
            " WHERE subscribed ORDER BY number"
        )
        return [(rows.feed(row[:5]), rows.state(row[5:]), articles) for articles, *row in found]

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return [rows.feed(row) for row in self._read(f"SELECT {rows.FEED} FROM feeds")]

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""
        found = self._read(
            "SELECT at, outcome, entries, new, changed, reason, seconds FROM polls"
            " WHERE feed = (SELECT number FROM feeds WHERE url = ?) ORDER BY at DESC",
            (url,),
        )
        return [
            Poll(
                at=at,
                outcome=Outcome(outcome),
                entries=entries,
                new=new,
                changed=changed,
                reason=reason,
                seconds=seconds,
            )
            for at, outcome, entries, new, changed, reason, seconds in found
        ]

    def poll_now(self, url: str | None) -> None:
        """Make one feed due at once, a gone one too, or all that are watched and not gone."""
        with transaction(self._sql) as sql:
            sql.execute(
                "UPDATE feeds SET next_due = 0, gone = 0"
                " WHERE subscribed AND (url = ?1 OR ?1 IS NULL AND NOT gone)",
                (url,),
            )

    # --- alerts ---

    def watchlists(self, since: Timestamp, buckets: int, width: float) -> list[WatchlistCount]:
        """Return every watchlist with its counts and a histogram of alerts from `since`."""
        sparks: dict[str, list[int]] = defaultdict(lambda: [0] * buckets)
        for name, bucket, count in self._read(
            "SELECT watchlist, cast((raised_at - ?1) / ?2 AS INTEGER) AS bucket, count(*)"
            " FROM alerts WHERE raised_at >= ?1 AND merged_into IS NULL GROUP BY watchlist, bucket",
            (since, width),
        ):
            sparks[name][min(bucket, buckets - 1)] += count
        return [
            WatchlistCount(
                name=name,
                severity=Severity(severity),
                total=total,
                untriaged=untriaged,
                spark=tuple(sparks[name]),
            )
            for name, severity, total, untriaged in self._read(
                "SELECT w.name, w.severity, coalesce(c.total, 0), coalesce(c.untriaged, 0)"
                " FROM watchlists w LEFT JOIN counts c ON c.watchlist = w.name ORDER BY w.place"
            )
        ]

    def records(self) -> list[WatchlistRecord]:
        """Return what every watchlist has brought, and the verdicts on it."""
        return [
            WatchlistRecord(
                name=name,
                severity=Severity(severity),
                total=total,
                untriaged=untriaged,
                last_hit=last,
                relevant=relevant,
                noise=noise,
            )
            for name, severity, total, untriaged, last, relevant, noise in self._read(
                "SELECT w.name, w.severity, coalesce(c.total, 0), coalesce(c.untriaged, 0),"
                " max(al.raised_at), coalesce(sum(al.verdict = 'relevant'), 0),"
                " coalesce(sum(al.verdict = 'noise'), 0)"
                " FROM watchlists w LEFT JOIN counts c ON c.watchlist = w.name"
                " LEFT JOIN alerts al ON al.watchlist = w.name AND al.merged_into IS NULL"
                " GROUP BY w.name ORDER BY w.place"
            )
        ]

    def backfills(self) -> list[BackfillStand]:
        """Return the rules that are not done with the archive, the least advanced first."""
        return [BackfillStand(*row) for row in self._read(rows.BACKFILLS)]

    def newest_alert(self) -> int:
        """Return the id of the newest alert, 0 without any."""
        return self._one("SELECT coalesce(max(id), 0) FROM alerts")

    def alert_ids(
        self, filter: Filter, feeds: Collection[int] | None, after: int, limit: int | None
    ) -> array[int]:
        """Return ids of alerts in ascending order: those above `after`, the newest `limit`."""
        where, values = _conditions(filter, self._named(filter.watchlists))
        if feeds is not None:
            carried = f"({', '.join(map(str, feeds))})"
            where += f" AND (a.feed IN {carried} OR EXISTS (SELECT 1 FROM carriers c"
            where += f" WHERE c.article = a.id AND c.feed IN {carried}))"
        joined = ALERTS if filter.lang or feeds is not None else "alerts al"
        found = self._read(
            f"SELECT al.id FROM {joined} WHERE al.id > ? AND al.merged_into IS NULL{where}"
            " ORDER BY al.id DESC LIMIT ?",
            (after, *values, -1 if limit is None else limit),
        )
        ids = array("q", (id for (id,) in found))
        ids.reverse()
        return ids

    def alerts(self, ids: Sequence[int], matches: bool) -> list[Alert]:
        """Return these alerts by primary key, in the order asked; unknown ids are left out."""
        found: dict[int, tuple[Any, ...]] = {}
        spots: dict[int, tuple[Match, ...]] = {}
        for at in range(0, len(ids), CHUNK):
            chunk = list(ids[at : at + CHUNK])
            marks = ", ".join("?" * len(chunk))
            for row in self._read(f"SELECT {ALERT} FROM {ALERTS} WHERE al.id IN ({marks})", chunk):
                found[row[0]] = row
            if matches:
                spots |= self._matches(chunk, marks)
        return [_alert(found[id], spots.get(id, ())) for id in ids if id in found]

    def alerts_of(self, article: int) -> list[Alert]:
        """Return an article's alerts, with their matches."""
        ids = [id for (id,) in self._read("SELECT id FROM alerts WHERE article = ?", (article,))]
        return self.alerts(ids, True)

    def triage(
        self,
        ids: Iterable[int],
        state: AlertState | None,
        verdict: Verdict | None,
        starred: bool | None,
    ) -> None:
        """Set what is given on these alerts; raises StoreError if the store stays locked."""
        with transaction(self._sql) as sql:
            sql.executemany(
                "UPDATE alerts SET state = coalesce(?, state), verdict = coalesce(?, verdict),"
                " starred = coalesce(?, starred) WHERE id = ?",
                [(state, verdict, starred, id) for id in ids],
            )

    def alerted(self, watchlist: str | None, severity: str | None) -> set[int]:
        """Return ids of articles that raised an alert (of that watchlist, of that severity)."""
        query = "SELECT article FROM alerts WHERE (?1 IS NULL OR severity = ?1)"
        values: list[str | None] = [severity]
        if watchlist is not None:
            names = self._named([watchlist])
            query += f" AND watchlist IN ({', '.join('?' * len(names))})"
            values += names
        return {article for (article,) in self._read(query, values)}

    # --- articles ---

    def article(self, id: int) -> Article | None:
        """Return an article."""
        found = self.articles([id])
        return found[0] if found else None

    def articles(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        found: dict[int, Article] = {}
        for at in range(0, len(ids), CHUNK):
            chunk = list(ids[at : at + CHUNK])
            marks = ", ".join("?" * len(chunk))
            for row in self._read(
                f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id IN ({marks})", chunk
            ):
                found[row[0]] = rows.article(row)
        return [found[id] for id in ids if id in found]

    def newest_article(self) -> int:
        """Return the id of the newest article, 0 without any."""
        return self._one("SELECT coalesce(max(id), 0) FROM articles")

    def articles_between(self, after: int, upto: int, since: Timestamp | None) -> list[Article]:
        """Return the articles with ids above `after`, up to `upto`, dated since then."""
        found = self._read(
            f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id > ? AND a.id <= ?"
            " AND min(coalesce(a.published, a.seen), a.seen) >= ? ORDER BY a.id",
            (after, upto, float("-inf") if since is None else since),
        )
        return [rows.article(row) for row in found]

    def others(self, article: Article) -> list[tuple[str, Timestamp]]:
        """Return the feeds that had the same story and when, the first one first."""
        found = self._read(
            "SELECT f.name, min(x.seen) FROM ("
            " SELECT feed, seen FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
            " UNION ALL SELECT c.feed, c.seen FROM carriers c WHERE c.article = ?2"
            ") x JOIN feeds f ON f.number = x.feed GROUP BY f.number ORDER BY 2, f.number",
            (article.story, article.id),
        )
        return [(name, seen) for name, seen in found]

    def versions(self, article: int) -> int:
        """Return how many texts an article has had."""
        found = self._read("SELECT version FROM articles WHERE id = ?", (article,))
        return next((int(version) for (version,) in found), 0)

    def having(self, part: str) -> set[int]:
        """Return ids of the articles that have a body, or an author."""
        column = {"body": "body", "author": "author"}[part]
        return {id for (id,) in self._read(f"SELECT id FROM articles WHERE {column} <> ''")}

    def of_story(self, story: int) -> set[int]:
        """Return ids of the articles that tell one story."""
        found = self._read(
            "SELECT id FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)", (story,)
        )
        return {id for (id,) in found}

    def totals(self) -> tuple[int, int, int, int]:
        """Return articles, articles on their way to the index, alerts, untriaged alerts."""
        ((alerts, untriaged),) = self._read(
            "SELECT coalesce(sum(total), 0), coalesce(sum(untriaged), 0) FROM counts"
        )
        return (
            self._one("SELECT coalesce(sum(articles), 0) FROM feeds"),
            self._one("SELECT count(*) FROM (SELECT DISTINCT article FROM outbox)"),
            int(alerts),
            int(untriaged),
        )

    def _matches(self, chunk: list[int], marks: str) -> dict[int, tuple[Match, ...]]:
        spots: dict[int, list[Match]] = defaultdict(list)
        for alert, part, start, stop, text, term in self._read(
            f"SELECT alert, field, start, stop, text, term FROM matches WHERE alert IN ({marks})"
            " ORDER BY alert, place",
            chunk,
        ):
            spots[alert].append(Match(field=part, start=start, end=stop, text=text, term=term))
        return {alert: tuple(found) for alert, found in spots.items()}

    def _one(self, query: str) -> int:
        ((value,),) = self._read(query)
        return int(value)

    def _named(self, watchlists: Iterable[str]) -> list[str]:
        """Return the watchlists with alerts that have one of these names, in any case."""
        wanted = {name.casefold() for name in watchlists}
        found = self._read("SELECT watchlist FROM counts")
        return [name for (name,) in found if name.casefold() in wanted]


def _conditions(filter: Filter, watchlists: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a filter as SQL to append to a WHERE, and its values."""
    where = ""
    values: list[Any] = []
    for condition, value in (
        ("al.raised_at >= ?", filter.since),
        ("al.raised_at < ?", filter.until),
        ("al.state = ?", filter.state),
    ):
        if value is not None:
            where += f" AND {condition}"
            values.append(value)
    for asked, column, wanted in (
        (filter.watchlists, "al.watchlist", watchlists),
        (filter.lang, "a.lang", [lang.lower() for lang in filter.lang]),
    ):
        if asked:
            where += f" AND {column} IN ({', '.join('?' * len(wanted))})"
            values.extend(wanted)
    return where, values


def _alert(row: tuple[Any, ...], matches: tuple[Match, ...]) -> Alert:
    return Alert(
        id=row[0],
        watchlist=row[1],
        article=row[2],
        severity=Severity(row[3]),
        state=AlertState(row[4]),
        verdict=Verdict(row[5]),
        starred=bool(row[6]),
        backfill=bool(row[7]),
        raised_at=row[8],
        title=row[9],
        url=row[10],
        feed=row[11],
        lang=row[12],
        published=row[13],
        copies=row[14],
        matches=matches,
    )
