"""Tests that subscribing writes only the feeds that differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace
from support.small_store import ALIBABA, SPIES

from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, RequestOptions
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

FEEDS = tuple(Feed(url=f"https://press{n}.be/rss", name=f"press {n}") for n in range(7))


@pytest.fixture
def store(address: StoreAddress) -> Iterator[Store]:
    with closing(Store(address)) as opened_store:
        yield opened_store


def subscribed_feeds(address: StoreAddress) -> list[Feed]:
    return [subscription.feed for subscription in Views(address).feeds.subscribed()]


def test_feeds_are_subscribed_edited_and_given_up(store: Store, address: StoreAddress) -> None:
    first = store.subscribe(FEEDS, [ALIBABA])
    assert subscribed_feeds(address) == list(first)
    assert [feed.name for feed in first] == [feed.name for feed in FEEDS]
    edited = (replace(FEEDS[0], name="edited"), *FEEDS[4:], Feed(url="https://n.be/", name="new"))
    feeds = store.subscribe(edited, [SPIES])
    assert sorted(subscribed_feeds(address), key=lambda feed: feed.number) == list(feeds)
    assert [feed.name for feed in feeds] == ["edited", "press 4", "press 5", "press 6", "new"]
    assert [feed.number for feed in feeds[:4]] == [first[n].number for n in (0, 4, 5, 6)]
    assert store.subscribe(FEEDS, [ALIBABA]) == first
    assert set(subscribed_feeds(address)) == set(first)


def test_a_start_writes_only_what_differs(postgresql: str) -> None:
    with closing(Store(StoreAddress(url=postgresql))) as store:
        store.subscribe(FEEDS, [ALIBABA])
        rows_before = _rows(postgresql)
        store.subscribe(FEEDS, [ALIBABA])
        assert _rows(postgresql) == rows_before
        changed_feed = replace(FEEDS[3], request_options=RequestOptions(encoding="cp1252"))
        store.subscribe([*FEEDS[:3], changed_feed, *FEEDS[4:]], [ALIBABA])
        rows_after = _rows(postgresql)
        assert len(rows_after - rows_before) == 1


def _rows(address: str) -> set[tuple[object, ...]]:
    """Return the physical places of the rows; writing a row moves it."""
    with closing(open_database(StoreAddress(url=address), create=False)) as sql:
        feeds = sql.execute("SELECT url, ctid::text FROM feeds").fetchall()
        return {*feeds, *sql.execute("SELECT name, ctid::text FROM watchlists").fetchall()}
