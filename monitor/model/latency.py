"""Latency: when an article took which step, and how long steps took."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import mark


class Step(enum.StrEnum):
    """A step of the latency of an article that raised an alert."""

    SEEN = mark("published to seen")
    """Until the last byte of the answer that brought it was there."""
    MATCHED = mark("seen to matched")
    """Until it was stored, with its first alert."""
    SEARCHABLE = mark("matched to searchable")
    """Until the index had it."""
    DELIVERED = mark("matched to delivered")
    """Until a channel accepted the alert."""

    @property
    def label(self) -> str:
        """The name that people read; programs read the value."""
        return _(self.value)


class ArticleTimes(Struct, frozen=True):
    """When an article that raised an alert took which step."""

    article: int
    feed: int
    """Number of the feed that had it first."""
    published: Timestamp | None
    """The publisher's word; None without one."""
    seen: Timestamp
    matched: Timestamp
    searchable: Timestamp | None
    """None: not yet."""
    edited: bool
    """An edit raised the alert: it was published long before."""


class DeliveryTimes(Struct, frozen=True):
    """When an alert was raised, and when a channel accepted it."""

    id: int
    """Of the delivery."""
    channel: str
    raised_at: Timestamp
    sent_at: Timestamp
    delayed: bool
    """It waited for the end of quiet hours, or for a digest."""


class LatencyRows(NamedTuple):
    """What the store knows of latency."""

    clocked: list[ArticleTimes]
    carried: list[DeliveryTimes]


class Spread(Struct, frozen=True):
    """How long something took, mostly and at worst; seconds."""

    count: int
    p50: float
    p95: float


class FeedLatency(Struct, frozen=True):
    """How long each step took for the articles of one feed."""

    name: str
    steps: dict[Step, Spread]


class Latency(Struct, frozen=True, kw_only=True):
    """How long each step took."""

    articles: int
    steps: dict[Step, Spread]
    feeds: tuple[FeedLatency, ...]
    """The slowest first."""
    channels: dict[str, Spread]
    """How long it took until each accepted alerts, the slowest first."""
    slowest: Step | None
    """By what nineteen of twenty took at most; None when nothing is known."""
    slowest_own: Step | None
    """The same of the steps that do not lie with the publisher."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Articles and deliveries that a step was not reckoned for, by why."""
