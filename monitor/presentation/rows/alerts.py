"""Alerts, the outlets of their stories, and what people decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import alert_number, iso
from monitor.base.text_cleaning import line, lines

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Outlet, StoryAlerts
    from monitor.model.match import Match
    from monitor.model.triage import Decision, TriageAction


class MatchRow(TypedDict):
    """A place in an article at which a watchlist matches."""

    field: str
    """`title`, `summary`, `body` or `author`."""
    start: int
    """First character of the match in that field."""
    end: int
    """The character behind it."""
    text: str
    """The words there."""
    term: str
    """The term that matched them."""


class OutletRow(TypedDict):
    """Who tells a story, by the first article with which it told it."""

    name: str
    article_id: int
    """Number of that article."""
    lang: str
    """Its language: `fr`, `en`, or empty."""
    seen: str | None
    """When tocsin first had it from this outlet."""
    published: str | None
    """As the publisher says."""
    lag: int
    """Seconds after the first outlet."""
    copied: bool
    """Whether the text is nearly the same as another's."""
    perhaps: bool
    """Whether only names link it."""


_From = TypedDict("_From", {"from": str})


class EscalationRow(_From):
    """Why and when an alert became more severe; `from` is the severity before."""

    reason: str
    """`outlets`, or the language that the story crossed to: `fr`, `en`."""
    words: str
    """The same for people."""
    at: str | None
    held: str
    """Why nobody was notified of it; empty if somebody was."""


class LostTermRow(TypedDict):
    """A term that an edit took out of the article."""

    term: str
    at: str | None
    """When the edit was read."""


class AlertRow(TypedDict):
    """An alert, with its matches and who else has its story."""

    alert_id: str
    """Number of the alert, as one types it: `a5`."""
    article_id: int | None
    """Number of its article; null for an alert about a feed or a watchlist itself."""
    kind: str
    """`match`; `spike` or `quiet` (of the watchlist); of a feed `silent`, `failing`, `gone`,
    `reissued` or `quarantined`; of the store `damaged`."""
    watchlist: str
    """Name of the watchlist; `feed health` for an alert about a feed."""
    title: str
    """Headline of the article."""
    url: str
    """Address of the article."""
    feed: str
    """Name of the feed that had it first."""
    outlet: str
    """Who published it: the source that an aggregator names, else the name of the feed."""
    severity: str
    """`high`, `medium` or `low`."""
    state: str
    """`new`, `acknowledged` or `closed`."""
    verdict: str
    """`relevant`, `noise` or empty."""
    starred: bool
    note: str
    """What somebody noted, a paragraph a line."""
    tags: list[str]
    """Tags of your own, sorted."""
    assignee: str
    """Who works on it; empty for nobody."""
    raised_at: str | None
    matches: list[MatchRow]
    copies: int
    """How many other articles tell the same story."""
    outlets: list[OutletRow]
    """Who tells the story, in the order in which tocsin saw it."""
    elsewhere: list[OutletRow]
    """Who tells of the event in the other language, or in other words."""
    escalations: list[EscalationRow]
    held: str
    """Why nobody was notified: `backfill`, `cooldown`, `muted`, `no route`, or empty."""
    held_until: str | None
    merged_into: str | None
    """The alert that stands for this one, as `a5`, because its article is the same piece."""
    backfill: bool
    """Whether the article was published before this watchlist or this feed was watched."""
    rule: str
    """Version of the watchlist that raised the alert."""
    article_version: int
    """Version of the article that raised it."""
    lost: list[LostTermRow]
    story: str
    """Number of the first alert of its story, as `a5`."""


class StoryRow(TypedDict):
    """All alerts about one story, as a list shows them in one row."""

    story: str
    """Number of its first alert, as `a5`."""
    title: str
    """Headline of the alert that asked for attention last."""
    raised_at: str | None
    """When an alert of it was last raised or escalated."""
    watchlists: list[str]
    """Those that raised its alerts, the most severe first."""
    severity: str
    """The highest of its alerts."""
    state: str
    """`new` if an alert is, else `acknowledged` if one is, else `closed`."""
    verdict: str
    """The verdict that all its alerts have; empty if they differ."""
    starred: bool
    """Whether an alert has a star."""
    tags: list[str]
    """The tags of all its alerts."""
    assignees: list[str]
    """Who works on any of its alerts."""
    alerts: list[AlertRow]


class DecisionRow(TypedDict):
    """What an act of triage changed of an alert."""

    act: int
    """Number of the act. What one command, key or request changed has one number."""
    alert_id: str
    """Number of the alert, as `a5`."""
    at: str | None
    who: str
    """Who did it."""
    why: str
    """Set when tocsin did it, as `5 outlets`."""
    undoes: int | None
    """Number of the act that this one takes back."""
    before: dict[str, Any]
    """The fields that changed, as they were."""
    after: dict[str, Any]
    """The same fields, as they are since."""


class ChangeRow(TypedDict):
    """What an act of triage changed."""

    act: int | None
    """Number of the act; null if nothing changed."""
    changed: list[str]
    """The alerts that changed, as `a5`."""
    unchanged: int
    """How many alerts were so already."""
    left: list[str]
    """Alerts that stay, because they are another's, or somebody changed them meanwhile."""


