"""Alerts, articles and briefings as mappings: what commands print and channels send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from index.analysis.text_cleaning import line, lines
from index.article import Article
from monitor.formatting import alert_number, iso

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Outlet
    from monitor.model.briefing import BriefedStory, Briefing, LitText, WatchlistBriefing

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
        "story": alert_number(alert.story_alert or alert.id),
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


def briefing(briefing: Briefing) -> dict[str, Any]:
    """Return a briefing, its watchlists and stories by weight."""
    return {
        "name": briefing.name,
        "since": iso(briefing.since),
        "until": iso(briefing.until),
        "due": iso(briefing.due),
        "stories": briefing.stories,
        "unusual": [one.name for one in briefing.unusual],
        "watchlists": [_watchlist_briefing(one) for one in briefing.watchlists],
        "feeds": briefing.feeds,
        "troubled": [
            {
                "feed": feed.name,
                "words": line(feed.words),
                "gaps": [
                    {"kind": str(gap.kind), "start": iso(gap.start), "end": iso(gap.end)}
                    for gap in feed.gaps
                ],
            }
            for feed in briefing.troubled
        ],
    }


def _watchlist_briefing(one: WatchlistBriefing) -> dict[str, Any]:
    return {
        "watchlist": one.name,
        "stories": [_briefed_story(story) for story in one.stories],
        "left_out": one.left_out,
        "listed_elsewhere": one.listed_elsewhere,
        "noise": one.noise,
        "silenced": one.silenced,
        "backfilled": one.backfilled,
        "count": one.baseline.today,
        "usual": one.baseline.usual,
        "unusual": one.baseline.surprise,
        "chart": list(one.chart),
        "missed": line(one.missed),
    }


def _briefed_story(story: BriefedStory) -> dict[str, Any]:
    return {
        "headline": _lit_text(story.headline),
        "excerpt": _lit_text(story.excerpt),
        "url": story.url,
        "lang": story.lang,
        "article_id": story.article,
        "alert_ids": list(map(alert_number, story.alerts)),
        "watchlists": list(story.watchlists),
        "severity": str(story.severity),
        "state": str(story.state),
        "starred": story.starred,
        "first": story.first,
        "at": iso(story.at),
        "others": outlets(story.others),
        "elsewhere": outlets(story.elsewhere),
        "escalations": list(story.escalations),
        "notes": list(map(lines, story.notes)),
        "tags": list(map(line, story.tags)),
    }


def _lit_text(lit: LitText) -> dict[str, Any]:
    return {"text": lit.text, "spans": [list(span) for span in lit.spans]}
