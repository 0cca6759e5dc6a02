"""What a search finds: hits, suggestions, facets, and counts over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import iso
from monitor.base.text_cleaning import clean

if TYPE_CHECKING:
    from monitor.model.search_results import (
        Facets,
        Mention,
        Results,
        SearchHit,
        Share,
        Suggestion,
        Trend,
    )


class HitRow(TypedDict):
    """An article that was found."""

    article_id: int
    """Number of the article."""
    title: str
    url: str
    feed: str
    """Name of the feed that had it first."""
    lang: str
    """`fr`, `en`, or empty if it is not known."""
    published: str | None
    """As the publisher says."""
    seen: str | None
    """When tocsin first had it."""
    score: float
    """BM25 with `score` as the order, else 0; of similar articles the cosine of two vectors."""
    snippet: str
    """The text around the best matches, on one line."""


class SuggestionRow(TypedDict):
    """A search that finds more."""

    kind: str
    """In what it differs."""
    query: str
    without: list[str]
    """Options that it does without, as `--since`."""
    total: int
    """How many articles it finds."""
    gained: int
    """So many more."""
    forms: list[str]
    """Words that its new term stands for."""


class ResultsRow(TypedDict):
    """A page of what a search found."""

    total: int
    """How many articles there are in all."""
    before: int
    """Hits on the pages before this one."""
    next: str | None
    """The place where the next page begins; null on the last one."""
    note: str | None
    """What the reader must know: an index that is behind or is being rebuilt."""
    forms: dict[str, list[str]]
    """By word of the query with `~` or `*`: the words that it stands for."""
    suggestions: list[SuggestionRow]
    """Searches that find more, when there are few results."""
    hits: list[HitRow]


class SimilarRow(TypedDict):
    """The articles that are most like one."""

    article_id: int
    """Number of the article that was asked about."""
    hits: list[HitRow]
    """The nearest first."""


class MentionRow(TypedDict):
    """An article and its date."""

    article_id: int
    date: str | None


class ShareRow(TypedDict):
    """How many of the articles are of a feed, language or watchlist."""

    name: str
    articles: int


class SignificantWordRow(TypedDict):
    """A word that stands out."""

    word: str
    forms: list[str]
    """Its inflections, folded."""
    articles: int
    """In how many of these articles it is."""
    expected: float
    """In how many it would be by chance."""
    strength: float
    """G²: how far it is beyond chance."""


class FacetsRow(TypedDict):
    """What the articles of a query have in common."""

    total: int
    first: MentionRow | None
    """The oldest article."""
    last: MentionRow | None
    """The newest article."""
    feeds: list[ShareRow]
    langs: list[ShareRow]
    watchlists: list[ShareRow]
    """Watchlists that raised an alert for such articles."""
    words: list[SignificantWordRow]
    read: int
    """Number of articles whose texts were read to find these words."""
    note: str
    """What the reader must know: an index that is behind or is being rebuilt."""


class CountRow(TypedDict):
    """The articles of one series in one period."""

    bucket: str
    """The period, as `2026-10-25`, `2026-W43`, `2026-10` or `2026-10-25T02:00+01:00`."""
    start: str | None
    end: str | None
    whole: bool
    """False for a first or last period that is cut off."""
    series: str
    """The query, the language or the feed."""
    count: int
    covered: float
    """Which share of the period the feeds were read in, from 0 to 1."""
    corrected: float | None
    """Estimate of the count without coverage gaps."""


def hit_row(hit: SearchHit) -> HitRow:
    """Return an article that was found."""
    article = hit.article
    return {
        "article_id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": hit.feed,
        "lang": article.lang,
        "published": iso(article.published),
        "seen": iso(article.seen),
        "score": round(hit.score, 4),
        "snippet": hit.snippet,
    }


def results_row(results: Results, suggestions: Sequence[Suggestion]) -> ResultsRow:
    """Return a page of results, with suggestions."""
    return {
        "total": results.total,
        "before": results.before,
        "next": results.next or None,
        "note": results.note or None,
        "forms": {word: list(forms) for word, forms in results.forms.items()},
        "suggestions": [_suggestion_row(suggestion) for suggestion in suggestions],
        "hits": [hit_row(hit) for hit in results.found],
    }


def _suggestion_row(suggestion: Suggestion) -> SuggestionRow:
    return {
        "kind": suggestion.kind,
        "query": suggestion.query,
        "without": [f"--{option}" for option in suggestion.without],
        "total": suggestion.total,
        "gained": suggestion.gained,
        "forms": list(suggestion.forms),
    }


def similar_row(article: int, hits: Iterable[SearchHit]) -> SimilarRow:
    """Return the articles that are most like one."""
    return {"article_id": article, "hits": [hit_row(hit) for hit in hits]}


def facets_row(facets: Facets) -> FacetsRow:
    """Return what the articles of a query have in common."""
    return {
        "total": facets.total,
        "first": _mention_row(facets.first),
        "last": _mention_row(facets.last),
        "feeds": _share_rows(facets.feeds),
        "langs": _share_rows(facets.langs),
        "watchlists": _share_rows(facets.watchlists),
        "words": [
            {
                "word": clean(word.word),
                "forms": list(word.forms),
                "articles": word.articles,
                "expected": round(word.expected, 2),
                "strength": round(word.strength, 1),
            }
            for word in facets.words
        ],
        "read": facets.read,
        "note": facets.note,
    }


def _mention_row(mention: Mention | None) -> MentionRow | None:
    return mention and {"article_id": mention.article, "date": iso(mention.date)}


def _share_rows(shares: Iterable[Share]) -> list[ShareRow]:
    return [{"name": share.name, "articles": share.articles} for share in shares]


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
