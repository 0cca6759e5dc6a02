"""What the analyst sees of alerts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model.notices import AlertKind

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.matching import Match
    from monitor.model.severity import Severity


class AlertState(enum.StrEnum):
    """What the analyst has done with an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    """Done with: lists leave it out."""


class Verdict(enum.StrEnum):
    """What the analyst thinks of an alert; kept to judge the watchlist."""

    NONE = ""
    RELEVANT = "relevant"
    NOISE = "noise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A feed that has a story, by the first article with which it told it."""

    name: str
    article: int
    seen: Timestamp
    """When we first had it from this outlet."""
    lag: float
    """Seconds after the first outlet that had it."""
    copied: bool = False
    """Nearly the same text as another's; False for the first, and for versions of their own."""
    published: Timestamp | None = None
    """As the publisher says."""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells a story."""

    outlets: tuple[Outlet, ...] = ()
    """The first one first."""
    elsewhere: tuple[Outlet, ...] = ()
    """Those that tell of the same event in another language; lags are within their story."""


NOBODY_ELSE = Telling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Why and when an alert became louder than it was raised."""

    id: int
    """In the order in which they came about, over all alerts."""
    alert: int
    reason: str
    """`outlets`, or the language that the story crossed to: `fr`, `en`."""
    words: str
    """For people: `5 outlets`, `crossed to English: Reuters`."""
    at: Timestamp
    severity: Severity
    """Of the alert, before."""
    held: str = ""
    """Why nobody is told of it; empty when somebody is."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A term that matched an article until an edit removed it."""

    term: str
    at: Timestamp
    """When the edit was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The fact that a watchlist matched an article, or that a feed is in trouble.

    With what a row must show.
    """

    id: int
    watchlist: str
    """`FEED_HEALTH` when it is about a feed."""
    article: int | None
    """None when it is about a feed."""
    severity: Severity
    state: AlertState
    verdict: Verdict
    starred: bool
    backfill: bool
    raised_at: Timestamp
    title: str
    url: str
    feed: str
    """Name of the feed that had it first, or that it is about."""
    lang: str
    published: Timestamp | None
    copies: int = 0
    """Other articles that tell the same story."""
    matches: tuple[Match, ...] = ()
    kind: AlertKind = AlertKind.MATCH
    rule: str = ""
    """Version of the rule that raised it."""
    article_version: int = 1
    """Of the article, when it was raised."""
    held: str = ""
    """Why nobody is told of it: `backfill`, `cooldown`, `muted`, `no route`; else empty."""
    held_until: Timestamp | None = None
    """End of the cooldown or of the mute."""
    merged_into: int | None = None
    """The alert that speaks for this copy too."""
    escalations: tuple[Escalation, ...] = ()
    """In the order in which they came about."""
    lost: tuple[Lost, ...] = ()
    telling: Telling = NOBODY_ELSE
    """Who else has its story; read only where it was asked for."""
    note: str = ""
    """What the analyst noted, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """The analyst's, sorted; those of feeds are others."""

    @property
    def stirred_at(self) -> Timestamp:
        """Return when it last asked for attention: when it was raised, or became louder."""
        if self.verdict is Verdict.NOISE or not self.escalations:
            return self.raised_at
        return self.escalations[-1].at
