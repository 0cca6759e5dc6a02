"""Alerts: matches, state, verdict, escalations, and who else has the story."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.model.watchlist import Match, Severity


class AlertKind(enum.StrEnum):
    """What an alert is about: an article, a feed, the newsroom, or how much a watchlist brings."""

    MATCH = "match"
    SILENT = "silent"
    """The feed publishes nothing, for longer than is its habit."""
    FAILING = "failing"
    """It could not be read for a day."""
    GONE = "gone"
    """The server said that there is no such feed any more (410)."""
    REISSUED = "reissued"
    """It published what it had published before under new ids."""
    QUARANTINED = "quarantined"
    """Its articles exceeded the limits of matching or indexing."""
    DAMAGED = "damaged"
    """Pages of the store are damaged: the alert is about the newsroom itself."""
    LOST = "lost"
    """A monitor of a shared store is not heard of any more: it is about the newsroom itself."""
    SPIKE = "spike"
    """The watchlist brings many more stories than is usual at this time."""
    QUIET = "quiet"
    """The watchlist brings none, for longer than chance explains, and its feeds can be read."""


UNUSUAL = (AlertKind.SPIKE, AlertKind.QUIET)
"""What alerts are about that are about their watchlist itself: neither an article nor a feed."""


class SuppressionReason(enum.StrEnum):
    """Why nobody is notified of an alert, as the store and exports have it."""

    BACKFILL = "backfill"
    """Its article was there before its feed was watched."""
    SILENCE = "silence"
    """Its watchlist was silenced."""
    NO_ROUTE = "no route"  # not a message
    """No route leads to a channel."""
    COOLDOWN = "cooldown"
    """Somebody was notified of another alert of its watchlist a short time before."""


class BegunIncident(Struct, frozen=True, kw_only=True):
    """An incident that begins, and the alert about it."""

    kind: AlertKind
    severity: Severity
    title: str
    """All there is to say, in words."""
    rings: bool = True
    """False where the feed was in this state before it was watched: that is no news."""


class FeedIncident(Struct, frozen=True, kw_only=True):
    """From when to when a feed was in trouble."""

    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""


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


class Outlet(Struct, frozen=True, kw_only=True):
    """Who has a story, by the first article with which it told it: a feed, or an outlet of it."""

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
    perhaps: bool = False
    """Linked by names alone, which is often wrong."""


class MergedAlert(Struct, frozen=True, kw_only=True):
    """The alert of another article that is merged with one of the article at hand."""

    alert: int
    of: int
    """The alert of the article at hand."""
    stands: bool
    """Whether it stands for that one; else it was merged into it, and nobody is notified of it."""
    watchlist: str
    article: int
    title: str
    """Headline of its article."""
    publisher: str
    """Who published its article."""
    seen: Timestamp
    """When its article was first seen."""


class LinkedOutlets(Struct, frozen=True):
    """The outlets that tell of an event in one language, by links of one kind."""

    lang: str
    """Its code, empty if it is not known."""
    perhaps: bool
    """Linked by names alone."""
    outlets: tuple[Outlet, ...]


class StoryTimeline(Struct, frozen=True):
    """Who tells a story."""

    outlets: tuple[Outlet, ...] = ()
    """The first one first."""
    elsewhere: tuple[Outlet, ...] = ()
    """Those that tell of the same event in another language or in other words; lags are within
    their story."""

    def elsewhere_by_language(self) -> list[LinkedOutlets]:
        """Return the outlets elsewhere by language; those of links that are sure come first."""
        groups: dict[tuple[bool, str], list[Outlet]] = {}
        for outlet in sorted(self.elsewhere, key=lambda one: one.perhaps):
            groups.setdefault((outlet.perhaps, outlet.lang), []).append(outlet)
        return [
            LinkedOutlets(lang, perhaps, tuple(outlets))
            for (perhaps, lang), outlets in groups.items()
        ]


NOBODY_ELSE = StoryTimeline()


class Escalation(Struct, frozen=True, kw_only=True):
    """Why and when an alert was escalated."""

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
    suppressed: str = ""
    """A `SuppressionReason`: why nobody is notified of it; empty when somebody is."""


OUTLETS = "outlets"
"""The reason of an escalation that is a number of outlets; other reasons are languages."""


class EscalatedAlert(NamedTuple):
    """An alert that escalated, and where it stands in the stream since."""

    above: int
    """Id of the alert that was the newest then."""
    escalation: int
    alert: int


class ArticleAlert(NamedTuple):
    """What an article raised, in short."""

    alert: int
    article: int
    watchlist: str
    severity: Severity


class Lost(Struct, frozen=True):
    """A term that matched an article until an edit removed it."""

    term: str
    at: Timestamp
    """When the edit was read."""


class Alert(Struct, frozen=True, kw_only=True):
    """The fact that a watchlist matched an article or is unusual, or that something is in trouble.

    With what a row must show.
    """

    id: int
    watchlist: str
    """`FEED_HEALTH` when it is about a feed, or about the store."""
    article: int | None
    """None when it is about something else."""
    severity: Severity
    state: AlertState
    verdict: Verdict
    starred: bool
    backfill: bool
    raised_at: Timestamp
    title: str
    url: str
    feed: str
    """Name of the feed that had it first, or that it is about; empty if it is about neither."""
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
    suppressed: str = ""
    """A `SuppressionReason`: why nobody is notified of it; empty when somebody is."""
    suppressed_until: Timestamp | None = None
    """End of the cooldown or of the silence."""
    merged_into: int | None = None
    """The alert that stands for this one, as both are the same piece."""
    escalations: tuple[Escalation, ...] = ()
    """In the order in which they came about."""
    lost: tuple[Lost, ...] = ()
    telling: StoryTimeline = NOBODY_ELSE
    """Who else has its story; read only where it was asked for."""
    note: str = ""
    """What the analyst noted, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """The analyst's, sorted; those of feeds are others."""
    assignee: str = ""
    """Who works on it; empty for nobody."""
    outlet: str = ""
    """Who published its article, where the feed is an aggregator that names it; else empty."""
    story_alert: int = 0
    """The first alert about the same story; its own id if it is that one."""

    @property
    def publisher(self) -> str:
        """Return who published its article: the outlet that an aggregator names, else the feed."""
        return self.outlet or self.feed

    @property
    def silenced(self) -> bool:
        """Return whether it was raised while its watchlist was silenced."""
        return self.suppressed == SuppressionReason.SILENCE

    @property
    def stirred_at(self) -> Timestamp:
        """Return when it last asked for attention: when it was raised or escalated."""
        if self.verdict is Verdict.NOISE or not self.escalations:
            return self.raised_at
        return self.escalations[-1].at


