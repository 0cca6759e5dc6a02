"""Tests of stored briefings: one for each time; sent ones are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

import pytest
from msgspec.structs import replace
from support.small_store import NOW, SmallStore, opened

from monitor.model.briefing import BriefingProgress, StoredBriefing
from monitor.model.config import BriefingSchedule, StoreAddress
from monitor.model.delivery import DeliveryAttempt, DeliveryState

MORNING = BriefingSchedule(name="Morning", at=(time(7),), to=("desk", "log"))
BRIEFING = StoredBriefing(
    name="Morning", slot=NOW + 60, made_at=NOW + 61, subject="s", plain="p", markdown="m",
    html="h", json="{}",
)  # fmt: skip


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    room = opened(address)
    yield room
    room.store.close()


def test_a_time_is_stored_once_with_a_delivery_for_each_channel(room: SmallStore) -> None:
    queue = room.store.briefings
    queue.begin([MORNING], NOW)
    assert queue.save(BRIEFING, MORNING.to, NOW + 61)
    assert not queue.save(replace(BRIEFING, made_at=NOW + 90), MORNING.to, NOW + 90)
    waiting = room.views.deliveries.newest([DeliveryState.WAITING])
    assert [(delivery.channel, delivery.alert, delivery.briefing) for delivery in waiting] == [
        ("desk", 0, 1),
        ("log", 0, 1),
    ]
    assert len({delivery.key for delivery in waiting}) == 2
    assert room.views.briefings.get([1]) == {1: replace(BRIEFING, id=1)}
    assert queue.progress() == {"Morning": BriefingProgress(NOW + 60, NOW + 61)}


def test_the_last_ones_are_listed_first(room: SmallStore) -> None:
    queue = room.store.briefings
    queue.begin([MORNING], NOW)
    for n in range(1, 4):
        queue.save(replace(BRIEFING, slot=NOW + n, subject=f"s{n}"), MORNING.to, NOW + n)
    assert room.views.briefings.subjects(2) == [(3, "s3"), (2, "s2")]


def test_an_edited_schedule_begins_anew_and_an_unchanged_one_goes_on(room: SmallStore) -> None:
    queue = room.store.briefings
    queue.begin([MORNING], NOW)
    queue.begin([replace(MORNING, to=("log",))], NOW + 500)
    assert queue.progress()["Morning"].done == NOW
    queue.begin([replace(MORNING, at=(time(8),))], NOW + 600)
    assert queue.progress()["Morning"].done == NOW + 600
    queue.begin([], NOW + 700)
    assert queue.progress() == {}


def test_briefings_are_forgotten_with_their_last_delivery(room: SmallStore) -> None:
    queue = room.store.briefings
    queue.begin([MORNING], NOW)
    queue.save(BRIEFING, MORNING.to, NOW + 61)
    for delivery, remaining_ids in ((1, {1}), (2, set())):
        room.store.deliveries.save_attempts([DeliveryAttempt(delivery=delivery)], NOW + 100)
        room.store.forget(names_before=0.0, sent_before=NOW + 200)
        assert set(room.views.briefings.get([1])) == remaining_ids
