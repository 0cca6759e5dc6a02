"""The pages of alerts: the list by story, one alert, one story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Annotated, Any

from fastapi import Request
from pydantic import Field

from monitor.api.newsroom import Here, Newsroom, no_alert, param
from monitor.api.pages.archive import article_values
from monitor.api.pages.links import address, read_query
from monitor.api.pages.templating import Page, PageRouter
from monitor.api.pages.visitor import Reader, Visitor
from monitor.api.problems import ApiProblem
from monitor.api.routes.alerts import PageParameters, page_of_stories
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, StoryAlerts
from monitor.model.delivery import Delivery
from monitor.model.triage import Decision

router = PageRouter()
STATES = ("open", "new", "acknowledged", "closed", "all")
_NUMBER = re.compile(r"[aA]?([1-9][0-9]{0,14})")


class ListParameters(PageParameters):
    """Which alerts, which page of them, and the way there."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    before: str = param(
        "The ends of the pages before the one before, for the link back.",
        "",
        pattern=r"^a[0-9]{1,15}(\.a[0-9]{1,15}){0,60}$",
    )

    def next(self, end: int) -> str:
        ends = [*filter(None, self.before.split(".")), *filter(None, [self.after])]
        return address("/alerts", self, after=alert_number(end), before=".".join(ends[-60:]))

    def previous(self) -> str:
        """Return the address of the page before this one; empty on the first one."""
        if not self.after:
            return ""
        *ends, last = self.before.split(".")
        return address("/alerts", self, after=last, before=".".join(ends))


@router.get("/alerts")
def alerts(request: Request, here: Here, visitor: Reader) -> Page:
    """List the stories that have alerts, those with the newest one first."""
    asked = read_query(request, ListParameters)
    found, end = page_of_stories(here, asked)
    hidden = asked.model_dump(exclude_defaults=True, exclude={"state", "watch", "query"})
    for name in ("after", "before"):
        hidden.pop(name, None)
    return Page(
        "alerts",
        {
            "stories": found,
            "asked": asked,
            "states": STATES,
            "watchlists": sorted(one.name for one in here.service.views.watchlists.in_force()),
            "hidden": _pairs(hidden),
            "next": asked.next(end) if end else "",
            "previous": asked.previous(),
        },
    )


def _pairs(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return fields as a form has them: one for each value."""
    return [
        (name, value)
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]


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
    found = find_story(here, id)
    standing = _standing(here, found.alerts)
    return {
        "story": found,
        "number": alert_number(id),
        "seen": story_as_seen(found),
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
    found = find_story(here, id)
    (shown,) = (one for one in found.alerts if one.id == id)
    article = None if shown.article is None else article_values(here, shown.article)
    return {
        "alert": shown,
        "story": found,
        "history": here.service.views.triage.decisions(id)[::-1],
        "notice": "",
        "draft": shown.note,
        "seen": as_seen(shown),
        **_standing(here, found.alerts),
        "reading": article,
    }


def as_seen(alert: Alert) -> dict[str, str]:
    """Return the fields that a form may set in short, as it sends them back."""
    return {
        name: blake2b(str(getattr(alert, name)).encode(), digest_size=6).hexdigest()
        for name in ("state", "verdict", "starred", "note", "assignee")
    }


def find_story(here: Newsroom, id: int) -> StoryAlerts:
    """Return the story of an alert; raises ApiProblem if there is no such alert."""
    found = here.service.views.alerts.stories(
        [id], matches=True, timelines=True, closed=True, silenced=True
    )
    if not found:
        raise no_alert(id)
    return found[0]


def _standing(here: Newsroom, alerts: tuple[Alert, ...]) -> dict[str, Any]:
    views, ids = here.service.views, [one.id for one in alerts]
    decisions: dict[int, Decision] = {
        id: made[-1] for id in ids if (made := views.triage.decisions(id))
    }
    deliveries: Mapping[int, tuple[Delivery, ...]] = views.deliveries.of_alerts(ids)
    return {"decisions": decisions, "deliveries": deliveries}


def alert_id(number: str) -> int:
    """Return the number in an address, as `a5` or `5`; raises ApiProblem if it is none."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise ApiProblem("not-found", _("alerts have numbers such as a5"))
    return int(found[1])
