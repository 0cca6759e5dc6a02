"""Deliveries: the queue of the monitor that sends them, and what viewers read of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from monitor.base.article import Timestamp
from monitor.model.delivery import Delivery, DeliveryAttempt, DeliveryState, Occasion
from monitor.model.latency import ArticleTimes, DeliveryTimes, LatencyRows
from monitor.storage.store.database.connection import (
    EVERY,
    Connection,
    Row,
    StoreConnection,
    marks,
    select_in,
    transaction,
)

DELIVERY = ", ".join(Delivery.__struct_fields__)
_DUE = "(due <= ? OR created_at > ? + 60)"
"""What was planned in the future was planned before the clock was set back."""


class DeliveryQueue:
    """Deliveries on their way, for the monitor that sends them."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""
        found = self._connection.read(
            f"SELECT DISTINCT channel FROM deliveries WHERE state = 'waiting' AND {_DUE}",
            (now, now),
        )
        return [channel for (channel,) in found]

    def due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return what is due for a channel, the most urgent first, bundles whole."""
        waiting = (
            f"SELECT {DELIVERY} FROM deliveries WHERE state = 'waiting' AND channel = ? AND {_DUE}"
        )
        values, read = (channel, now, now), self._connection.rows
        first = read(f"{waiting} ORDER BY due, id LIMIT ?", (*values, limit))
        found = [delivery_of(row) for row in first]
        bundles = {one.bundle for one in found} - {""}
        known = {one.id for one in found}
        whole = read(
            f"{waiting} AND bundle IN ({marks(len(bundles))}) ORDER BY due, id",
            (*values, *bundles),
        )
        return found + [one for one in map(delivery_of, whole) if one.id not in known]

    def save_attempts(self, attempts: Sequence[DeliveryAttempt], now: Timestamp) -> None:
        """Store what came of attempts to deliver."""
        with transaction(self._connection.sql) as sql:
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
                        "UPDATE deliveries SET state = ?1, due = coalesce(?2, due), reason = ?3,"
                        " attempts = attempts + 1,"
                        " failing = CASE WHEN failing < ?4 THEN failing ELSE ?4 END,"
                        " created_at = CASE WHEN created_at < ?4 THEN created_at ELSE ?4 END"
                        " WHERE id = ?5",
                        (state, retry, attempt.error, now, attempt.delivery),
                    )

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up what waits for channels that there are no more; return how much that is."""
        with transaction(self._connection.sql) as sql:
            return sql.execute(
                "UPDATE deliveries SET state = 'dead',"
                " reason = 'feeds.yaml has no channel ' || channel || ' any more'"
                f" WHERE state = 'waiting' AND (channel IN ({marks(len(channels))})) IS NOT TRUE",
                channels,
            ).rowcount


