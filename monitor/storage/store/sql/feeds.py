"""Feeds as the monitor writes them: which are subscribed, polls, incidents, gaps, redirects."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from monitor.base.article import Timestamp
from monitor.model.alert import AlertKind, FeedIncident
from monitor.model.feed import (
    Feed,
    FeedState,
    PermanentRedirect,
    Poll,
    PublicationRate,
)
from monitor.model.poll import FeedHistory, PollOutcome
from monitor.storage.store.database.connection import (
    Connection,
    Row,
    by_name,
    marks,
    select_in,
    upsert,
)

STATE = ", ".join(FeedState.__struct_fields__)
FEED = "url, name, tags, enabled, number, every"
IMPORTED = "import:"
"""Beginning of the address of a feed that nobody subscribed to: its articles were imported."""
POLL = ", ".join(Poll.__struct_fields__)
POLLS_KEPT = 30
"""Polls of a feed that are remembered."""
_SAVE_POLL = upsert("polls", f"feed, slot, {POLL}", "feed, slot").replace(
    "(?, ?,", f"(?1, (SELECT polls % {POLLS_KEPT} FROM feeds WHERE number = ?1),"
)
"""Given all values but the slot."""

_RESET_IF_REQUEST_CHANGED = ", ".join(
    f"{column} = CASE WHEN manner = ?6 THEN {column} END"
    for column in ("etag", "last_modified", "body_hash")
)
"""A server may answer another request otherwise: its validators say nothing then."""
_SUBSCRIBE = (
    f"INSERT INTO feeds (url, name, tags, enabled, every, manner, bucket) VALUES ({marks(7)})"
    " ON CONFLICT (url) DO NOTHING"  # another monitor may be faster
)
_EDIT = (
    "UPDATE feeds SET name = ?2, tags = ?3, enabled = ?4, every = ?5,"
    f" {_RESET_IF_REQUEST_CHANGED}, manner = ?6, bucket = ?7, subscribed = TRUE WHERE url = ?1"
)
_UNSUBSCRIBE = "UPDATE feeds SET subscribed = FALSE WHERE number = ?"


class SubscriptionPlan(Struct, frozen=True):
    """What is to be written so that some feeds are the subscribed ones."""

    numbers: Mapping[str, int]
    """The numbers of the feeds that are stored, by address."""
    changes: Sequence[tuple[str, tuple[Any, ...]]]
    """Statements with their values, those of one statement together."""


def plan_subscription(
    sql: Connection, feeds: Sequence[Feed], bucket_of: Callable[[str], int] | None = None
) -> SubscriptionPlan:
    """Return what is to be written so that these feeds are the subscribed ones.

    Args:
        sql: The connection; it reads within a transaction of its own.
        feeds: The feeds.
        bucket_of: Gives the bucket of an address; None where one monitor polls all.
    """
    wanted = {feed.url: feed for feed in feeds}
    numbers: dict[str, int] = {}
    edited: list[tuple[str, tuple[Any, ...]]] = []
    gone: list[tuple[str, tuple[Any, ...]]] = []
    for url, number, subscribed, *stored in sql.stream(
        "SELECT url, number, subscribed, name, tags, enabled, every, manner, bucket FROM feeds"
    ):
        if feed := wanted.pop(url, None):
            numbers[url] = number
            values = feed_values(feed, bucket_of)
            if not subscribed or values[1:] != tuple(stored):
                edited.append((_EDIT, values))
        elif subscribed:
            gone.append((_UNSUBSCRIBE, (number,)))
    new = [(_SUBSCRIBE, feed_values(feed, bucket_of)) for feed in wanted.values()]
    return SubscriptionPlan(numbers, [*new, *edited, *gone])


def save_changes(sql: Connection, changes: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
    """Write changes of a `SubscriptionPlan`."""
    for statement, group in groupby(changes, key=itemgetter(0)):
        sql.executemany(statement, [values for _, values in group])


def read_numbers(sql: Connection) -> dict[str, int]:
    """Return the numbers of all feeds, by address."""
    return dict(sql.execute("SELECT url, number FROM feeds"))


def place_pages(sql: Connection, bucket_of: Callable[[str], int]) -> None:
    """Give pages their buckets that were queued when one monitor polled all."""
    found = sql.execute(
        "SELECT a.url, a.id FROM pages p JOIN articles a ON a.id = p.article WHERE p.bucket = 0"
    ).fetchall()
    sql.executemany(
        "UPDATE pages SET bucket = ? WHERE article = ?",
        [(bucket, id) for url, id in found if (bucket := bucket_of(url))],
    )


def feed_named(sql: Connection, name: str) -> Feed:
    """Return the feed of a name, a subscribed one first; it is made if there is none."""
    found = sql.execute(f"SELECT {FEED} FROM feeds ORDER BY subscribed DESC, number")
    for feed in map(feed_of, list(by_name(found))):
        if feed.name.casefold() == name.casefold():
            return feed
    (number,) = sql.execute(
        "INSERT INTO feeds (url, name, subscribed) VALUES (?, ?, FALSE) RETURNING number",
        (IMPORTED + name, name),
    ).fetchone()
    return Feed(url=IMPORTED + name, name=name, number=int(number))


def read_histories(sql: Connection, feeds: Iterable[Feed]) -> dict[int, FeedHistory]:
    """Return what is remembered of feeds besides their polling state, by the feed's number."""
    numbers = [feed.number for feed in feeds]
    incidents: dict[int, dict[AlertKind, FeedIncident]] = defaultdict(dict)
    for number, kind, started, ended in select_in(
        sql,
        "SELECT feed, kind, started_at, ended_at FROM incidents WHERE feed IN ({0})"
        " ORDER BY started_at",
        numbers,
    ):
        incidents[number][AlertKind(kind)] = FeedIncident(started_at=started, ended_at=ended)
    known = select_in(
        sql,
        "SELECT number, habit, d.articles, moved_to, since, latest, times FROM feeds"
        " LEFT JOIN moves m ON m.feed = number LEFT JOIN last_documents d ON d.feed = number"
        " WHERE number IN ({0})",
        numbers,
    )
    return {
        number: FeedHistory(
            habit=habit_of(habit),
            move=PermanentRedirect(*move) if move[0] is not None else None,
            incidents=incidents[number],
            last_articles=frozenset(json.loads(articles or "[]")),
        )
        for number, habit, articles, *move in known
    }


