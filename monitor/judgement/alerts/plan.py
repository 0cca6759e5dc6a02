"""What is decided about alerts: the store writes a plan as it is, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.judgement.alerts.facts import SuppressedCount
from monitor.model.alert import AlertKind, AlertState
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.evidence import Kind
from monitor.model.poll import RaisedAlert
from monitor.model.watchlist import Match, Severity, Watchlist


class NewAlert(Struct, frozen=True, kw_only=True):
    """An alert to be raised."""

    alert: RaisedAlert
    article: int | None = None
    """None when the alert is about something else."""
    feed: int | None = None
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
    """With its severity from now on, the reason in words, and why nobody is notified if so."""
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
    """None when it is no news."""


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


class ArticleTiming(NamedTuple):
    """When an article that raised an alert was published and seen."""

    article: int
    feed: int
    published: Timestamp | None
    seen: Timestamp
    edited: bool
    """An edit raised the alert: the article was published long before."""


class EvidenceRecord(NamedTuple):
    """A record to be appended to the evidence."""

    kind: Kind
    alert: int
    content: Mapping[str, Any]
    rule: Watchlist | None = None
    """The watchlist whose rule the record refers to, by the number of the rule's record."""


class AlertPlan(Struct, frozen=True, kw_only=True):
    """Everything that some arrivals, or the end of a silence, change about alerts."""

    at: Timestamp
    raised: tuple[RaisedAlert, ...] = ()
    """For the log: new alerts that are no duplicates, then escalations, then those of feeds."""
    new: tuple[NewAlert, ...] = ()
    matches: Mapping[int, tuple[Match, ...]] = field(default_factory=dict)
    """Matches that take the place of those that an alert has, by alert."""
    terms_lost: tuple[tuple[int, str], ...] = ()
    """(alert, term) that an edit removed from the article."""
    terms_found: tuple[tuple[int, str], ...] = ()
    """(alert, term) that the article has: if an edit removed it before, it is back."""
    escalations: tuple[NewEscalation, ...] = ()
    incidents: tuple[NewIncident, ...] = ()
    unusual: tuple[NewUnusualTime, ...] = ()
    usual_again: tuple[tuple[str, AlertKind], ...] = ()
    """Unusual times that are over: the watchlist, and the kind of the alert."""
    timings: tuple[ArticleTiming, ...] = ()
    notify: tuple[Notify, ...] = ()
    suppressed: Mapping[str, SuppressedCount | None] = field(default_factory=dict)
    """Counts of suppressed alerts that change, by watchlist; None starts again from zero."""
    ended_silences: tuple[int, ...] = ()
    """Silences whose end is reported with this plan, by id."""
    messages: tuple[str, ...] = ()
    """For the log: which silences ended."""
    records: tuple[EvidenceRecord, ...] = ()

    @property
    def deliveries(self) -> int:
        return sum(len(one.deliveries) for one in self.notify)
