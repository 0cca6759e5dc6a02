"""Deciding about alerts with the forms of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response

from index.translation import gettext as _
from monitor.api.newsroom import Here, Newsroom
from monitor.api.pages.alerts import alert_id, alert_values, as_seen, find_story
from monitor.api.pages.templating import HEADERS, Page, PageRouter
from monitor.api.pages.visitor import Analyst, Form, check_form
from monitor.api.problems import ApiProblem
from monitor.formatting import alert_number
from monitor.model.alert import AlertState, ChangedMeanwhileError, Verdict

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


@router.post("/alerts/{number}/undo")
def undo(here: Here, visitor: Analyst, form: Form, number: str) -> Response:
    """Take back an act of the visitor's own, and show the alert as it is then."""
    check_form(visitor, form)
    id, act = alert_id(number), form.get("act", "")
    if not (act.isascii() and act.isdigit() and len(act) < 16):
        raise ApiProblem("invalid", _("the form says nothing to do; load the page again"))
    here.service.triage.by(visitor.caller.name).undo(int(act))
    return _shown(id)


def _shown(id: int) -> Response:
    return RedirectResponse(f"/alerts/{alert_number(id)}", 303, HEADERS)
