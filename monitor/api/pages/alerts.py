"""The start page; the pages of alerts by story, of an alert and of a story; triage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from monitor.api.newsroom import Newsroom, Parameters, Room
from monitor.api.pages.archive import article_values
from monitor.api.pages.sessions import Analyst, Form, Reader, check_form, local_address
from monitor.api.pages.templating import HEADERS, Page, PageRouter, address, read_query
from monitor.api.problems import ApiProblem
from monitor.api.routes.alerts import PageParameters, page_of_stories
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.delivery import Delivery
from monitor.model.triage import ChangedMeanwhileError, Decision, triage_state
from monitor.presentation.rows.watchlists import watchlist_rows

router = PageRouter()
NEWEST = 8
"""Number of stories on the start page."""
BOX = "story-"
"""How the name of the box of a story in a list begins; the number of an alert of it follows."""
STATES = ("open", "new", "acknowledged", "closed", "all")
_NUMBER = re.compile(r"[aA]?([1-9][0-9]{0,14})")


class Outcome(Parameters):
    """What an act on a list changed."""

    act: int | None = None
    changed: int | None = None
    """Stories that it changed; None without an act."""
    left: int = 0
    """Stories that somebody had changed meanwhile."""


class ListParameters(Outcome, PageParameters):
    """A selection of alerts, a page of them, and what was changed from there."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


@router.get("/")
def start(request: Request, newsroom: Room, visitor: Reader) -> Page:
    """Show the newest stories, and the state of the newsroom, its feeds and watchlists."""
    stories, end = page_of_stories(newsroom, PageParameters(limit=NEWEST))
    service = newsroom.service
    records = service.views.watchlists.records()
    return Page(
        "start",
        {
            "status": service.health.status(),
            "troubled": [feed for feed in service.health.feeds() if feed.trouble],
            "watchlists": watchlist_rows(service, records, newsroom.clock()),
            "watch_address": lambda name: address("/alerts", {"watch": name}),
            "has_more": bool(end),
            **_list_values(newsroom, stories, read_query(request, Outcome), "/"),
        },
    )


def _list_values(
    newsroom: Newsroom, stories: Sequence[StoryAlerts], outcome: Outcome, here: str
) -> dict[str, Any]:
    """Return the values of a list of stories at an address, with the digest of each story."""
    ids = [story.newest.id for story in stories]
    whole = _whole_stories(newsroom, ids)
    seen = {id: story_as_seen(story) for id, story in zip(ids, whole, strict=True)}
    return {"stories": stories, "seen": seen, "outcome": outcome, "here": here}


def _whole_stories(newsroom: Newsroom, ids: Sequence[int]) -> list[StoryAlerts]:
    """Return the stories of these alerts with all their alerts, the closed ones too."""
    return newsroom.service.views.alerts.stories(ids, closed=True, silenced=True)


@router.get("/alerts")
def alerts(request: Request, newsroom: Room, visitor: Reader) -> Page:
    """List the stories that have alerts, those with the newest one first."""
    parameters = read_query(request, ListParameters)
    stories, end = page_of_stories(newsroom, parameters)
    without_outcome = dict.fromkeys(Outcome.model_fields)
    here = address("/alerts", parameters, **without_outcome)
    number = alert_number(end) if end else None
    return Page(
        "alerts",
        {
            "parameters": parameters,
            "states": STATES,
            "watchlists": sorted(w.name for w in newsroom.service.views.watchlists.in_force()),
            "next": address("/alerts", parameters, **without_outcome, after=number) if end else "",
            **_list_values(newsroom, stories, parameters, here),
        },
    )


@router.get("/alerts/{number}")
def alert(newsroom: Room, visitor: Reader, number: str) -> Page:
    """Show an alert with its article, its story and its history."""
    return Page("alert", alert_values(newsroom, alert_id(number)))


@router.get("/stories/{number}")
def story(request: Request, newsroom: Room, visitor: Reader, number: str) -> Page:
    """Show all alerts about the story of an alert."""
    story = newsroom.story(alert_id(number))
    triage_values = _triage_values(newsroom, story.alerts)
    return Page(
        "story",
        {
            "story": story,
            "number": number,
            "seen": story_as_seen(story),
            "outcome": read_query(request, Outcome),
            "undoable": _undoable(triage_values["decisions"].values(), visitor.caller.name),
            **triage_values,
        },
    )


def _undoable(decisions: Iterable[Decision], person: str) -> int | None:
    """Return the last act on some alerts if a person may undo it, else None."""
    last = max(decisions, key=lambda decision: decision.act, default=None)
    if last is None or last.who != person or last.why or last.undoes is not None:
        return None
    return last.act


def story_as_seen(story: StoryAlerts) -> str:
    """Return a digest of the state of a story, which its form sends back."""
    lines = [f"{alert.id} {sorted(as_seen(alert).items())}" for alert in story.alerts]
    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def alert_values(newsroom: Newsroom, id: int) -> dict[str, Any]:
    """Return the values of the page of an alert; raises ApiProblem if there is no such alert."""
    story = newsroom.story(id)
    (alert,) = (alert for alert in story.alerts if alert.id == id)
    article = None if alert.article is None else article_values(newsroom, alert.article)
    return {
        "alert": alert,
        "story": story,
        "history": newsroom.service.views.triage.decisions(id)[::-1],
        "notice": "",
        "draft": alert.note,
        "seen": as_seen(alert),
        **_triage_values(newsroom, story.alerts),
        "content": article,
    }


