"""Alerts, their stories, and triage."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from monitor.api.access import Analyst, Reader
from monitor.api.newsroom import (
    LARGEST,
    AlertId,
    AlertParameters,
    Body,
    InQuery,
    Newsroom,
    Room,
    RowRouter,
    Text,
    param,
)
from monitor.api.problems import ApiProblem, FieldProblem, invalid
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model.alert import AlertState, StoryAlerts, Verdict
from monitor.presentation.rows import means
from monitor.presentation.rows.alerts import (
    AlertRow,
    AlertsRow,
    ChangeRow,
    DecisionRow,
    StoryRow,
    UndoRow,
    alert_row,
    alerts_row,
    change_row,
    decision_row,
    story_row,
    undo_row,
)
from monitor.presentation.service.triage import MAX_NOTE

router = RowRouter(tags=["alerts"])


ALERTS_PER_ROW = 4
"""Alerts that are read for each row of a page of stories: a story may have several."""


class PageParameters(AlertParameters):
    """A selection of alerts, and a page of them."""

    query: str = param(
        "Alerts that this query selects, as `watch:Alibaba lang:fr since:7d grève`.",
        "",
        max_length=4_000,
    )
    limit: int = param("Rows of a page.", 50, ge=1, le=100)
    after: Annotated[str, Field(pattern=r"^a[1-9][0-9]{0,14}$")] | None = param(
        "The page after this one, which is `next` of the page before.", None
    )

    @property
    def end(self) -> int:
        """Number of the last alert of the page before; above all numbers on the first page."""
        return int(self.after[1:]) if self.after else LARGEST

    def ids(self, newsroom: Newsroom, limit: int) -> Sequence[int]:
        """Return the newest alerts before the end of the page before, in ascending order.

        Raises:
            ApiProblem: A filter cannot be combined with a query.
            QueryError: The query has a mistake.
        """
        if self.query:
            all_ids = self._query_ids(newsroom)
            return all_ids[: bisect_left(all_ids, self.end)][-limit:]
        filter = self.filter(newsroom)
        return newsroom.service.views.alerts.ids(filter, before=self.end, limit=limit)

    def earlier_ids(self, newsroom: Newsroom) -> Sequence[int]:
        """Return the alerts of the pages before this one; raises the errors of `ids`."""
        if self.query:
            all_ids = self._query_ids(newsroom)
            return all_ids[bisect_left(all_ids, self.end) :]
        return newsroom.service.views.alerts.ids(self.filter(newsroom), after=self.end - 1)

    def _query_ids(self, newsroom: Newsroom) -> Sequence[int]:
        if self.suppressed:
            raise invalid("suppressed", _("`suppressed` cannot be combined with `query`"))
        for problem in newsroom.names.unknown_in(self.query):
            raise invalid("query", problem)
        triage = newsroom.service.triage.by(newsroom.caller_name)
        return triage.select(self.filter(newsroom), self.query)


@router.get("/alerts")
def alerts(newsroom: Room, caller: Reader, parameters: InQuery[PageParameters]) -> AlertsRow:
    """List alerts, those with the highest number first."""
    limit = parameters.limit
    ids = parameters.ids(newsroom.for_caller(caller.name), limit + 1)
    page = list(ids[-limit:])[::-1]
    rows = newsroom.service.views.alerts.get(page, matches=True, timelines=True)
    return alerts_row(rows, has_more=len(ids) > limit)


class StoriesRow(TypedDict):
    """A page of stories."""

    stories: Annotated[list[StoryRow], means("Those with the newest alert first.")]
    next: Annotated[str | None, means("Where the next page begins; null on the last one.")]


@router.get("/stories")
def stories(newsroom: Room, caller: Reader, parameters: InQuery[PageParameters]) -> StoriesRow:
    """List the stories that have such alerts, each once, with all their alerts."""
    page, end = page_of_stories(newsroom.for_caller(caller.name), parameters)
    return {"stories": list(map(story_row, page)), "next": alert_number(end) if end else None}


def page_of_stories(
    newsroom: Newsroom, parameters: PageParameters
) -> tuple[Sequence[StoryAlerts], int]:
    """Return a page of stories, and the number of its last alert; 0 on the last page.

    Raises:
        ApiProblem: A filter cannot be combined with a query.
        QueryError: The query has a mistake.
    """
    views, limit = newsroom.service.views.alerts, parameters.limit
    ids = parameters.ids(newsroom, ALERTS_PER_ROW * limit)
    newest: dict[int, int] = {}
    for alert in views.get(list(ids)[::-1]):
        newest.setdefault(alert.story_alert, alert.id)
    page_ids, end = list(newest.values())[:limit], 0
    if len(newest) > limit:
        end = page_ids[-1]
    elif len(ids) == ALERTS_PER_ROW * limit:
        end = ids[0]  # there may be older alerts
    page = views.stories(
        page_ids,
        matches=True,
        timelines=True,
        closed=parameters.state in ("closed", "all"),
        silenced=True,
    )
    if any(alert.id >= parameters.end for story in page for alert in story.alerts):
        earlier = frozenset(parameters.earlier_ids(newsroom))
        page = [story for story in page if earlier.isdisjoint(alert.id for alert in story.alerts)]
    return page, end


@router.get("/stories/{alert}")
def story(newsroom: Room, caller: Reader, alert: AlertId) -> StoryRow:
    """Return the story of an alert with all its alerts."""
    return story_row(newsroom.story(int(alert)))


@router.get("/alerts/{alert}")
def alert(newsroom: Room, caller: Reader, alert: AlertId) -> AlertRow:
    """Return an alert."""
    return alert_row(newsroom.alert(int(alert)))


class HistoryRow(TypedDict):
    """What was decided about an alert."""

    alert_id: str
    history: Annotated[list[DecisionRow], means("The newest first.")]


@router.get("/alerts/{alert}/history")
def history(newsroom: Room, caller: Reader, alert: AlertId) -> HistoryRow:
    """Tell who changed an alert, and when, the newest change first."""
    id = int(alert)
    newsroom.alert(id)
    decisions = newsroom.service.views.triage.decisions(id)[::-1]
    return {"alert_id": alert_number(id), "history": list(map(decision_row, decisions))}


class Seen(Body):
    """The fields of the alert as you saw them."""

    state: Literal["new", "acknowledged", "closed"] | None = None
    verdict: Literal["", "relevant", "noise"] | None = None
    starred: bool | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE)] | None = None
    assignee: Text | None = None


class Changes(Body):
    """What is to be changed of an alert."""

    acknowledge: bool = param(
        "Acknowledge the alert if it is new; a closed alert stays closed.", False
    )
    state: Literal["new", "acknowledged", "closed"] | None = param(
        "`closed` closes the alert, `new` opens it again.", None
    )
    verdict: Literal["", "relevant", "noise"] | None = param(
        "What you think of the alert; empty takes the verdict away.", None
    )
    starred: bool | None = param("Whether the alert has a star.", None)
    note: Annotated[str, Field(max_length=MAX_NOTE)] | None = param(
        "It replaces the note that is there; empty takes that away.", None
    )
    assignee: Text | None = param(
        "Who works on it: a name, `me` (the name of your token) or `nobody`.", None
    )
    tag: list[Text] = param("Tags to add.", [], max_length=20)
    untag: list[Text] = param("Tags to take away.", [], max_length=20)


class Act(Changes):
    """What is to be changed.

    A field that is set replaces what is there, so it has to be in `seen` too, as you saw it.
    `acknowledge`, `tag` and `untag` replace nothing.
    """

    seen: Seen = param("The fields that you set, as you saw them before.", Seen())


class ActRow(ChangeRow):
    """What an act of triage changed, and the alert as it is now."""

    alert: AlertRow


SETTABLE = ("state", "verdict", "starred", "note", "assignee")


@router.post("/alerts/{alert}/triage")
def triage(newsroom: Room, caller: Analyst, alert: AlertId, act: Act) -> ActRow:
    """Decide about an alert: acknowledge, close, reopen, verdict, star, note, assignee, tags.

    Nothing is changed if a field is not any more as you saw it (409). The history has the act under
    the name of your token; `/v1/triage/undo` takes it back.
    """
    id = int(alert)
    newsroom.alert(id)
    unseen = [f for f in SETTABLE if getattr(act, f) is not None and getattr(act.seen, f) is None]
    if unseen:
        message = _("say what you saw there, so that nobody's work is overwritten")
        errors = [FieldProblem(field=f"seen.{name}", message=message) for name in unseen]
        raise ApiProblem("invalid", message, errors=errors)
    old = {name: _value(name, value) for name, value in act.seen if value is not None}
    new = {name: _value(name, getattr(act, name)) for name in SETTABLE}
    try:
        change = newsroom.service.triage.by(caller.name).change(
            [id], **new, tags=act.tag, untag=act.untag, acknowledge=act.acknowledge, seen=old
        )
    except ValueError as error:
        raise ApiProblem("invalid", str(error)) from None
    return {**change_row(change, 1), "alert": alert_row(newsroom.alert(id))}


def _value(name: str, value: Any) -> Any:
    kind = {"state": AlertState, "verdict": Verdict}.get(name)
    return value if kind is None or value is None else kind(value)


class Undo(Body):
    """Which act is to be taken back."""

    act: Annotated[int, Field(ge=1, le=LARGEST)] | None = param(
        "Number of the act; without it, your last one.", None
    )


@router.post("/triage/undo")
def undo(newsroom: Room, caller: Analyst, body: Undo = Undo()) -> UndoRow:
    """Take back an act of your own; what somebody decided since stays. It needs no body."""
    return undo_row(newsroom.service.triage.by(caller.name).undo(body.act))
