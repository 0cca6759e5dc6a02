"""Search, facets, trends, articles and similar articles."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from monitor.api.access import Reader
from monitor.api.guard import Alone
from monitor.api.newsroom import (
    PAGE,
    ArticleId,
    FilterParameters,
    InQuery,
    Parameters,
    QueryText,
    Room,
    RowRouter,
    param,
)
from monitor.api.problems import invalid
from monitor.base.translation import gettext as _
from monitor.model.search import BucketSize, GroupBy
from monitor.presentation.rows import means
from monitor.presentation.rows.articles import (
    ArticleDetailsRow,
    CountRow,
    FacetsRow,
    ResultsRow,
    RevisionsRow,
    SimilarRow,
    details_row,
    facets_row,
    results_row,
    revisions_row,
    similar_row,
    trend_rows,
)
from monitor.presentation.service.matching import revisions_of

router = RowRouter(tags=["archive"])
SNIPPET = 300
"""Characters of a snippet."""


class SearchParameters(FilterParameters):
    """A search."""

    query: str = param(
        'In the language of queries, as `cainiao liege` or `"port d\'Anvers" lang:fr`.',
        min_length=1,
        max_length=4_000,
    )
    sort: Literal["date", "score"] = param(
        "`date` puts the newest first, `score` the most relevant.", "date"
    )
    limit: int = param("Hits of a page.", 50, ge=1, le=PAGE)
    after: str = param(
        "The page after this place, which is `next` of the page before.", "", max_length=20_000
    )


@router.get("/search")
def search(newsroom: Room, caller: Reader, parameters: InQuery[SearchParameters]) -> ResultsRow:
    """Search the archive.

    Pages are those of one result, whatever arrives meanwhile: follow `next`.
    """
    query, filter, archive = parameters.query, parameters.filter(newsroom), newsroom.service.archive
    results = archive.search(
        query,
        filter,
        sort=parameters.sort,
        limit=parameters.limit,
        width=SNIPPET,
        after=parameters.after,
    )
    suggestions = () if parameters.after else archive.suggestions(query, results.total, filter)
    return results_row(results, suggestions)


class FacetsParameters(FilterParameters):
    """A search, and how much is listed."""

    query: str = param("In the language of queries.", min_length=1, max_length=4_000)
    limit: int = param(
        "At most this many feeds, languages, watchlists and words each.", 10, ge=1, le=100
    )


@router.get("/facets")
def facets(newsroom: Room, caller: Reader, parameters: InQuery[FacetsParameters]) -> FacetsRow:
    """Tell what the articles of a query have in common."""
    filter = parameters.filter(newsroom)
    result = newsroom.service.statistics.facets(parameters.query, filter, limit=parameters.limit)
    return facets_row(result)


class TrendParameters(FilterParameters):
    """Queries, and how their articles are counted."""

    query: list[QueryText] = param(
        "A series for each, in the language of queries.", min_length=1, max_length=8
    )
    by: Literal["hour", "day", "week", "month"] | None = param(
        "Length of a period; chosen from the whole time if it is not given.", None
    )
    split: Literal["lang", "feed", "name"] | None = param(
        "A series for each language or feed of the one query, or name of its concepts.", None
    )


class TrendRow(TypedDict):
    """Articles over time."""

    by: Annotated[str, means("Length of a period: `hour`, `day`, `week` or `month`.")]
    note: Annotated[str, means("That the index is behind or being rebuilt; or empty.")]
    counts: Annotated[list[CountRow], means("Each series in each period, the earliest first.")]


@router.get("/trend")
def trend(newsroom: Room, caller: Reader, parameters: InQuery[TrendParameters]) -> TrendRow:
    """Count the articles that queries find, over time."""
    if parameters.split and len(parameters.query) > 1:
        raise invalid("split", _("`split` needs exactly one query"))
    result = newsroom.service.statistics.trend(
        parameters.query,
        parameters.filter(newsroom),
        bucket=BucketSize(parameters.by) if parameters.by else None,
        split=GroupBy(parameters.split) if parameters.split else None,
    )
    return {"by": str(result.by), "note": result.note, "counts": list(trend_rows(result))}


@router.get("/articles/{article}")
def article(newsroom: Room, caller: Reader, article: ArticleId) -> ArticleDetailsRow:
    """Return an article with its text, its alerts and who else has its story."""
    return details_row(newsroom.article(article))


@router.get("/articles/{article}/revisions")
def revisions(newsroom: Room, caller: Reader, article: ArticleId) -> RevisionsRow:
    """Return the texts that the publisher made of an article, and what each edit changed."""
    views = newsroom.service.views
    edits = revisions_of(views, newsroom.article(article), newsroom.config_path, newsroom.data)
    return revisions_row(edits, views.articles.revisions(article))


class SimilarParameters(Parameters):
    """Number of articles."""

    limit: int = param("At most this many articles.", 10, ge=1, le=PAGE)


@router.get("/articles/{article}/similar")
def similar(
    newsroom: Room,
    caller: Reader,
    alone: Alone,
    article: ArticleId,
    parameters: InQuery[SimilarParameters],
) -> SimilarRow:
    """Find the articles that are most like one, in either language. One is compared at a time."""
    newsroom.article(article)
    return similar_row(article, newsroom.service.similar(article, parameters.limit))
