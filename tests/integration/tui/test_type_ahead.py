"""Keys go on though the widget with the focus hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from support.fake_newsroom import FakeNewsroom
from textual.events import Key

from tui.app import DashboardApp
from tui.type_ahead import KeyPassed

PATIENCE = 60.0


async def for_ever() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition without a pilot, which would wait for every widget."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def test_keys_go_on_and_it_ends_though_the_list_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.type_ahead.MOST_SECONDS", 0.5)
    newsroom = FakeNewsroom(4)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]

    def press(key: str) -> None:
        app.post_message(Key(key, key if len(key) == 1 else None))

    async def run() -> None:
        running = asyncio.create_task(app.run_async(headless=True, size=(120, 40)))
        await until(lambda: app.newsroom.status is not None)
        app.main_screen.stream.call_next(for_ever)
        for key in ("p", "j", "ctrl+c"):
            press(key)
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(run())
    assert app.return_value == "quit"


def test_a_key_may_pass_when_all_screens_are_closed() -> None:
    newsroom = FakeNewsroom(4)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]

    async def run() -> None:
        running = asyncio.create_task(app.run_async(headless=True, size=(120, 40)))
        await until(lambda: app.newsroom.status is not None)
        app.exit("quit")
        await asyncio.wait_for(running, PATIENCE)
        assert not app.screen_stack
        await app.on_key_passed(KeyPassed(1, 2))

    asyncio.run(run())
