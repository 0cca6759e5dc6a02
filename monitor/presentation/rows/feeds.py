"""Feeds with their health, their polls and their coverage gaps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypedDict

from monitor.base.formatting import iso
from monitor.presentation.rows import Moment, decimals, means, row

if TYPE_CHECKING:
    from monitor.base.article import Timestamp
    from monitor.model.feed import Coverage, FeedHealth, Gap


class FeedRow(TypedDict):
    """A feed, and how it is doing."""

    name: Annotated[str, means(of="feed.name")]
    url: Annotated[str, means(of="feed.url")]
    health: Annotated[
        str,
        means(
            "`new`, `ok`, `late`, `blind`, `silent`, `quarantined`, `failing`, `gone`, `paused`."
        ),
    ]
    words: Annotated[str, means("The same, for people.")]
    articles: Annotated[int, means("How many articles it brought.")]
    last_ok: Annotated[Moment, means("When it was last read.", "state.last_ok")]
    next_poll: Moment
    failures: Annotated[int, means("How many polls in a row failed.", "state.failures")]
    reason: Annotated[str, means("Why the last one did.", "state.reason")]
    blind: Annotated[bool, means("Whether there is a coverage gap.", "state.blind")]
    moved_to: Annotated[str, means("Where permanent redirects lead; or empty.")]
    former: Annotated[str, means("Its address before it moved; or empty.")]
    tags: Annotated[list[str], means(of="feed.tags")]


class PollRow(TypedDict):
    """A poll of a feed."""

    at: Moment
    outcome: Annotated[str, means("`read`, `unchanged` or `failed`.")]
    status: Annotated[int | None, means("Of HTTP; null without an answer.")]
    entries: int
    known: Annotated[int, means("Entries that the feed had before.")]
    new: int
    changed: int
    blind: Annotated[bool, means("Whether there was no entry in common with the poll before.")]
    moved: Annotated[str, means("The address that answered after a redirect.")]
    seconds: Annotated[float, means(by=decimals(3))]
    reason: Annotated[str, means("Why it failed.")]


class GapRow(TypedDict):
    """A time of which articles of a feed may be missing."""

    feed: Annotated[str, means(of="feed.name")]
    url: Annotated[str, means(of="feed.url")]
    kind: Annotated[str, means("`blind` or `down`.")]
    start: Moment
    end: Annotated[Moment, means("Null while it lasts.")]
    seconds: int
    watchlists: Annotated[list[str], means("Names of the watchlists that it concerns.")]


poll_row = partial(row, PollRow)


def feed_row(feed: FeedHealth) -> FeedRow:
    state = feed.state
    idle = state.gone or state.is_wanted or not feed.feed.enabled
    return row(
        FeedRow,
        feed,
        next_poll=None if idle else iso(state.next_due),
        moved_to=feed.move.to if feed.move else "",
        former=feed.former.url if feed.former else "",
    )


def gap_row(gap: Gap, coverage: Sequence[Coverage], now: Timestamp) -> GapRow:
    return row(
        GapRow,
        gap,
        seconds=round((gap.end or now) - gap.start),
        watchlists=[item.watchlist for item in coverage if gap in item.gaps],
    )
