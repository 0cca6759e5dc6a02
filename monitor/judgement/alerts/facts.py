"""The facts that decisions about alerts are made from, as the store reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.model.alert import AlertState, BegunIncident, Verdict
from monitor.model.article import ArticleOrigin
from monitor.model.evidence import Via
from monitor.model.feed import Feed
from monitor.model.poll import NO_HEADLINE, ArticleChange, Headline, RaisedAlert, ResponseEvidence
from monitor.model.watchlist import Escalate, Match, Severity, Silence


class Arrivals(Struct, frozen=True, kw_only=True):
    """Articles of one feed that are stored and may raise alerts, and notices about the feed."""

    feed: Feed
    via: Via
    changes: tuple[ArticleChange, ...] = ()
    response: ResponseEvidence | None = None
    """The answer that brought the articles, where it is at hand."""
    notices: tuple[BegunIncident, ...] = ()
    linked: Mapping[int, bool] = field(default_factory=dict)
    """Stories that new links spread, and whether only to articles that are not new any more."""


class StoredText(NamedTuple):
    """Which text of an article the store has."""

    version: int
    sha256: str


class KnownAlert(Struct, frozen=True, kw_only=True):
    """An alert about an article that was raised before."""

    id: int
    watchlist: str
    article: int
    merged_into: int | None = None
    matches: tuple[Match, ...] = ()
    headline: Headline = NO_HEADLINE
    """Of its article."""


class StoryAlert(Struct, frozen=True, kw_only=True):
    """The first alert of a watchlist about a story, and what the watchlist asks for."""

    id: int
    watchlist: str
    severity: Severity
    title: str
    lang: str
    feed: str
    escalate: Escalate
    notify_backfill: bool
    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    reasons: frozenset[str] = frozenset()
    """Reasons for which the alert was escalated before."""


class StoryLink(NamedTuple):
    """A later article of another publisher that is surely about the event of a story."""

    article: int
    lang: str
    feed: str
    url: str
    feed_url: str


class StoryFacts(Struct, frozen=True, kw_only=True):
    """How far a story has spread, and its alerts."""

    alerts: tuple[StoryAlert, ...] = ()
    """One of each watchlist."""
    members: tuple[ArticleOrigin, ...] = ()
    links: tuple[StoryLink, ...] = ()
    """In the order of the articles."""


class SuppressedCount(NamedTuple):
    """How many alerts of a watchlist were suppressed since somebody was notified of one."""

    alerts: int
    since: Timestamp


class EndedSilence(Struct, frozen=True, kw_only=True):
    """A silence that is over and has not been reported yet."""

    id: int
    silence: Silence
    """With the number of alerts that it suppressed."""
    newest: RaisedAlert | None
    """The newest of these alerts; None if there were none."""


class AlertFacts(Struct, frozen=True, kw_only=True):
    """What the store knows that matters for some arrivals, read in their transaction."""

    last_alert: int = 0
    """The highest number that an alert ever had."""
    texts: Mapping[int, StoredText] = field(default_factory=dict)
    """Of the articles that match or have alerts, by article."""
    alerts: Mapping[int, tuple[KnownAlert, ...]] = field(default_factory=dict)
    """Alerts that changed articles have already, by article."""
    of_originals: Mapping[int, tuple[KnownAlert, ...]] = field(default_factory=dict)
    """Alerts about an original and its copies, the oldest first, by the original."""
    last_notified: Mapping[str, Timestamp] = field(default_factory=dict)
    """When the last alert was raised that somebody was notified of, by watchlist with a cooldown;
    only where the cooldown is not over."""
    silences: Mapping[str, Timestamp] = field(default_factory=dict)
    """Until when watchlists are silenced, by their names in lower case."""
    suppressed: Mapping[str, SuppressedCount] = field(default_factory=dict)
    """By watchlist."""
    stories: Mapping[int, StoryFacts] = field(default_factory=dict)
    """By story; only stories that the arrivals spread."""
    ended_silences: tuple[EndedSilence, ...] = ()


NO_FACTS = AlertFacts()
