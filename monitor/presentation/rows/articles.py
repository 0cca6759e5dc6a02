"""Articles with their texts, their alerts, and the revisions that publishers made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import alert_number, iso
from monitor.base.text_cleaning import line, lines
from monitor.presentation.rows.alerts import (
    EscalationRow,
    LostTermRow,
    MatchRow,
    OutletRow,
    escalation_rows,
    lost_rows,
    match_rows,
    optional_number,
    outlet_rows,
)

if TYPE_CHECKING:
    from monitor.base.article import Article
    from monitor.model.alert import Alert, MergedAlert
    from monitor.model.article import ArticleDetails, ArticleRevision, Version


class ArticleRow(TypedDict):
    """An article with its text."""

    article_id: int
    """Number of the article."""
    title: str
    url: str
    feed: str
    """Name of the feed that had it first."""
    lang: str
    """`fr`, `en`, or empty if it is not known."""
    author: str
    published: str | None
    """As the publisher says."""
    seen: str | None
    """When tocsin first had it."""
    summary: str
    body: str


class MergedAlertRow(TypedDict):
    """An alert of another article that was merged into one of this article."""

    alert_id: str
    article_id: int
    title: str
    outlet: str
    seen: str | None


class ArticleAlertRow(TypedDict):
    """An alert of the article at hand."""

    alert_id: str
    watchlist: str
    severity: str
    state: str
    verdict: str
    starred: bool
    tags: list[str]
    assignee: str
    """Who works on it; empty for nobody."""
    note: str
    matches: list[MatchRow]
    escalations: list[EscalationRow]
    held: str
    """Why nobody was notified; empty if somebody was."""
    merged_into: str | None
    """The alert that stands for this one, as `a5`."""
    merged: list[MergedAlertRow]
    """Alerts of other articles that were merged into it."""
    rule: str
    """Version of the watchlist that raised it."""
    article_version: int
    """Version of the article that raised it."""
    lost: list[LostTermRow]


class CarrierRow(TypedDict):
    """Another feed with the story."""

    feed: str
    seen: str | None


class ArticleDetailsRow(ArticleRow):
    """An article with its text, its alerts and who else has its story."""

    versions: int
    """How many versions the publisher made of it."""
    page_trouble: str
    """With `full_text`: why its page was not read; else empty."""
    page_retry: str | None
    """When tocsin tries its page again."""
    limits: list[str]
    """What of it is not matched or not searched, and why."""
    alerts: list[ArticleAlertRow]
    outlets: list[OutletRow]
    """Who tells its story, in the order in which tocsin saw it."""
    elsewhere: list[OutletRow]
    """Who tells of the event in the other language, or in other words."""
    others: list[CarrierRow]
    """The other feeds with the story."""


class TextRow(TypedDict):
    """A text that an article has, or had before it was edited."""

    version: int
    """From 1, the first text."""
    until: str | None
    """When the next text was read; null for the one it has."""
    title: str
    summary: str
    body: str


class WatchedTermRow(TypedDict):
    """A term of a watchlist."""

    watchlist: str
    term: str


class EditRow(TypedDict):
    """What an edit of the publisher changed."""

    version: int
    """Number of the text it made."""
    at: str | None
    """When the edited text was read."""
    parts: dict[str, list[list[str]]]
    """By part (`title`, `summary`, `body`): pairs of `=`, `-` or `+` and a stretch of text that
    stayed, went or came."""
    went: list[WatchedTermRow]
    """Terms that it took out."""
    came: list[WatchedTermRow]
    """Terms that it brought in."""


class RevisionsRow(TypedDict):
    """The texts of an article, and the edits between them."""

    texts: list[TextRow]
    edits: list[EditRow]


def article_row(article: Article, feed: str) -> ArticleRow:
    """Return an article with its text, and the name of the feed that had it first."""
    return {
        "article_id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": feed,
        "lang": article.lang,
        "author": article.author,
        "published": iso(article.published),
        "seen": iso(article.seen),
        "summary": article.summary,
        "body": article.body,
    }


def details_row(details: ArticleDetails) -> ArticleDetailsRow:
    """Return an article with all that is known of it."""
    return {
        **article_row(details.article, details.feed),
        "versions": details.versions,
        "page_trouble": details.page_trouble,
        "page_retry": iso(details.page_retry),
        "limits": list(details.limits),
        "alerts": [_alert_row(alert, details.merged) for alert in details.alerts],
        "outlets": outlet_rows(details.telling.outlets),
        "elsewhere": outlet_rows(details.telling.elsewhere),
        "others": [{"feed": outlet, "seen": iso(seen)} for outlet, seen in details.others],
    }


def _alert_row(alert: Alert, merged: Iterable[MergedAlert]) -> ArticleAlertRow:
    return {
        "alert_id": alert_number(alert.id),
        "watchlist": alert.watchlist,
        "severity": str(alert.severity),
        "state": str(alert.state),
        "verdict": str(alert.verdict),
        "starred": alert.starred,
        "tags": list(map(line, alert.tags)),
        "assignee": line(alert.assignee),
        "note": lines(alert.note),
        "matches": match_rows(alert.matches),
        "escalations": escalation_rows(alert),
        "held": alert.suppressed,
        "merged_into": optional_number(alert.duplicate_of),
        "merged": [
            {
                "alert_id": alert_number(one.alert),
                "article_id": one.article,
                "title": one.title,
                "outlet": one.publisher,
                "seen": iso(one.seen),
            }
            for one in merged
            if one.of == alert.id and not one.stands
        ],
        "rule": alert.rule,
        "article_version": alert.article_version,
        "lost": lost_rows(alert),
    }


def revisions_row(
    revisions: Iterable[ArticleRevision], versions: Iterable[Version]
) -> RevisionsRow:
    """Return the texts of an article and its revisions."""
    return {
        "texts": [
            {
                "version": version.number,
                "until": iso(version.until),
                "title": version.title,
                "summary": version.summary,
                "body": version.body,
            }
            for version in versions
        ],
        "edits": [
            {
                "version": revision.version,
                "at": iso(revision.at),
                "parts": {part: list(map(list, pieces)) for part, pieces in revision.parts.items()},
                "went": [
                    {"watchlist": name, "term": term} for name, term in revision.removed_terms
                ],
                "came": [{"watchlist": name, "term": term} for name, term in revision.added_terms],
            }
            for revision in revisions
        ],
    }
