"""Rows for programs that take more than one question to the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.model.delivery import UNSENT, Delivery, DeliveryState
from monitor.model.watchlist import Baseline, WatchlistRecord
from monitor.presentation.rows.deliveries import DeliveryRow, delivery_row
from monitor.presentation.rows.feeds import GapRow, gap_row

if TYPE_CHECKING:
    from monitor.presentation.rows.watchlists import WatchlistRow
    from monitor.presentation.service.service import Service
    from monitor.storage.store.sql.views import Views

DAY = 86_400.0


def watchlist_rows(
    service: Service, records: Sequence[WatchlistRecord], now: Timestamp
) -> list[WatchlistRow]:
    """Return watchlists with what they brought, today and before."""
    from monitor.presentation.rows.watchlists import watchlist_row

    coverage = {item.watchlist: item for item in service.coverage(now - DAY)}
    baselines = service.statistics.baselines()
    suppressed: dict[str, dict[str, int]] = defaultdict(dict)
    for (name, reason), count in sorted(service.views.watchlists.suppressed(now - DAY).items()):
        suppressed[name][reason] = count
    silenced = {one.watchlist: one.until for one in service.views.watchlists.silences(now)}
    return [
        watchlist_row(
            record,
            coverage.get(record.name),
            baselines.get(record.name, Baseline()),
            suppressed.get(record.name, {}),
            silenced.get(record.name),
        )
        for record in records
    ]


def gap_rows(service: Service, since: Timestamp, now: Timestamp) -> list[GapRow]:
    """Return the coverage gaps since a time, and the watchlists that they concern."""
    coverage = service.coverage(since)
    return [gap_row(gap, coverage, now) for gap in service.views.feeds.gaps(since, now)]


def newest_deliveries(
    views: Views, state: str | None, channel: str | None, limit: int
) -> list[Delivery]:
    """Return deliveries, the newest first.

    Args:
        views: Reads the store.
        state: `waiting`, `sent`, `dead`, `all`, or `held` for those held back for quiet hours or
            a digest; None for all that are not sent.
        channel: Only deliveries to this channel.
        limit: How many at the most; 0 for all.
    """
    if state == "held":
        waiting = views.deliveries.newest([DeliveryState.WAITING], channel=channel)
        held = [one for one in waiting if one.bundle or (one.reason and not one.attempts)]
        return held[-limit:][::-1]
    states: tuple[DeliveryState, ...] = UNSENT
    if state is not None:
        states = tuple(DeliveryState) if state == "all" else (DeliveryState(state),)
    return views.deliveries.newest(states, channel=channel, limit=limit or None)[::-1]


def delivery_rows(views: Views, listed: Sequence[Delivery]) -> list[DeliveryRow]:
    """Return deliveries with the titles of what they bring."""
    alerts = {one.id: one for one in views.alerts.get([each.alert for each in listed])}
    numbers = [each.briefing for each in listed if each.briefing is not None]
    briefings = views.briefings.get(numbers)
    return [
        delivery_row(each, alerts.get(each.alert), briefings.get(each.briefing or 0))
        for each in listed
    ]
