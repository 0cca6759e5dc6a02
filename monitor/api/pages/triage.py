"""Deciding about alerts and stories with the forms of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response

from monitor.api.newsroom import Here, Newsroom
from monitor.api.pages.alerts import (
    alert_id,
    alert_values,
    as_seen,
    find_story,
    story_as_seen,
    story_values,
)
from monitor.api.pages.templating import HEADERS, Page, PageRouter
from monitor.api.pages.visitor import Analyst, Form, Visitor, check_form
from monitor.api.problems import ApiProblem
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model.alert import AlertState, Verdict
from monitor.model.triage import ChangedMeanwhileError, triage_state

router = PageRouter()

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
    (alert,) = (one for one in find_story(here, id).alerts if one.id == id)
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
    story = find_story(here, id)
    if story_as_seen(story) != form.get("seen"):
        notice = _("Somebody changed it since. Look at it as it is now.")
        return Page("story", {**story_values(here, visitor, id), "notice": notice}, 409)
    closes = change.get("state") is _CLOSED
    changing = [one for one in story.alerts if not (closes and one.state is _CLOSED)]
    shown = {one.id: triage_state(one) for one in changing}
    here.service.triage.by(visitor.caller.name).change(shown, **change, shown=shown)
    return _shown(id, "stories")


@router.post("/alerts/{number}/undo")
def undo(here: Here, visitor: Analyst, form: Form, number: str) -> Response:
    """Take back an act of the visitor's own, and show the alert as it is then."""
    return _undone(here, visitor, form, number, "alerts")


@router.post("/stories/{number}/undo")
def undo_in_story(here: Here, visitor: Analyst, form: Form, number: str) -> Response:
    """Take back an act of the visitor's own, and show the story as it is then."""
    return _undone(here, visitor, form, number, "stories")


def _undone(
    here: Newsroom, visitor: Visitor, form: Mapping[str, str], number: str, pages: str
) -> Response:
    check_form(visitor, form)
    id, act = alert_id(number), form.get("act", "")
    if not (act.isascii() and act.isdigit() and len(act) < 16):
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    here.service.triage.by(visitor.caller.name).undo(int(act))
    return _shown(id, pages)


def _shown(id: int, pages: str = "alerts") -> Response:
    return RedirectResponse(f"/{pages}/{alert_number(id)}", 303, HEADERS)
