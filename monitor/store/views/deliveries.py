"""What viewers read of deliveries, and the wish to try again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from index.article import Timestamp
from monitor import model
from monitor.store import rows
from monitor.store.chunks import marks
from monitor.store.connection import transaction
from monitor.store.views.connected import Connected


class DeliveryViews(Connected):
    """Deliveries by state and channel."""

    def deliveries(
        self, states: Collection[model.DeliveryState], channel: str | None, limit: int | None
    ) -> list[model.Delivery]:
        """Return the newest deliveries in these states, the newest last."""
        chosen = sorted(states)
        found = self._read(
            f"SELECT {rows.DELIVERY} FROM deliveries WHERE state IN ({marks(len(chosen))})"
            " AND (? IS NULL OR channel = ?) ORDER BY id DESC LIMIT ?",
            (*chosen, channel, channel, -1 if limit is None else limit),
        )
        return [rows.delivery(row) for row in found][::-1]

    def deliveries_of(self, alerts: Collection[int]) -> list[model.Delivery]:
        """Return the deliveries of some alerts, in the order in which they were planned."""
        found = self._read(
            f"SELECT {rows.DELIVERY} FROM deliveries WHERE alert IN ({marks(len(alerts))})"
            " ORDER BY id",
            list(alerts),
        )
        return [rows.delivery(row) for row in found]

    def delivery_counts(self) -> dict[tuple[str, model.DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""
        found = self._read(
            "SELECT channel, state, count(*) FROM deliveries WHERE state = 'waiting'"
            " GROUP BY channel UNION ALL"
            " SELECT channel, state, count(*) FROM deliveries WHERE state = 'dead'"
            " GROUP BY channel"
        )
        return {(channel, model.DeliveryState(state)): count for channel, state, count in found}

    def retry(
        self, ids: Sequence[int] | None, channel: str | None, to: str | None, now: Timestamp
    ) -> int:
        """Make unsent deliveries due at once, by id or all, of a channel or all.

        With `to` they go to that channel instead. Returns how many there are; raises
        StoreError if the store stays locked.
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
        with transaction(self._sql) as sql:
            return sql.execute(
                "UPDATE OR IGNORE deliveries SET state = 'waiting', due = ?, attempts = 0,"
                f" failing = NULL, reason = '', channel = coalesce(?, channel) WHERE {where}",
                (now, to, *values),
            ).rowcount
