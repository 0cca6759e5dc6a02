"""The pages of the archive: searches, briefings, and articles with their alerts and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import Request
from markupsafe import Markup
from pydantic import Field

from index.errors import QueryError
from monitor.api.newsroom import FilterParameters, Newsroom, Room
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

router = PageRouter()
HITS = 20
"""Number of hits of a page."""
SNIPPET = 300
"""Characters of a snippet."""
SPANS = ("1d", "7d", "30d")
"""Spans of time of the links to briefings."""
MAX_SENT = 20
"""Maximum number of links to briefings by schedule."""
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


class SearchParameters(FilterParameters):
    """A search, and the number of a page of it."""

    q: Annotated[str, Field(max_length=4_000)] = ""
    sort: Literal["date", "score"] = "date"
    page: Annotated[int, Field(ge=1, le=500)] = 1


@router.get("/search")
def search(request: Request, newsroom: Room, visitor: Reader) -> Page:
    parameters = read_query(request, SearchParameters)
    values: dict[str, Any] = {
        "parameters": parameters, "results": None, "suggestions": (), "problem": "",
        "saved": _saved_searches(newsroom),
    }  # fmt: skip
    try:
        values |= _result_values(newsroom, parameters) if parameters.q.strip() else {}
    except QueryError as error:
        return Page("search", {**values, "problem": str(error)}, 422)
    return Page("search", values)


def _result_values(newsroom: Newsroom, parameters: SearchParameters) -> dict[str, Any]:
    """Return the values of a page of results, with links to its neighbours; raises QueryError."""
    archive, filter = newsroom.service.archive, parameters.filter(newsroom)
    results = archive.search(
        parameters.q, filter, sort=parameters.sort, limit=HITS, width=SNIPPET, page=parameters.page
    )
    has_next = results.before + len(results.hits) < results.total and parameters.page < 500
    suggestions = archive.suggestions(parameters.q, results.total, filter)
    return {
        "results": results,
        "hits": _hits(results),
        "suggestions": [(s, _suggested(parameters, s)) for s in suggestions],
        "next": address("/search", parameters, page=parameters.page + 1) if has_next else "",
        "previous": address("/search", parameters, page=parameters.page - 1)
        if parameters.page > 1
        else "",
    }


def _hits(results: Results) -> list[tuple[Any, Markup, Markup]]:
    return [
        (
            hit,
            lit(shown_title(hit.article.title), _spans_of(hit.spans, "title")),
            lit("" if hit.snippet == hit.article.title else hit.snippet, hit.lit),
        )
        for hit in results.hits
    ]


def _suggested(parameters: SearchParameters, suggestion: Suggestion) -> str:
    without = dict.fromkeys(suggestion.without)
    return address("/search", parameters, q=suggestion.query, page=None, **without)


def _saved_searches(newsroom: Newsroom) -> Sequence[tuple[str, str]]:
    searches: Sequence[SavedSearch] = ()
    with suppress(ConfigError):
        searches = newsroom.service.saved_searches()
    return [(s.name, address("/search", {"q": s.query.text, "sort": s.sort})) for s in searches]


@router.get("/articles/{number}")
def article(newsroom: Room, visitor: Reader, number: str) -> Page:
    """Show an article with its text, its alerts, its versions and who else has its story."""
    if not _NUMBER.fullmatch(number):
        raise ApiProblem("not-found", _("articles have numbers such as 5"))
    content = article_values(newsroom, int(number))
    details: ArticleDetails = content["details"]
    return Page(
        "article",
        {"content": content, "decisions": details.decisions, "deliveries": details.deliveries},
    )


def article_values(newsroom: Newsroom, id: int) -> dict[str, Any]:
    """Return the values of an article; raises ApiProblem if there is no such article."""
    details = newsroom.article(id)
    matches = {
        (match.field, match.start, match.end) for alert in details.alerts for match in alert.matches
    }
    parts, places = shown_parts(details.article, matches)
    revisions = (
        revisions_of(newsroom.service.views, details, newsroom.config_path, newsroom.data)
        if details.versions > 1
        else []
    )
    return {
        "details": details,
        "headline": lit(shown_title(details.article.title), _spans_of(places, "title")),
        "author": lit(details.article.author, _spans_of(places, "author")),
        "texts": [
            (part, paragraphs(details.article.part(part), _spans_of(places, part)))
            for part in parts
            if part in ("summary", "body") and details.article.part(part)
        ],
        "revisions": revisions,
    }


def _spans_of(places: Iterable[MatchPlace], part: str) -> list[tuple[int, int]]:
    return [(start, end) for name, start, end in places if name == part]


@router.get("/briefing")
def briefing(request: Request, newsroom: Room, visitor: Reader) -> Page:
    """Show a briefing since a time, with coverage gaps."""
    parameters = read_query(request, BriefingParameters)
    briefing = parameters.briefing(newsroom)
    body = export.body(briefing, newsroom.zone, "")
    return Page(
        "briefing",
        {
            "title": title(briefing, newsroom.zone),
            "body": Markup(body),
            "spans": [(span, address("/briefing", parameters, since=span)) for span in SPANS],
            "chosen": parameters.since or SPANS[0],
            "sent": newsroom.service.views.briefings.subjects(MAX_SENT),
        },
    )


@router.get("/briefing/{number}")
def sent_briefing(newsroom: Room, visitor: Reader, number: str) -> Page:
    """Show a briefing by schedule as it was sent."""
    if not _NUMBER.fullmatch(number):
        raise ApiProblem("not-found", _("briefings have numbers such as 5"))
    briefing = newsroom.service.views.briefings.get([int(number)]).get(int(number))
    if briefing is None:
        raise ApiProblem("not-found", _("there is no briefing {number}", number=number))
    values = {"title": briefing.subject, "body": Markup(briefing.html), "chosen": "", "sent": ()}
    spans = [(span, address("/briefing", {"since": span})) for span in SPANS]
    return Page("briefing", {**values, "spans": spans})
