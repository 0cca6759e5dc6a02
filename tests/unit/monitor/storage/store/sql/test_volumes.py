"""Tests of the stories from which is learned what is usual, on every database."""

from __future__ import annotations

from msgspec.structs import replace
from support.small_store import ALIBABA, NOW, SmallStore, arrival, opened

from monitor.model.config import StoreAddress
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.watchlists.backfill import Backfill

DAY = 86_400.0
LIVE = replace(ALIBABA, rule="live")
LATER = replace(ALIBABA, name="Later", rule="later")


def activate(room: SmallStore, now: float, *watchlists: Watchlist) -> None:
    """Activate these watchlists, and match them with all articles that are stored."""
    backfill = Backfill(room.store, lambda: now)
    backfill.begin(watchlists, room.store.subscribe(room.feeds, watchlists))
    assert [w.is_pending for w in room.views.watchlists.in_force()][-1:] == [True]
    while backfill.step():
        pass
    assert not any(w.is_pending for w in room.views.watchlists.in_force())


def begun(store: Store, since: float = 0.0) -> dict[str, list[tuple[float, int]]]:
    """Return when the stories of each watchlist began, with the number of their alert."""
    with store.reading() as reading:
        stories = reading.volumes.stories(since)
        return {name: [(s.at, s.alert) for s in each] for name, each in stories.items()}


def test_a_story_of_a_backfill_began_when_its_article_was_seen(address: StoreAddress) -> None:
    room = opened(address)
    room.store.subscribe(room.feeds, (LIVE,))
    room.save(arrival(1, LIVE), arrival(2, LIVE, backfill=True))
    activate(room, NOW + 2 * DAY, LIVE, LATER)
    assert begun(room.store) == {"Alibaba": [(NOW, 1)], "Later": [(NOW, 3), (NOW, 4)]}
    assert begun(room.store, NOW + 1) == {}
    room.store.close()


def test_an_earlier_rule_is_known_by_its_last_alert(address: StoreAddress) -> None:
    room = opened(address)
    room.store.subscribe(room.feeds, (LIVE,))
    room.save(arrival(1, LIVE), at=NOW)
    room.save(arrival(2, LIVE), at=NOW + 60)
    activate(room, NOW + DAY, LIVE)
    with room.store.reading() as reading:
        assert reading.volumes.rule_changes(0.0) == {}
    activate(room, NOW + DAY, replace(LIVE, rule="edited"))
    with room.store.reading() as reading:
        assert reading.volumes.rule_changes(0.0) == {"Alibaba": NOW + 60}
        assert reading.volumes.rule_changes(NOW + DAY) == {}
    room.store.close()
