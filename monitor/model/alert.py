"""Alerts: matches, state, verdict, escalations, and who else has the story."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.model.watchlist import Match, Severity


class AlertKind(enum.StrEnum):
    """The subject of an alert: an article, a feed, the newsroom, or the volume of a watchlist."""

    MATCH = "match"
    SILENT = "silent"
    """The feed has published nothing for longer than usual."""
    FAILING = "failing"
    """The feed could not be read for a day."""
    GONE = "gone"
    """The server said that there is no such feed any more (410)."""
    REISSUED = "reissued"
    """The feed published its earlier entries again under new ids."""
    QUARANTINED = "quarantined"
    """Articles of the feed exceeded the limits of matching or indexing."""
    DAMAGED = "damaged"
    """Pages of the store are damaged: the alert is about the newsroom itself."""
    LOST = "lost"
    """A monitor of a shared store sends no heartbeats: the alert is about the newsroom itself."""
    UNINDEXED = "unindexed"
    """The search index takes no articles for long: the alert is about the newsroom itself."""
    SPIKE = "spike"
    """The watchlist brings many more stories than is usual at this time."""
    QUIET = "quiet"
    """The watchlist brings no story for longer than chance explains; its feeds can be read."""


UNUSUAL = (AlertKind.SPIKE, AlertKind.QUIET)
"""The kinds of alerts about a watchlist itself, and not about an article or a feed."""


class SuppressionReason(enum.StrEnum):
    """The reason why nobody is notified of an alert, as the store and exports write it."""

    BACKFILL = "backfill"
    """Its article was there before its feed was watched."""
    SILENCE = "silence"
    """Its watchlist was silenced."""
    NO_ROUTE = "no route"  # not a message
    """No route leads to a channel."""
    COOLDOWN = "cooldown"
    """Somebody was notified of another alert of its watchlist a short time before."""


class BegunIncident(Struct, frozen=True):
    """An incident that begins, and the alert about it."""

    kind: AlertKind
    severity: Severity
    title: str
    """The whole message, in words."""
    is_news: bool = True
    """False if the feed was in this state before it was watched."""


class FeedIncident(Struct, frozen=True, kw_only=True):
    """A time in which a feed was in trouble."""

    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""


class AlertState(enum.StrEnum):
    """The state of an alert in triage."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    """The analyst is done with it: lists leave it out."""


class Verdict(enum.StrEnum):
    """The judgement of the analyst about an alert; it counts for the precision of the watchlist."""

    NONE = ""
    RELEVANT = "relevant"
    NOISE = "noise"


class Outlet(Struct, frozen=True, kw_only=True):
    """An outlet that has a story, with its first article about it: a feed, or an outlet of one."""

    name: str
    article: int
    seen: Timestamp
    """Time when tocsin first saw the story at this outlet."""
    lag: float
    """Seconds after the first outlet that had it."""
    copied: bool = False
    """Whether its text is nearly that of another outlet; False for the first outlet."""
    published: Timestamp | None = None
    """The date that the publisher gives."""
    lang: str = ""
    perhaps: bool = False
    """Whether it is linked by names alone, which is often wrong."""


class MergedAlert(Struct, frozen=True, kw_only=True):
    """The alert of another article that is merged with one of the article at hand."""

    alert: int
    partner: int
    """The alert of the article at hand."""
    stands: bool
    """Whether it stands for `partner`; else it was merged into it, and is not notified."""
    watchlist: str
    article: int
    title: str
    """Headline of its article."""
    publisher: str
    """The publisher of its article."""
    seen: Timestamp
    """Time when its article was first seen."""


class LinkedOutlets(Struct, frozen=True):
    """The outlets that tell of an event in one language, by links of one kind."""

    lang: str
    """Its code, empty if it is not known."""
    perhaps: bool
    """Whether they are linked by names alone."""
    outlets: tuple[Outlet, ...]


class StoryTimeline(Struct, frozen=True):
    """The outlets that tell a story."""

    outlets: tuple[Outlet, ...] = ()
    """The first one first."""
    elsewhere: tuple[Outlet, ...] = ()
    """Outlets that tell of the same event in another language; lags are within
    their story."""

    def elsewhere_by_language(self) -> list[LinkedOutlets]:
        """Return the outlets elsewhere by language; those of links that are sure come first."""
        groups: dict[tuple[bool, str], list[Outlet]] = {}
        for outlet in sorted(self.elsewhere, key=lambda outlet: outlet.perhaps):
            groups.setdefault((outlet.perhaps, outlet.lang), []).append(outlet)
        return [
            LinkedOutlets(lang, perhaps, tuple(outlets))
            for (perhaps, lang), outlets in groups.items()
        ]


NOBODY_ELSE = StoryTimeline()


class Escalation(Struct, frozen=True, kw_only=True):
    """An escalation of an alert: its time and its reason."""

    id: int
    """Ascending in the order of escalations, over all alerts."""
    alert: int
    reason: str
    """`outlets`, or the language that the story crossed to: `fr`, `en`."""
    words: str
    """For people: `5 outlets`, `crossed to English: Reuters`."""
    at: Timestamp
    severity: Severity
    """Severity of the alert before it."""
    suppressed: str = ""
    """The `SuppressionReason` if nobody is notified of it; else empty."""


OUTLETS = "outlets"
"""The reason of an escalation by the number of outlets; other reasons are languages."""


class EscalatedAlert(NamedTuple):
    """An alert that escalated, or an article without alert: its place in the stream of alerts."""

    above: int
    """Id of the newest alert at the time of the escalation, or when the article was seen."""
    escalation: int
    """The escalation, or the article."""
    alert: int
    """The alert; minus the id of the article if that raised none."""


class ArticleAlert(NamedTuple):
    """An alert about an article, in short."""

    alert: int
    article: int
    watchlist: str
    severity: Severity


class LostTerm(Struct, frozen=True):
    """A term that matched an article until an edit removed it."""

    term: str
    at: Timestamp
    """Time when the edit was read."""


class TriageState(Struct, frozen=True, kw_only=True):
    """The decisions about an alert at one moment."""

    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    starred: bool = False
    note: str = ""
    """Clean text, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """Sorted tags in the form of `service.triage.clean_tag`."""
    assignee: str = ""
    """Name of the person who works on it; empty for nobody."""


