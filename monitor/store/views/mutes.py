"""What viewers read of mutes and of what was held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from index.article import Timestamp
from monitor import model
from monitor.store.connection import transaction
from monitor.store.views.selecting import Selecting

COPY = "copy"
"""Why nobody is told of an alert that was merged into another."""


class MuteViews(Selecting):
    """Mutes, and the alerts that nobody was told of."""

    def mutes(self, now: Timestamp) -> list[model.Mute]:
        """Return the mutes in force, the first one to end first."""
        found = self._read(
            "SELECT watchlist, who, since, until, (SELECT count(*) FROM alerts al"
            " WHERE al.watchlist = iif(m.watchlist = ?2, '', m.watchlist) AND al.held = 'muted'"
            " AND al.raised_at >= m.since)"
            " FROM mutes m WHERE told = 0 AND until > ?1 ORDER BY until",
            (now, model.FEED_HEALTH),
        )
        return [
            model.Mute(watchlist=watchlist, by=who, since=since, until=until, held=held)
            for watchlist, who, since, until, held in found
        ]

    def mute(self, mute: model.Mute) -> None:
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
        self, filter: model.Filter, feeds: Collection[int] | None, limit: int | None
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
            counts[name or model.FEED_HEALTH, reason] += count
        return counts
