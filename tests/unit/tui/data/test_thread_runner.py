"""Calls in threads: one that nobody waits for makes room for the next."""

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
    begun, given_up = threading.Event(), threading.Event()
    ended: list[str] = []

    def endless() -> None:
        begun.set()
        try:
            while not given_up.wait(0.001):
                check()
        except Interrupted:
            ended.append("interrupted")
            raise

    first = asyncio.create_task(runner.run(endless))
    await asyncio.to_thread(begun.wait)
    first.cancel()
    asyncio.get_running_loop().call_later(5, given_up.set)
    assert await runner.run(lambda: list(ended)) == ["interrupted"]
    runner.close()
