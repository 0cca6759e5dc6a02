"""What viewers read of watchlists: their alerts and stories, the verdicts, and their silences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import convert

from monitor.base.article import Timestamp
from monitor.model.alert import ArticleVerdict
from monitor.model.watchlist import (
    FEED_HEALTH,
    BackfillProgress,
    Silence,
    TermRecord,
    Untriaged,
    WatchlistCount,
    WatchlistInForce,
    WatchlistRecord,
)
from monitor.storage.store.database.connection import StoreViews, transaction, values_of

if TYPE_CHECKING:
    from index.query.concepts import Concepts

DUPLICATE = "copy"
"""The reason for which a merged alert was not notified."""

_VERDICTS = (
    "count(DISTINCT al.id) AS total,"
    " count(DISTINCT CASE WHEN al.verdict = 'relevant' THEN al.id END) AS relevant,"
    " count(DISTINCT CASE WHEN al.verdict = 'noise' THEN al.id END) AS noise"
)


class WatchlistViews(StoreViews):
    """The alerts and stories of watchlists, the verdicts on them, and the silences."""

    def in_force(self) -> list[WatchlistInForce]:
        """Return the watchlists of the active configuration, in its order."""
        rows = self._connection.read(
            "SELECT w.name, w.feeds, coalesce(b.upto < b.until, FALSE) FROM watchlists w"
            " LEFT JOIN backfills b ON b.watchlist = w.name ORDER BY w.place"
        )
        return [
            WatchlistInForce(name, tuple(json.loads(feeds)), bool(pending))
            for name, feeds, pending in rows
        ]

    def concepts(self) -> Concepts:
        """Return the concepts of the active configuration."""
        from index.query.concepts import Definition, by_name

        rows = self._connection.read("SELECT definition FROM concepts")
        return by_name(convert(json.loads(definition), Definition) for (definition,) in rows)

    def counts(self, since: Timestamp, buckets: int, width: float) -> list[WatchlistCount]:
        """Return every watchlist with its counts and a histogram of stories.

        The histogram has `buckets` of `width` seconds, the first from `since` on.
        """
        sql = self._connection.sql
        sparks: dict[str, list[int]] = defaultdict(lambda: [0] * buckets)
        for name, bucket, count in self._connection.read(
            f"SELECT watchlist, {sql.truncated('(raised_at - ?1) / ?2')} AS bucket,"
            " count(DISTINCT story_alert)"
            f" FROM alerts {sql.indexed_by('alerts_by_time')}"  # left alone, SQLite reads all
            " WHERE raised_at >= ?1 AND merged_into IS NULL"
            " AND (article IS NOT NULL OR watchlist = '') GROUP BY watchlist, bucket",
            (since, width),
        ):
            sparks[name][min(bucket, buckets - 1)] += count
        rows = self._connection.rows(
            "SELECT w.name, w.severity, coalesce(c.total, 0) AS total,"
            " coalesce(c.untriaged, 0) AS untriaged, w.place"
            " FROM watchlists w LEFT JOIN counts c ON c.watchlist = w.name"
            " UNION ALL SELECT watchlist, 'medium', total, untriaged, 1e9 FROM counts"
            " WHERE watchlist = '' ORDER BY 5"
        )
        named_rows = (
            row | {"name": row["name"] or FEED_HEALTH, "spark": sparks[row["name"]]} for row in rows
        )
        return values_of(WatchlistCount, named_rows)

    def untriaged(self) -> Untriaged:
        """Return the number of untriaged stories; cheap enough for every second."""
        counts = self._connection.read("SELECT watchlist, untriaged FROM counts")
        return Untriaged(
            self._connection.number("SELECT number FROM untriaged_stories"),
            {name or FEED_HEALTH: untriaged for name, untriaged in counts},
        )

    def records(self) -> list[WatchlistRecord]:
        """Return the counts of alerts of each watchlist, and the verdicts on them."""
        return self._connection.values(
            WatchlistRecord,
            "SELECT w.name, w.severity, coalesce(c.total, 0) AS total,"
            " coalesce(c.untriaged, 0) AS untriaged, max(al.raised_at) AS last_hit,"
            " count(CASE WHEN al.verdict = 'relevant' THEN 1 END) AS relevant,"
            " count(CASE WHEN al.verdict = 'noise' THEN 1 END) AS noise"
            " FROM watchlists w LEFT JOIN counts c ON c.watchlist = w.name"
            " LEFT JOIN alerts al ON al.watchlist = w.name AND al.merged_into IS NULL"
            " GROUP BY w.name, c.total, c.untriaged ORDER BY w.place",
        )

    def term_records(self) -> list[TermRecord]:
        """Return the counts of alerts of each term of the active watchlists, the highest first."""
        return self._connection.values(
            TermRecord,
            f"SELECT w.name AS watchlist, m.term, {_VERDICTS}"
            " FROM watchlists w JOIN alerts al ON al.watchlist = w.name"
            " JOIN matches m ON m.alert = al.id WHERE al.merged_into IS NULL"
            " GROUP BY w.name, m.term ORDER BY w.place, total DESC, m.term",
        )

    def name_records(self) -> list[TermRecord]:
        """Return the counts of alerts of each name of a concept, all watchlists together."""
        return self._connection.values(
            TermRecord,
            f"SELECT m.concept AS watchlist, m.term, {_VERDICTS}"
            " FROM matches m JOIN alerts al ON al.id = m.alert"
            " WHERE m.concept <> '' AND al.merged_into IS NULL GROUP BY m.concept, m.term",
        )

    def verdicts(self, watchlist: str) -> list[ArticleVerdict]:
        """Return the articles that a watchlist raised alerts for, with the verdict on each.

        A duplicate is as relevant as the alert that it was merged into; as noise it counts with
        that alert.
        """
        return self._connection.values(
            ArticleVerdict,
            "SELECT al.article, coalesce(leader.verdict, al.verdict) AS verdict FROM alerts al"
            " LEFT JOIN alerts leader ON leader.id = al.merged_into"
            " WHERE al.watchlist = ? AND al.article IS NOT NULL"
            " AND (al.merged_into IS NULL OR leader.verdict = 'relevant') ORDER BY al.id",
            (watchlist,),
        )

    def judged(self) -> list[ArticleVerdict]:
        """Return the newest 1,000 articles with a verdict; relevant if any alert is."""
        return self._connection.values(
            ArticleVerdict,
            "SELECT article, max(verdict) AS verdict FROM alerts WHERE verdict <> ''"
            " AND article IS NOT NULL GROUP BY article ORDER BY article DESC LIMIT 1000",
        )

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return the number of alerts that were not notified, by watchlist and reason.

        Reasons are those of `Alert.suppressed`, and `copy`.
        """
        rows = self._connection.read(
            "SELECT watchlist, CASE WHEN merged_into IS NULL THEN suppressed ELSE ?2 END, count(*)"
            f" FROM alerts {self._connection.sql.indexed_by('alerts_by_time')}"
            " WHERE raised_at >= ?1"
            " AND (suppressed <> '' OR merged_into IS NOT NULL) GROUP BY 1, 2"
            " UNION ALL SELECT al.watchlist, e.suppressed, count(*) FROM escalations e"
            " JOIN alerts al ON al.id = e.alert"
            " WHERE e.at >= ?1 AND e.suppressed <> '' GROUP BY 1, 2",
            (since, DUPLICATE),
        )
        counts: Counter[tuple[str, str]] = Counter()
        for name, reason, count in rows:
            counts[name or FEED_HEALTH, reason] += count
        return counts

    def backfills(self) -> list[BackfillProgress]:
        """Return the unfinished backfills, the least advanced first."""
        return self._connection.values(
            BackfillProgress,
            "SELECT watchlist, upto, until, meaning FROM backfills WHERE upto < until"
            " ORDER BY upto, watchlist",
        )

    def silences(self, now: Timestamp) -> list[Silence]:
        """Return the active silences, the first one to end first."""
        return self._connection.values(
            Silence,
            'SELECT watchlist, who AS "by", since, until, (SELECT count(*) FROM alerts al'
            " WHERE al.watchlist = CASE m.watchlist WHEN ?2 THEN '' ELSE m.watchlist END"
            " AND al.suppressed = 'silence' AND al.raised_at >= m.since) AS suppressed"
            " FROM silences m WHERE NOT reported AND until > ?1 ORDER BY until",
            (now, FEED_HEALTH),
        )

    def silence(self, silence: Silence) -> None:
        """Silence a watchlist; an active silence gets the new end and author."""
        with transaction(self._connection.sql) as sql:
            cursor = sql.execute(
                "UPDATE silences SET until = ?, who = ? WHERE NOT reported AND until > ?"
                " AND watchlist = ?",
                (silence.until, silence.by, silence.since, silence.watchlist),
            )
            if not cursor.rowcount:
                sql.execute(
                    "INSERT INTO silences (watchlist, who, since, until) VALUES (?, ?, ?, ?)",
                    (silence.watchlist, silence.by, silence.since, silence.until),
                )