def as_seen(alert: Alert) -> dict[str, str]:
    """Return digests of the fields that a form may set, which it sends back."""
    return {
        name: blake2b(str(getattr(alert, name)).encode(), digest_size=6).hexdigest()
        for name in ("state", "verdict", "starred", "note", "assignee")
    }


def _triage_values(newsroom: Newsroom, alerts: tuple[Alert, ...]) -> dict[str, Any]:
    views, ids = newsroom.service.views, [alert.id for alert in alerts]
    decisions: dict[int, Decision] = {
        id: history[-1] for id in ids if (history := views.triage.decisions(id))
    }
    deliveries: Mapping[int, tuple[Delivery, ...]] = views.deliveries.of_alerts(ids)
    return {"decisions": decisions, "deliveries": deliveries}


def alert_id(number: str) -> int:
    """Return the number of an alert, as `a5` or `5`; raises ApiProblem if the text is none."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ApiProblem("not-found", _("alerts have numbers such as a5"))
    return int(match[1])


# --- triage --------------------------------------------------------------------------------------


_CLOSED = AlertState.CLOSED
ACTS: Mapping[str, Mapping[str, Any]] = {
    "acknowledge": {"acknowledge": True},
    "relevant": {"state": _CLOSED, "verdict": Verdict.RELEVANT},
    "noise": {"state": _CLOSED, "verdict": Verdict.NOISE},
    "close": {"state": _CLOSED},
    "reopen": {"state": AlertState.NEW},
    "star": {"starred": True},
    "unstar": {"starred": False},
    "take": {"assignee": "me"},
    "leave": {"assignee": ""},
}
"""Changes of the alert by each button of the form."""


@router.post("/alerts/{number}/triage")
def triage(newsroom: Room, visitor: Analyst, form: Form, number: str) -> Response | Page:
    """Change an alert by a button of its page, and show the alert again."""
    check_form(visitor, form)
    id, act = alert_id(number), form.get("act", "")
    change = {"note": form.get("note", "")} if act == "note" else ACTS.get(act)
    if change is None:
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    try:
        _change(newsroom, visitor.caller.name, id, change, form)
    except ChangedMeanwhileError:
        notice = _("Somebody changed it since. Look at it as it is now.")
        return _page(newsroom, id, form, notice, 409)
    except ValueError as error:
        return _page(newsroom, id, form, str(error), 422)
    return RedirectResponse(f"/alerts/{alert_number(id)}", 303, HEADERS)


def _change(
    newsroom: Newsroom, person: str, id: int, change: Mapping[str, Any], form: Mapping[str, str]
) -> None:
    """Change an alert unless its fields changed; raises ChangedMeanwhileError, ValueError."""
    (alert,) = (alert for alert in newsroom.story(id).alerts if alert.id == id)
    digests = as_seen(alert)
    now = {name: getattr(alert, name) for name in digests if name in change}
    if any(digests[name] != form.get(f"seen_{name}") for name in now):
        raise ChangedMeanwhileError(now)
    newsroom.service.triage.by(person).change([id], **change, seen=now)


def _page(newsroom: Newsroom, id: int, form: Mapping[str, str], notice: str, status: int) -> Page:
    """Return the page of an alert as it is now, with the typed note."""
    values = {**alert_values(newsroom, id), "notice": notice}
    if form.get("act") == "note":
        values["draft"] = form.get("note", "")
    return Page("alert", values, status)


@router.post("/alerts/triage")
def triage_stories(newsroom: Room, visitor: Analyst, form: Form) -> Response:
    """Change the stories that were chosen in a list, or that of the page, and show it again.

    A story that somebody changed since the page was read is left as it is; an alert that is closed
    is not closed again, and keeps its verdict.
    """
    check_form(visitor, form)
    change = ACTS.get(form.get("act", ""))
    if change is None:
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    boxes = [(name, digest) for name, digest in form.items() if name.startswith(BOX)]
    seen = {alert_id(name.removeprefix(BOX)): digest for name, digest in boxes}
    same = [
        story
        for story in _whole_stories(newsroom, list(seen))
        if story_as_seen(story) in [seen.get(alert.id) for alert in story.alerts]
    ]
    is_closing = change.get("state") is _CLOSED
    alerts = [alert for story in same for alert in story.alerts]
    states = {a.id: triage_state(a) for a in alerts if not (is_closing and a.state is _CLOSED)}
    act = newsroom.service.triage.by(visitor.caller.name).change(states, **change, shown=states)
    ids = frozenset(act.ids if act else ())
    changed = sum(any(alert.id in ids for alert in story.alerts) for story in same)
    return _back(form, act=act.id if act else None, changed=changed, left=len(seen) - len(same))


@router.post("/alerts/undo")
def undo(newsroom: Room, visitor: Analyst, form: Form) -> Response:
    """Undo an act of the visitor, and show the page of the form again."""
    check_form(visitor, form)
    act = form.get("act", "")
    if not (act.isascii() and act.isdigit() and len(act) < 16):
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    newsroom.service.triage.by(visitor.caller.name).undo(int(act))
    return _back(form)


def _back(form: Mapping[str, str], **outcome: int | None) -> Response:
    """Return to the page of a form, with the outcome of an act."""
    path, _mark, query = local_address(form.get("back", "")).partition("?")
    return RedirectResponse(address(path, parse_qs(query), **outcome), 303, HEADERS)
