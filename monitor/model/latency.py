"""Latency: the times of the steps of articles, and the durations of steps."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _, mark


class Step(enum.StrEnum):
    """A step of the latency of an article that raised an alert."""

    SEEN = mark("published to seen")
    """It ends with the last byte of the answer that brought the article."""
    MATCHED = mark("seen to matched")
    """It ends when the article is stored, with its first alert."""
    SEARCHABLE = mark("matched to searchable")
    """It ends when the index has the article."""
    DELIVERED = mark("matched to delivered")
    """It ends when a channel accepts the alert."""

    @property
    def label(self) -> str:
        """The name that people read; programs read the value."""
        return _(self.value)


class ArticleTiming(Struct, frozen=True, kw_only=True):
    """The times at which an article that raised an alert was published and seen."""

    article: int
    feed: int
    """Number of the feed that had it first."""
    published: Timestamp | None
    """The date that the publisher gives; None without one."""
    seen: Timestamp
    edited: bool
    """Whether an edit raised the alert: the article was published long before."""


class ArticleTimes(ArticleTiming, frozen=True, kw_only=True):
    """The times of all steps of such an article."""

    matched: Timestamp
    searchable: Timestamp | None
    """None while it is not indexed."""


class DeliveryTimes(Struct, frozen=True):
    """The times when an alert was raised and when a channel accepted it."""

    id: int
    """Id of the delivery."""
    channel: str
    raised_at: Timestamp
    sent_at: Timestamp
    delayed: bool
    """Whether it waited for the end of quiet hours, or for a digest."""


class LatencyRows(NamedTuple):
    """The times that the store has, from which latency follows."""

    articles: list[ArticleTimes]
    deliveries: list[DeliveryTimes]


class Spread(Struct, frozen=True):
    """Percentiles of durations, in seconds."""

    count: int
    p50: float
    p95: float


class FeedLatency(Struct, frozen=True):
    """The durations of the steps for the articles of one feed."""

    name: str
    steps: dict[Step, Spread]


class Latency(Struct, frozen=True, kw_only=True):
    """The durations of all steps."""

    articles: int
    steps: dict[Step, Spread]
    feeds: tuple[FeedLatency, ...]
    """The slowest first."""
    channels: dict[str, Spread]
    """Seconds until each channel accepted alerts, the slowest channel first."""
    slowest: Step | None
    """The step with the largest p95; None if nothing is known."""
    slowest_own: Step | None
    """The same among the steps that do not depend on the publisher."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Articles and deliveries that were not counted for a step, by reason."""
