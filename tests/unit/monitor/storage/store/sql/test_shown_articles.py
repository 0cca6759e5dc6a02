"""What feeds and sitemaps showed, as the store knows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from support.small_store import (
    ALIBABA,
    NOW,
    SPIES,
    SmallStore,
    arrival,
    article,
    match,
    opened,
)

from monitor.intake.ingest.witness import with_witnesses
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import NO_ENTRY, Sighting
from monitor.model.watchlist import WatchlistMatch

RSS, MAP = Feed(url="https://journal.be/rss", name="A"), "https://journal.be/news.xml"


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    room = opened(address)
    room.feeds = room.store.subscribe(with_witnesses([RSS], [MAP]), (ALIBABA, SPIES))
    yield room
    room.store.close()


def sighting(id: int) -> Sighting:
    return Sighting(entry=replace(NO_ENTRY, key=f"map-{id}"), article=id)


def test_an_article_has_the_times_at_which_feed_and_sitemap_showed_it(room: SmallStore) -> None:
    feed, sitemap = room.feeds
    state = FeedState(first_ok=NOW - 50, last_ok=NOW + 10)
    only_map = article(2, sitemap, title="B", published=NOW - 30)
    imported = article(3, feed, seen=NOW - 60)
    old = article(4, feed, published=NOW - 900, seen=NOW - 800)
    undated = article(5, feed, published=None)
    room.save(
        arrival(1, ALIBABA, article=article(1, feed)),
        *(arrival(a.id, article=a) for a in (imported, old, undated)),
        state=replace(state, first_ok=NOW - 90),
    )
    room.save(
        arrival(2, SPIES, article=only_map),
        feed=1,
        sightings=[sighting(1)],
        at=NOW + 5,
        state=state,
    )
    assert [*room.views.shown.outlets()] == [("journal.be", NOW - 50, NOW + 10)]
    both, only = sorted(room.views.shown.since(NOW - 100), key=lambda shown: shown.article)
    assert both == ("Alibaba 1", NOW - 60, NOW, NOW + 5, "journal.be", 1)
    assert only == ("B", NOW - 30, None, NOW, "journal.be", 2)
    assert sorted(room.views.shown.matched(NOW - 100)) == [
        ("Alibaba", 1, True),
        ("Espionnage", 2, True),
    ]
    flags = {alert.article: alert.unlisted for alert in room.views.alerts.get(room.ids())}
    assert flags == {1: False, 2: True}


def test_a_match_of_the_text_alone_is_told_apart(room: SmallStore) -> None:
    in_text = WatchlistMatch(watchlist=SPIES, matches=(match(field="summary"),))
    room.save(arrival(1, article=article(1, room.feeds[0]), hits=(in_text,)))
    assert [*room.views.shown.matched(0.0)] == [("Espionnage", 1, False)]


def test_an_outlet_whose_sitemap_was_never_read_is_not_compared(room: SmallStore) -> None:
    room.save(arrival(1, article=article(1, room.feeds[0])), state=FeedState(last_ok=NOW))
    assert room.views.shown.outlets() == []


def test_what_is_sought_and_found(room: SmallStore) -> None:
    store, feeds = room.store, room.store.feeds
    assert feeds.found() == [MAP]
    room.save(state=FeedState(last_ok=NOW, link="https://www.journal.be/"))
    assert feeds.unsought(NOW) == {RSS.url: "https://www.journal.be/"}
    store.note_sought([RSS.url], ("https://journal.be/new.xml", [MAP]), NOW)
    assert feeds.unsought(NOW) == {}
    assert feeds.unsought(NOW + 1) == {RSS.url: "https://www.journal.be/"}
    assert feeds.found() == ["https://journal.be/new.xml"]
    store.note_sought([RSS.url], None, NOW)
    assert feeds.found() == ["https://journal.be/new.xml"]
    store.note_sought([RSS.url], ("", feeds.found()), NOW)
    assert feeds.found() == []
