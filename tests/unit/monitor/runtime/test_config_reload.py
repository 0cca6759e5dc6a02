"""Tests that an edit of `feeds.yaml` is applied whole and at once, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace
from support import flow
from support.flow import WATCHLISTS, A, B, C, Press, edition
from support.in_process_monitor import InProcessMonitor, NoIndexer, press_of

from index.query.parser import any_of
from monitor.base.errors import FetchError, MonitorError
from monitor.base.tasks import WorkerThread
from monitor.model.config import Config, StoreAddress
from monitor.model.poll import Fetched, NotModified
from monitor.runtime import daemon as daemon_module
from monitor.storage.store.sql.views import Views

T = TypeVar("T")

TICK = 0.02
HOUR = 3_600.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(daemon_module, "TICK", TICK)
    yield


def set_interval(room: InProcessMonitor, seconds: float) -> None:
    """Set another interval for the feed A."""
    config = room.load()
    feeds = [replace(f, every=seconds) if f.url == A else f for f in config.feeds]
    room.edit(replace(config, feeds=tuple(feeds)))


def seconds_until_due(room: InProcessMonitor) -> float:
    """Return the seconds from now until the feed A is due."""
    return room.health(A).state.next_due - room.now


def test_a_file_that_is_being_written_is_left_alone_until_it_rests(tmp_path: Path) -> None:
    """The first half of the file is valid, but is not the whole configuration."""
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        full_config = room.load()
        for _ in range(40):
            room.edit(replace(full_config, feeds=full_config.feeds[:1], watchlists=()))
            assert len(room.views.feeds.subscribed()) == 3
            await asyncio.sleep(TICK / 2)
        room.edit(replace(full_config, watchlists=WATCHLISTS[:1]))
        await room.until(lambda: len(room.views.watchlists.in_force()) == 1)
        assert len(room.views.feeds.subscribed()) == 3

    room.run(script)


def test_a_file_that_is_written_to_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())
    load = room.load

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        half, full = replace(load(), feeds=load().feeds[:1]), replace(load(), watchlists=())

        def reading() -> Config:
            if room.config is half:
                room.edit(full)
                return half
            return full

        in_force: list[int] = []
        subscribe = room.store.subscribe
        room.store.subscribe = lambda *args: (in_force.append(len(args[0])), subscribe(*args))[1]  # type: ignore[method-assign,func-returns-value]
        room.reading = reading
        room.edit(half)
        await room.until(lambda: not room.views.watchlists.in_force())
        assert in_force == [3]

    room.run(script)


def test_an_edit_warns_of_rules_that_never_ring_and_of_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = InProcessMonitor(tmp_path, press_of())
    rules = [replace(WATCHLISTS[0], query=any_of([term]), name=term) for term in ("a, b", "c, d")]

    async def script(room: InProcessMonitor) -> None:
        room.edit(replace(room.load(), watchlists=tuple(rules[:1])))
        await room.until(lambda: len(warned()) == 1)
        room.edit(replace(room.load(), watchlists=tuple(rules)))
        await room.until(lambda: len(warned()) == 2)

    def warned() -> list[str]:
        messages = (r.getMessage() for r in caplog.records if r.levelname == "WARNING")
        return [message for message in messages if message.startswith("feeds.yaml: ")]

    room.run(script)
    assert [message.partition(" is")[0] for message in warned()] == [
        "feeds.yaml: a, b: `a, b`",
        "feeds.yaml: c, d: `c, d`",
    ]


def test_an_edited_interval_holds_at_once_shorter_or_longer(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        set_interval(room, 6 * HOUR)
        await room.until(lambda: room.polls(A) == 1 and seconds_until_due(room) == 6 * HOUR)
        set_interval(room, HOUR)
        await room.until(lambda: seconds_until_due(room) == HOUR)
        room.now += HOUR / 2
        set_interval(room, 600)  # since the last poll, that has passed already
        await room.until(lambda: room.polls(A) == 2)
        await room.until(lambda: seconds_until_due(room) == 600)

    room.run(script)


@pytest.mark.parametrize("calls", range(1, 6))
def test_an_interval_edited_during_a_poll_causes_no_second_poll(tmp_path: Path, calls: int) -> None:
    """The poll is stored after this many steps of the edit."""
    answered = asyncio.Event()

    class SlowPress(Press):
        async def fetch(self, url: str, **options: Any) -> Fetched | NotModified:
            if url == A:
                await answered.wait()
            return await super().fetch(url, **options)

    class CountingThread(WorkerThread):
        remaining: int | None = None
        editing: asyncio.Task[object] | None = None

        async def __call__(self, call: Callable[..., T], *args: Any) -> T:
            result = await super().__call__(call, *args)
            task = asyncio.current_task()
            if self.remaining is not None and call == room.store.feeds.every:  # an edit begins
                CountingThread.editing = task
            if self.remaining is not None and task is CountingThread.editing:
                self.remaining -= 1
                if self.remaining == 0:
                    answered.set()
                    await room.until(lambda: room.polls(A) == 1)
            return result

    room = InProcessMonitor(tmp_path, SlowPress(press_of().editions), thread_type=CountingThread)
    room.press.allow = lambda networks: None  # type: ignore[attr-defined]

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(B) == 1)
        CountingThread.remaining = calls
        set_interval(room, 6 * HOUR)
        await room.until(lambda: room.health(A).feed.every == 6 * HOUR)
        await asyncio.sleep(5 * TICK)
        answered.set()
        await room.until(lambda: room.polls(A) == 1 and seconds_until_due(room) == 6 * HOUR)
        await asyncio.sleep(5 * TICK)
        assert room.polls(A) == 1 and CountingThread.editing

    room.run(script)


def test_an_interval_edited_while_nobody_watched_holds_too(tmp_path: Path) -> None:
    press = press_of()
    room = InProcessMonitor(tmp_path, press)

    async def until_polled(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)

    room.run(until_polled)
    set_interval(room, 6 * HOUR)

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: seconds_until_due(room) == 6 * HOUR)

    room.run(script)


def test_an_edit_does_not_overrule_a_server(tmp_path: Path) -> None:
    rate_limited = FetchError(A, "429 Too Many Requests", status=429, retry_after=HOUR)
    room = InProcessMonitor(tmp_path, press_of(a=[rate_limited]))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        set_interval(room, 60)
        await room.until(lambda: room.health(A).feed.every == 60)
        await asyncio.sleep(5 * TICK)
        assert seconds_until_due(room) == HOUR
        set_interval(room, 2 * HOUR)
        await room.until(lambda: seconds_until_due(room) == 2 * HOUR)

    room.run(script)


# --- the network, and one round ------------------------------------------------------


def test_the_first_feed_after_a_sleep_without_a_network_is_not_blamed(tmp_path: Path) -> None:
    editions = {url: [edition(), FetchError(url, "no route", network=True)] for url in (A, B, C)}
    room = InProcessMonitor(tmp_path, press_of(a=editions[A], b=editions[B], c=editions[C]))

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: all(room.polls(url) == 1 for url in (A, B, C)))
        room.press.round = 1
        room.now += 10 * HOUR
        await room.until(lambda: all(room.polls(url) == 2 for url in (A, B, C)))
        for url in (A, B, C):
            state = room.health(url).state
            assert (state.failures, state.failing_since) == (1, None)
            assert state.next_due - room.now <= 70

    room.run(script)


class StuckIndexer(NoIndexer):
    """An indexer whose disk is full."""

    failures = 2
    trouble = "indexing has to wait: No space left on device"


def test_one_round_does_not_wait_for_ever_for_a_full_disk(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of(a=[edition(flow._A1)]), indexer=StuckIndexer())
    with pytest.raises(MonitorError, match="No space left on device; what was read") as error:
        room.once()
    assert "is stored" in str(error.value)
    assert Views(StoreAddress(tmp_path)).totals()[0] == 1


def test_an_edit_of_the_language_takes_effect(tmp_path: Path) -> None:
    room = InProcessMonitor(tmp_path, press_of())

    async def script(room: InProcessMonitor) -> None:
        await room.until(lambda: room.polls(A) == 1)
        assert room.languages == [""]  # nothing is asked for: the locale decides
        room.edit(replace(room.load(), language="fr"))
        await room.until(lambda: room.languages[-1] == "fr")

    room.run(script)
