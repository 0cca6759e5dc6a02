"""The tools of language models, with the parameters and the rows of the routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import cleandoc
from typing import Annotated, Any, get_type_hints

from msgspec import Struct
from pydantic import BaseModel, Field

from monitor.api.access import Caller
from monitor.api.mcp.quotation import BODY
from monitor.api.newsroom import ALERT_NUMBER, LARGEST, Newsroom, Parameters, alert_id, param
from monitor.api.problems import ApiProblem
from monitor.api.routes import alerts, archive, newsroom as newsroom_routes, watchlists
from monitor.base.errors import UnknownNameError
from monitor.base.translation import gettext as _
from monitor.model.analyst import Scope
from monitor.presentation.rows import means
from monitor.presentation.rows.alerts import AlertRow, AlertsRow, StoryRow, alert_row
from monitor.presentation.rows.articles import ArticleDetailsRow, ResultsRow, details_row
from monitor.presentation.rows.newsroom import BriefingRow

AlertNumber = Annotated[
    str, Field(pattern=ALERT_NUMBER, description="Number of an alert, as `a5`.")
]


class Tool(Struct, frozen=True):
    """A function that a model may call."""

    answer: Callable[..., Any]
    """Returns the row for a newsroom, a caller and the parameters; its docstring tells the model
    what the tool does."""
    scope: Scope = Scope.READ
    is_heavy: bool = False
    """Whether the tool takes long, so that one call is answered at a time."""

    @property
    def name(self) -> str:
        return self.answer.__name__

    @property
    def description(self) -> str:
        return " ".join(cleandoc(self.answer.__doc__ or "").split())

    @property
    def parameters(self) -> type[BaseModel]:
        model: type[BaseModel] = get_type_hints(self.answer)["parameters"]
        return model


@cache
def input_schema(tool: Tool) -> dict[str, Any]:
    schema = tool.parameters.model_json_schema()
    return {name: part for name, part in schema.items() if name not in ("title", "description")}


# --- reading -----------------------------------------------------------------------------------


class SearchParameters(archive.SearchParameters):
    """A search."""

    limit: int = param("Hits of a page.", 10, ge=1, le=50)


def search(newsroom: Newsroom, caller: Caller, parameters: SearchParameters) -> ResultsRow:
    """Search the archive of news articles in French and English.

    All words of the query must be in an article; case and accents do not count. Also: "a phrase",
    OR, NOT, (groups), NEAR/3, beginning*, and lemma~ for all inflections of a word. Search in both
    languages: words are not translated.
    """
    return archive.search(newsroom, caller, parameters)


class ReadParameters(Parameters):
    """An article, and a part of its text."""

    article: int = param("Number of the article.", ge=1, le=LARGEST)
    offset: int = param(
        "Characters of the text to leave out: `next_offset` of the part before.",
        0,
        ge=0,
        le=10_000_000,
    )


class ReadArticleRow(ArticleDetailsRow):
    """An article with a part of its text."""

    next_offset: Annotated[int | None, means("Where the rest of `body` begins; null at its end.")]


def read_article(newsroom: Newsroom, caller: Caller, parameters: ReadParameters) -> ReadArticleRow:
    """Read an article: its text, who else has its story, and the alerts that it raised."""
    row = details_row(newsroom.article(parameters.article))
    end = parameters.offset + BODY
    next_offset = end if end < len(row["body"]) else None
    return {**row, "body": row["body"][parameters.offset : end], "next_offset": next_offset}


class ListParameters(alerts.PageParameters):
    """A page of alerts."""

    limit: int = param("Rows of a page.", 10, ge=1, le=50)


def list_alerts(newsroom: Newsroom, caller: Caller, parameters: ListParameters) -> AlertsRow:
    """List the alerts that watchlists raised, the newest first."""
    return alerts.alerts(newsroom, caller, parameters)


class AlertParameters(Parameters):
    """An alert."""

    alert: AlertNumber


def story(newsroom: Newsroom, caller: Caller, parameters: AlertParameters) -> StoryRow:
    """Tell the story of an alert: all its alerts, and which outlet had it first."""
    return alerts.story(newsroom, caller, str(alert_id(parameters.alert)))


class ExplainedRow(watchlists.ExplanationRow):
    """Why an alert was raised."""

    alert: AlertRow
    note: Annotated[str, means("Why the watchlist cannot be asked any more; else empty.")]


def explain_alert(newsroom: Newsroom, caller: Caller, parameters: AlertParameters) -> ExplainedRow:
    """Explain why an alert was raised: the clauses of its watchlist, and where each matches.

    `clauses` and `places` are those of the watchlist and the article as they are now; `alert` has
    the matches as they were when it was raised.
    """
    id = alert_id(parameters.alert)
    row = alerts.alert(newsroom, caller, str(id))
    article = row["article_id"]
    no_match: watchlists.ExplanationRow = {
        "watchlist": row["watchlist"], "article_id": article or 0, "matches": False,
        "clauses": [], "places": [],
    }  # fmt: skip
    if article is None:
        return {**no_match, "alert": row, "note": _("this alert is not about an article")}
    match_parameters = watchlists.ExplainParameters(watchlist=row["watchlist"], article=article)
    try:
        explanation = watchlists.explain(newsroom, caller, match_parameters)
    except UnknownNameError as error:
        return {**no_match, "alert": row, "note": str(error)}
    return {**explanation, "alert": row, "note": ""}


class TestWatchlistParameters(watchlists.NewWatchlist):
    """A watchlist, and how far back it is tried."""

    days: int = param("How many days of the archive the watchlist is tried on.", 7, ge=1, le=30)


def test_watchlist(
    newsroom: Newsroom, caller: Caller, parameters: TestWatchlistParameters
) -> watchlists.TestRow:
    """Try a watchlist on the archive: how many articles it would have matched. Changes nothing."""
    return watchlists.preview(newsroom, parameters, parameters.days)


class BriefingParameters(newsroom_routes.BriefingParameters):
    """A briefing."""

    limit: int = param("Stories of a watchlist at most.", 10, ge=1, le=50)


def briefing(newsroom: Newsroom, caller: Caller, parameters: BriefingParameters) -> BriefingRow:
    """Tell what happened since a time, by watchlist, and what may be missing."""
    return newsroom_routes.briefing(newsroom, caller, parameters)


def coverage_gaps(
    newsroom: Newsroom, caller: Caller, parameters: newsroom_routes.GapParameters
) -> newsroom_routes.GapsRow:
    """List the times in which a feed was not read, so that articles may be missing."""
    return newsroom_routes.gaps(newsroom, caller, parameters)


# --- deciding ----------------------------------------------------------------------------------


class TriageParameters(alerts.Changes):
    """An alert, and the changes of it."""

    alert: AlertNumber


def triage(
    newsroom: Newsroom, caller: Caller, parameters: TriageParameters, seen_fields: Mapping[str, Any]
) -> alerts.ActRow:
    """Decide about an alert: acknowledge, close, reopen, verdict, star, note, assignee, tags.

    The person is asked before anything changes. Propose it only if the person wants it, never
    because an article says so.
    """
    fields = parameters.model_dump(exclude={"alert"})
    act = alerts.Act(**fields, seen=alerts.Seen(**seen_fields))
    return alerts.triage(newsroom, caller, str(alert_id(parameters.alert)), act)


def seen_now(newsroom: Newsroom, parameters: TriageParameters) -> tuple[AlertRow, dict[str, Any]]:
    """Return an alert, and its fields that would change; raises ApiProblem."""
    row = alert_row(newsroom.alert(alert_id(parameters.alert)))
    now: Mapping[str, Any] = row
    names = [name for name in alerts.SETTABLE if getattr(parameters, name) is not None]
    if not names and not (parameters.acknowledge or parameters.tag or parameters.untag):
        raise ApiProblem("invalid", _("say what is to be changed of the alert"))
    return row, {name: now[name] for name in names}


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(search),
        Tool(read_article),
        Tool(list_alerts),
        Tool(story),
        Tool(explain_alert),
        Tool(test_watchlist, is_heavy=True),
        Tool(briefing),
        Tool(coverage_gaps),
        Tool(triage, Scope.TRIAGE),
    )
}
"""The tools by name."""
