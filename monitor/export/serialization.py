"""Alerts and articles as mappings for programs: what `--format jsonl` prints and channels send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from index.analysis.text_cleaning import line, lines
from index.article import Article
from monitor.formatting import alert_number, iso

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Outlet

Row = Mapping[str, Any]


def alert(alert: Alert) -> dict[str, Any]:
    """Return an alert, with its matches and who else has its story."""
    return {
        "id": alert.id,
        "alert_id": alert_number(alert.id),
        "article_id": alert.article,
        "kind": str(alert.kind),
        "watchlist": alert.watchlist,
        "article": alert.article,
        "title": alert.title,
        "url": alert.url,
        "feed": alert.feed,
        "outlet": alert.publisher,
        "severity": str(alert.severity),
        "state": str(alert.state),
        "verdict": str(alert.verdict),
        "starred": alert.starred,
        "note": lines(alert.note),
        "tags": list(map(line, alert.tags)),
        "raised_at": iso(alert.raised_at),
        "matches": matches(alert),
        "copies": alert.duplicates,
        "outlets": outlets(alert.telling.outlets),
        "elsewhere": outlets(alert.telling.elsewhere),
        "escalations": escalations(alert),
        "held": alert.suppressed,
        "held_until": iso(alert.suppressed_until),
        "merged_into": alert.duplicate_of,
        "backfill": alert.backfill,
        "rule": alert.rule,
        "article_version": alert.article_version,
        "lost": [{"term": lost.term, "at": iso(lost.at)} for lost in alert.lost],
    }


def article(article: Article, feed: str) -> dict[str, Any]:
    """Return an article with its text, and the name of the feed that had it first."""
    return {
        "id": article.id,
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


def matches(alert: Alert) -> list[Row]:
    """Return where an alert's watchlist hit its article."""
    return [
        {
            "field": match.field,
            "start": match.start,
            "end": match.end,
            "text": match.text,
            "term": match.term,
        }
        for match in alert.matches
    ]


def outlets(told_by: Sequence[Outlet]) -> list[Row]:
    """Return outlets; lags are seconds after the first."""
    return [
        {
            "name": outlet.name,
            "article": outlet.article,
            "lang": outlet.lang,
            "seen": iso(outlet.seen),
            "published": iso(outlet.published),
            "lag": round(outlet.lag),
            "copied": outlet.copied,
            "perhaps": outlet.perhaps,
        }
        for outlet in told_by
    ]


def escalations(alert: Alert) -> list[Row]:
    """Return why an alert was escalated."""
    return [
        {
            "reason": step.reason,
            "words": step.words,
            "at": iso(step.at),
            "from": str(step.severity),
            "held": step.suppressed,
        }
        for step in alert.escalations
    ]
