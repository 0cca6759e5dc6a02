"""Tests of the tick: it may end at any time, without an error."""

from __future__ import annotations

import asyncio
import time

import pytest

from monitor.runtime.ticker import Ticker


def test_a_tick_cancelled_before_it_begins_is_nothing_to_speak_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticks: list[None] = []

    async def tick() -> None:
        ticks.append(None)

    async def ended_at_a_tick() -> None:
        ticker = Ticker([tick], lambda: 0.1)
        await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.2, ticker.end)
        time.sleep(0.3)  # noqa: ASYNC251 - the loop finds both due, and the tick first
        await asyncio.sleep(0.05)

    asyncio.run(ended_at_a_tick())
    assert not ticks
    assert not caplog.records


def test_a_tick_that_fails_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def tick() -> None:
        raise ValueError("of no use")

    async def run_until_logged() -> None:
        ticker = Ticker([tick], lambda: 0.01)
        while not caplog.records:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        ticker.end()

    asyncio.run(run_until_logged())
    assert "of no use" in caplog.text
