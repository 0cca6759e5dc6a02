"""Alerts about feeds: what they are about, and from when to when it was so."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.severity import Severity

FEED_HEALTH = "feed health"
"""What alerts about feeds have in place of a watchlist."""


class AlertKind(enum.StrEnum):
    """What an alert is about: an article, or the state of a feed."""

    MATCH = "match"
    SILENT = "silent"
    """The feed publishes nothing, for longer than is its habit."""
    FAILING = "failing"
    """It could not be read for a day."""
    GONE = "gone"
    """The server said that there is no such feed any more (410)."""
    REISSUED = "reissued"
    """It published what it had published before under new ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An episode that begins, and the alert about it."""

    kind: AlertKind
    severity: Severity
    title: str
    """All there is to say, in words."""
    rings: bool = True
    """False where it was so before we watched: that is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """From when to when a feed was in trouble."""

    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""
