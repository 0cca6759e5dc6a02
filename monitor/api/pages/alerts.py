"""The page one starts from; alerts by story, one alert, one story, and deciding about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Annotated, Any

from fastapi import Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from monitor.api.newsroom import Here, Newsroom
from monitor.api.pages.archive import article_values
from monitor.api.pages.sessions import Analyst, Form, Reader, check_form
from monitor.api.pages.templating import HEADERS, Page, PageRouter, Visitor, address, read_query
from monitor.api.problems import ApiProblem
from monitor.api.routes.alerts import PageParameters, page_of_stories
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, AlertState, StoryAlerts, Verdict
from monitor.model.delivery import Delivery
from monitor.model.triage import ChangedMeanwhileError, Decision, triage_state

router = PageRouter()
NEWEST = 8
"""Stories on the page one starts from."""
STATES = ("open", "new", "acknowledged", "closed", "all")
_NUMBER = re.compile(r"[aA]?([1-9][0-9]{0,14})")


class ListParameters(PageParameters):
    """Which alerts, and which page of them."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


@router.get("/")
def start(here: Here, visitor: Reader) -> Page:
    """Show how the newsroom stands, and the newest stories."""
    stories, end = page_of_stories(here, ListParameters(limit=NEWEST))
    return Page("start", {"status": here.service.status(), "stories": stories, "more": bool(end)})


@router.get("/alerts")
def alerts(request: Request, here: Here, visitor: Reader) -> Page:
    """List the stories that have alerts, those with the newest one first."""
    parameters = read_query(request, ListParameters)
    stories, end = page_of_stories(here, parameters)
    return Page(
        "alerts",
        {
            "stories": stories,
            "parameters": parameters,
            "states": STATES,
            "watchlists": sorted(one.name for one in here.service.views.watchlists.in_force()),
            "next": address("/alerts", parameters, after=alert_number(end)) if end else "",
        },
    )


@router.get("/alerts/{number}")
def alert(here: Here, visitor: Reader, number: str) -> Page:
    """Show an alert with its article, its story and its history."""
    return Page("alert", alert_values(here, alert_id(number)))


@router.get("/stories/{number}")
def story(here: Here, visitor: Reader, number: str) -> Page:
    """Show all alerts about the story of an alert."""
    return Page("story", story_values(here, visitor, alert_id(number)))


def story_values(here: Newsroom, visitor: Visitor, id: int) -> dict[str, Any]:
    """Return what the page of a story shows; raises ApiProblem if there is no such alert."""
    story = here.story(id)
    standing = _standing(here, story.alerts)
    return {
        "story": story,
        "number": alert_number(id),
        "seen": story_as_seen(story),
        "notice": "",
        "undoable": _undoable(standing["decisions"].values(), visitor.caller.name),
        **standing,
    }


def _undoable(decisions: Iterable[Decision], who: str) -> int | None:
    """Return the last act on some alerts if it is one of a person, who has not undone it."""
    last = max(decisions, key=lambda one: one.act, default=None)
    if last is None or last.who != who or last.why or last.undoes is not None:
        return None
    return last.act


def story_as_seen(story: StoryAlerts) -> str:
    """Return in short what is decided of a story, as its form sends it back."""
    seen = [f"{one.id} {sorted(as_seen(one).items())}" for one in story.alerts]
    return blake2b("\n".join(seen).encode(), digest_size=8).hexdigest()


def alert_values(here: Newsroom, id: int) -> dict[str, Any]:
    """Return what the page of an alert shows; raises ApiProblem if there is no such alert."""
    story = here.story(id)
    (shown,) = (one for one in story.alerts if one.id == id)
    article = None if shown.article is None else article_values(here, shown.article)
    return {
        "alert": shown,
        "story": story,
        "history": here.service.views.triage.decisions(id)[::-1],
        "notice": "",
        "draft": shown.note,
        "seen": as_seen(shown),
        **_standing(here, story.alerts),
        "reading": article,
    }


