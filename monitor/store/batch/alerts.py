"""Raising alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from index.article import Timestamp
from monitor.model import Arrival, Feed, Hit, Match, Raised
from monitor.store.batch.transacted import Transacted
from monitor.store.chunks import marks


class Raising(Transacted):
    """At most one alert per watchlist and article."""

    def raise_late(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise alerts for an article that is stored already; returns them."""
        return self._raise(arrival, feed, now)

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Note that these rules have been matched with the articles up to that id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(upto, watchlist) for watchlist in watchlists],
        )

    def _raise(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise at most one alert per watchlist and article; returns those not merged.

        An alert that was raised before stays as it is, and gets the matches of today.
        """
        raised = []
        for hit in arrival.hits:
            leader = self._leader(hit, arrival)
            fresh = self._sql.execute(
                "INSERT OR IGNORE INTO alerts"
                " (watchlist, article, severity, backfill, raised_at, merged_into)"
                f" VALUES ({marks(6)}) RETURNING id",
                (
                    hit.watchlist.name,
                    arrival.article.id,
                    hit.watchlist.severity,
                    arrival.backfill,
                    now,
                    leader,
                ),
            ).fetchone()
            id = int(fresh[0]) if fresh else self._alert(hit, arrival.article.id)
            self._match(id, hit.matches)
            if fresh and leader is None:
                raised.append(
                    Raised(
                        id=id,
                        watchlist=hit.watchlist.name,
                        severity=hit.watchlist.severity,
                        title=arrival.article.title,
                        feed=feed.name,
                        backfill=arrival.backfill,
                    )
                )
        return raised

    def _alert(self, hit: Hit, article: int) -> int:
        (id,) = self._sql.execute(
            "SELECT id FROM alerts WHERE watchlist = ? AND article = ?",
            (hit.watchlist.name, article),
        ).fetchone()
        return int(id)

    def _match(self, alert: int, matches: Sequence[Match]) -> None:
        self._sql.execute("DELETE FROM matches WHERE alert = ?", (alert,))
        self._sql.executemany(
            f"INSERT INTO matches VALUES ({marks(7)})",
            [
                (alert, place, m.field, m.start, m.end, m.text, m.term)
                for place, m in enumerate(matches)
            ],
        )

    def _leader(self, hit: Hit, arrival: Arrival) -> int | None:
        """Return the alert of this watchlist that already speaks for this text, if any."""
        if arrival.copy_of is None:
            return None
        row = self._sql.execute(
            "SELECT coalesce(merged_into, id) FROM alerts WHERE watchlist = ?1 AND article IN"
            " (SELECT ?2 UNION SELECT id FROM articles WHERE copy_of = ?2)"
            " AND article <> ?3 ORDER BY id LIMIT 1",
            (hit.watchlist.name, arrival.copy_of, arrival.article.id),
        ).fetchone()
        return row and int(row[0])
