"""Watchlists: their alerts and precision, their matches, and new ones."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from msgspec import convert
from msgspec.structs import replace
from pydantic import Field

from index.errors import ArchiveError
from monitor.api.access import Admin, Reader
from monitor.api.guard import Alone
from monitor.api.newsroom import (
    LARGEST,
    Body,
    InQuery,
    Newsroom,
    Parameters,
    QueryText,
    Room,
    RowRouter,
    Text,
    param,
)
from monitor.api.problems import ApiProblem, FieldProblem
from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.config.loading import read
from monitor.model.analyst import acting_as
from monitor.model.config import Config
from monitor.model.watchlist import Watchlist
from monitor.presentation.rows import means
from monitor.presentation.rows.alerts import MatchRow, match_row
from monitor.presentation.rows.articles import HitRow, hit_row
from monitor.presentation.rows.watchlists import WatchlistRow, watchlist_rows
from monitor.presentation.service.known_names import find_watchlist
from monitor.presentation.service.matching import explain_match

if TYPE_CHECKING:  # the editor of feeds.yaml takes 5 MB
    from monitor.config.watchlist_edit import WatchlistFields

router = RowRouter(tags=["watchlists"])
log = logging.getLogger("tocsin")
TRIAL = "(trial)"
"""Name of each watchlist that is tried, which may have no name or that of an existing one."""


class WatchlistsRow(TypedDict):
    """The watchlists of the newsroom."""

    watchlists: list[WatchlistRow]


@router.get("/watchlists")
def watchlists(newsroom: Room, caller: Reader) -> WatchlistsRow:
    """List watchlists with their alerts and their precision."""
    records = newsroom.service.views.watchlists.records()
    return {"watchlists": watchlist_rows(newsroom.service, records, newsroom.clock())}


class NameParameters(Parameters):
    """A watchlist."""

    watchlist: Text = param("Its name, in any case.")


class ExplainParameters(NameParameters):
    """A watchlist and an article."""

    article: int = param("Number of the article.", ge=1, le=LARGEST)


class ExplanationRow(TypedDict):
    """Why a watchlist matches an article, or does not."""

    watchlist: str
    article_id: int
    matches: bool
    clauses: Annotated[list[str], means("Those that match, with their text, or those that fail.")]
    places: Annotated[list[MatchRow], means("Where it matches.")]


@router.get("/watchlists/explain")
def explain(
    newsroom: Room, caller: Reader, parameters: InQuery[ExplainParameters]
) -> ExplanationRow:
    """Explain why a watchlist matches an article, or does not."""
    config = newsroom.load()
    watchlist = find_watchlist(config, parameters.watchlist)
    article = newsroom.article(parameters.article).article
    explanation = explain_match(newsroom.service.views, config, watchlist, article)
    return {
        "watchlist": watchlist.name,
        "article_id": parameters.article,
        "matches": explanation.hit is not None,
        "clauses": explanation.reason.split("\n"),
        "places": list(map(match_row, explanation.hit.matches)) if explanation.hit else [],
    }


class NewWatchlist(Body):
    """A watchlist as feeds.yaml has it: terms or a query."""

    name: str = param("Without a name, the only term is its name.", "", max_length=200)
    terms: list[Annotated[str, Field(min_length=1, max_length=500)]] = param(
        "Articles with any of these.", [], max_length=200
    )
    query: QueryText = param("Instead of `terms`: articles that this query finds.", "")
    severity: Literal["high", "medium", "low"] = "medium"
    lang: list[Text] = param("Only articles in these languages.", [], max_length=20)
    feeds: list[Text] = param(
        "Only articles of these feeds; `tag:NAME` means all feeds with a tag.", [], max_length=100
    )
    excluded: list[Annotated[str, Field(max_length=500)]] = param(
        "Terms under `not:`.", [], max_length=200
    )
    cooldown: str = param(
        "Time after a notification in which there is no other, as `2h`.", "", max_length=20
    )

    def as_fields(self) -> WatchlistFields:
        from monitor.config.watchlist_edit import WatchlistFields

        return convert(self.model_dump(), WatchlistFields)


def _checked(newsroom: Newsroom, fields: WatchlistFields) -> tuple[Watchlist, Config, list[str]]:
    """Return the watchlist of some fields, the configuration with it, and warnings.

    Raises:
        ApiProblem: The fields have mistakes.
    """
    from monitor.config.watchlist_edit import check_fields

    path, count = newsroom.config_path, newsroom.service.archive.timed_count()
    draft = check_fields(read(path), path, None, fields, count)
    if draft.watchlist is None or draft.config is None:
        message = _("this watchlist has mistakes; nothing was changed")
        errors = [FieldProblem(field=p.field, message=p.message) for p in draft.problems]
        raise ApiProblem("invalid", message, errors=errors)
    return draft.watchlist, draft.config, [*draft.warnings]


class TestParameters(Parameters):
    """The time of a test."""

    days: int = param("How many days of the archive the watchlist is tried on.", 7, ge=1, le=30)


class TermCountRow(TypedDict):
    """A term, and how many articles it matches."""

    term: str
    articles: int


class TestRow(TypedDict):
    """What a watchlist would have matched."""

    days: int
    articles: Annotated[int, means("Articles of that time.")]
    matched: int
    alerts_a_day: Annotated[float, means("One for each story, without those in a cooldown.")]
    summary: Annotated[
        list[str], means("In words: that, near misses, what other watchlists found too.")
    ]
    terms: Annotated[list[TermCountRow], means("The most frequent first.")]
    examples: Annotated[list[HitRow], means("A sample of those that match, the newest first.")]
    warnings: Annotated[list[str], means("Those of `tocsin check`.")]


@router.post("/watchlists/test")
def try_watchlist(
    newsroom: Room,
    caller: Reader,
    alone: Alone,
    watchlist: NewWatchlist,
    parameters: InQuery[TestParameters],
) -> TestRow:
    """Try a watchlist on the archive; nothing is changed. One is tried at a time.

    It needs no name, and may have that of a watchlist that is there.
    """
    return preview(newsroom, watchlist, parameters.days)


def preview(newsroom: Newsroom, watchlist: NewWatchlist, days: int) -> TestRow:
    """Return the matches that a watchlist would have had in the last days; raises ApiProblem."""
    fields = watchlist.as_fields()
    trial, config, warnings = _checked(newsroom, replace(fields, name=TRIAL))
    trial = replace(trial, name=fields.title or TRIAL)
    outcome = newsroom.service.rehearse(trial, config.feeds, days=days)
    return {
        "days": days,
        "articles": outcome.articles,
        "matched": outcome.matched,
        "alerts_a_day": round(outcome.alerts / outcome.days, 2),
        "summary": outcome.texts(),
        "terms": [{"term": term, "articles": count} for term, count in outcome.terms],
        "examples": list(map(hit_row, outcome.examples)),
        "warnings": warnings,
    }


class AddedWatchlistRow(TypedDict):
    """A watchlist of feeds.yaml."""

    name: str
    severity: str
    query: Annotated[str, means("What it looks for, as a query.")]
    summary: Annotated[list[str], means("What it would have brought in 30 days, as a test says.")]
    warnings: Annotated[list[str], means("Those of `tocsin check`.")]


@router.post("/watchlists")
def add_watchlist(
    newsroom: Room, caller: Admin, alone: Alone, watchlist: NewWatchlist
) -> AddedWatchlistRow:
    """Add a watchlist to feeds.yaml, and change nothing else in it.

    A running monitor uses it at once, and matches it against the archive.
    """
    from monitor.config.watchlist_edit import save_watchlist

    fields = watchlist.as_fields()
    added, config, warnings = _checked(newsroom, fields)
    summary: list[str] = []
    with suppress(StoreError, ArchiveError):  # a rule can be saved without an archive
        summary = newsroom.service.rehearse(added, config.feeds).texts()
    with acting_as(caller.name):
        save_watchlist(newsroom.config_path, None, fields)
    log.info("%s added the watchlist %s", caller.name, added.name)
    return {
        "name": added.name, "severity": str(added.severity), "query": added.query.text,
        "summary": summary, "warnings": warnings,
    }  # fmt: skip
