"""What viewers read of watchlists: counts, verdicts and silences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from index.article import Timestamp
from monitor.model.alert import FEED_HEALTH, Verdict
from monitor.model.config import Silence
from monitor.model.search import Filter
from monitor.model.severity import Severity
from monitor.model.status import BackfillStand, Judged, TermRecord, WatchlistCount, WatchlistRecord
from monitor.store.sqlite import rows
from monitor.store.sqlite.alert_selection import Selecting
from monitor.store.sqlite.connection import CHUNK, marks, transaction
from monitor.store.sqlite.viewer_connection import Connected


class WatchlistViews(Connected):
    """What each watchlist has brought."""

    def watchlists(self, since: Timestamp, buckets: int, width: float) -> list[WatchlistCount]:
        """Return every watchlist with its counts and a histogram of alerts from `since`."""
        sparks: dict[str, list[int]] = defaultdict(lambda: [0] * buckets)
        for name, bucket, count in self._read(
            "SELECT watchlist, cast((raised_at - ?1) / ?2 AS INTEGER) AS bucket, count(*)"
            " FROM alerts INDEXED BY alerts_by_time"  # left alone, SQLite reads all
            " WHERE raised_at >= ?1 AND merged_into IS NULL GROUP BY watchlist, bucket",
            (since, width),
        ):
            sparks[name][min(bucket, buckets - 1)] += count
        return [
            WatchlistCount(
                name=name or FEED_HEALTH,
                severity=Severity(severity),
                total=total,
                untriaged=untriaged,
                spark=tuple(sparks[name]),
            )
            for name, severity, total, untriaged, _ in self._read(
                "SELECT w.name, w.severity, coalesce(c.total, 0), coalesce(c.untriaged, 0), w.place"
                " FROM watchlists w LEFT JOIN counts c ON c.watchlist = w.name"
                " UNION ALL SELECT watchlist, 'medium', total, untriaged, 1e9 FROM counts"
                " WHERE watchlist = '' ORDER BY 5"
            )
        ]

    def watched(self) -> dict[str, tuple[str, ...]]:
        """Return what each watchlist in force selects its feeds by; nothing is all of them."""
        found = self._read("SELECT name, feeds FROM watchlists ORDER BY place")
        return {name: tuple(json.loads(feeds)) for name, feeds in found}

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


class JudgedViews(Connected):
    """Verdicts, to judge watchlists by."""

    def term_records(self) -> list[TermRecord]:
        """Return what each term of the watchlists in force brought, the most first."""
        return [
            TermRecord(*row)
            for row in self._read(
                "SELECT w.name, m.term, count(DISTINCT al.id),"
                " count(DISTINCT iif(al.verdict = 'relevant', al.id, NULL)),"
                " count(DISTINCT iif(al.verdict = 'noise', al.id, NULL))"
                " FROM watchlists w JOIN alerts al ON al.watchlist = w.name"
                " JOIN matches m ON m.alert = al.id WHERE al.merged_into IS NULL"
                " GROUP BY w.name, m.term ORDER BY w.place, 3 DESC, m.term"
            )
        ]

    def judged(self, watchlist: str) -> list[Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them.

        A copy is as relevant as the alert that speaks for it; as noise it counts with that.
        """
        return [
            Judged(article, Verdict(verdict))
            for article, verdict in self._read(
                "SELECT al.article, coalesce(leader.verdict, al.verdict) FROM alerts al"
                " LEFT JOIN alerts leader ON leader.id = al.merged_into"
                " WHERE al.watchlist = ? AND al.article IS NOT NULL"
                " AND (al.merged_into IS NULL OR leader.verdict = 'relevant') ORDER BY al.id",
                (watchlist,),
            )
        ]

    def known_alerts(self, ids: Sequence[int]) -> set[int]:
        """Return those of these numbers that alerts have."""
        found: set[int] = set()
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            found.update(
                id
                for (id,) in self._read(
                    f"SELECT id FROM alerts WHERE id IN ({marks(len(chunk))})", chunk
                )
            )
        return found

    def article_of(self) -> list[tuple[int, int]]:
        """Return (alert, article) of every alert about an article."""
        return list(self._read("SELECT id, article FROM alerts WHERE article IS NOT NULL"))


COPY = "copy"
"""Why nobody is told of an alert that was merged into another."""


class MuteViews(Selecting):
    """Mutes, and the alerts that nobody was told of."""

    def mutes(self, now: Timestamp) -> list[Silence]:
        """Return the mutes in force, the first one to end first."""
        found = self._read(
            "SELECT watchlist, who, since, until, (SELECT count(*) FROM alerts al"
            " WHERE al.watchlist = iif(m.watchlist = ?2, '', m.watchlist) AND al.held = 'muted'"
            " AND al.raised_at >= m.since)"
            " FROM mutes m WHERE told = 0 AND until > ?1 ORDER BY until",
            (now, FEED_HEALTH),
        )
        return [
            Silence(watchlist=watchlist, by=who, since=since, until=until, held=held)
            for watchlist, who, since, until, held in found
        ]

    def mute(self, mute: Silence) -> None:
        """Mute a watchlist; one that is muted already is from then on as told."""
        with transaction(self._sql) as sql:
            again = sql.execute(
                "UPDATE mutes SET until = ?, who = ? WHERE told = 0 AND until > ?"
                " AND watchlist = ?",
                (mute.until, mute.by, mute.since, mute.watchlist),
            )
            if not again.rowcount:
                sql.execute(
                    "INSERT INTO mutes (watchlist, who, since, until) VALUES (?, ?, ?, ?)",
                    (mute.watchlist, mute.by, mute.since, mute.until),
                )

    def unmute(self, watchlist: str, now: Timestamp) -> bool:
        """End the mute of a watchlist; tell whether there was one."""
        with transaction(self._sql) as sql:
            ended = sql.execute(
                "UPDATE mutes SET until = ?1 WHERE told = 0 AND until > ?1 AND watchlist = ?2",
                (now, watchlist),
            )
            return ended.rowcount > 0

    def suppressed_ids(
        self, filter: Filter, feeds: Collection[int] | None, limit: int | None
    ) -> list[int]:
        """Return ids of the newest alerts that nobody was told of, in ascending order."""
        joined, where, values = self._selected(filter, feeds)
        found = self._read(
            f"SELECT al.id FROM {joined} WHERE (al.held <> '' OR al.merged_into IS NOT NULL OR"
            " EXISTS (SELECT 1 FROM escalations e WHERE e.alert = al.id AND e.held <> ''))"
            f"{where} ORDER BY al.id DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return [id for (id,) in found][::-1]

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return how many alerts nobody was told of, by watchlist and reason."""
        found = self._read(
            "SELECT watchlist, iif(merged_into IS NULL, held, ?2), count(*)"
            " FROM alerts INDEXED BY alerts_by_time WHERE raised_at >= ?1"
            " AND (held <> '' OR merged_into IS NOT NULL) GROUP BY 1, 2"
            " UNION ALL SELECT al.watchlist, e.held, count(*) FROM escalations e"
            " JOIN alerts al ON al.id = e.alert WHERE e.at >= ?1 AND e.held <> '' GROUP BY 1, 2",
            (since, COPY),
        )
        counts: Counter[tuple[str, str]] = Counter()
        for name, reason, count in found:
            counts[name or FEED_HEALTH, reason] += count
        return counts
