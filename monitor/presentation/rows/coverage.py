"""How much of what was published was seen."""

from __future__ import annotations

from typing import Annotated, TypedDict

from monitor.model.recall import Estimate, Recall
from monitor.presentation.rows import Moment, means, row


class CoverageRow(TypedDict):
    """What was seen of an outlet, or what a watchlist saw of it, and how much was published."""

    watchlist: Annotated[str, means("Empty for all articles.")]
    outlet: Annotated[str, means("Its site; empty for all that are compared.")]
    since: Annotated[Moment, means("Articles published from then on count.")]
    until: Moment
    seen: Annotated[int, means("Articles that tocsin has.")]
    unlisted: Annotated[int, means("Those of them that no feed showed.")]
    late: Annotated[float | None, means("Median seconds until a feed showed them; or null.")]
    feed: Annotated[int, means("Articles that feeds showed.", "witnessed.feed")]
    sitemap: Annotated[int, means("Those of the sitemap, by the headline.", "witnessed.sitemap")]
    both: Annotated[int, means("Those of both.", "witnessed.both")]
    published: Annotated[int | None, means("How many were published, about; null if not known.")]
    low: Annotated[int | None, means("Beginning of the 95 % interval.")]
    high: Annotated[int | None, means("Its end; null where `published` is a lower bound.")]
    refusal: Annotated[str, means("`no_witness`, `early`, `few` or `apart`, if not known.")]


def coverage_row(recall: Recall) -> CoverageRow:
    answer = recall.answer if isinstance(recall.answer, Estimate) else None
    return row(
        CoverageRow,
        recall,
        published=answer and answer.published,
        low=answer and answer.low,
        high=answer and answer.high,
        refusal="" if answer else str(recall.answer),
    )
