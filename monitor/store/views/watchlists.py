"""What viewers read of watchlists."""

from __future__ import annotations

import json
from collections import defaultdict

from index.article import Timestamp
from monitor import model
from monitor.store import rows
from monitor.store.views.connected import Connected


class WatchlistViews(Connected):
    """What each watchlist has brought."""

    def watchlists(
        self, since: Timestamp, buckets: int, width: float
    ) -> list[model.WatchlistCount]:
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
            model.WatchlistCount(
                name=name or model.FEED_HEALTH,
                severity=model.Severity(severity),
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

    def records(self) -> list[model.WatchlistRecord]:
        """Return what every watchlist has brought, and the verdicts on it."""
        return [
            model.WatchlistRecord(
                name=name,
                severity=model.Severity(severity),
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

    def backfills(self) -> list[model.BackfillStand]:
        """Return the rules that are not done with the archive, the least advanced first."""
        return [model.BackfillStand(*row) for row in self._read(rows.BACKFILLS)]
