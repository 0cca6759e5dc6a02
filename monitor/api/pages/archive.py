"""The pages of the archive: searches, briefings, and articles with their alerts and versions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import Request
from markupsafe import Markup
from pydantic import Field

from index.errors import QueryError
from monitor.api.newsroom import FilterParameters, Here, Newsroom
from monitor.api.pages.sessions import Reader
from monitor.api.pages.templating import Page, PageRouter, address, lit, paragraphs, read_query
from monitor.api.problems import ApiProblem
from monitor.api.routes.newsroom import BriefingParameters
from monitor.base.errors import ConfigError
from monitor.base.formatting import shown_title
from monitor.base.translation import gettext as _
from monitor.delivery.export import briefing as export
from monitor.model.article import ArticleDetails, MatchPlace, shown_parts
from monitor.model.config import SavedSearch
from monitor.model.search import Results, Suggestion
from monitor.presentation.briefing import title
from monitor.presentation.service.matching import revisions_of
from monitor.storage.search.suggestions import FEW

router = PageRouter()
LENGTH = 20
"""Hits of a page."""
SNIPPET = 300
"""Characters of a snippet."""
SPANS = ("1d", "7d", "30d")
"""Times of which there is a link to a briefing."""
LISTED = 20
"""Briefings by schedule to which the page of a briefing links."""
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


class SearchParameters(FilterParameters):
    """A search, and the number of a page of it."""

    q: Annotated[str, Field(max_length=4_000)] = ""
    sort: Literal["date", "score"] = "date"
    page: Annotated[int, Field(ge=1, le=500)] = 1


@router.get("/search")
def search(request: Request, here: Here, visitor: Reader) -> Page:
    parameters = read_query(request, SearchParameters)
    shown: dict[str, Any] = {
        "parameters": parameters, "results": None, "suggestions": (), "problem": "",
        "saved": _saved(here),
    }  # fmt: skip
    try:
        shown |= _found(here, parameters) if parameters.q.strip() else {}
    except QueryError as error:
        return Page("search", {**shown, "problem": str(error)}, 422)
    return Page("search", shown)


def _found(here: Newsroom, parameters: SearchParameters) -> dict[str, Any]:
    """Return a page of results with the links to its neighbours; raises QueryError."""
    archive, filter = here.service.archive, parameters.filter(here)
    results = archive.search(
        parameters.q,
        filter,
        sort=parameters.sort,
        limit=LENGTH,
        width=SNIPPET,
        page=parameters.page,
    )
    more = results.before + len(results.hits) < results.total and parameters.page < 500
    few = archive.suggestions(parameters.q, filter) if results.total < FEW else []
    return {
        "results": results,
        "hits": _hits(results),
        "suggestions": [(one, _suggested(parameters, one)) for one in few],
        "next": address("/search", parameters, page=parameters.page + 1) if more else "",
        "previous": address("/search", parameters, page=parameters.page - 1)
        if parameters.page > 1
        else "",
    }


def _hits(results: Results) -> list[tuple[Any, Markup, Markup]]:
    return [
        (
            hit,
            lit(shown_title(hit.article.title), [(a, b) for p, a, b in hit.spans if p == "title"]),
            lit("" if hit.snippet == hit.article.title else hit.snippet, hit.lit),
        )
        for hit in results.hits
    ]


def _suggested(parameters: SearchParameters, suggestion: Suggestion) -> str:
    without = dict.fromkeys(suggestion.without)
    return address("/search", parameters, q=suggestion.query, page=None, **without)


def _saved(here: Newsroom) -> Sequence[tuple[str, str]]:
    listed: Sequence[SavedSearch] = ()
    with suppress(ConfigError):
        listed = here.service.saved_searches()
    return [
        (one.name, address("/search", {"q": one.query.text, "sort": one.sort})) for one in listed
    ]


@router.get("/articles/{number}")
def article(here: Here, visitor: Reader, number: str) -> Page:
    """Show an article with its text, its alerts, its versions and who else has its story."""
    if not _NUMBER.fullmatch(number):
        raise ApiProblem("not-found", _("articles have numbers such as 5"))
    reading = article_values(here, int(number))
    details: ArticleDetails = reading["details"]
    return Page(
        "article",
        {"reading": reading, "decisions": details.decisions, "deliveries": details.deliveries},
    )


def article_values(here: Newsroom, id: int) -> dict[str, Any]:
    """Return what a page shows of an article; raises ApiProblem if there is no such article."""
    details = here.article(id)
    matches = {
        (match.field, match.start, match.end) for one in details.alerts for match in one.matches
    }
    parts, places = shown_parts(details.article, matches)
    revisions = (
        revisions_of(here.service.views, details, here.config_path, here.data)
        if details.versions > 1
        else []
    )
    return {
        "details": details,
        "headline": lit(shown_title(details.article.title), _in(places, "title")),
        "author": lit(details.article.author, _in(places, "author")),
        "texts": [
            (part, paragraphs(details.article.part(part), _in(places, part)))
            for part in parts
            if part in ("summary", "body") and details.article.part(part)
        ],
        "revisions": revisions,
    }


def _in(places: set[MatchPlace], part: str) -> list[tuple[int, int]]:
    return [(start, end) for name, start, end in places if name == part]


@router.get("/briefing")
def briefing(request: Request, here: Here, visitor: Reader) -> Page:
    """Tell what happened since a time, by watchlist, and what may be missing."""
    parameters = read_query(request, BriefingParameters)
    made = parameters.briefing(here)
    body = export.body(made, here.zone, "")
    return Page(
        "briefing",
        {
            "title": title(made, here.zone),
            "body": Markup(body),
            "spans": [(one, address("/briefing", parameters, since=one)) for one in SPANS],
            "chosen": parameters.since or SPANS[0],
            "sent": here.service.views.briefings.subjects(LISTED),
        },
    )


@router.get("/briefing/{number}")
def sent_briefing(here: Here, visitor: Reader, number: str) -> Page:
    """Show a briefing by schedule as it was sent."""
    if not _NUMBER.fullmatch(number):
        raise ApiProblem("not-found", _("briefings have numbers such as 5"))
    briefing = here.service.views.briefings.get([int(number)]).get(int(number))
    if briefing is None:
        raise ApiProblem("not-found", _("there is no briefing {number}", number=number))
    shown = {"title": briefing.subject, "body": Markup(briefing.html), "chosen": "", "sent": ()}
    spans = [(one, address("/briefing", {"since": one})) for one in SPANS]
    return Page("briefing", {**shown, "spans": spans})
