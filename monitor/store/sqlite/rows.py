"""Rows to values and back: the one place that knows the order of columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from index.article import Article
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.model.feed import Feed, FeedState, PublicationRate

if TYPE_CHECKING:
    from monitor.model.config import Watchlist

ARTICLE = (
    "a.id, a.feed, a.url, a.title, a.summary, a.body, a.author, a.lang, a.published, a.seen,"
    " a.story, (SELECT group_concat(c.feed) FROM carriers c WHERE c.article = a.id)"
)
STATE = (
    "etag, last_modified, body_hash, next_due, last_poll, last_ok, failures, reason, gone, blind,"
    " title, link, lang, delay, asked_until, failing_since, published, usual, silent_after"
)
DELIVERY = (
    "id, alert, channel, occasion, why, key, state, due, attempts, reason, created_at, sent_at,"
    " bundle, failing"
)
FEED = "url, name, tags, enabled, number, every"
WATCHLIST = "name, place, severity, feeds, outlets, crossing, louder, cooldown, notify_backfill"


def article(row: Sequence[Any]) -> Article:
    """Return the article of a row of `ARTICLE` columns."""
    others = () if row[11] is None else tuple(map(int, str(row[11]).split(",")))
    return Article(
        id=row[0],
        feeds=(row[1], *others),
        url=row[2],
        title=row[3],
        summary=row[4],
        body=row[5],
        author=row[6],
        lang=row[7],
        published=row[8],
        seen=row[9],
        story=row[10],
    )


def feed(row: Sequence[Any]) -> Feed:
    """Return the feed of a row of `FEED` columns."""
    url, name, tags, enabled, number, every = row
    return Feed(
        url=url,
        name=name,
        tags=_tags(tags),
        every=every,
        enabled=bool(enabled),
        number=number,
    )


@lru_cache(1_000)
def _tags(text: str) -> tuple[str, ...]:
    """Return the tags of a JSON list; cached, since hundreds of feeds share a few tags."""
    return tuple(json.loads(text))


def delivery(row: Sequence[Any]) -> Delivery:
    """Return the delivery of a row of `DELIVERY` columns."""
    return Delivery(
        id=row[0],
        alert=row[1],
        channel=row[2],
        occasion=Occasion(row[3]),
        why=row[4],
        key=row[5],
        state=DeliveryState(row[6]),
        due=row[7],
        attempts=row[8],
        reason=row[9],
        created_at=row[10],
        sent_at=row[11],
        bundle=row[12],
        failing=row[13],
    )


def watchlist_values(place: int, value: Watchlist) -> tuple[Any, ...]:
    """Return a watchlist, and its place in the file, as values of the `WATCHLIST` columns."""
    return (
        value.name,
        place,
        value.severity,
        json.dumps(value.feeds),
        value.escalate.outlets,
        value.escalate.languages,
        value.escalate.to,
        value.cooldown,
        value.notify_backfill,
    )


def feed_values(feed: Feed) -> tuple[Any, ...]:
    """Return what is stored of a feed from feeds.yaml: no secret."""
    return (
        *(feed.url, feed.name, json.dumps(feed.tags), feed.enabled, feed.every),
        feed.request_options.variant(),
    )


def numbered(feed: Feed, number: int) -> Feed:
    """Return the feed with the store's number for it."""
    return replace(feed, number=number)


def state(row: Sequence[Any]) -> FeedState:
    """Return the polling state of a row of `STATE` columns."""
    return FeedState(
        etag=row[0],
        last_modified=row[1],
        body_hash=row[2],
        next_due=row[3],
        last_poll=row[4],
        last_ok=row[5],
        failures=row[6],
        reason=row[7],
        gone=bool(row[8]),
        blind=bool(row[9]),
        title=row[10],
        link=row[11],
        lang=row[12],
        delay=row[13],
        asked_until=row[14],
        failing_since=row[15],
        published=row[16],
        usual=row[17],
        silent_after=row[18],
    )


def state_values(value: FeedState) -> tuple[Any, ...]:
    """Return a polling state as values of the `STATE` columns."""
    return (
        value.etag,
        value.last_modified,
        value.body_hash,
        value.next_due,
        value.last_poll,
        value.last_ok,
        value.failures,
        value.reason,
        value.gone,
        value.blind,
        value.title,
        value.link,
        value.lang,
        value.delay,
        value.asked_until,
        value.failing_since,
        value.published,
        value.usual,
        value.silent_after,
    )


def habit(text: str) -> PublicationRate | None:
    """Return the habit of a `habit` column, None if there is none yet."""
    if not text:
        return None
    since, last, days, recent, pauses = json.loads(text)
    return PublicationRate(
        since=since,
        last=last,
        days=days,
        recent=tuple(recent),
        pauses=tuple((ended, seconds) for ended, seconds in pauses),
    )


def habit_value(value: PublicationRate) -> str:
    """Return a habit as the value of the `habit` column."""
    return json.dumps([value.since, value.last, value.days, value.recent, value.pauses])
