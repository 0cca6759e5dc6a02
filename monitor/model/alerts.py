"""What the analyst sees of alerts and watchlists."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from index.article import Timestamp
from monitor.model.asked import Severity
from monitor.model.matching import Match
from monitor.model.notices import AlertKind


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts or articles; empty fields do not restrict."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names or `tag:NAME`."""
    watchlists: tuple[str, ...] = ()
    state: AlertState | None = None
    severities: tuple[Severity, ...] = ()
    """Of alerts, as loud as they are now."""
    verdict: Verdict | None = None
    starred: bool | None = None
    tags: tuple[str, ...] = ()
    """Alerts with any of these tags of the analyst."""
    noted: bool | None = None
    """Alerts with a note, or without."""
    closed: bool = False
    """Also alerts that are closed, where `state` does not say which."""
    muted: bool = False
    """Also alerts that were raised while their watchlist was muted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A watchlist's alerts of today, and how many are usual by this time of this weekday."""

    today: int = 0
    """Since midnight, without those for what was there before."""
    usual: float | None = None
    """None while too little is known: fewer than two weeks."""
    weeks: int = 0
    """Same weekdays before this one that are known, up to eight."""
    surprise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistCount:
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    spark: tuple[int, ...]
    """Alerts in each two hours of the last day, oldest first."""
    pace: Pace = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistRecord:
    """What a watchlist has brought so far, and what the analyst thought of it."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    last_hit: Timestamp | None
    relevant: int
    """Alerts with this verdict; those with none count for neither."""
    noise: int


@dataclass(frozen=True, slots=True)
class TermRecord:
    """What a term of a watchlist has brought so far, and what the analyst thought of it."""

    watchlist: str
    term: str
    total: int
    relevant: int
    noise: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An article that raised an alert, and what the analyst thought of that."""

    article: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class BackfillStand:
    """How far a new rule has got with the articles that were there before it."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""
