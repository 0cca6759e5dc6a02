"""Alerts: matches, state, verdicts, who else has the story, and what analysts said of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from index.article import Timestamp
from index.translation import gettext as _
from index.translation import ngettext
from monitor.model.language import language_name
from monitor.model.severity import Severity

if TYPE_CHECKING:
    from monitor.model.match import Match


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
    SILENCE = "muted"
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


def describe_escalation(reason: str, outlets: int, outlet: str) -> str:
    """Return a reason in words: `5 outlets`, `crossed to English: Reuters`."""
    if reason == OUTLETS:
        return ngettext("{count} outlet", "{count} outlets", outlets)
    language = language_name(reason)
    return _("crossed to {language}: {outlet}", language=language, outlet=outlet)


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
    duplicates: int = 0
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
    duplicate_of: int | None = None
    """The alert that this one is a duplicate of."""
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
        """Return the highest severity."""
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
        """Return whether an alert has a star."""
        return any(alert.starred for alert in self.alerts)

    @property
    def noted(self) -> bool:
        """Return whether an alert has a note."""
        return any(alert.note for alert in self.alerts)

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags of all alerts, sorted."""
        return tuple(sorted({tag for alert in self.alerts for tag in alert.tags}))

    @property
    def assignees(self) -> tuple[str, ...]:
        """Return who works on any of the alerts, sorted."""
        return tuple(sorted({alert.assignee for alert in self.alerts} - {""}))

    @property
    def watchlists(self) -> tuple[str, ...]:
        """Return the watchlists that raised them, those of the highest severity first."""
        ranked = sorted(self.alerts, key=lambda alert: (alert.severity.rank, alert.id))
        return tuple(dict.fromkeys(alert.watchlist for alert in ranked))


Said = Mapping[str, Any]
"""Some fields of a `Standing`, by name, as they are kept in the record."""


class TriageState(Struct, frozen=True, kw_only=True):
    """What is said of an alert at one moment."""

    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    starred: bool = False
    note: str = ""
    """Clean text, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """As `service.triage.clean_tag` writes them, sorted."""
    assignee: str = ""
    """Who works on it; empty for nobody."""


_FIELDS = TriageState.__struct_fields__
_T = TypeVar("_T", TriageState, Alert)


class ChangedMeanwhileError(Exception):
    """An alert is not any more as the person who changes it saw it; nothing is changed."""

    def __init__(self, now: Said) -> None:
        self.now = now
        """The fields that differ, as they are now."""
        super().__init__(", ".join(now))


class Change(Struct, frozen=True, kw_only=True):
    """What somebody says of some alerts; None leaves a field as it is."""

    state: AlertState | None = None
    verdict: Verdict | None = None
    starred: bool | None = None
    note: str | None = None
    """Instead of the note that is there; empty takes it away."""
    assignee: str | None = None
    """Instead of who works on it now; empty for nobody."""
    tags: tuple[str, ...] = ()
    """To be added to those that are there."""
    untag: tuple[str, ...] = ()
    """To be taken away."""
    acknowledge: bool = False
    """If it is new; what is closed stays so."""
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a `TriageState` as the person saw them; where they differ, nothing is changed."""

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])  # a mapping has no hash

    def on(self, alert: _T) -> _T:
        """Return an alert, or its standing, with this said of it.

        Raises:
            ChangedMeanwhileError: It is not as it was seen.
        """
        now = {name: getattr(alert, name) for name in self.seen}
        if differing := {name: now[name] for name in now if now[name] != self.seen[name]}:
            raise ChangedMeanwhileError(differing)
        given = {
            name: value
            for name in ("state", "verdict", "starred", "note", "assignee")
            if (value := getattr(self, name)) is not None
        }
        if self.acknowledge and alert.state is AlertState.NEW:
            given["state"] = AlertState.ACKNOWLEDGED
        tags = tuple(sorted({*alert.tags, *self.tags} - {*self.untag}))
        return replace(alert, **given, tags=tags)


class TriageAction(Struct, frozen=True, kw_only=True):
    """What one person said at once: a command, a key. It is taken back as a whole."""

    id: int
    """0 if nothing changed, because all was left."""
    at: Timestamp
    who: str
    """Empty for a person without a name, and for tocsin itself."""
    ids: tuple[int, ...]
    """The alerts that it changed."""
    undoes: int | None = None
    """The act that it takes back."""
    left: tuple[int, ...] = ()
    """Alerts of which something stays, because somebody changed it since it was seen or done."""


class Decision(Struct, frozen=True, kw_only=True):
    """What an act changed of one alert."""

    act: int
    alert: int
    at: Timestamp
    who: str
    why: str
    """Not empty when tocsin did it: `5 outlets`."""
    undoes: int | None
    before: Said
    """Only the fields that were changed."""
    after: Said


def difference(before: TriageState, after: TriageState) -> tuple[Said, Said]:
    """Return the fields that differ, as they were and as they are; tags as lists."""
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    return _said(before, changed), _said(after, changed)


def overwrites(shown: TriageState, now: TriageState, after: TriageState) -> bool:
    """Return whether a change takes back what somebody did since an alert was shown.

    Going on from there does not: to close what somebody acknowledged, to say the same again.
    """
    fields = ("verdict", "starred", "note", "assignee")
    states = list(AlertState)
    goes_back = states.index(after.state) < states.index(now.state) and now.state != shown.state
    return goes_back or any(
        getattr(now, name) not in (getattr(shown, name), getattr(after, name)) for name in fields
    )


def triage_state(alert: Alert) -> TriageState:
    """Return what is said of an alert."""
    return TriageState(**{name: getattr(alert, name) for name in _FIELDS})


def taken_back(now: TriageState, before: Said, after: Said) -> tuple[TriageState, bool]:
    """Return a standing without a change, and whether all of it could be taken back.

    A field that was changed again since stays as it is; of tags, each for itself.
    """
    given = {name: before[name] for name in after if name != "tags"}
    stays = {name for name in given if _value(getattr(now, name)) != after[name]}
    restored: dict[str, Any] = {name: value for name, value in given.items() if name not in stays}
    if "tags" in after:
        added = {*after["tags"]} - {*before["tags"]}
        removed = {*before["tags"]} - {*after["tags"]}
        restored["tags"] = tuple(sorted({*now.tags} - added | removed))
        if added - {*now.tags} or removed & {*now.tags}:
            stays.add("tags")
    return standing({**_said(now, _FIELDS), **restored}), not stays


def standing(said: Said) -> TriageState:
    """Return the standing that all its fields, as they are kept, say."""
    return TriageState(
        state=AlertState(said["state"]),
        verdict=Verdict(said["verdict"]),
        starred=bool(said["starred"]),
        note=said["note"],
        tags=tuple(said["tags"]),
        assignee=said["assignee"],
    )


def _said(whole: TriageState, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(whole, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, AlertState | Verdict):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
