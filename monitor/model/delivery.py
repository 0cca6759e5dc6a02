"""Alerts and briefings on their way to channels."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from msgspec import Struct

from monitor.base.article import Timestamp

if TYPE_CHECKING:
    from monitor.base.article import Article
    from monitor.model.alert import Alert
    from monitor.model.briefing import StoredBriefing


class Occasion(enum.StrEnum):
    """The occasion on which a channel is notified."""

    RAISED = "raised"
    ESCALATED = "escalated"
    UNSILENCED = "unsilenced"
    """The silence of its watchlist has ended; this is the newest alert that it suppressed."""
    BRIEFING = "briefing"
    """It is time for a briefing, which is about no single alert."""


class DeliveryState(enum.StrEnum):
    """The state of a delivery."""

    WAITING = "waiting"
    """It is sent when it is due: now, after a failure, or when quiet hours end."""
    SENT = "sent"
    DEAD = "dead"
    """It was given up: it is shown, and sent again only if the analyst asks for it."""


UNSENT = (DeliveryState.WAITING, DeliveryState.DEAD)


class PlannedDelivery(Struct, frozen=True, kw_only=True):
    """A planned delivery, to be stored with its alert."""

    channel: str
    due: Timestamp
    reason: str = ""
    """The reason why it waits (`digest at 07:30`) or was given up; empty if it is sent at once."""
    bundle: str = ""
    """Deliveries of a channel with the same bundle are one message; empty means alone."""


class Delivery(PlannedDelivery, frozen=True, kw_only=True):
    """One alert, or one briefing, on its way to one channel."""

    id: int
    alert: int
    """0 for a briefing."""
    occasion: Occasion
    why: str
    """The reason of the escalation, or the alerts suppressed before; may be empty."""
    key: str
    """Idempotency key: the same at each attempt, so that receivers recognise a repetition."""
    state: DeliveryState
    attempts: int
    created_at: Timestamp
    sent_at: Timestamp | None
    failing: Timestamp | None = None
    """Time of the first failed attempt; None without one, or after the analyst asked again."""
    briefing: int | None = None
    """Number of the stored briefing; None when it is about an alert."""


class DeliveryAttempt(Struct, frozen=True, kw_only=True):
    """The result of an attempt to deliver."""

    delivery: int
    error: str | None = None
    """The reason why the channel refused it; None if it was accepted."""
    retry_at: Timestamp | None = None
    """Time of the next try after an error; None gives up."""


class Notification(Struct, frozen=True, kw_only=True):
    """A delivery with its alert and article."""

    delivery: Delivery
    alert: Alert
    """The alert with its matches and timeline."""
    article: Article | None
    """None if the alert is not about an article."""


class BriefingNotification(Struct, frozen=True, kw_only=True):
    """A delivery with the briefing that it brings."""

    delivery: Delivery
    briefing: StoredBriefing
