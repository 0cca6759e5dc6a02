"""The feeds and watchlists in force, from feeds.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec.structs import asdict

from index.query.concepts import Definition
from monitor.model.evidence import Kind
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist, renamed_watchlists
from monitor.storage.store.database.connection import Connection, marks, upsert
from monitor.storage.store.sql.evidence import EvidenceLog

_RESET_IF_REQUEST_CHANGED = ", ".join(
    f"{column} = CASE WHEN manner = ?6 AND kind = ?8 THEN {column} END"
    for column in ("etag", "last_modified", "body_hash", "children")
)
"""A server may answer another request differently: the old validators are worthless then."""
_SUBSCRIBE = (
    "INSERT INTO feeds (url, name, tags, enabled, every, manner, bucket, kind, outlet,"
    f" is_found) VALUES ({marks(10)})"
)
_EDIT = (
    "UPDATE feeds SET name = ?2, tags = ?3, enabled = ?4, every = ?5,"
    f" {_RESET_IF_REQUEST_CHANGED}, manner = ?6, bucket = ?7, kind = ?8, outlet = ?9,"
    " is_found = ?10, subscribed = TRUE"
    " WHERE url = ?1"
)
_UNSUBSCRIBE = "UPDATE feeds SET subscribed = FALSE WHERE number = ?"


def save_subscriptions(
    sql: Connection, feeds: Sequence[Feed], bucket_of: Callable[[str], int]
) -> dict[str, int]:
    """Make these the subscribed feeds, writing only differences; return their numbers by URL."""
    _readdress(sql, {feed.url for feed in feeds})
    by_url = {feed.url: feed for feed in feeds}
    numbers: dict[str, int] = {}
    edited, unsubscribed = [], []
    for url, number, subscribed, *stored in sql.execute(
        "SELECT url, number, subscribed, name, tags, enabled, every, manner, bucket, kind, outlet,"
        " is_found FROM feeds"
    ):
        if feed := by_url.pop(url, None):
            numbers[url], values = number, _feed_values(feed, bucket_of)
            if not subscribed or values[1:] != tuple(stored):
                edited.append(values)
        elif subscribed:
            unsubscribed.append((number,))
    sql.executemany(_SUBSCRIBE, [_feed_values(feed, bucket_of) for feed in by_url.values()])
    sql.executemany(_EDIT, edited)
    sql.executemany(_UNSUBSCRIBE, unsubscribed)
    if by_url:
        numbers = dict(sql.execute("SELECT url, number FROM feeds"))
    EvidenceLog(sql).add_feeds((numbers[feed.url], feed.name, feed.url) for feed in feeds)
    return numbers


def place_pages(sql: Connection, bucket_of: Callable[[str], int]) -> None:
    """Set the buckets of pages that were queued when there was only one monitor."""
    rows = sql.execute(
        "SELECT a.url, a.id FROM pages p JOIN articles a ON a.id = p.article WHERE p.bucket = 0"
    ).fetchall()
    sql.executemany(
        "UPDATE pages SET bucket = ? WHERE article = ?",
        [(bucket, id) for url, id in rows if (bucket := bucket_of(url))],
    )


def _readdress(sql: Connection, urls: Collection[str]) -> None:
    """Set the new addresses of subscribed feeds whose old address is not among these."""
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
    """Set the address of a feed, unless another feed has or had it; return whether it is set."""
    if sql.execute("SELECT 1 FROM feeds WHERE url = ?", (url,)).fetchone():
        return False
    sql.execute("UPDATE feeds SET url = ? WHERE number = ?", (url, number))
    return True


def _feed_values(feed: Feed, bucket_of: Callable[[str], int]) -> tuple[Any, ...]:
    """Return the values of a feed from feeds.yaml to store, without secrets."""
    return (
        *(feed.url, feed.name, json.dumps(feed.tags), feed.enabled, feed.every),
        "|".join(filter(None, (feed.request_options.variant(), *feed.source.texts()))),
        bucket_of(feed.url),
        feed.source.kind,
        feed.outlet,
        feed.is_found,
    )


def save_concepts(sql: Connection, concepts: Sequence[Definition]) -> None:
    """Make these concepts the defined ones."""
    rows = sorted((concept.name, json.dumps(asdict(concept))) for concept in concepts)
    stored = sql.execute("SELECT name, definition FROM concepts ORDER BY name").fetchall()
    if rows != [tuple(row) for row in stored]:
        sql.execute("DELETE FROM concepts")
        sql.insert("concepts", "name, definition", rows)


_COLUMNS = (
    "name, place, severity, feeds, escalate_outlets, escalate_languages, escalate_to,"
    " cooldown, notify_backfill"
)
_TABLES = ("alerts", "counts", "silences", "suppressed_counts", "unusual", "backfills")
"""Tables that name a watchlist, besides the table of watchlists in force."""
_ONE_ROW = ("counts", "suppressed_counts")
"""Those of these tables that may have a row for a watchlist without alerts."""


def save_watchlists(sql: Connection, watchlists: Sequence[Watchlist]) -> None:
    """Make these watchlists the active ones. A renamed watchlist keeps its data."""
    _rename_watchlists(sql, watchlists)
    rows = [_values(place, w) for place, w in enumerate(watchlists)]
    stored = sql.execute(f"SELECT {_COLUMNS} FROM watchlists ORDER BY place").fetchall()
    if rows != [tuple(row) for row in stored]:
        sql.execute("DELETE FROM watchlists")
        sql.insert("watchlists", _COLUMNS, rows)


def _values(place: int, value: Watchlist) -> tuple[Any, ...]:
    """Return the values of the columns for a watchlist and its place in the file."""
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


def _rename_watchlists(sql: Connection, watchlists: Sequence[Watchlist]) -> None:
    """Rename in the store the watchlists that have a new name.

    A name with alerts belongs to another watchlist: nothing is renamed to it.
    """
    before = dict(sql.execute("SELECT watchlist, meaning FROM backfills"))
    after = {watchlist.name: watchlist.rule for watchlist in watchlists}
    for old, new in renamed_watchlists(before, after).items():
        cursor = sql.execute("SELECT 1 FROM alerts WHERE watchlist = ? LIMIT 1", (new,))
        if not cursor.fetchone():
            _rename(sql, old, new)


def _rename(sql: Connection, old: str, new: str) -> None:
    for table in _ONE_ROW:
        sql.execute(f"DELETE FROM {table} WHERE watchlist = ?", (new,))
    for table in _TABLES:
        sql.execute(f"UPDATE {table} SET watchlist = ? WHERE watchlist = ?", (new, old))
    EvidenceLog(sql).append(Kind.RENAMED, None, {"watchlist": new, "before": old})
