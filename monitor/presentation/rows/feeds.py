"""Feeds with their health, their polls, their coverage gaps, and what one reading finds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.base.url import redact
from monitor.presentation.rows import Moment, decimals, means, row

if TYPE_CHECKING:
    from monitor.base.errors import FeedError
    from monitor.intake.discovery import DiscoveredFeed
    from monitor.model.feed import Feed, FeedHealth
    from monitor.presentation.service.service import Service


class FeedRow(TypedDict):
    """A feed, and how it is doing."""

    name: Annotated[str, means(attr="feed.name")]
    url: Annotated[str, means(attr="feed.url")]
    health: Annotated[
        str,
        means(
            "`new`, `ok`, `late`, `blind`, `silent`, `quarantined`, `failing`, `gone`, `paused`."
        ),
    ]
    words: Annotated[str, means("The same, for people.")]
    articles: Annotated[int, means("Articles that it brought.")]
    last_ok: Annotated[Moment, means("When it was last read.", "state.last_ok")]
    next_poll: Moment
    failures: Annotated[int, means("Polls in a row that failed.", "state.failures")]
    reason: Annotated[str, means("Why the last one did.", "state.reason")]
    blind: Annotated[bool, means("Whether there is a coverage gap.", "state.blind")]
    moved_to: Annotated[str, means("Where permanent redirects lead.")]
    former: Annotated[str, means("Its address before it moved.")]
    tags: Annotated[list[str], means(attr="feed.tags")]


class PollRow(TypedDict):
    """A poll of a feed."""

    at: Moment
    outcome: Annotated[str, means("`read`, `unchanged` or `failed`.")]
    status: Annotated[int | None, means("Status code of HTTP; null without an answer.")]
    entries: int
    known: Annotated[int, means("Entries that the feed had before.")]
    new: int
    changed: int
    blind: Annotated[bool, means("Whether there was no entry in common with the poll before.")]
    moved: Annotated[str, means("The address that answered after a redirect.")]
    seconds: Annotated[float, means(encode=decimals(3))]
    reason: Annotated[str, means("Why it failed.")]


class GapRow(TypedDict):
    """A time of which articles of a feed may be missing."""

    feed: Annotated[str, means(attr="feed.name")]
    url: Annotated[str, means(attr="feed.url")]
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


def gap_rows(service: Service, since: Timestamp, now: Timestamp) -> list[GapRow]:
    """Return the coverage gaps since a time, and the watchlists that they concern."""
    coverage = service.health.coverage(since)
    return [
        row(
            GapRow,
            gap,
            seconds=round((gap.end or now) - gap.start),
            watchlists=[item.watchlist for item in coverage if gap in item.gaps],
        )
        for gap in service.views.feeds.gaps(since, now)
    ]


_From = TypedDict(
    "_From",
    {"from": Annotated[str, means("Who sets it: `the feed`, `tag NAME` or `defaults`.", "source")]},
)


class SettingRow(_From):
    """A setting of feeds.yaml that holds for a feed."""

    value: str


class FeedBackfillRow(TypedDict):
    """What a backfill of a feed read and added."""

    documents: Annotated[int, means("Documents that were read.")]
    unread: Annotated[int, means("Those that could not be read.")]
    new: Annotated[int, means("Articles that were added.")]
    known: Annotated[int, means("Articles that were in the archive.")]
    alerts: Annotated[int, means("Alerts of new articles.")]


class DiagnosticsRow(TypedDict):
    """The findings of one reading of a feed."""

    readable: Literal[True]
    kind: Annotated[str, means("`feed`, `sitemap`, `page` or `mailbox`.", "source.kind")]
    url: str
    status: Annotated[int, means("Status code of HTTP.", "fetched.status")]
    answered_by: Annotated[str, means("The address that answered.", "fetched.url")]
    hops: Annotated[list[str], means("The redirects.", "fetched.hops")]
    moved_to: Annotated[str | None, means("Where permanent redirects lead.", "fetched.moved_to")]
    seconds: Annotated[float, means("How long the answer took.", encode=decimals(3))]
    bytes: Annotated[int, means("How large it was.")]
    content_type: Annotated[str, means(attr="fetched.content_type")]
    encoding: Annotated[str, means("The declared encoding.")]
    is_utf8: bool
    format: Annotated[str, means(attr="parsed.format")]
    title: Annotated[str, means(attr="parsed.title")]
    link: Annotated[str, means(attr="parsed.link")]
    entries: int
    lang: Annotated[str, means("The declared language.", "parsed.lang")]
    langs: Annotated[dict[str, int], means("Entries by the language that was found.")]
    undated: int
    future: int
    today: Annotated[int, means("Entries of today, in the zone of the machine.")]
    oldest: Moment
    newest: Moment
    without_guid: int
    shared_guid: int
    without_link: int
    texts: Annotated[str, means("`full`, `teasers`, `titles`, or empty without entries.")]
    length: Annotated[int, means("Characters of the median entry.")]
    etag: str
    last_modified: str
    max_age: Annotated[
        float | None,
        means("What the server says about caching, in seconds.", "fetched.hints.max_age"),
    ]
    ttl: Annotated[float | None, means(attr="parsed.ttl")]
    interval: Annotated[float, means("Seconds until the next poll.")]
    conditional: Annotated[bool, means("Whether requests can be conditional.")]
    pages: Annotated[str, means("Why its pages may not be read.")]
    advice: Annotated[list[str], means("What to change.")]
    settings: Annotated[dict[str, SettingRow], means("What holds for it, by key of feeds.yaml.")]


class UnreadableRow(TypedDict):
    """A feed that cannot be read, and the reason."""

    readable: Literal[False]
    url: str
    reason: str
    status: Annotated[int | None, means("Status code of HTTP; null without an answer.")]
    retry: Annotated[float | None, means("Seconds until tocsin would try again.")]
    settings: dict[str, SettingRow]


def diagnostics_row(
    feed: Feed, result: DiscoveredFeed | FeedError, now: Timestamp
) -> DiagnosticsRow | UnreadableRow:
    """Return the findings of one reading: times as text, durations in seconds."""
    from monitor.intake.discovery import DiscoveredFeed, diagnose, retry

    settings = {setting.key: row(SettingRow, setting) for setting in feed.settings}
    url = redact(result.url)
    if isinstance(result, DiscoveredFeed):
        found = diagnose(result, now, feed)
        return row(DiagnosticsRow, found, readable=True, url=url, settings=settings)
    return {
        "readable": False,
        "url": url,
        "reason": result.reason,
        "status": getattr(result, "status", None),
        "retry": retry(result, now, feed),
        "settings": settings,
    }
