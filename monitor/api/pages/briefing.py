"""The page one starts from, and briefings."""

from __future__ import annotations

import re

from fastapi import Request
from markupsafe import Markup

from monitor.api.newsroom import Here
from monitor.api.pages.alerts import ListParameters
from monitor.api.pages.links import address, read_query
from monitor.api.pages.templating import Page, PageRouter
from monitor.api.pages.visitor import Reader
from monitor.api.problems import ApiProblem, invalid
from monitor.api.routes.alerts import page_of_stories
from monitor.api.routes.newsroom import DAY, BriefingParameters
from monitor.base.translation import gettext as _
from monitor.delivery.export import briefing as export
from monitor.model.search import Filter
from monitor.presentation.briefing import title

router = PageRouter()
NEWEST = 8
"""Stories on the page one starts from."""
SPANS = ("1d", "7d", "30d")
"""Times of which there is a link to a briefing."""
LISTED = 20
"""Briefings by schedule to which the page of a briefing links."""
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


@router.get("/")
def start(here: Here, visitor: Reader) -> Page:
    """Show how the newsroom stands, and the newest stories."""
    stories, end = page_of_stories(here, ListParameters(limit=NEWEST))
    return Page("start", {"status": here.service.status(), "stories": stories, "more": bool(end)})


@router.get("/briefing")
def briefing(request: Request, here: Here, visitor: Reader) -> Page:
    """Tell what happened since a time, by watchlist, and what may be missing."""
    asked = read_query(request, BriefingParameters)
    now = here.clock()
    since = here.moment("since", asked.since)
    since = now - DAY if since is None else since
    if since >= now:
        raise invalid("since", _("that is in the future"))
    here.names.validate(Filter(watchlists=tuple(asked.watch)))
    made = here.service.briefing(since, watchlists=tuple(asked.watch), limit=asked.limit)
    body = export.body(made, here.zone, "")
    return Page(
        "briefing",
        {
            "title": title(made, here.zone),
            "body": Markup(body),
            "spans": [(one, address("/briefing", asked, since=one)) for one in SPANS],
            "chosen": asked.since or SPANS[0],
            "sent": here.service.views.briefings.subjects(LISTED),
        },
    )


@router.get("/briefing/{number}")
def sent_briefing(here: Here, visitor: Reader, number: str) -> Page:
    """Show a briefing by schedule as it was sent."""
    if not _NUMBER.fullmatch(number):
        raise ApiProblem("not-found", _("briefings have numbers such as 5"))
    found = here.service.views.briefings.get([int(number)]).get(int(number))
    if found is None:
        raise ApiProblem("not-found", _("there is no briefing {number}", number=number))
    shown = {"title": found.subject, "body": Markup(found.html), "chosen": "", "sent": ()}
    spans = [(one, address("/briefing", {"since": one})) for one in SPANS]
    return Page("briefing", {**shown, "spans": spans})
