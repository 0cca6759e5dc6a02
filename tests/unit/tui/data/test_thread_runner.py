"""Tests of calls in threads: a call that nobody waits for makes room for the next."""

from __future__ import annotations

import asyncio
import threading

from index.errors import Interrupted
from index.interruption import check
from tui.data.newsroom import ThreadRunner


def test_a_search_that_is_cancelled_makes_room_for_the_next() -> None:
    asyncio.run(_cancel_and_ask_again())


async def _cancel_and_ask_again() -> None:
    runner = ThreadRunner("test")
    started, stop_event = threading.Event(), threading.Event()
    outcomes: list[str] = []

    def endless() -> None:
        started.set()
        try:
            while not stop_event.wait(0.001):
                check()
        except Interrupted:
            outcomes.append("interrupted")
            raise

    first = asyncio.create_task(runner.run(endless))
    await asyncio.to_thread(started.wait)
    first.cancel()
    asyncio.get_running_loop().call_later(5, stop_event.set)
    assert await runner.run(lambda: list(outcomes)) == ["interrupted"]
    runner.close()
