"""What the analyst sees of alerts and watchlists."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from index.article import Timestamp
from monitor.model.asked import Severity
from monitor.model.matching import Match


class AlertState(enum.StrEnum):
    """What the analyst has done with an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"


class Verdict(enum.StrEnum):
    """What the analyst thinks of an alert; kept to judge the watchlist."""

    NONE = ""
    RELEVANT = "relevant"
    NOISE = "noise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The fact that a watchlist matched an article, with what a row must show."""

    id: int
    watchlist: str
    article: int
    severity: Severity
    state: AlertState
    verdict: Verdict
    starred: bool
    backfill: bool
    raised_at: Timestamp
    title: str
    url: str
    feed: str
    """Name of the feed that had it first."""
    lang: str
    published: Timestamp | None
    copies: int = 0
    """Other articles that tell the same story."""
    matches: tuple[Match, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistCount:
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    spark: tuple[int, ...]
    """Alerts in each two hours of the last day, oldest first."""


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
class BackfillStand:
    """How far a new rule has got with the articles that were there before it."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""
