"""Tests of coverage gaps in the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.alert_storage import save_poll

from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, GapKind, Outcome, Poll
from monitor.model.poll import PollOutcome
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

NOW = 1_700_000_000.0
BLIND, DOWN = GapKind.BLIND, GapKind.DOWN


class PolledStore:
    """A store of one feed, which a test polls."""

    def __init__(self, address: StoreAddress) -> None:
        self.store = Store(address)
        self.views = Views(address)
        (self.feed,) = self.store.subscribe([Feed(url="https://a.test/rss", name="A")], [])

    def poll(
        self, at: float, missed: tuple[float, float] | None = None, delay: float = 900
    ) -> None:
        state = FeedState(last_ok=at, last_poll=at, next_due=at + delay, delay=delay)
        poll = Poll(at=at, outcome=Outcome.READ)
        with self.store.batch() as batch:
            save_poll(batch, PollOutcome(feed=self.feed, state=state, poll=poll, missed=missed))

    def gaps(self, since: float, until: float) -> list[tuple[float, float | None, GapKind]]:
        return [(gap.start, gap.end, gap.kind) for gap in self.views.feeds.gaps(since, until)]


@pytest.fixture
def room(address: StoreAddress) -> Iterator[PolledStore]:
    polled_room = PolledStore(address)
    yield polled_room
    polled_room.store.close()


def test_a_gap_is_told_to_whoever_asks_for_a_time_it_reaches_into(room: PolledStore) -> None:
    room.poll(1000, missed=(100, 1000))
    for since, until, expected in [
        (0, 50, False), (0, 200, True), (300, 400, True), (900, 1100, True), (1001, 1100, False),
    ]:  # fmt: skip
        assert room.gaps(since, until) == [(100, 1000, BLIND)] * expected, (since, until)


def test_gaps_that_meet_are_one_and_others_are_apart(room: PolledStore) -> None:
    for gap in [(100, 200), (200, 300), (300, 400), (450, 500)]:
        room.poll(gap[1], missed=gap)
    assert room.gaps(0, 500) == [(100, 400, BLIND), (450, 500, BLIND)]


@pytest.mark.parametrize(
    ("delay", "after", "is_down"),
    [
        (900, 900, False),
        (900, 1800, False),
        (900, 1801, True),
        (10, 60, False),  # a minute late is nothing
        (10, 71, True),
        (86_400, 100_000, False),  # the server asked for a day
        (86_400, 172_801, True),
    ],
)
def test_a_feed_not_read_for_longer_than_it_should_be_has_an_open_gap(
    room: PolledStore, delay: float, after: float, is_down: bool
) -> None:
    room.poll(NOW, delay=delay)
    assert room.gaps(NOW - 9, NOW + after) == [(NOW, None, DOWN)] * is_down


def test_an_open_gap_is_gone_when_the_next_read_has_something_in_common(room: PolledStore) -> None:
    room.poll(NOW)
    assert room.gaps(0, NOW + 5000) == [(NOW, None, DOWN)]
    room.poll(NOW + 5000)
    assert room.gaps(0, NOW + 5000) == []


def test_feeds_that_nobody_wants_read_have_none(room: PolledStore) -> None:
    room.poll(NOW, missed=(NOW - 100, NOW))
    assert room.gaps(0, NOW + 5000)
    room.store.subscribe([], [])
    assert room.gaps(0, NOW + 5000) == []
