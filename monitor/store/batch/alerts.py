"""Raising alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from index.article import Timestamp
from monitor.evidence import Via
from monitor.model import FEED_HEALTH, Arrival, Feed, Hit, Match, Notice, Raised, Watchlist
from monitor.store.batch.clocking import Clocking
from monitor.store.batch.escalating import Escalating
from monitor.store.batch.proving import Came
from monitor.store.chunks import marks

__all__ = ["Came", "Raising"]


class Raising(Escalating, Clocking):
    """At most one alert per watchlist and article."""

    def raise_late(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Raise alerts for an article that is stored already; returns them."""
        raised = self._raise(arrival, feed, now, Came(Via.ARCHIVE))
        return raised + self._escalate([arrival], now) if raised else raised

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Note that these rules have been matched with the articles up to that id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(upto, watchlist) for watchlist in watchlists],
        )

    def _raise(self, arrival: Arrival, feed: Feed, now: Timestamp, came: Came) -> list[Raised]:
        """Raise at most one alert per watchlist and article; returns those not merged.

        An alert that was raised before stays as it is, and gets the matches of today.
        """
        raised = []
        for hit in arrival.hits:
            leader = self._leader(hit, arrival)
            held, until = ("", None) if leader else self._held(hit.watchlist, arrival, now)
            fresh = self._sql.execute(
                "INSERT OR IGNORE INTO alerts"
                " (watchlist, article, severity, backfill, raised_at, merged_into, rule, held,"
                " held_until, article_version)"
                f" SELECT {marks(9)}, version FROM articles WHERE id = ? RETURNING id",
                (
                    hit.watchlist.name,
                    arrival.article.id,
                    hit.watchlist.severity,
                    arrival.backfill,
                    now,
                    leader,
                    hit.watchlist.rule,
                    held,
                    until,
                    arrival.article.id,
                ),
            ).fetchone()
            id = int(fresh[0]) if fresh else self._alert(hit, arrival.article.id)
            before = () if fresh else self._matched(id)
            self._match(id, hit.matches)
            if fresh:
                self._prove_raised(id, hit, arrival, feed, came, leader, now)
                self._clock_in(arrival, feed, came, now)
            elif came.via is Via.ARCHIVE:
                self._prove_rematched(id, hit.watchlist, before, now)
            if fresh and leader is None:
                raised.append(
                    Raised(
                        id=id,
                        watchlist=hit.watchlist.name,
                        severity=hit.watchlist.severity,
                        title=arrival.article.title,
                        feed=feed.name,
                        backfill=arrival.backfill,
                        held=held,
                        lang=arrival.article.lang,
                    )
                )
        return raised

    def _held(
        self, watchlist: Watchlist, arrival: Arrival, now: Timestamp
    ) -> tuple[str, Timestamp | None]:
        """Return why nobody is told of an alert raised now, if so, and until when it is held."""
        if arrival.backfill and not watchlist.notify_backfill:
            return "backfill", None
        if not watchlist.cooldown:
            return "", None
        ((told,),) = self._sql.execute(
            "SELECT max(raised_at) FROM alerts WHERE watchlist = ? AND held = ''"
            " AND merged_into IS NULL AND raised_at > ? AND raised_at <= ?",
            (watchlist.name, now - watchlist.cooldown, now),
        )
        return ("", None) if told is None else ("cooldown", told + watchlist.cooldown)

    def _notify(self, feed: Feed, notice: Notice, now: Timestamp) -> Iterator[Raised]:
        """Begin an episode, and raise the alert about it if it rings."""
        id = None
        if notice.rings:
            (id,) = self._sql.execute(
                "INSERT INTO alerts (watchlist, kind, feed, severity, title, raised_at)"
                f" VALUES ('', {marks(5)}) RETURNING id",
                (notice.kind, feed.number, notice.severity, notice.title, now),
            ).fetchone()
            self._prove_notice(id, feed, notice, now)
            yield Raised(
                id=id,
                watchlist=FEED_HEALTH,
                severity=notice.severity,
                title=notice.title,
                feed=feed.name,
                backfill=False,
                kind=notice.kind,
            )
        self._sql.execute(
            "INSERT INTO episodes (feed, kind, started_at, alert) VALUES (?, ?, ?, ?)",
            (feed.number, notice.kind, now, id),
        )

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
