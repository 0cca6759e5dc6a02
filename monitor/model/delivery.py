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
    """Why a channel is notified of an alert."""

    RAISED = "raised"
    ESCALATED = "escalated"
    UNSILENCED = "unsilenced"
    """The silence of its watchlist has ended; this is the newest alert that it suppressed."""
    BRIEFING = "briefing"
    """It is time for a briefing, which is about no single alert."""


class DeliveryState(enum.StrEnum):
    """How far a delivery has got."""

    WAITING = "waiting"
    """To be sent when it is due: now, after a failure, or when quiet hours end."""
    SENT = "sent"
    DEAD = "dead"
    """Given up: shown, and sent again only if the analyst asks for it."""


UNSENT = (DeliveryState.WAITING, DeliveryState.DEAD)


class PlannedDelivery(Struct, frozen=True, kw_only=True):
    """A planned delivery, to be stored with its alert."""

    channel: str
    due: Timestamp
    reason: str = ""
    """Why it is not due at once: `quiet hours until 07:00`, `digest at 07:30`."""
    bundle: str = ""
    """Deliveries of a channel with the same bundle go as one message; empty goes alone."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One alert, or one briefing, on its way to one channel."""

    id: int
    alert: int
    """0 for a briefing."""
    channel: str
    occasion: Occasion
    why: str
    """Why the alert was escalated, or what was suppressed before it; may be empty."""
    key: str
    """The same at each attempt, so that a receiver can recognise a repetition."""
    state: DeliveryState
    due: Timestamp
    attempts: int
    reason: str
    """Why it is not sent yet, or was given up; empty when it was sent at once."""
    created_at: Timestamp
    sent_at: Timestamp | None
    bundle: str = ""
    failing: Timestamp | None = None
    """Since when it has been tried in vain; None when it was not, or was asked for again."""
    briefing: int | None = None
    """Number of the stored briefing; None when it is about an alert."""


class DeliveryAttempt(Struct, frozen=True, kw_only=True):
    """What came of an attempt to deliver."""

    delivery: int
    error: str | None = None
    """Why the channel did not accept it; None when it did."""
    retry_at: Timestamp | None = None
    """When to try again after an error; None gives it up."""


class Notification(Struct, frozen=True, kw_only=True):
    """A delivery with what it tells of."""

    delivery: Delivery
    alert: Alert
    """With its matches and who else has its story."""
    article: Article | None
    """None when the alert is about a feed."""


class BriefingNotification(Struct, frozen=True, kw_only=True):
    """A delivery with the briefing that it brings."""

    delivery: Delivery
    briefing: StoredBriefing
