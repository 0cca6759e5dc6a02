"""Deliveries with what they tell of, read from the store."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import FEED_HEALTH, NOBODY_ELSE, Alert, Delivery, Parcel
from monitor.store import Store, Views


class Packing:
    """Reads what deliveries are about; `pack` does in any thread, `history` in the store's."""

    def __init__(self, store: Store, views: Views) -> None:
        self._store = store
        self._views = views

    def pack(self, deliveries: Sequence[Delivery]) -> list[Parcel]:
        """Return parcels in the same order; those whose alert is there no more are left out."""
        alerts = {alert.id: alert for alert in self._alerts([one.alert for one in deliveries])}
        wanted = list(dict.fromkeys(a.article for a in alerts.values() if a.article is not None))
        articles = {article.id: article for article in self._views.articles(wanted)}
        return [
            Parcel(
                delivery=delivery,
                alert=alert,
                article=articles.get(alert.article or 0),
            )
            for delivery in deliveries
            if (alert := alerts.get(delivery.alert))
        ]

    def history(self, channel: str, watchlist: str, limit: int) -> list[Alert]:
        """Return the last alerts of a watchlist that a channel was told of, newest first."""
        stored = "" if watchlist == FEED_HEALTH else watchlist
        return self._alerts(self._store.told_of(channel, stored, limit))

    def _alerts(self, ids: Sequence[int]) -> list[Alert]:
        from dataclasses import replace

        found = self._views.alerts(list(dict.fromkeys(ids)), matches=True)
        known = self._views.tellings({alert.article for alert in found if alert.article})
        return [replace(a, telling=known.get(a.article or 0, NOBODY_ELSE)) for a in found]
