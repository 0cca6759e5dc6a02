"""The facts that decisions about alerts are made from, and the plan of what is decided.

The store reads the facts, and writes a plan as it is, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.model.alert import AlertKind, AlertState, Verdict
from monitor.model.article import ArticleOrigin
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.evidence import Kind
from monitor.model.latency import ArticleTiming
from monitor.model.poll import NO_HEADLINE, Headline, RaisedAlert
from monitor.model.watchlist import Escalate, Match, Severity, Silence, Watchlist


class StoredText(NamedTuple):
    """The version and hash of an article's text in the store."""

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
    """The headline of its article."""


class StoryAlert(Struct, frozen=True, kw_only=True):
    """The first alert of a watchlist about a story, and what the watchlist asks for."""

    alert: RaisedAlert
    escalate: Escalate
    notify_backfill: bool
    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    reasons: frozenset[str] = frozenset()
    """Reasons for which the alert was escalated before."""


class StoryFacts(Struct, frozen=True, kw_only=True):
    """The articles to which a story has spread, and its alerts."""

    alerts: tuple[StoryAlert, ...] = ()
    """One alert of each watchlist."""
    members: tuple[ArticleOrigin, ...] = ()
    links: tuple[ArticleOrigin, ...] = ()
    """Later articles of other publishers that are surely about its event, in their order."""


class SuppressedCount(NamedTuple):
    """The number of alerts of a watchlist that were suppressed since its last notification."""

    alerts: int
    since: Timestamp


class EndedSilence(Struct, frozen=True, kw_only=True):
    """A silence that is over and has not been reported yet."""

    id: int
    silence: Silence
    """The silence, with the number of alerts that it suppressed."""
    newest: RaisedAlert | None
    """The newest of these alerts; None if there were none."""


class AlertFacts(Struct, frozen=True, kw_only=True):
    """The facts that the store reads for some arrivals, in their transaction."""

    last_alert: int = 0
    """The highest number that an alert ever had."""
    texts: Mapping[int, StoredText] = field(default_factory=dict)
    """Texts of the articles that match or have alerts, by article."""
    alerts: Mapping[int, tuple[KnownAlert, ...]] = field(default_factory=dict)
    """Alerts that changed articles have already, by article."""
    original_alerts: Mapping[int, tuple[KnownAlert, ...]] = field(default_factory=dict)
    """Alerts about an original and its copies, the oldest first, by the original."""
    last_notified: Mapping[str, Timestamp] = field(default_factory=dict)
    """When somebody was last notified, by watchlist; only where a cooldown is not over."""
    silences: Mapping[str, Timestamp] = field(default_factory=dict)
    """Ends of the silences of watchlists, by their names in lower case."""
    suppressed: Mapping[str, SuppressedCount] = field(default_factory=dict)
    """Counts by watchlist."""
    stories: Mapping[int, StoryFacts] = field(default_factory=dict)
    """Facts by story; only stories that the arrivals spread."""
    ended_silences: tuple[EndedSilence, ...] = ()


NO_FACTS = AlertFacts()


# --- the plan --------------------------------------------------------------------------


class NewAlert(RaisedAlert, frozen=True, kw_only=True):
    """An alert to be raised."""

    article: int | None = None
    """Number of its article; None when the alert is about something else."""
    about_feed: int | None = None
    """Number of the feed that the alert is about; None when it is about something else."""
    matches: tuple[Match, ...] = ()
    rule: str = ""
    """Version of the watchlist's rule."""
    article_version: int = 1
    merged_into: int | None = None
    suppressed_until: Timestamp | None = None


class NewEscalation(Struct, frozen=True, kw_only=True):
    """An alert whose severity is raised."""

    alert: RaisedAlert
    """It has its new severity, the reason in words, and why nobody is notified if so."""
    reason: str
    """`outlets`, or a language: each escalates an alert once."""
    severity_before: Severity
    outlets: int
    """Independent publishers that have the story."""
    article: int
    """The article that gave the reason."""
    reopened_from: AlertState | None = None
    """The state that the alert leaves for `new`; None when it keeps its state."""


class NewIncident(Struct, frozen=True, kw_only=True):
    """An incident of a feed that begins."""

    feed: int
    kind: AlertKind
    alert: int | None
    """Number of its alert; None when the incident is no news."""


class NewUnusualTime(NamedTuple):
    """The beginning of an `UnusualTime`, with the alert about it."""

    watchlist: str
    kind: AlertKind
    alert: int


class Notify(NamedTuple):
    """Deliveries of one alert."""

    alert: int
    occasion: Occasion
    why: str
    deliveries: tuple[PlannedDelivery, ...]


class EvidenceRecord(NamedTuple):
    """A record to be appended to the evidence."""

    kind: Kind
    alert: int
    content: Mapping[str, Any]
    rule: Watchlist | None = None
    """The watchlist whose rule the record refers to, by the number of the rule's record."""


class AlertPlan(Struct, kw_only=True):
    """Everything that some arrivals, or the end of a silence, change about alerts; it grows."""

    at: Timestamp
    raised: list[RaisedAlert] = field(default_factory=list)
    """Alerts for the log: new ones but no duplicates, then escalations, then those of feeds."""
    new: list[NewAlert] = field(default_factory=list)
    matches: dict[int, tuple[Match, ...]] = field(default_factory=dict)
    """Matches that replace those of an alert, by alert."""
    terms_lost: list[tuple[int, str]] = field(default_factory=list)
    """(alert, term) that an edit removed from the article."""
    terms_found: list[tuple[int, str]] = field(default_factory=list)
    """(alert, term) that the article has: if an edit removed it before, it is back."""
    escalations: list[NewEscalation] = field(default_factory=list)
    incidents: list[NewIncident] = field(default_factory=list)
    unusual: list[NewUnusualTime] = field(default_factory=list)
    usual_again: list[tuple[str, AlertKind]] = field(default_factory=list)
    """Unusual times that are over: the watchlist, and the kind of the alert."""
    timings: dict[int, ArticleTiming] = field(default_factory=dict)
    """Timings by article."""
    notify: list[Notify] = field(default_factory=list)
    suppressed: dict[str, SuppressedCount | None] = field(default_factory=dict)
    """Counts of suppressed alerts that change, by watchlist; None starts again from zero."""
    ended_silences: list[int] = field(default_factory=list)
    """Silences whose end is reported with this plan, by id."""
    messages: list[str] = field(default_factory=list)
    """Messages for the log about ended silences."""
    records: list[EvidenceRecord] = field(default_factory=list)

    @property
    def deliveries(self) -> int:
        return sum(len(notify.deliveries) for notify in self.notify)