def as_seen(alert: Alert) -> dict[str, str]:
    """Return the fields that a form may set in short, as it sends them back."""
    return {
        name: blake2b(str(getattr(alert, name)).encode(), digest_size=6).hexdigest()
        for name in ("state", "verdict", "starred", "note", "assignee")
    }


def _standing(here: Newsroom, alerts: tuple[Alert, ...]) -> dict[str, Any]:
    views, ids = here.service.views, [one.id for one in alerts]
    decisions: dict[int, Decision] = {
        id: made[-1] for id in ids if (made := views.triage.decisions(id))
    }
    deliveries: Mapping[int, tuple[Delivery, ...]] = views.deliveries.of_alerts(ids)
    return {"decisions": decisions, "deliveries": deliveries}


def alert_id(number: str) -> int:
    """Return the number in an address, as `a5` or `5`; raises ApiProblem if it is none."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ApiProblem("not-found", _("alerts have numbers such as a5"))
    return int(match[1])


# --- deciding ------------------------------------------------------------------------------------


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
"""What each button of the form changes."""


@router.post("/alerts/{number}/triage")
def triage(here: Here, visitor: Analyst, form: Form, number: str) -> Response | Page:
    """Do what a button of the page of an alert says, and show the alert as it is then."""
    check_form(visitor, form)
    id, act = alert_id(number), form.get("act", "")
    change = {"note": form.get("note", "")} if act == "note" else ACTS.get(act)
    if change is None:
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    try:
        _change(here, visitor.caller.name, id, change, form)
    except ChangedMeanwhileError:
        return _again(here, id, form, _("Somebody changed it since. Look at it as it is now."), 409)
    except ValueError as error:
        return _again(here, id, form, str(error), 422)
    return _shown(id)


def _change(
    here: Newsroom, who: str, id: int, change: Mapping[str, Any], form: Mapping[str, str]
) -> None:
    """Change an alert as it was seen; raises ChangedMeanwhileError, ValueError."""
    (alert,) = (one for one in here.story(id).alerts if one.id == id)
    shown = as_seen(alert)
    now = {name: getattr(alert, name) for name in shown if name in change}
    if any(shown[name] != form.get(f"seen_{name}") for name in now):
        raise ChangedMeanwhileError(now)
    here.service.triage.by(who).change([id], **change, seen=now)


def _again(here: Newsroom, id: int, form: Mapping[str, str], notice: str, status: int) -> Page:
    """Return the page of an alert as it is now, with the note that was typed."""
    values = {**alert_values(here, id), "notice": notice}
    if form.get("act") == "note":
        values["draft"] = form.get("note", "")
    return Page("alert", values, status)


@router.post("/stories/{number}/triage")
def triage_story(here: Here, visitor: Analyst, form: Form, number: str) -> Response | Page:
    """Do what a button of the page of a story says with all its alerts.

    Those that are closed already keep their verdict.
    """
    check_form(visitor, form)
    id, change = alert_id(number), ACTS.get(form.get("act", ""))
    if change is None:
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    story = here.story(id)
    if story_as_seen(story) != form.get("seen"):
        notice = _("Somebody changed it since. Look at it as it is now.")
        return Page("story", {**story_values(here, visitor, id), "notice": notice}, 409)
    closes = change.get("state") is _CLOSED
    changing = [one for one in story.alerts if not (closes and one.state is _CLOSED)]
    shown = {one.id: triage_state(one) for one in changing}
    here.service.triage.by(visitor.caller.name).change(shown, **change, shown=shown)
    return _shown(id, "stories")


@router.post("/alerts/{number}/undo")
@router.post("/stories/{number}/undo")
def undo(request: Request, here: Here, visitor: Analyst, form: Form, number: str) -> Response:
    """Take back an act of the visitor's own, and show the alert or the story as it is then."""
    check_form(visitor, form)
    id, act = alert_id(number), form.get("act", "")
    if not (act.isascii() and act.isdigit() and len(act) < 16):
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    here.service.triage.by(visitor.caller.name).undo(int(act))
    return _shown(id, request.url.path.split("/")[1])


def _shown(id: int, pages: str = "alerts") -> Response:
    return RedirectResponse(f"/{pages}/{alert_number(id)}", 303, HEADERS)