class UndoRow(TypedDict):
    """What was taken back of an act of triage."""

    act: int | None
    """Number of the new act; null if there was nothing to take back."""
    undoes: int | None
    """Number of the act that was taken back."""
    changed: list[str]
    """The alerts that changed, as `a5`."""
    left: list[str]
    """Alerts of which something stays, because somebody changed it since."""


def alert_row(alert: Alert) -> AlertRow:
    """Return an alert, with its matches and who else has its story."""
    return {
        "alert_id": alert_number(alert.id),
        "article_id": alert.article,
        "kind": str(alert.kind),
        "watchlist": alert.watchlist,
        "title": alert.title,
        "url": alert.url,
        "feed": alert.feed,
        "outlet": alert.publisher,
        "severity": str(alert.severity),
        "state": str(alert.state),
        "verdict": str(alert.verdict),
        "starred": alert.starred,
        "note": lines(alert.note),
        "tags": list(map(line, alert.tags)),
        "assignee": line(alert.assignee),
        "raised_at": iso(alert.raised_at),
        "matches": match_rows(alert.matches),
        "copies": alert.duplicates,
        "outlets": outlet_rows(alert.telling.outlets),
        "elsewhere": outlet_rows(alert.telling.elsewhere),
        "escalations": escalation_rows(alert),
        "held": alert.suppressed,
        "held_until": iso(alert.suppressed_until),
        "merged_into": optional_number(alert.duplicate_of),
        "backfill": alert.backfill,
        "rule": alert.rule,
        "article_version": alert.article_version,
        "lost": lost_rows(alert),
        "story": alert_number(alert.story_alert or alert.id),
    }


def story_row(story: StoryAlerts) -> StoryRow:
    """Return the alerts of a story."""
    newest = story.newest
    return {
        "story": alert_number(newest.story_alert or newest.id),
        "title": newest.title,
        "raised_at": iso(story.stirred_at),
        "watchlists": list(story.watchlists),
        "severity": str(story.severity),
        "state": str(story.state),
        "verdict": str(story.verdict),
        "starred": story.starred,
        "tags": list(map(line, story.tags)),
        "assignees": list(map(line, story.assignees)),
        "alerts": list(map(alert_row, story.alerts)),
    }


def optional_number(alert: int | None) -> str | None:
    """Return the number of an alert as one types it; None for none."""
    return None if alert is None else alert_number(alert)


def match_rows(matches: Iterable[Match]) -> list[MatchRow]:
    """Return where a watchlist hit an article."""
    return [
        {
            "field": match.field,
            "start": match.start,
            "end": match.end,
            "text": match.text,
            "term": match.term,
        }
        for match in matches
    ]


def outlet_rows(told_by: Sequence[Outlet]) -> list[OutletRow]:
    """Return outlets; lags are seconds after the first."""
    return [
        {
            "name": outlet.name,
            "article_id": outlet.article,
            "lang": outlet.lang,
            "seen": iso(outlet.seen),
            "published": iso(outlet.published),
            "lag": round(outlet.lag),
            "copied": outlet.copied,
            "perhaps": outlet.perhaps,
        }
        for outlet in told_by
    ]


def escalation_rows(alert: Alert) -> list[EscalationRow]:
    """Return why an alert was escalated."""
    return [
        {
            "reason": step.reason,
            "words": step.words,
            "at": iso(step.at),
            "from": str(step.severity),
            "held": step.suppressed,
        }
        for step in alert.escalations
    ]


def lost_rows(alert: Alert) -> list[LostTermRow]:
    """Return the terms that edits took out of an alert's article."""
    return [{"term": lost.term, "at": iso(lost.at)} for lost in alert.lost]


def decision_row(decision: Decision) -> DecisionRow:
    """Return what an act changed of an alert."""
    return {
        "act": decision.act,
        "alert_id": alert_number(decision.alert),
        "at": iso(decision.at),
        "who": line(decision.who),
        "why": line(decision.why),
        "undoes": decision.undoes,
        "before": {name: _cleaned(value) for name, value in decision.before.items()},
        "after": {name: _cleaned(value) for name, value in decision.after.items()},
    }


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(line, value))
    return lines(value) if isinstance(value, str) else value


def change_row(act: TriageAction | None, total: int, left: Sequence[int] = ()) -> ChangeRow:
    """Return what an act changed of a number of alerts that were selected.

    Args:
        act: What was done; None if nothing changed.
        total: How many alerts were selected.
        left: Those that stay, besides those that the act left.
    """
    changed = list(act.ids) if act else []
    stay = sorted({*left, *(act.left if act else ())})
    return {
        "act": (act.id or None) if act else None,
        "changed": list(map(alert_number, changed)),
        "unchanged": total - len(changed) - len(stay),
        "left": list(map(alert_number, stay)),
    }


def undo_row(act: TriageAction | None) -> UndoRow:
    """Return what was undone or redone; None for nothing."""
    return {
        "act": act.id if act else None,
        "undoes": act.undoes if act else None,
        "changed": list(map(alert_number, act.ids)) if act else [],
        "left": list(map(alert_number, act.left)) if act else [],
    }