class StoryAlerts(Struct, frozen=True):
    """The alerts of one story, which lists show as one row: at least one, by id.

    What several alerts say differently is said for all of them: the highest severity; new if one
    is new, closed if all are; a verdict that all share, or none; a star, tags and notes of any.
    """

    alerts: tuple[Alert, ...]

    @property
    def newest(self) -> Alert:
        """Return the alert that asked for attention last, whose headline the row shows."""
        return max(self.alerts, key=lambda alert: (alert.stirred_at, alert.id))

    @property
    def stirred_at(self) -> Timestamp:
        """Return when an alert of it was last raised or escalated."""
        return max(alert.stirred_at for alert in self.alerts)

    @property
    def severity(self) -> Severity:
        return min((alert.severity for alert in self.alerts), key=lambda each: each.rank)

    @property
    def state(self) -> AlertState:
        """Return new if an alert is new, else acknowledged if one is, else closed."""
        states = {alert.state for alert in self.alerts}
        return next(state for state in AlertState if state in states)

    @property
    def verdict(self) -> Verdict:
        """Return the verdict that all alerts have, none if they differ."""
        verdicts = {alert.verdict for alert in self.alerts}
        return verdicts.pop() if len(verdicts) == 1 else Verdict.NONE

    @property
    def starred(self) -> bool:
        return any(alert.starred for alert in self.alerts)

    @property
    def noted(self) -> bool:
        return any(alert.note for alert in self.alerts)

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(sorted({tag for alert in self.alerts for tag in alert.tags}))

    @property
    def assignees(self) -> tuple[str, ...]:
        return tuple(sorted({alert.assignee for alert in self.alerts} - {""}))

    @property
    def watchlists(self) -> tuple[str, ...]:
        """Return the watchlists that raised them, those of the highest severity first."""
        ranked = sorted(self.alerts, key=lambda alert: (alert.severity.rank, alert.id))
        return tuple(dict.fromkeys(alert.watchlist for alert in ranked))


class UnusualTime(NamedTuple):
    """A time in which a watchlist brings far more stories than usual, or none any more.

    Or, of `FEED_HEALTH`, in which the store is damaged.
    """

    watchlist: str
    kind: AlertKind
    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""


class ArticleVerdict(Struct, frozen=True):
    """An article that raised an alert, and what the analyst thought of that."""

    article: int
    verdict: Verdict
