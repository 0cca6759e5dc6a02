"""Deliveries, stored with the alerts they are about."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from index.article import Timestamp
from monitor.model import Occasion, Planned
from monitor.store.batch.transacted import Transacted


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