class Alert(TriageState, frozen=True, kw_only=True):
    """An alert about a match, an unusual watchlist, or trouble, with what a row must show."""

    id: int
    """Minus the id of the article in a row of all articles, if that raised no alert."""
    watchlist: str
    """Name of the watchlist; `FEED_HEALTH` if the alert is about a feed or the store."""
    article: int | None
    """None if it is not about an article."""
    severity: Severity
    backfill: bool
    raised_at: Timestamp
    title: str
    url: str
    feed: str
    """Name of the feed that had the article first, or that is in trouble; else empty."""
    lang: str
    published: Timestamp | None
    copies: int = 0
    """Other articles that tell the same story."""
    matches: tuple[Match, ...] = ()
    kind: AlertKind = AlertKind.MATCH
    rule: str = ""
    """Version of the rule that raised it."""
    article_version: int = 1
    """Version of the article when it was raised."""
    suppressed: str = ""
    """The `SuppressionReason` if nobody is notified of it; else empty."""
    suppressed_until: Timestamp | None = None
    """End of the cooldown or of the silence."""
    merged_into: int | None = None
    """The alert that stands for this one, as both are the same piece."""
    escalations: tuple[Escalation, ...] = ()
    """The earliest first."""
    lost: tuple[LostTerm, ...] = ()
    timeline: StoryTimeline = NOBODY_ELSE
    """Outlets that have its story; read only where a caller asks for it."""
    outlet: str = ""
    """The publisher of its article, where the feed is an aggregator that names it; else empty."""
    story_alert: int = 0
    """The first alert about the same story; its own id if it is that one."""
    unlisted: bool = False
    """Whether no feed shows its article: the sitemap of its outlet does."""

    @property
    def publisher(self) -> str:
        """Return the publisher of its article: the outlet that an aggregator names, or the feed."""
        return self.outlet or self.feed

    @property
    def silenced(self) -> bool:
        """Return whether it was raised while its watchlist was silenced."""
        return self.suppressed == SuppressionReason.SILENCE

    @property
    def stirred_at(self) -> Timestamp:
        """Return the time when it last asked for attention: when it was raised or escalated."""
        if self.verdict is Verdict.NOISE or not self.escalations:
            return self.raised_at
        return self.escalations[-1].at


class StoryAlerts(Struct, frozen=True):
    """The alerts of one story, which lists show as one row: at least one, by id.

    Values that differ are combined: the highest severity; new if one is new, closed if all are; a
    verdict that all share, or none; a star, tags and notes of any.
    """

    alerts: tuple[Alert, ...]

    @property
    def newest(self) -> Alert:
        """Return the alert that asked for attention last, whose headline the row shows."""
        return max(self.alerts, key=lambda alert: (alert.stirred_at, alert.id))

    @property
    def stirred_at(self) -> Timestamp:
        """Return the time when an alert of it was last raised or escalated."""
        return max(alert.stirred_at for alert in self.alerts)

    @property
    def severity(self) -> Severity:
        return min((alert.severity for alert in self.alerts), key=lambda severity: severity.rank)

    @property
    def state(self) -> AlertState:
        """Return `new` if an alert is new, else `acknowledged` if one is, else `closed`."""
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
        """Return the watchlists that raised the alerts, those of the highest severity first."""
        ranked = sorted(self.alerts, key=lambda alert: (alert.severity.rank, alert.id))
        return tuple(dict.fromkeys(alert.watchlist for alert in ranked))


class UnusualTime(NamedTuple):
    """A time in which a watchlist brings far more stories than usual, or none any more.

    For `FEED_HEALTH`, it is a time in which the store is damaged.
    """

    watchlist: str
    kind: AlertKind
    started_at: Timestamp
    ended_at: Timestamp | None
    """None while it lasts."""


class ArticleVerdict(Struct, frozen=True):
    """An article that raised an alert, and the verdict of the analyst."""

    article: int
    verdict: Verdict
