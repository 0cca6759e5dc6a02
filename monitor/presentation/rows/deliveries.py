"""Deliveries to channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import alert_number, iso

if TYPE_CHECKING:
    from monitor.model.alert import Alert
    from monitor.model.briefing import StoredBriefing
    from monitor.model.delivery import Delivery


class DeliveryRow(TypedDict):
    """One alert, or one briefing, on its way to one channel."""

    id: int
    """Number of the delivery."""
    state: str
    """`waiting`, `sent` or `dead` (given up)."""
    channel: str
    alert_id: str | None
    """Number of the alert, as `a5`; null for a briefing."""
    briefing: int | None
    """Number of the briefing; null for an alert."""
    occasion: str
    """`raised`, `escalated`, `unmuted` or `briefing`."""
    why: str
    """Why the alert escalated, or how many alerts were suppressed before it."""
    watchlist: str
    title: str
    due: str | None
    """When it is tried next."""
    attempts: int
    reason: str
    """Why it is not sent."""
    created_at: str | None
    sent_at: str | None
    key: str
    """The same at each attempt, so that a receiver recognises a message that arrives twice."""
    bundle: str
    """Deliveries that go as one message have the same number here."""


def delivery_row(
    delivery: Delivery, alert: Alert | None, briefing: StoredBriefing | None
) -> DeliveryRow:
    """Return a delivery, with the alert or the briefing that it brings if that is still there."""
    title = alert.title if alert else briefing.subject if briefing else ""
    return {
        "id": delivery.id,
        "state": str(delivery.state),
        "channel": delivery.channel,
        "alert_id": alert_number(delivery.alert) if delivery.alert else None,
        "briefing": delivery.briefing,
        "occasion": str(delivery.occasion),
        "why": delivery.why,
        "watchlist": alert.watchlist if alert else "",
        "title": title,
        "due": iso(delivery.due),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "created_at": iso(delivery.created_at),
        "sent_at": iso(delivery.sent_at),
        "key": delivery.key,
        "bundle": delivery.bundle,
    }
