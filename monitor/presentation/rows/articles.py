"""Articles with their texts, their alerts, and the revisions that publishers made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import iso
from monitor.presentation.rows import AlertNumber, Line, Lines, Moment, means, row
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

    alert_id: Annotated[AlertNumber, means(of="alert")]
    article_id: Annotated[int, means(of="article")]
    title: str
    outlet: Annotated[str, means(of="publisher")]
    seen: Moment


class ArticleAlertRow(TypedDict):
    """An alert of the article at hand."""

    alert_id: Annotated[AlertNumber, means(of="id")]
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
    suppressed: Annotated[str, means("Why nobody was notified; or empty.")]
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

    versions: Annotated[int, means("How many versions the publisher made of it.")]
    page_trouble: Annotated[str, means("With `full_text`: why its page was not read; else empty.")]
    page_retry: Annotated[Moment, means("When tocsin tries its page again.")]
    limits: Annotated[list[str], means("What of it is not matched or not searched, and why.")]
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
    """What an edit of the publisher changed."""

    version: Annotated[int, means("Number of the text it made.")]
    at: Annotated[Moment, means("When the edited text was read.")]
    parts: Annotated[
        dict[str, list[list[str]]],
        means("By part of the article: pairs of `=`, `-` or `+` and a stretch of its text."),
    ]
    went: Annotated[list[WatchedTermRow], means("Terms that it took out.")]
    came: Annotated[list[WatchedTermRow], means("Terms that it brought in.")]


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
    into_it = [each for each in merged if each.of == alert.id and not each.stands]
    return row(ArticleAlertRow, alert, merged=[row(MergedAlertRow, each) for each in into_it])


def revisions_row(
    revisions: Iterable[ArticleRevision], versions: Iterable[Version]
) -> RevisionsRow:
    edits = [
        row(EditRow, each, went=_terms(each.removed_terms), came=_terms(each.added_terms))
        for each in revisions
    ]
    return {"texts": [row(TextRow, version) for version in versions], "edits": edits}


def _terms(terms: Iterable[Term]) -> list[WatchedTermRow]:
    return [{"watchlist": name, "term": term} for name, term in terms]