class DeliveryViews:
    """Deliveries, and how long they took."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def newest(
        self,
        states: Collection[DeliveryState],
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, of a channel or all, the newest last."""
        chosen = sorted(states)
        found = self._connection.rows(
            f"SELECT {DELIVERY} FROM deliveries WHERE state IN ({marks(len(chosen))})"
            " AND (cast(? AS TEXT) IS NULL OR channel = ?) ORDER BY id DESC LIMIT ?",
            (*chosen, channel, channel, EVERY if limit is None else limit),
        )
        return [delivery_of(row) for row in found][::-1]

    def notified(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel accepted, newest first."""
        found = self._connection.read(
            "SELECT d.alert FROM deliveries d JOIN alerts al ON al.id = d.alert"
            " WHERE d.channel = ? AND al.watchlist = ? AND d.state = 'sent'"
            " GROUP BY d.alert ORDER BY max(d.created_at) DESC, d.alert DESC LIMIT ?",
            (channel, watchlist, limit),
        )
        return [alert for (alert,) in found]

    def of_alerts(self, alerts: Collection[int]) -> dict[int, tuple[Delivery, ...]]:
        """Return the deliveries of these alerts, by alert, the first one first."""
        found: dict[int, tuple[Delivery, ...]] = {}
        for row in self._connection.rows_in(
            f"SELECT {DELIVERY} FROM deliveries WHERE alert IN ({{0}}) ORDER BY id", alerts
        ):
            delivery = delivery_of(row)
            found[delivery.alert] = (*found.get(delivery.alert, ()), delivery)
        return found

    def unsent(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""
        found = self._connection.read(
            "SELECT channel, 'waiting', count(*) FROM deliveries WHERE state = 'waiting'"
            " GROUP BY channel UNION ALL"
            " SELECT channel, 'dead', count(*) FROM deliveries WHERE state = 'dead'"
            " GROUP BY channel"
        )
        return {(channel, DeliveryState(state)): count for channel, state, count in found}

    def retry(
        self,
        ids: Sequence[int] | None,
        now: Timestamp,
        *,
        channel: str | None = None,
        to: str | None = None,
    ) -> int:
        """Make unsent deliveries due at once, by id or all; return how many they are.

        Raises StoreError if the store stays locked.

        Args:
            ids: None for all that failed or were given up.
            now: When they are due.
            channel: Only those of this channel.
            to: The channel that they go to instead of their own.
        """
        where = "state IN ('waiting', 'dead')"
        values: list[Any] = []
        if ids is not None:
            where += f" AND id IN ({marks(len(ids))})"
            values += ids
        else:
            where += " AND (state = 'dead' OR attempts > 0)"
        if channel is not None:
            where += " AND channel = ?"
            values.append(channel)
        with transaction(self._connection.sql) as sql:
            chosen = sql.execute(
                f"SELECT id, alert, channel, occasion, why FROM deliveries WHERE {where}"
                " ORDER BY id",
                values,
            ).fetchall()
            if to is not None:
                chosen = _without_twins(sql, chosen, to)
            sql.executemany(
                "UPDATE deliveries SET state = 'waiting', due = ?, attempts = 0,"
                " failing = NULL, reason = '', channel = ? WHERE id = ?",
                [(now, to or channel, id) for id, _, channel, *_ in chosen],
            )
        return len(chosen)

    def latency(self, since: Timestamp, *, sent_after: Timestamp | None = None) -> LatencyRows:
        """Return the steps of articles that raised alerts since then, and of their deliveries.

        With `sent_after` the deliveries are those that were accepted after that moment.
        """
        clocked = self._connection.rows(
            "SELECT article, feed, published, seen, matched, searchable, edited FROM latency"
            " WHERE matched >= ? ORDER BY matched, article",
            (since,),
        )
        condition = "al.raised_at >= ?" if sent_after is None else "d.sent_at > ?"
        carried = self._connection.rows(
            "SELECT d.id, d.channel, al.raised_at, d.sent_at, d.bundle <> '' AS delayed"
            " FROM deliveries d JOIN alerts al ON al.id = d.alert"
            f" WHERE {condition} AND d.state = 'sent' AND d.occasion = ?"
            " AND d.sent_at IS NOT NULL ORDER BY d.id",
            (since if sent_after is None else sent_after, Occasion.RAISED),
        )
        return LatencyRows(
            [ArticleTimes(**{**row, "edited": bool(row["edited"])}) for row in clocked],
            [DeliveryTimes(**{**row, "delayed": bool(row["delayed"])}) for row in carried],
        )


def _without_twins(
    sql: Connection, chosen: Sequence[tuple[Any, ...]], channel: str
) -> list[tuple[Any, ...]]:
    """Return those of some deliveries for which a channel has none of the same alert yet."""
    twins = select_in(
        sql,
        "SELECT id, alert, occasion, why, channel FROM deliveries WHERE alert IN ({0})",
        {alert for _, alert, *_ in chosen},
    )
    taken = {tuple(about): id for id, *about, of in twins if of == channel}
    return [row for row in chosen if taken.setdefault((row[1], row[3], row[4]), row[0]) == row[0]]


def delivery_of(row: Row) -> Delivery:
    """Return the delivery of a row with the columns `DELIVERY`."""
    occasion, state = Occasion(row["occasion"]), DeliveryState(row["state"])
    return Delivery(**{**row, "occasion": occasion, "state": state})
