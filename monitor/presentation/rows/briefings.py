"""Briefings: what a stretch of time brought, by watchlist, and what may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.presentation.rows import AlertNumber, Line, Lines, Moment, means, row
from monitor.presentation.rows.alerts import OutletRow

if TYPE_CHECKING:
    from monitor.model.briefing import Briefing


class LitTextRow(TypedDict):
    """A text from a feed."""

    text: str
    spans: Annotated[list[list[int]], means("Start and end of each match in it.")]


class BriefedStoryRow(TypedDict):
    """A story of a briefing."""

    headline: LitTextRow
    excerpt: Annotated[LitTextRow, means("The sentence with the first match; or empty.")]
    url: str
    lang: str
    article_id: Annotated[int | None, means("Article of its newest alert.", "article")]
    alert_ids: Annotated[list[AlertNumber], means("Its alerts that are listed, as `a5`.", "alerts")]
    watchlists: Annotated[list[str], means("Those that raised them, the most severe first.")]
    severity: Annotated[str, means("The highest of all these alerts.")]
    state: Annotated[str, means("`new` if any of them is, `closed` if all are.")]
    starred: bool
    first: Annotated[str, means("The outlet that had it first.")]
    at: Annotated[Moment, means("When that outlet had it.")]
    others: Annotated[list[OutletRow], means("The other outlets.")]
    elsewhere: Annotated[list[OutletRow], means("Those of the other language, or in other words.")]
    escalations: Annotated[list[str], means("Why it became more severe.")]
    notes: list[Lines]
    tags: list[Line]


class WatchlistBriefingRow(TypedDict):
    """What a watchlist brought."""

    watchlist: Annotated[str, means(of="name")]
    stories: Annotated[list[BriefedStoryRow], means("The heaviest first.")]
    left_out: Annotated[int, means("Stories beyond the limit.")]
    listed_elsewhere: Annotated[int, means("Stories that are listed under another watchlist.")]
    noise: Annotated[int, means("Alerts called noise, which are not listed.")]
    silenced: Annotated[int, means("Alerts raised in a silence, which are not listed.")]
    backfilled: Annotated[int, means("Alerts of a backfill, which are not listed.")]
    count: Annotated[int, means("Stories in this time.", "baseline.today")]
    usual: Annotated[float | None, means("How many are usual; or null.", "baseline.usual")]
    unusual: Annotated[bool, means("Whether that is beyond chance.", "baseline.unusual")]
    chart: Annotated[list[int], means("Stories in equal parts of the time, oldest first.")]
    missed: Annotated[Line, means("What may be missing, in words; or empty.")]


class BriefedGapRow(TypedDict):
    """A coverage gap of a feed."""

    kind: Annotated[str, means("`blind` or `down`.")]
    start: Moment
    end: Annotated[Moment, means("Null while it lasts.")]


class TroubledFeedRow(TypedDict):
    """A feed of which articles may be missing."""

    feed: Annotated[str, means(of="name")]
    words: Line
    gaps: list[BriefedGapRow]


class BriefingRow(TypedDict):
    """What happened in a stretch of time."""

    name: Annotated[str, means("Name of a briefing by schedule; or empty.")]
    since: Moment
    until: Moment
    due: Annotated[Moment, means("When it was due, if it is late.")]
    stories: Annotated[int, means("How many stories there are.")]
    unusual: Annotated[list[str], means("Watchlists with more stories than chance explains.")]
    watchlists: Annotated[list[WatchlistBriefingRow], means("The heaviest first.")]
    feeds: Annotated[int, means("How many feeds were to be read.")]
    troubled: Annotated[list[TroubledFeedRow], means("Feeds of which articles may be missing.")]


def briefing_row(briefing: Briefing) -> BriefingRow:
    return row(BriefingRow, briefing, unusual=[each.name for each in briefing.unusual])
