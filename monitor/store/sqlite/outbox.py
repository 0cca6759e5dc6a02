"""What is on its way to channels, as the monitor that sends it sees it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from index.article import Timestamp
from monitor.model.delivery import Delivery, DeliveryState
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import marks, reading, transaction

_DUE = "(due <= ? OR created_at > ? + 60)"
"""What was planned in the future was planned before the clock was set back."""


class Outgoing:
    """The outbox of deliveries."""

    _connection: sqlite3.Connection

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""
        with reading(self._connection) as sql:
            found = sql.execute(
                f"SELECT DISTINCT channel FROM deliveries WHERE state = 'waiting' AND {_DUE}",
                (now, now),
            )
            return [channel for (channel,) in found]

    def deliveries_due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return what is due for a channel, the most urgent first, bundles whole."""
        with reading(self._connection) as sql:
            found = [
                rows.delivery(row)
                for row in sql.execute(
                    f"SELECT {rows.DELIVERY} FROM deliveries WHERE state = 'waiting'"
                    f" AND channel = ? AND {_DUE} ORDER BY due, id LIMIT ?",
                    (channel, now, now, limit),
                )
            ]
            bundles = {one.bundle for one in found} - {""}
            known = {one.id for one in found}
            more = sql.execute(
                f"SELECT {rows.DELIVERY} FROM deliveries WHERE state = 'waiting' AND channel = ?"
                f" AND {_DUE} AND bundle IN ({marks(len(bundles))}) ORDER BY due, id",
                (channel, now, now, *bundles),
            )
            return found + [one for one in map(rows.delivery, more) if one.id not in known]

    def note_sent(self, ids: Collection[int], now: Timestamp) -> None:
        """Note that a channel accepted these."""
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE deliveries SET state = 'sent', sent_at = ?, attempts = attempts + 1,"
                " reason = '' WHERE id = ?",
                [(now, id) for id in ids],
            )

    def note_refused(
        self, ids: Collection[int], reason: str, due: Timestamp | None, now: Timestamp
    ) -> None:
        """Note why these were not accepted, and when to try again (None: never)."""
        state = DeliveryState.DEAD if due is None else DeliveryState.WAITING
        with transaction(self._connection) as sql:
            sql.executemany(
                "UPDATE deliveries SET state = ?, due = coalesce(?, due), reason = ?,"
                " attempts = attempts + 1, failing = coalesce(min(failing, ?), ?),"
                " created_at = min(created_at, ?) WHERE id = ?",
                [(state, due, reason, now, now, now, id) for id in ids],
            )

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up what waits for channels that there are no more; return how much that is."""
        with transaction(self._connection) as sql:
            return sql.execute(
                "UPDATE deliveries SET state = 'dead',"
                " reason = 'feeds.yaml has no channel ' || channel || ' any more'"
                f" WHERE state = 'waiting' AND channel NOT IN ({marks(len(channels))})",
                channels,
            ).rowcount

    def told_of(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel was told of, newest first."""
        with reading(self._connection) as sql:
            found = sql.execute(
                "SELECT d.alert FROM deliveries d JOIN alerts al ON al.id = d.alert"
                " WHERE d.channel = ? AND al.watchlist = ? AND d.state = 'sent'"
                " GROUP BY d.alert ORDER BY max(d.created_at) DESC, d.alert DESC LIMIT ?",
                (channel, watchlist, limit),
            )
            return [alert for (alert,) in found]

    def forget_deliveries(self, before: Timestamp) -> None:
        """Drop what was sent before that moment."""
        with transaction(self._connection) as sql:
            sql.execute("DELETE FROM deliveries WHERE state = 'sent' AND sent_at < ?", (before,))