def save_poll(sql: Connection, outcome: PollOutcome) -> None:
    """Store what a poll changes of its feed, but for what `save_states` stores."""
    number, now = outcome.feed.number, outcome.poll.at
    if outcome.habit:
        sql.execute(
            "UPDATE feeds SET habit = ? WHERE number = ?",
            (habit_value(outcome.habit), number),
        )
    if outcome.move:
        _save_move(sql, number, outcome.move)
    if outcome.missed:
        _save_gap(sql, number, *outcome.missed)
    if outcome.articles:
        sql.execute(
            upsert("last_documents", "feed, articles", "feed"),
            (number, json.dumps(sorted(outcome.articles))),
        )
    if outcome.ended:
        _end_incidents(sql, number, outcome.ended, now)


def save_states(sql: Connection, outcomes: Sequence[PollOutcome]) -> None:
    """Store polls, and the polling state of their feeds after them: all in two statements."""
    sql.executemany(
        f"UPDATE feeds SET ({STATE}) = ({marks(len(FeedState.__struct_fields__))}),"
        " polls = polls + 1, articles = articles + ? WHERE number = ?",
        [
            (*astuple(one.state), sum(change.new for change in one.arrivals), one.feed.number)
            for one in outcomes
        ],
    )
    sql.executemany(_SAVE_POLL, [(one.feed.number, *astuple(one.poll)) for one in outcomes])


def _end_incidents(
    sql: Connection, number: int, kinds: Iterable[AlertKind], now: Timestamp
) -> None:
    sql.executemany(
        "UPDATE incidents SET ended_at = ? WHERE feed = ? AND kind = ? AND ended_at IS NULL",
        [(now, number, kind) for kind in kinds],
    )


def _save_gap(sql: Connection, number: int, start: Timestamp, end: Timestamp) -> None:
    """Store a coverage gap; one that begins where another ends makes that one longer."""
    longer = sql.execute(
        "UPDATE gaps SET until = ? WHERE feed = ? AND until = ?", (end, number, start)
    )
    if not longer.rowcount:
        sql.execute(upsert("gaps", "feed, start, until", "feed, start"), (number, start, end))


def _save_move(sql: Connection, number: int, move: PermanentRedirect) -> None:
    """Store where a feed is redirected to; nowhere is forgotten."""
    if move.to:
        sql.execute(
            upsert("moves", "feed, moved_to, since, latest, times", "feed"),
            (number, move.to, move.since, move.latest, move.times),
        )
    else:
        sql.execute("DELETE FROM moves WHERE feed = ?", (number,))


def readdress(sql: Connection, urls: Collection[str]) -> None:
    """Give feeds that are subscribed, and are not among these addresses, their new one."""
    for number, old, new, latest in sql.execute(
        "SELECT number, url, moved_to, latest FROM moves JOIN feeds ON number = feed"
        " WHERE subscribed"
    ).fetchall():
        if new in urls and old not in urls and _set_address(sql, number, new):
            sql.execute("DELETE FROM moves WHERE feed = ?", (number,))
            sql.execute(
                upsert("former_addresses", "feed, url, until", "feed, url"), (number, old, latest)
            )


def _set_address(sql: Connection, number: int, url: str) -> bool:
    """Give a feed an address, unless another one has it, or had it."""
    if sql.execute("SELECT 1 FROM feeds WHERE url = ?", (url,)).fetchone():
        return False
    sql.execute("UPDATE feeds SET url = ? WHERE number = ?", (url, number))
    return True


def feed_of(row: Row) -> Feed:
    """Return the feed of a row with the columns `FEED`."""
    return Feed(
        url=row["url"],
        name=row["name"],
        tags=_tags(row["tags"]),
        every=row["every"],
        enabled=bool(row["enabled"]),
        number=row["number"],
    )


@lru_cache(1_000)
def _tags(text: str) -> tuple[str, ...]:
    """Return the tags of a JSON list; cached, since hundreds of feeds share a few tags."""
    return tuple(json.loads(text))


def feed_values(feed: Feed, bucket_of: Callable[[str], int] | None) -> tuple[Any, ...]:
    """Return what is stored of a feed from feeds.yaml: no secret."""
    return (
        *(feed.url, feed.name, json.dumps(feed.tags), feed.enabled, feed.every),
        feed.request_options.variant(),
        bucket_of(feed.url) if bucket_of else 0,
    )


def state_of(row: Row) -> FeedState:
    """Return the polling state of a row with the columns `STATE`."""
    state = {name: row[name] for name in FeedState.__struct_fields__}
    return FeedState(**{**state, "gone": bool(row["gone"]), "blind": bool(row["blind"])})


def habit_of(text: str) -> PublicationRate | None:
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
