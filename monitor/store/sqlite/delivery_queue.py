"""Deliveries on their way to channels, as the monitor that sends them sees them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from index.article import Timestamp
from monitor.model.delivery import Delivery, DeliveryAttempt, DeliveryState
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import marks, reading, transaction

_DUE = "(due <= ? OR created_at > ? + 60)"
"""What was planned in the future was planned before the clock was set back."""


class SqliteDeliveryQueue:
    """See `DeliveryQueue`. Every method blocks; the monitor calls it from one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""
        with reading(self._connection) as sql:
            found = sql.execute(
                f"SELECT DISTINCT channel FROM deliveries WHERE state = 'waiting' AND {_DUE}",
                (now, now),
            )
            return [channel for (channel,) in found]

    def due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
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

    def save_attempts(self, attempts: Sequence[DeliveryAttempt], now: Timestamp) -> None:
        """Store what came of attempts to deliver."""
        with transaction(self._connection) as sql:
            for attempt in attempts:
                if attempt.error is None:
                    sql.execute(
                        "UPDATE deliveries SET state = 'sent', sent_at = ?,"
                        " attempts = attempts + 1, reason = '' WHERE id = ?",
                        (now, attempt.delivery),
                    )
                else:
                    retry = attempt.retry_at
                    state = DeliveryState.DEAD if retry is None else DeliveryState.WAITING
                    sql.execute(
                        "UPDATE deliveries SET state = ?, due = coalesce(?, due), reason = ?,"
                        " attempts = attempts + 1, failing = coalesce(min(failing, ?), ?),"
                        " created_at = min(created_at, ?) WHERE id = ?",
                        (state, retry, attempt.error, now, now, now, attempt.delivery),
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

    def notified(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel accepted, newest first."""
        with reading(self._connection) as sql:
            found = sql.execute(
                "SELECT d.alert FROM deliveries d JOIN alerts al ON al.id = d.alert"
                " WHERE d.channel = ? AND al.watchlist = ? AND d.state = 'sent'"
                " GROUP BY d.alert ORDER BY max(d.created_at) DESC, d.alert DESC LIMIT ?",
                (channel, watchlist, limit),
            )
            return [alert for (alert,) in found]
