"""Feeds with their health, their polls and their coverage gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from monitor.base.formatting import iso

if TYPE_CHECKING:
    from monitor.base.article import Timestamp
    from monitor.model.feed import Coverage, FeedHealth, Gap, Poll


class FeedRow(TypedDict):
    """A feed, and how it is doing."""

    name: str
    url: str
    health: str
    """`new`, `ok`, `late`, `blind`, `silent`, `quarantined`, `failing`, `gone` or `paused`."""
    words: str
    """The same, for people."""
    articles: int
    """How many articles it brought."""
    last_ok: str | None
    """When it was last read."""
    next_poll: str | None
    failures: int
    """How many polls in a row failed."""
    reason: str
    """Why the last one did."""
    blind: bool
    """Whether there is a coverage gap: no entry in common between the last two polls."""
    moved_to: str
    """Where permanent redirects lead; or empty."""
    former: str
    """Its address before it moved; or empty."""
    tags: list[str]


class PollRow(TypedDict):
    """A poll of a feed."""

    at: str | None
    outcome: str
    """`read`, `unchanged` or `failed`."""
    status: int | None
    """Of HTTP; null without an answer."""
    entries: int
    known: int
    """Entries that the feed had before."""
    new: int
    changed: int
    blind: bool
    """Whether there was no entry in common with the poll before."""
    moved: str
    """The address that answered after a redirect."""
    seconds: float
    reason: str
    """Why it failed."""


class GapRow(TypedDict):
    """A time of which articles of a feed may be missing."""

    feed: str
    url: str
    kind: str
    """`blind` or `down`."""
    start: str | None
    end: str | None
    """Null while it lasts."""
    seconds: int
    watchlists: list[str]
    """Names of the watchlists that it concerns."""


def feed_row(feed: FeedHealth) -> FeedRow:
    """Return a feed, and how it is doing."""
    state = feed.state
    idle = state.gone or state.is_wanted or not feed.feed.enabled
    return {
        "name": feed.feed.name,
        "url": feed.feed.url,
        "health": str(feed.health),
        "words": feed.words,
        "articles": feed.articles,
        "last_ok": iso(state.last_ok),
        "next_poll": None if idle else iso(state.next_due),
        "failures": state.failures,
        "reason": state.reason,
        "blind": state.blind,
        "moved_to": feed.move.to if feed.move else "",
        "former": feed.former.url if feed.former else "",
        "tags": list(feed.feed.tags),
    }


def poll_row(poll: Poll) -> PollRow:
    """Return a poll."""
    return {
        "at": iso(poll.at),
        "outcome": str(poll.outcome),
        "status": poll.status,
        "entries": poll.entries,
        "known": poll.known,
        "new": poll.new,
        "changed": poll.changed,
        "blind": poll.blind,
        "moved": poll.moved,
        "seconds": round(poll.seconds, 3),
        "reason": poll.reason,
    }


def gap_row(gap: Gap, coverage: Sequence[Coverage], now: Timestamp) -> GapRow:
    """Return a coverage gap, and the watchlists that it concerns."""
    return {
        "feed": gap.feed.name,
        "url": gap.feed.url,
        "kind": str(gap.kind),
        "start": iso(gap.start),
        "end": iso(gap.end),
        "seconds": round((gap.end or now) - gap.start),
        "watchlists": [item.watchlist for item in coverage if gap in item.gaps],
    }
