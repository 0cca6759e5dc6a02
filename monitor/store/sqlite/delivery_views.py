"""What viewers read of deliveries and of latency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from index.article import Timestamp
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import ViewerConnection, marks, transaction

if TYPE_CHECKING:
    from monitor.model.latency import LatencyRows


class SqliteDeliveryViews:
    """See `DeliveryViews`."""

    def __init__(self, connection: ViewerConnection) -> None:
        self._connection = connection

    def newest(
        self,
        states: Collection[DeliveryState],
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, the newest last."""
        chosen = sorted(states)
        found = self._connection.read(
            f"SELECT {rows.DELIVERY} FROM deliveries WHERE state IN ({marks(len(chosen))})"
            " AND (? IS NULL OR channel = ?) ORDER BY id DESC LIMIT ?",
            (*chosen, channel, channel, -1 if limit is None else limit),
        )
        return [rows.delivery(row) for row in found][::-1]

    def unsent(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""
        found = self._connection.read(
            "SELECT channel, state, count(*) FROM deliveries WHERE state = 'waiting'"
            " GROUP BY channel UNION ALL"
            " SELECT channel, state, count(*) FROM deliveries WHERE state = 'dead'"
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
        """Make unsent deliveries due at once, by id or all; return how many they are."""
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
            return sql.execute(
                "UPDATE OR IGNORE deliveries SET state = 'waiting', due = ?, attempts = 0,"
                f" failing = NULL, reason = '', channel = coalesce(?, channel) WHERE {where}",
                (now, to, *values),
            ).rowcount

    def latency(self, since: Timestamp, *, sent_after: Timestamp | None = None) -> LatencyRows:
        """Return the steps of articles that raised alerts since then, and of their deliveries."""
        from monitor.model.latency import Carried, Clocked, LatencyRows

        clocked = self._connection.read(
            "SELECT article, feed, published, seen, matched, searchable, edited FROM latency"
            " WHERE matched >= ? ORDER BY matched, article",
            (since,),
        )
        condition = "al.raised_at >= ?" if sent_after is None else "d.sent_at > ?"
        carried = self._connection.read(
            "SELECT d.id, d.channel, al.raised_at, d.sent_at, d.bundle <> ''"
            " FROM deliveries d JOIN alerts al ON al.id = d.alert"
            f" WHERE {condition} AND d.state = 'sent' AND d.occasion = ?"
            " AND d.sent_at IS NOT NULL ORDER BY d.id",
            (since if sent_after is None else sent_after, Occasion.RAISED),
        )
        return LatencyRows(
            [
                Clocked(article, feed, published, seen, matched, searchable, bool(edited))
                for article, feed, published, seen, matched, searchable, edited in clocked
            ],
            [
                Carried(id, channel, raised_at, sent_at, bool(held))
                for id, channel, raised_at, sent_at, held in carried
            ],
        )
