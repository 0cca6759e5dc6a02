"""Articles with their texts, alerts and revisions; what a search finds of them, and its counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import iso
from monitor.base.text_cleaning import clean
from monitor.presentation.rows import (
    AlertNumber,
    Line,
    Lines,
    Moment,
    TextOrNull,
    decimals,
    means,
    row,
)
from monitor.presentation.rows.alerts import (
    EscalationRow,
    LostTermRow,
    MatchRow,
    MergedInto,
    Outlets,
    OutletsElsewhere,
)

if TYPE_CHECKING:
    from monitor.base.article import Article
    from monitor.model.alert import Alert, MergedAlert
    from monitor.model.article import ArticleDetails, ArticleRevision, Term, Version
    from monitor.model.search import Results, SearchHit, Suggestion, Trend


class ArticleRow(TypedDict):
    """An article with its text."""

    article_id: Annotated[int, means("Number of the article.", "id")]
    title: str
    url: str
    feed: Annotated[str, means("Name of the feed that had it first.")]
    lang: Annotated[str, means("`fr`, `en`, or empty if it is not known.")]
    author: str
    published: Annotated[Moment, means("As the publisher says.")]
    seen: Annotated[Moment, means("When tocsin first had it.")]
    summary: str
    body: str


class MergedAlertRow(TypedDict):
    """An alert of another article that was merged into one of this article."""

    alert_id: Annotated[AlertNumber, means(attr="alert")]
    article_id: Annotated[int, means(attr="article")]
    title: str
    outlet: Annotated[str, means(attr="publisher")]
    seen: Moment


class ArticleAlertRow(TypedDict):
    """An alert of the article at hand."""

    alert_id: Annotated[AlertNumber, means(attr="id")]
    watchlist: str
    severity: str
    state: str
    verdict: str
    starred: bool
    tags: list[Line]
    assignee: Annotated[Line, means("Who works on it; empty for nobody.")]
    note: Lines
    matches: list[MatchRow]
    escalations: list[EscalationRow]
    suppressed: Annotated[str, means("Why nobody was notified.")]
    merged_into: MergedInto
    merged: Annotated[list[MergedAlertRow], means("Alerts that were merged into it.")]
    rule: Annotated[str, means("Version of the watchlist that raised it.")]
    article_version: Annotated[int, means("Version of the article that raised it.")]
    lost: list[LostTermRow]


class CarrierRow(TypedDict):
    """Another feed with the story."""

    feed: str
    seen: Moment


class ArticleDetailsRow(ArticleRow):
    """An article with its text, its alerts and who else has its story."""

    versions: Annotated[int, means("How many versions it had.")]
    page_trouble: Annotated[str, means("Why its page was not read.")]
    page_retry: Annotated[Moment, means("When tocsin tries its page again.")]
    limits: Annotated[list[str], means("What of it is not matched or searched, and why.")]
    alerts: list[ArticleAlertRow]
    outlets: Outlets
    elsewhere: OutletsElsewhere
    others: Annotated[list[CarrierRow], means("The other feeds with the story.")]


class TextRow(TypedDict):
    """A text that an article has, or had before it was edited."""

    version: Annotated[int, means("From 1, the first text.", "number")]
    until: Annotated[Moment, means("When the next text was read; null for the one it has.")]
    title: str
    summary: str
    body: str


class WatchedTermRow(TypedDict):
    """A term of a watchlist."""

    watchlist: str
    term: str


class EditRow(TypedDict):
    """The changes of an edit by the publisher."""

    version: Annotated[int, means("Number of the text it made.")]
    at: Annotated[Moment, means("When the edited text was read.")]
    parts: Annotated[
        dict[str, list[list[str]]],
        means("By part of the article: pairs of `=`, `-` or `+` and a stretch of its text."),
    ]
    removed_terms: Annotated[list[WatchedTermRow], means("Terms that it took out.")]
    added_terms: Annotated[list[WatchedTermRow], means("Terms that it brought in.")]


class RevisionsRow(TypedDict):
    """The texts of an article, and the edits between them."""

    texts: list[TextRow]
    edits: list[EditRow]


def article_row(article: Article, feed: str) -> ArticleRow:
    return row(ArticleRow, article, feed=feed)


def details_row(details: ArticleDetails) -> ArticleDetailsRow:
    return row(
        ArticleDetailsRow,
        details,
        **article_row(details.article, details.feed),
        alerts=[_alert_row(alert, details.merged) for alert in details.alerts],
        others=[{"feed": outlet, "seen": iso(seen)} for outlet, seen in details.others],
    )


def _alert_row(alert: Alert, merged: Iterable[MergedAlert]) -> ArticleAlertRow:
    copies = [copy for copy in merged if copy.partner == alert.id and not copy.stands]
    return row(ArticleAlertRow, alert, merged=[row(MergedAlertRow, copy) for copy in copies])


def revisions_row(
    revisions: Iterable[ArticleRevision], versions: Iterable[Version]
) -> RevisionsRow:
    edits = [
        row(EditRow, e, removed_terms=_terms(e.removed_terms), added_terms=_terms(e.added_terms))
        for e in revisions
    ]
    return {"texts": [row(TextRow, version) for version in versions], "edits": edits}


def _terms(terms: Iterable[Term]) -> list[WatchedTermRow]:
    return [{"watchlist": name, "term": term} for name, term in terms]


# --- searches ------------------------------------------------------------------------------------


class HitRow(TypedDict):
    """An article that was found."""

    article_id: Annotated[int, means("Number of the article.", "article.id")]
    title: Annotated[str, means(attr="article.title")]
    url: Annotated[str, means(attr="article.url")]
    feed: Annotated[str, means("Name of the feed that had it first.")]
    lang: Annotated[str, means("`fr`, `en`, or empty if it is not known.", "article.lang")]
    published: Annotated[Moment, means("As the publisher says.", "article.published")]
    seen: Annotated[Moment, means("When tocsin first had it.", "article.seen")]
    score: Annotated[float, means("BM25 if sorted by it, or a cosine; else 0.", encode=decimals(4))]
    snippet: Annotated[str, means("The text around the best matches.")]
    alerts: Annotated[list[AlertNumber], means("Its alerts.")]


Option = Annotated[str, means(encode="--{}".format)]


class SuggestionRow(TypedDict):
    """A search that finds more."""

    kind: Annotated[str, means("How it differs from the query.")]
    query: str
    without: Annotated[list[Option], means("Options left out, as `--since`.")]
    total: Annotated[int, means("Articles that it finds.")]
    gained: Annotated[int, means("How many more that is.")]
    forms: Annotated[list[str], means("Words that its new term stands for.")]


class ResultsRow(TypedDict):
    """A page of what a search found."""

    total: Annotated[int, means("Articles in all.")]
    before: Annotated[int, means("Hits before this page.")]
    next: Annotated[TextOrNull, means("Place of the next page.")]
    note: Annotated[TextOrNull, means("That the index is behind or being rebuilt.")]
    forms: Annotated[dict[str, list[str]], means("The words that each `~` and `*` stands for.")]
    suggestions: Annotated[list[SuggestionRow], means("Where few match: searches that find more.")]
    hits: list[HitRow]


class SimilarRow(TypedDict):
    """The articles that are most like one."""

    article_id: Annotated[int, means("Number of the article that was asked about.")]
    hits: Annotated[list[HitRow], means("The nearest first.")]


class MentionRow(TypedDict):
    """An article and its date."""

    article_id: Annotated[int, means(attr="article")]
    date: Moment


class ShareRow(TypedDict):
    """The number of articles of a feed, language or watchlist."""

    name: str
    articles: int


class SignificantWordRow(TypedDict):
    """A word that stands out."""

    word: Annotated[str, means(encode=clean)]
    forms: Annotated[list[str], means("Its inflections, folded.")]
    articles: Annotated[int, means("In how many of these articles it is.")]
    expected: Annotated[float, means("In how many it would be by chance.", encode=decimals(2))]
    strength: Annotated[float, means("G²: how far it is beyond chance.", encode=decimals(1))]


class FacetsRow(TypedDict):
    """What the articles of a query have in common."""

    total: int
    first: Annotated[MentionRow | None, means("The oldest article.")]
    last: Annotated[MentionRow | None, means("The newest article.")]
    feeds: list[ShareRow]
    langs: list[ShareRow]
    watchlists: Annotated[list[ShareRow], means("Those that raised an alert for one of them.")]
    names: Annotated[list[ShareRow], means("Names of the concepts of the query.")]
    words: list[SignificantWordRow]
    read: Annotated[int, means("Articles that were read for these words.")]
    note: Annotated[str, means("That the index is behind or being rebuilt.")]


class CountRow(TypedDict):
    """The articles of one series in one period."""

    bucket: Annotated[
        str,
        means("The period, as `2026-10-25`, `2026-W43`, `2026-10` or `2026-10-25T02:00+01:00`."),
    ]
    start: Moment
    end: Moment
    whole: Annotated[bool, means("False for a first or last period that is cut off.")]
    series: Annotated[str, means("The query, the language, the feed or the name.")]
    count: int
    covered: Annotated[float, means("Share of it in which feeds were read.")]
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
    for index, label in enumerate(trend.labels):
        start, end = trend.edges[index], trend.edges[index + 1]
        for series in trend.series:
            corrected = series.corrected[index]
            yield {
                "bucket": label,
                "start": iso(start),
                "end": iso(end),
                "whole": trend.since <= start and end <= trend.until,
                "series": series.name,
                "count": series.counts[index],
                "covered": round(series.covered[index], 4),
                "corrected": None if corrected is None else round(corrected, 1),
            }
