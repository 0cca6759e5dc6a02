"""Deliveries to channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import alert_number
from monitor.presentation.rows import Moment, means, row

if TYPE_CHECKING:
    from monitor.model.alert import Alert
    from monitor.model.briefing import StoredBriefing
    from monitor.model.delivery import Delivery


class DeliveryRow(TypedDict):
    """One alert, or one briefing, on its way to one channel."""

    id: Annotated[int, means("Number of the delivery.")]
    state: Annotated[str, means("`waiting`, `sent` or `dead` (given up).")]
    channel: str
    alert_id: Annotated[str | None, means("Number of the alert, as `a5`; null for a briefing.")]
    occasion: Annotated[str, means("`raised`, `escalated`, `unsilenced` or `briefing`.")]
    why: Annotated[str, means("Why it escalated, or how many were suppressed before it.")]
    watchlist: str
    title: str
    due: Annotated[Moment, means("When it is tried next.")]
    attempts: int
    reason: Annotated[str, means("Why it is not sent.")]
    created_at: Moment
    sent_at: Moment
    key: Annotated[str, means("The same at each attempt.")]
    bundle: Annotated[str, means("The same for deliveries that go as one message.")]
    briefing: Annotated[int | None, means("Number of the briefing; null for an alert.")]


def delivery_row(
    delivery: Delivery, alert: Alert | None, briefing: StoredBriefing | None
) -> DeliveryRow:
    """Return a delivery, with the alert or the briefing that it brings if that is still there."""
    return row(
        DeliveryRow,
        delivery,
        alert_id=alert_number(delivery.alert) if delivery.alert else None,
        watchlist=alert.watchlist if alert else "",
        title=alert.title if alert else briefing.subject if briefing else "",
    )
