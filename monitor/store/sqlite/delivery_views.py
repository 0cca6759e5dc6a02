"""What viewers read of deliveries, of the evidence and of latency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from index.article import Timestamp
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.model.status import Carried, Clocked
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import CHUNK, marks, transaction
from monitor.store.sqlite.viewer_connection import Connected


class DeliveryViews(Connected):
    """Deliveries by state and channel."""

    def deliveries(
        self, states: Collection[DeliveryState], channel: str | None, limit: int | None
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, the newest last."""
        chosen = sorted(states)
        found = self._read(
            f"SELECT {rows.DELIVERY} FROM deliveries WHERE state IN ({marks(len(chosen))})"
            " AND (? IS NULL OR channel = ?) ORDER BY id DESC LIMIT ?",
            (*chosen, channel, channel, -1 if limit is None else limit),
        )
        return [rows.delivery(row) for row in found][::-1]

    def deliveries_of(self, alerts: Collection[int]) -> list[Delivery]:
        """Return the deliveries of some alerts, in the order in which they were planned."""
        found = self._read(
            f"SELECT {rows.DELIVERY} FROM deliveries WHERE alert IN ({marks(len(alerts))})"
            " ORDER BY id",
            list(alerts),
        )
        return [rows.delivery(row) for row in found]

    def delivery_counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""
        found = self._read(
            "SELECT channel, state, count(*) FROM deliveries WHERE state = 'waiting'"
            " GROUP BY channel UNION ALL"
            " SELECT channel, state, count(*) FROM deliveries WHERE state = 'dead'"
            " GROUP BY channel"
        )
        return {(channel, DeliveryState(state)): count for channel, state, count in found}

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


class EvidenceViews(Connected):
    """See `Proven`."""

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""
        found: dict[int, tuple[int, str]] = {}
        ids = sorted(alerts)
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            for alert, number, hash in self._read(
                "SELECT alert, number, hash FROM evidence WHERE kind IN ('raised', 'earlier')"
                f" AND alert IN ({marks(len(chunk))})",
                chunk,
            ):
                found[alert] = number, hash
        return found


class LatencyViews(Connected):
    """See `Timed`."""

    def clocked(self, since: Timestamp) -> list[Clocked]:
        """Return the articles whose first alert was raised since then, the first one first."""
        found = self._read(
            "SELECT article, feed, published, seen, matched, searchable, edited FROM latency"
            " WHERE matched >= ? ORDER BY matched, article",
            (since,),
        )
        return [
            Clocked(article, feed, published, seen, matched, searchable, bool(edited))
            for article, feed, published, seen, matched, searchable, edited in found
        ]

    def carried(self, since: Timestamp) -> list[Carried]:
        """Return the deliveries of alerts raised since then that a channel accepted."""
        return self._carried("al.raised_at >= ?", since)

    def sent_after(self, moment: Timestamp) -> list[Carried]:
        """Return what channels accepted after a moment, of alerts just raised."""
        return self._carried("d.sent_at > ?", moment)

    def _carried(self, condition: str, moment: Timestamp) -> list[Carried]:
        found = self._read(
            "SELECT d.id, d.channel, al.raised_at, d.sent_at, d.bundle <> ''"
            " FROM deliveries d JOIN alerts al ON al.id = d.alert"
            f" WHERE {condition} AND d.state = 'sent' AND d.occasion = ?"
            " AND d.sent_at IS NOT NULL ORDER BY d.id",
            (moment, Occasion.RAISED),
        )
        return [
            Carried(id, channel, raised_at, sent_at, bool(held))
            for id, channel, raised_at, sent_at, held in found
        ]
