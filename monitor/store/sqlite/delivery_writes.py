"""Deliveries, and what is held back of alerts, written."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from index.article import Timestamp
from monitor.model.alert import FEED_HEALTH, AlertKind
from monitor.model.config import Silence
from monitor.model.delivery import Occasion, Planned
from monitor.model.poll import RaisedAlert
from monitor.model.severity import Severity
from monitor.store.sqlite.recognition import Transacted


class Delivering(Transacted):
    """Each alert goes to each channel once for each occasion."""

    def deliver(
        self, alert: int, occasion: Occasion, why: str, planned: Sequence[Planned], now: Timestamp
    ) -> int:
        """Put deliveries of an alert on their way; return how many are new."""
        return sum(
            self._sql.execute(
                "INSERT OR IGNORE INTO deliveries"
                " (alert, channel, occasion, why, key, due, reason, bundle, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    alert,
                    one.channel,
                    occasion,
                    why,
                    _key(alert, one.channel, occasion, why, now),
                    one.due,
                    one.reason,
                    one.bundle,
                    now,
                ),
            ).rowcount
            for one in planned
        )

    def hold(self, alert: int, reason: str, until: Timestamp | None) -> None:
        """Note why nobody is told of an alert, and until when that holds."""
        self._sql.execute(
            "UPDATE alerts SET held = ?, held_until = ? WHERE id = ?", (reason, until, alert)
        )


def _key(alert: int, channel: str, occasion: Occasion, why: str, now: Timestamp) -> str:
    """Return a name of a delivery that no other has: the moment tells two newsrooms apart."""
    return str(uuid5(NAMESPACE_URL, f"tocsin {alert} {channel} {occasion} {why} {now!r}"))


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

    def end_mutes(self, now: Timestamp) -> list[tuple[Silence, RaisedAlert | None]]:
        """Return the mutes that have ended since the last look, each with its newest alert."""
        over = self._sql.execute(
            "UPDATE mutes SET told = 1 WHERE told = 0 AND until <= ?"
            " RETURNING watchlist, who, since, until",
            (now,),
        ).fetchall()
        return [self._ended(*row) for row in over]

    def _ended(
        self, watchlist: str, who: str, since: Timestamp, until: Timestamp
    ) -> tuple[Silence, RaisedAlert | None]:
        ((held, newest),) = self._sql.execute(
            "SELECT count(*), max(id) FROM alerts WHERE watchlist = ?"
            " AND held = 'muted' AND raised_at BETWEEN ? AND ?",
            ("" if watchlist == FEED_HEALTH else watchlist, since, until),
        )
        mute = Silence(watchlist=watchlist, by=who, since=since, until=until, held=held)
        row = self._sql.execute(_LATEST, (newest,)).fetchone()
        return mute, row and RaisedAlert(
            id=row[0],
            watchlist=row[1] or FEED_HEALTH,
            severity=Severity(row[2]),
            title=row[3],
            feed=row[4],
            backfill=bool(row[5]),
            kind=AlertKind(row[6]),
            lang=row[7],
        )
