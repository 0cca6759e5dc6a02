"""Why nobody is told of alerts, in the transaction that raises them: mutes and cooldowns."""

from __future__ import annotations

from index.article import Timestamp
from monitor.model import FEED_HEALTH, AlertKind, Mute, Raised, Severity
from monitor.store.batch.transacted import Transacted

_LATEST = (
    "SELECT al.id, al.watchlist, al.severity, coalesce(a.title, al.title), f.name, al.backfill,"
    " al.kind, coalesce(a.lang, '') FROM alerts al LEFT JOIN articles a ON a.id = al.article"
    " JOIN feeds f ON f.number = coalesce(al.feed, a.feed) WHERE al.id = ?"
)


class Muting(Transacted):
    """What is held back is counted, and told of later."""

    def muted(self, now: Timestamp) -> dict[str, Timestamp]:
        """Return until when watchlists are muted, by their names in lower case."""
        found = self._sql.execute(
            "SELECT watchlist, max(until) FROM mutes WHERE told = 0 AND since <= ?1 AND until > ?1"
            " GROUP BY watchlist",
            (now,),
        )
        return {watchlist.casefold(): until for watchlist, until in found}

    def cooling(self, alert: int) -> bool:
        """Tell whether somebody was told of another alert in the cooldown that holds this one."""
        found = self._sql.execute(
            "SELECT 1 FROM alerts al JOIN watchlists w ON w.name = al.watchlist"
            " JOIN alerts told ON told.watchlist = al.watchlist AND told.id < al.id"
            " WHERE al.id = ? AND told.held = '' AND told.merged_into IS NULL"
            " AND told.raised_at > al.raised_at - w.cooldown LIMIT 1",
            (alert,),
        )
        return found.fetchone() is not None

    def hold_escalation(self, alert: int, reason: str, now: Timestamp) -> None:
        """Note why nobody is told that an alert has just become louder."""
        self._sql.execute(
            "UPDATE escalations SET held = ? WHERE alert = ? AND at = ?", (reason, alert, now)
        )

    def count_held(self, watchlist: str, now: Timestamp) -> None:
        """Count an alert of which nobody is told for now."""
        self._sql.execute(
            "INSERT INTO holding VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET held = held + 1",
            (watchlist, now),
        )

    def release_held(self, watchlist: str) -> tuple[int, Timestamp] | None:
        """Return how much was held back since somebody was told, and since when; count anew."""
        found = self._sql.execute(
            "DELETE FROM holding WHERE watchlist = ? RETURNING held, since", (watchlist,)
        ).fetchone()
        return found and (int(found[0]), float(found[1]))

    def end_mutes(self, now: Timestamp) -> list[tuple[Mute, Raised | None]]:
        """Return the mutes that have ended since the last look, each with its newest alert."""
        over = self._sql.execute(
            "UPDATE mutes SET told = 1 WHERE told = 0 AND until <= ?"
            " RETURNING watchlist, who, since, until",
            (now,),
        ).fetchall()
        return [self._ended(*row) for row in over]

    def _ended(
        self, watchlist: str, who: str, since: Timestamp, until: Timestamp
    ) -> tuple[Mute, Raised | None]:
        ((held, newest),) = self._sql.execute(
            "SELECT count(*), max(id) FROM alerts WHERE watchlist = ?"
            " AND held = 'muted' AND raised_at BETWEEN ? AND ?",
            ("" if watchlist == FEED_HEALTH else watchlist, since, until),
        )
        mute = Mute(watchlist=watchlist, by=who, since=since, until=until, held=held)
        row = self._sql.execute(_LATEST, (newest,)).fetchone()
        return mute, row and Raised(
            id=row[0],
            watchlist=row[1] or FEED_HEALTH,
            severity=Severity(row[2]),
            title=row[3],
            feed=row[4],
            backfill=bool(row[5]),
            kind=AlertKind(row[6]),
            lang=row[7],
        )
