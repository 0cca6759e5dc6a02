"""Briefings: what a stretch of time brought, by watchlist, and what may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import alert_number, iso
from monitor.base.text_cleaning import line, lines
from monitor.presentation.rows.alerts import OutletRow, outlet_rows

if TYPE_CHECKING:
    from monitor.model.briefing import BriefedStory, Briefing, LitText, WatchlistBriefing


class LitTextRow(TypedDict):
    """A text from a feed."""

    text: str
    spans: list[list[int]]
    """Start and end of each match in it."""


class BriefedStoryRow(TypedDict):
    """A story of a briefing."""

    headline: LitTextRow
    excerpt: LitTextRow
    """The sentence with the first match; empty if only the headline matches."""
    url: str
    lang: str
    article_id: int | None
    """Number of the article of its newest alert."""
    alert_ids: list[str]
    """Its alerts that are listed, as `a5`."""
    watchlists: list[str]
    """Those that raised them, the most severe first."""
    severity: str
    """The highest of all these alerts."""
    state: str
    """`new` if one of them is, `closed` if all are, else `acknowledged`."""
    starred: bool
    first: str
    """The outlet that had it first."""
    at: str | None
    """When that outlet had it."""
    others: list[OutletRow]
    """The other outlets."""
    elsewhere: list[OutletRow]
    """Who tells of the event in the other language, or in other words."""
    escalations: list[str]
    """Why it became more severe."""
    notes: list[str]
    tags: list[str]


class WatchlistBriefingRow(TypedDict):
    """What a watchlist brought."""

    watchlist: str
    stories: list[BriefedStoryRow]
    """The heaviest first."""
    left_out: int
    """Stories beyond the limit."""
    listed_elsewhere: int
    """Stories that stand under another watchlist, because its alert is more severe."""
    noise: int
    """Alerts called noise, which are not listed."""
    silenced: int
    """Alerts raised in a silence, which are not listed."""
    backfilled: int
    """Alerts of a backfill about articles published before this time, which are not listed."""
    count: int
    """Stories in this time."""
    usual: float | None
    """How many are usual at the same hours of the week; null while that is unknown."""
    unusual: bool
    """Whether there are more than chance explains."""
    chart: list[int]
    """Stories in equal parts of the time, oldest first."""
    missed: str
    """What may be missing, in words; or empty."""


class BriefedGapRow(TypedDict):
    """A coverage gap of a feed."""

    kind: str
    """`blind` or `down`."""
    start: str | None
    end: str | None
    """Null while it lasts."""


class TroubledFeedRow(TypedDict):
    """A feed of which articles may be missing."""

    feed: str
    words: str
    gaps: list[BriefedGapRow]


class BriefingRow(TypedDict):
    """What happened in a stretch of time."""

    name: str
    """Of a briefing by schedule: the name of its entry in feeds.yaml; else empty."""
    since: str | None
    until: str | None
    due: str | None
    """When it was due, if it is late."""
    stories: int
    """How many stories there are."""
    unusual: list[str]
    """Names of the watchlists with more stories than chance explains."""
    watchlists: list[WatchlistBriefingRow]
    """The heaviest first."""
    feeds: int
    """How many feeds were to be read."""
    troubled: list[TroubledFeedRow]
    """Feeds of which articles may be missing."""


def briefing_row(briefing: Briefing) -> BriefingRow:
    """Return a briefing, its watchlists and stories by weight."""
    return {
        "name": briefing.name,
        "since": iso(briefing.since),
        "until": iso(briefing.until),
        "due": iso(briefing.due),
        "stories": briefing.stories,
        "unusual": [one.name for one in briefing.unusual],
        "watchlists": [_watchlist_row(one) for one in briefing.watchlists],
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


def _watchlist_row(one: WatchlistBriefing) -> WatchlistBriefingRow:
    return {
        "watchlist": one.name,
        "stories": [_story_row(story) for story in one.stories],
        "left_out": one.left_out,
        "listed_elsewhere": one.listed_elsewhere,
        "noise": one.noise,
        "silenced": one.silenced,
        "backfilled": one.backfilled,
        "count": one.baseline.today,
        "usual": one.baseline.usual,
        "unusual": one.baseline.unusual,
        "chart": list(one.chart),
        "missed": line(one.missed),
    }


def _story_row(story: BriefedStory) -> BriefedStoryRow:
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
        "others": outlet_rows(story.others),
        "elsewhere": outlet_rows(story.elsewhere),
        "escalations": list(story.escalations),
        "notes": list(map(lines, story.notes)),
        "tags": list(map(line, story.tags)),
    }


def _lit_text(lit: LitText) -> LitTextRow:
    return {"text": lit.text, "spans": [list(span) for span in lit.spans]}
