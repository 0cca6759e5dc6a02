"""Tests of rows by number, of verdicts that are shown before they are stored, and of undo."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings, strategies as st
from support.fake_newsroom import FakeNewsroom
from support.properties import examples

from monitor.model.alert import AlertState, Verdict
from monitor.model.triage import Change
from tui.data.story_list import BLOCK_SIZE, FirstAlerts, StoryCache, StoryOrder
from tui.data.triage_queue import TriageQueue

ACK = Change(state=AlertState.ACKNOWLEDGED)
NOISE = Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.NOISE)
STAR = Change(starred=True)

ids = st.lists(st.integers(1, 10_000), unique=True, max_size=200).map(sorted)


# --- the stream ----------------------------------------------------------------


@given(ids, st.integers(0, 200))
def test_first_then_older_then_newer_is_all_at_once(all_ids: list[int], cut_index: int) -> None:
    cut_index = min(cut_index, len(all_ids))
    late_ids = all_ids[cut_index + (len(all_ids) - cut_index) // 2 :]
    known_ids = all_ids[cut_index : len(all_ids) - len(late_ids)]
    stream = StoryOrder(known_ids)
    stream.add(array("q", late_ids))
    stream.add_older(array("q", all_ids))
    if known_ids or late_ids:
        assert [stream.at(row) for row in range(len(stream))] == all_ids[::-1]


@given(ids)
def test_rows_and_ids_are_inverse(all_ids: list[int]) -> None:
    stream = StoryOrder(all_ids)
    assert [stream.row(n) for n in reversed(all_ids)] == list(range(len(all_ids)))
    assert stream.row(10_001) is None
    for row in range(len(all_ids)):
        assert stream.at(row) in stream.block(row)
        assert len(stream.block(row)) <= BLOCK_SIZE


def test_what_is_here_already_does_not_arrive_again() -> None:
    stream = StoryOrder([1, 2, 3])
    assert stream.add(array("q", [2, 3, 4])) == 1
    assert len(stream) == 4


# --- verdicts ------------------------------------------------------------------


class TriageDesk:
    """Triage of a fake newsroom, which the test advances."""

    def __init__(self) -> None:
        self.newsroom = FakeNewsroom(10)
        self.service = self.newsroom
        self.alerts = StoryCache(self.newsroom.stories, FirstAlerts())
        self.trouble: list[str] = []
        self.overtaken: list[int] = []
        self.triage = TriageQueue(
            self.alerts,
            self,  # type: ignore[arg-type]
            lambda ids: None,
            self.trouble.append,
            self.overtaken.extend,
        )

    async def ask(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    async def undo_last(self) -> tuple[int, ...]:
        """Undo the last decision; return the alerts that it changed."""
        undo_task = self.triage.undo()
        await self.work()
        act = await undo_task
        return act.ids if act else ()

    async def work(self) -> None:
        worker = asyncio.create_task(self.triage.work())
        assert await self.triage.drain(5)
        worker.cancel()

    def decide(self, change: Change, *ids: int) -> None:
        stories = [story for story in map(self.alerts.get, ids) if story]
        self.triage.apply([alert for story in stories for alert in story.alerts], change)

    def view(self, alert: int) -> tuple[AlertState, Verdict, bool]:
        cached = self.alerts.get(alert)
        assert cached is not None
        return cached.state, cached.verdict, cached.starred


def test_a_verdict_shows_before_it_is_stored_and_stays() -> None:
    desk = TriageDesk()
    desk.decide(ACK, 3)
    assert desk.view(3)[0] is AlertState.ACKNOWLEDGED
    assert not desk.newsroom.triaged
    asyncio.run(desk.work())
    assert desk.newsroom.triaged[3][0] is AlertState.ACKNOWLEDGED
    assert desk.view(3)[0] is AlertState.ACKNOWLEDGED


def test_what_somebody_changed_since_it_was_shown_is_not_overwritten() -> None:
    desk = TriageDesk()
    desk.alerts.get(3)
    desk.newsroom.change([3], verdict=Verdict.RELEVANT, assignee="bob")

    async def work_twice() -> None:
        desk.decide(Change(assignee="ana", starred=True), 3, 4)
        await desk.work()
        assert desk.overtaken == [3]
        assert desk.newsroom.assignees == {3: "bob", 4: "ana"}
        assert desk.view(3) == (AlertState.NEW, Verdict.RELEVANT, False)
        assert desk.view(4)[2]
        assert await desk.undo_last() == (4,)

    asyncio.run(work_twice())
    assert desk.newsroom.assignees == {3: "bob", 4: ""}


def test_a_verdict_that_cannot_be_stored_is_taken_back() -> None:
    desk = TriageDesk()
    desk.newsroom.locked.set()

    async def store_and_undo() -> None:
        desk.decide(NOISE, 3)
        await desk.work()
        assert desk.view(3) == (AlertState.NEW, Verdict.NONE, False)
        assert desk.trouble == ["the store is locked"]
        desk.newsroom.locked.clear()
        assert not await desk.undo_last(), "what never was cannot be undone"

    asyncio.run(store_and_undo())


def test_a_failure_leaves_other_verdicts_on_the_same_alert() -> None:
    desk = TriageDesk()

    async def a_star_then_a_lock() -> None:
        desk.decide(STAR, 3)
        await desk.work()
        desk.newsroom.locked.set()
        desk.decide(ACK, 3)
        await desk.work()

    asyncio.run(a_star_then_a_lock())
    assert desk.view(3) == (AlertState.NEW, Verdict.NONE, True)


changes = st.sampled_from([ACK, NOISE, STAR, Change(starred=False), Change(state=AlertState.NEW)])
steps = st.lists(st.tuples(changes, st.sets(st.integers(1, 10), min_size=1)), max_size=12)


@settings(max_examples=examples(40))
@given(steps)
def test_undoing_everything_restores_everything(decisions: list[tuple[Change, set[int]]]) -> None:
    desk = TriageDesk()
    before = [desk.view(n) for n in range(1, 11)]

    async def undo_everything() -> None:
        for change, alerts in decisions:
            desk.decide(change, *alerts)
        while await desk.undo_last():
            pass

    asyncio.run(undo_everything())
    assert [desk.view(n) for n in range(1, 11)] == before
    stored_verdicts = [desk.newsroom._triage_of(n) for n in range(1, 11)]
    assert stored_verdicts == before


def test_what_somebody_else_said_since_is_seen_after_an_undo() -> None:
    desk = TriageDesk()

    async def undo_after_another() -> None:
        desk.decide(ACK, 3)
        await desk.work()
        desk.newsroom.undo = lambda act=None: desk.newsroom.change([3], starred=True)  # type: ignore[method-assign]
        await desk.undo_last()

    asyncio.run(undo_after_another())
    assert desk.view(3) == (AlertState.ACKNOWLEDGED, Verdict.NONE, True)


def test_an_undo_takes_back_what_was_decided_before_it() -> None:
    desk = TriageDesk()

    async def decide_while_it_is_undone() -> None:
        desk.decide(ACK, 1)
        undo_task = desk.triage.undo()
        desk.decide(STAR, 1)
        await desk.work()
        assert await undo_task

    asyncio.run(decide_while_it_is_undone())
    assert desk.view(1) == (AlertState.NEW, Verdict.NONE, True)


def test_nothing_said_is_nothing_to_undo() -> None:
    desk = TriageDesk()

    async def say_twice() -> None:
        desk.decide(ACK, 1)
        desk.decide(ACK, 1)
        assert await desk.undo_last() == (1,)
        assert not await desk.undo_last()

    asyncio.run(say_twice())


def test_draining_gives_up_when_the_store_does_not_answer() -> None:
    desk = TriageDesk()
    desk.decide(ACK, 1)
    assert not asyncio.run(desk.triage.drain(0.01))


def test_alerts_are_read_a_block_at_a_time_and_forgotten_when_old() -> None:
    newsroom = FakeNewsroom(4_000)
    block_sizes: list[int] = []

    def read_stories(ids: Sequence[int]) -> list:  # type: ignore[type-arg]
        block_sizes.append(len(ids))
        return newsroom.stories(ids)

    stream, alerts = StoryOrder(range(1, 4_001)), StoryCache(read_stories, FirstAlerts(), size=512)
    for row in range(1_000):
        story = alerts.get(stream.at(row), lambda row=row: stream.block(row))  # type: ignore[misc]
        assert story is not None
        assert story.newest.id == 4_000 - row
    assert len(block_sizes) <= 1_000 / BLOCK_SIZE + 2
    assert len(alerts._stored) <= 512


def test_an_alert_the_store_dropped_is_none() -> None:
    alerts = StoryCache(FakeNewsroom(3).stories, FirstAlerts())
    assert alerts.get(99) is None


def test_readings_older_than_a_verdict_are_known_by_their_version() -> None:
    desk = TriageDesk()
    version = desk.alerts.version
    desk.decide(ACK, 1)
    assert desk.alerts.version != version
