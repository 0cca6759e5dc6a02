"""What a search finds: hits, suggestions, facets, and counts over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import iso
from monitor.base.text_cleaning import clean
from monitor.presentation.rows import Moment, TextOrNull, decimals, means, row

if TYPE_CHECKING:
    from monitor.model.search import Results, SearchHit, Suggestion, Trend


class HitRow(TypedDict):
    """An article that was found."""

    article_id: Annotated[int, means("Number of the article.", "article.id")]
    title: Annotated[str, means(of="article.title")]
    url: Annotated[str, means(of="article.url")]
    feed: Annotated[str, means("Name of the feed that had it first.")]
    lang: Annotated[str, means("`fr`, `en`, or empty if it is not known.", "article.lang")]
    published: Annotated[Moment, means("As the publisher says.", "article.published")]
    seen: Annotated[Moment, means("When tocsin first had it.", "article.seen")]
    score: Annotated[float, means("BM25 if sorted by it, or a cosine; else 0.", by=decimals(4))]
    snippet: Annotated[str, means("The text around the best matches, on one line.")]


Option = Annotated[str, means(by="--{}".format)]


class SuggestionRow(TypedDict):
    """A search that finds more."""

    kind: Annotated[str, means("In what it differs.")]
    query: str
    without: Annotated[list[Option], means("Options that it does without, as `--since`.")]
    total: Annotated[int, means("How many articles it finds.")]
    gained: Annotated[int, means("So many more.")]
    forms: Annotated[list[str], means("Words that its new term stands for.")]


class ResultsRow(TypedDict):
    """A page of what a search found."""

    total: Annotated[int, means("How many articles there are in all.")]
    before: Annotated[int, means("Hits on the pages before this one.")]
    next: Annotated[TextOrNull, means("Place of the next page; null on the last one.")]
    note: Annotated[TextOrNull, means("That the index is behind or being rebuilt; or null.")]
    forms: Annotated[dict[str, list[str]], means("The words that each `~` and `*` stands for.")]
    suggestions: Annotated[list[SuggestionRow], means("Where few match: searches that find more.")]
    hits: Annotated[list[HitRow], means(of="found")]


class SimilarRow(TypedDict):
    """The articles that are most like one."""

    article_id: Annotated[int, means("Number of the article that was asked about.")]
    hits: Annotated[list[HitRow], means("The nearest first.")]


class MentionRow(TypedDict):
    """An article and its date."""

    article_id: Annotated[int, means(of="article")]
    date: Moment


class ShareRow(TypedDict):
    """How many of the articles are of a feed, language or watchlist."""

    name: str
    articles: int


class SignificantWordRow(TypedDict):
    """A word that stands out."""

    word: Annotated[str, means(by=clean)]
    forms: Annotated[list[str], means("Its inflections, folded.")]
    articles: Annotated[int, means("In how many of these articles it is.")]
    expected: Annotated[float, means("In how many it would be by chance.", by=decimals(2))]
    strength: Annotated[float, means("G²: how far it is beyond chance.", by=decimals(1))]


class FacetsRow(TypedDict):
    """What the articles of a query have in common."""

    total: int
    first: Annotated[MentionRow | None, means("The oldest article.")]
    last: Annotated[MentionRow | None, means("The newest article.")]
    feeds: list[ShareRow]
    langs: list[ShareRow]
    watchlists: Annotated[list[ShareRow], means("Those that raised an alert for one of them.")]
    words: list[SignificantWordRow]
    read: Annotated[int, means("Number of articles whose texts were read to find these words.")]
    note: Annotated[str, means("That the index is behind or being rebuilt; or empty.")]


class CountRow(TypedDict):
    """The articles of one series in one period."""

    bucket: Annotated[
        str,
        means("The period, as `2026-10-25`, `2026-W43`, `2026-10` or `2026-10-25T02:00+01:00`."),
    ]
    start: Moment
    end: Moment
    whole: Annotated[bool, means("False for a first or last period that is cut off.")]
    series: Annotated[str, means("The query, the language or the feed.")]
    count: int
    covered: Annotated[float, means("In which share of it the feeds were read, from 0 to 1.")]
    corrected: Annotated[float | None, means("Estimate of the count without coverage gaps.")]


hit_row = partial(row, HitRow)
facets_row = partial(row, FacetsRow)


def results_row(results: Results, suggestions: Sequence[Suggestion]) -> ResultsRow:
    suggested = [row(SuggestionRow, suggestion) for suggestion in suggestions]
    return row(ResultsRow, results, suggestions=suggested)


def similar_row(article: int, hits: Iterable[SearchHit]) -> SimilarRow:
    return {"article_id": article, "hits": [hit_row(hit) for hit in hits]}


def trend_rows(trend: Trend) -> Iterator[CountRow]:
    """Yield the articles of each series in each period, the earliest period first."""
    for at, label in enumerate(trend.labels):
        start, end = trend.edges[at], trend.edges[at + 1]
        for series in trend.series:
            corrected = series.corrected[at]
            yield {
                "bucket": label,
                "start": iso(start),
                "end": iso(end),
                "whole": trend.since <= start and end <= trend.until,
                "series": series.name,
                "count": series.counts[at],
                "covered": round(series.covered[at], 4),
                "corrected": None if corrected is None else round(corrected, 1),
            }
