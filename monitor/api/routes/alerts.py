"""Alerts, their stories, and what people decide about them."""

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
    Here,
    InQuery,
    Newsroom,
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
    ChangeRow,
    DecisionRow,
    StoryRow,
    UndoRow,
    alert_row,
    change_row,
    decision_row,
    story_row,
    undo_row,
)
from monitor.presentation.service.triage import MAX_NOTE

router = RowRouter(tags=["alerts"])


LOOKED_AT = 4
"""Alerts that are looked at for a row of a page of stories: a story may have several."""


class PageParameters(AlertParameters):
    """Which alerts, and which page of them."""

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
        """The alert with which the page before ended; beyond all on the first page."""
        return int(self.after[1:]) if self.after else LARGEST

    def ids(self, here: Newsroom, limit: int) -> Sequence[int]:
        """Return the newest alerts before the end of the page before, in ascending order.

        Raises:
            ApiProblem: A filter cannot be combined with a query.
            QueryError: The query has a mistake.
        """
        if self.query:
            every = self._queried(here)
            return every[: bisect_left(every, self.end)][-limit:]
        return here.service.views.alerts.ids(self.filter(here), before=self.end, limit=limit)

    def listed(self, here: Newsroom) -> Sequence[int]:
        """Return the alerts of the pages before; raises as `ids` does."""
        if self.query:
            every = self._queried(here)
            return every[bisect_left(every, self.end) :]
        return here.service.views.alerts.ids(self.filter(here), after=self.end - 1)

    def _queried(self, here: Newsroom) -> Sequence[int]:
        if self.suppressed:
            raise invalid("suppressed", _("`suppressed` cannot be combined with `query`"))
        for problem in here.names.unknown_in(self.query):
            raise invalid("query", problem)
        return here.service.triage.by(here.who).select(self.filter(here), self.query)


class AlertsRow(TypedDict):
    """A page of alerts."""

    alerts: Annotated[list[AlertRow], means("The newest first.")]
    next: Annotated[str | None, means("Where the next page begins; null on the last one.")]


@router.get("/alerts")
def alerts(here: Here, caller: Reader, parameters: InQuery[PageParameters]) -> AlertsRow:
    """List alerts, those with the highest number first."""
    limit = parameters.limit
    ids = parameters.ids(here.of(caller.name), limit + 1)
    page = list(ids[-limit:])[::-1]
    rows = here.service.views.alerts.get(page, matches=True, timelines=True)
    return {
        "alerts": list(map(alert_row, rows)),
        "next": alert_number(page[-1]) if len(ids) > limit else None,
    }


class StoriesRow(TypedDict):
    """A page of stories."""

    stories: Annotated[list[StoryRow], means("Those with the newest alert first.")]
    next: Annotated[str | None, means("Where the next page begins; null on the last one.")]


@router.get("/stories")
def stories(here: Here, caller: Reader, parameters: InQuery[PageParameters]) -> StoriesRow:
    """List the stories that have such alerts, each once, with all their alerts."""
    listed, end = page_of_stories(here.of(caller.name), parameters)
    return {"stories": list(map(story_row, listed)), "next": alert_number(end) if end else None}


def page_of_stories(
    here: Newsroom, parameters: PageParameters
) -> tuple[Sequence[StoryAlerts], int]:
    """Return a page of stories, and the alert with which it ends; 0 for the last page.

    Raises:
        ApiProblem: A filter cannot be combined with a query.
        QueryError: The query has a mistake.
    """
    views, limit = here.service.views.alerts, parameters.limit
    ids = parameters.ids(here, LOOKED_AT * limit)
    newest: dict[int, int] = {}
    for alert in views.get(list(ids)[::-1]):
        newest.setdefault(alert.story_alert, alert.id)
    listed, end = list(newest.values())[:limit], 0
    if len(newest) > limit:
        end = listed[-1]
    elif len(ids) == LOOKED_AT * limit:
        end = ids[0]  # there may be older alerts
    page = views.stories(
        listed,
        matches=True,
        timelines=True,
        closed=parameters.state in ("closed", "all"),
        silenced=True,
    )
    if any(alert.id >= parameters.end for one in page for alert in one.alerts):
        before = frozenset(parameters.listed(here))
        page = [one for one in page if before.isdisjoint(alert.id for alert in one.alerts)]
    return page, end


@router.get("/stories/{alert}")
def story(here: Here, caller: Reader, alert: AlertId) -> StoryRow:
    """Return the story of an alert with all its alerts."""
    return story_row(here.story(int(alert)))


@router.get("/alerts/{alert}")
def alert(here: Here, caller: Reader, alert: AlertId) -> AlertRow:
    """Return an alert."""
    return alert_row(here.alert(int(alert)))


class HistoryRow(TypedDict):
    """What was decided about an alert."""

    alert_id: str
    history: Annotated[list[DecisionRow], means("The newest first.")]


@router.get("/alerts/{alert}/history")
def history(here: Here, caller: Reader, alert: AlertId) -> HistoryRow:
    """Tell who changed an alert, and when, the newest change first."""
    id = int(alert)
    here.alert(id)
    decisions = here.service.views.triage.decisions(id)[::-1]
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


SET = ("state", "verdict", "starred", "note", "assignee")


@router.post("/alerts/{alert}/triage")
def triage(here: Here, caller: Analyst, alert: AlertId, act: Act) -> ActRow:
    """Decide about an alert: acknowledge, close, reopen, verdict, star, note, assignee, tags.

    Nothing is changed if a field is not any more as you saw it (409). The history has the act under
    the name of your token; `/v1/triage/undo` takes it back.
    """
    id = int(alert)
    here.alert(id)
    unseen = [
        name for name in SET if getattr(act, name) is not None and getattr(act.seen, name) is None
    ]
    if unseen:
        words = _("say what you saw there, so that nobody's work is overwritten")
        errors = [FieldProblem(field=f"seen.{name}", message=words) for name in unseen]
        raise ApiProblem("invalid", words, errors=errors)
    seen = {name: _value(name, value) for name, value in act.seen if value is not None}
    given = {name: _value(name, getattr(act, name)) for name in SET}
    try:
        done = here.service.triage.by(caller.name).change(
            [id], **given, tags=act.tag, untag=act.untag, acknowledge=act.acknowledge, seen=seen
        )
    except ValueError as error:
        raise ApiProblem("invalid", str(error)) from None
    return {**change_row(done, 1), "alert": alert_row(here.alert(id))}


def _value(name: str, value: Any) -> Any:
    kind = {"state": AlertState, "verdict": Verdict}.get(name)
    return value if kind is None or value is None else kind(value)


class Undo(Body):
    """Which act is to be taken back."""

    act: Annotated[int, Field(ge=1, le=LARGEST)] | None = param(
        "Number of the act; without it, your last one.", None
    )


@router.post("/triage/undo")
def undo(here: Here, caller: Analyst, what: Undo) -> UndoRow:
    """Take back an act of your own; what somebody decided since stays."""
    return undo_row(here.service.triage.by(caller.name).undo(what.act))
