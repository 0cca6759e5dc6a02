"""Alerts, the outlets of their stories, and what people decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from monitor.base.formatting import alert_number
from monitor.base.text_cleaning import line, lines
from monitor.model.alert import Alert, StoryAlerts, SuppressionReason
from monitor.presentation.rows import AlertNumber, Line, Lines, Moment, means, row

if TYPE_CHECKING:
    from monitor.model.triage import TriageAction


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(line, value))
    return lines(value) if isinstance(value, str) else value


Cleaned = Annotated[Any, means(encode=_cleaned)]
REASONS = ", ".join(f"`{reason}`" for reason in SuppressionReason)


class MatchRow(TypedDict):
    """A place in an article at which a watchlist matches."""

    field: Annotated[str, means("`title`, `summary`, `body` or `author`.")]
    start: Annotated[int, means("First character of the match in that field.")]
    end: Annotated[int, means("The character behind it.")]
    text: Annotated[str, means("The words there.")]
    term: Annotated[str, means("The term that matched them; of a concept: `NAME (CONCEPT)`.")]
    concept: Annotated[str, means("The concept that it is a name of.")]
    ambiguous: Annotated[bool, means("Whether nothing of `with:` of the concept is near.")]


class OutletRow(TypedDict):
    """An outlet of a story, with its first article about it."""

    name: str
    article_id: Annotated[int, means("Number of that article.", "article")]
    lang: Annotated[str, means("Its language: `fr`, `en`.")]
    seen: Annotated[Moment, means("When tocsin first had it.")]
    published: Annotated[Moment, means("As the publisher says.")]
    lag: Annotated[int, means("Seconds after the first outlet.", encode=round)]
    copied: Annotated[bool, means("Whether it copies another's text.")]
    perhaps: Annotated[bool, means("Whether only names link it.")]


_From = TypedDict("_From", {"from": Annotated[str, means("The severity before.", "severity")]})


class EscalationRow(_From):
    """A step by which an alert became more severe."""

    reason: Annotated[str, means("`outlets`, or the language that it crossed to: `fr`, `en`.")]
    words: Annotated[str, means("The same for people.")]
    at: Moment
    suppressed: Annotated[str, means("Why nobody was notified.")]


class LostTermRow(TypedDict):
    """A term that an edit took out of the article."""

    term: str
    at: Annotated[Moment, means("When the edit was read.")]


Outlets = Annotated[
    list[OutletRow],
    means("Who tells the story, the first one first.", "timeline.outlets"),
]
OutletsElsewhere = Annotated[
    list[OutletRow], means("Who tells of it in the other language.", "timeline.elsewhere")
]
MergedInto = Annotated[AlertNumber | None, means("The alert that stands for this one.")]


class AlertRow(TypedDict):
    """An alert, with its matches and who else has its story."""

    alert_id: Annotated[AlertNumber, means("Number of the alert, as `a5`.", "id")]
    article_id: Annotated[int | None, means("Number of its article.", "article")]
    kind: Annotated[
        str,
        means(
            "`match`; `spike` or `quiet` (of the watchlist); of a feed `silent`, `failing`, `gone`,"
            " `reissued` or `quarantined`; of the newsroom `damaged` (store), `lost` (monitor),"
            " `unindexed` (archive)."
        ),
    ]
    watchlist: Annotated[str, means("Its name; `feed health` for an alert about a feed.")]
    title: Annotated[str, means("Headline of the article.")]
    url: Annotated[str, means("Address of the article.")]
    feed: Annotated[str, means("Name of the feed that had it first.")]
    outlet: Annotated[
        str, means("Its publisher, if an aggregator says it; or `feed`.", "publisher")
    ]
    severity: Annotated[str, means("`high`, `medium` or `low`.")]
    state: Annotated[str, means("`new`, `acknowledged` or `closed`.")]
    verdict: Annotated[str, means("`relevant`, `noise` or empty.")]
    starred: bool
    tags: Annotated[list[Line], means("Tags of your own, sorted.")]
    assignee: Annotated[Line, means("Who works on it; empty for nobody.")]
    note: Annotated[Lines, means("A paragraph a line.")]
    raised_at: Moment
    matches: list[MatchRow]
    copies: Annotated[int, means("Other articles of its story.")]
    outlets: Outlets
    elsewhere: OutletsElsewhere
    escalations: list[EscalationRow]
    suppressed: Annotated[str, means(f"Why nobody was notified: {REASONS}.")]
    suppressed_until: Moment
    merged_into: MergedInto
    unlisted: Annotated[bool, means("Whether no feed shows its article, but a sitemap.")]
    backfill: Annotated[bool, means("Whether its article is older than the watchlist or the feed.")]
    rule: Annotated[str, means("Version of the watchlist that raised the alert.")]
    article_version: Annotated[int, means("Version of the article that raised it.")]
    lost: list[LostTermRow]
    story: Annotated[str, means("Number of the first alert of its story, as `a5`.")]


class AlertsRow(TypedDict):
    """A page of alerts."""

    alerts: Annotated[list[AlertRow], means("The newest first.")]
    next: Annotated[str | None, means("Where the next page begins; null on the last one.")]


class StoryRow(TypedDict):
    """All alerts about one story, as a list shows them in one row."""

    story: Annotated[str, means("Number of its first alert, as `a5`.")]
    title: Annotated[str, means("Headline of its newest alert.", "newest.title")]
    raised_at: Annotated[Moment, means("When its newest alert came or escalated.", "stirred_at")]
    watchlists: Annotated[list[str], means("Those that raised its alerts, the most severe first.")]
    severity: Annotated[str, means("The highest of its alerts.")]
    state: Annotated[str, means("`new` if any alert is, `closed` if all are.")]
    verdict: Annotated[str, means("The verdict that all its alerts have; empty if they differ.")]
    starred: Annotated[bool, means("Whether an alert has a star.")]
    tags: Annotated[list[Line], means("The tags of all its alerts.")]
    assignees: Annotated[list[Line], means("Who works on any of its alerts.")]
    alerts: list[AlertRow]


class DecisionRow(TypedDict):
    """The changes of an alert by an act of triage."""

    act: Annotated[int, means("Number of the act: a command, key or request.")]
    alert_id: Annotated[AlertNumber, means("Number of the alert, as `a5`.", "alert")]
    at: Moment
    who: Annotated[Line, means("Who did it.")]
    why: Annotated[Line, means("Set when tocsin did it, as `5 outlets`.")]
    undoes: Annotated[int | None, means("Number of the act that this one takes back.")]
    before: Annotated[dict[str, Cleaned], means("The fields that changed, as they were.")]
    after: Annotated[dict[str, Cleaned], means("The same fields since.")]


class ChangeRow(TypedDict):
    """The outcome of an act of triage."""

    act: Annotated[int | None, means("Number of the act; null if nothing changed.")]
    changed: Annotated[list[str], means("The alerts that changed, as `a5`.")]
    unchanged: Annotated[int, means("How many alerts were so already.")]
    left: Annotated[list[str], means("Alerts that stay as they are: somebody else decided.")]


class UndoRow(TypedDict):
    """The outcome of undoing an act of triage."""

    act: Annotated[int | None, means("Number of the new act; null for none.")]
    undoes: Annotated[int | None, means("Number of the act that was taken back.")]
    changed: Annotated[list[str], means("The alerts that changed, as `a5`.")]
    left: Annotated[list[str], means("Alerts of which something stays: it was changed since.")]


match_row = partial(row, MatchRow)
decision_row = partial(row, DecisionRow)


def alert_row(alert: Alert) -> AlertRow:
    return row(AlertRow, alert, story=alert_number(alert.story_alert or alert.id))


def alerts_row(alerts: Sequence[Alert], *, has_more: bool) -> AlertsRow:
    """Return a page of alerts, and whether others follow."""
    last = alert_number(alerts[-1].id) if has_more else None
    return {"alerts": list(map(alert_row, alerts)), "next": last}


def story_row(story: StoryAlerts) -> StoryRow:
    newest = story.newest
    return row(
        StoryRow,
        story,
        story=alert_number(newest.story_alert or newest.id),
        alerts=list(map(alert_row, story.alerts)),
    )


def change_row(act: TriageAction | None, total: int, skipped: Sequence[int] = ()) -> ChangeRow:
    """Return the outcome of an act on the alerts that were selected.

    Args:
        act: The act; None if nothing changed.
        total: The number of alerts that were selected.
        skipped: Alerts that stay as they are, besides those that the act left.
    """
    changed_ids = list(act.ids) if act else []
    unchangeable = sorted({*skipped, *(act.left if act else ())})
    return {
        "act": (act.id or None) if act else None,
        "changed": list(map(alert_number, changed_ids)),
        "unchanged": total - len(changed_ids) - len(unchangeable),
        "left": list(map(alert_number, unchangeable)),
    }


def undo_row(act: TriageAction | None) -> UndoRow:
    """Return the outcome of undoing or redoing; `act` is None if nothing was done."""
    return {
        "act": act.id if act else None,
        "undoes": act.undoes if act else None,
        "changed": list(map(alert_number, act.ids)) if act else [],
        "left": list(map(alert_number, act.left)) if act else [],
    }
