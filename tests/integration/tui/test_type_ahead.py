"""Keys go on though something hangs: an action, a screen that closes, the widget with the focus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.dashboard_driver import screen
from support.fake_newsroom import FakeNewsroom
from textual.events import Key

from tui.app import DashboardApp
from tui.type_ahead import KeyPassed

PATIENCE = 60.0


async def for_ever() -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


async def until(true: Callable[[], object]) -> None:
    """Wait without a pilot, which waits for every widget."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def hang_in_an_action(app: DashboardApp) -> None:
    """Let the next `p` hang."""
    app.main_screen.action_pause = for_ever  # type: ignore[method-assign, assignment]


def hang_in_the_application(app: DashboardApp) -> None:
    """Let the application wait, as for a screen that does not end."""
    app.call_next(for_ever)


def hang_in_the_list(app: DashboardApp) -> None:
    """Let the widget with the focus wait."""
    app.main_screen.stream.call_next(for_ever)


def hang_in_the_screen(app: DashboardApp) -> None:
    """Let a widget wait to which keys come up."""
    app.main_screen.call_next(for_ever)


@pytest.mark.parametrize(
    "hang", [hang_in_an_action, hang_in_the_application, hang_in_the_list, hang_in_the_screen]
)
def test_keys_go_on_and_it_ends_though_something_hangs(
    hang: Callable[[DashboardApp], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.type_ahead.MOST_SECONDS", 1.0)
    newsroom = FakeNewsroom(4)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]

    def press(*keys: str) -> None:
        for key in keys:
            app.post_message(Key(key, key if len(key) == 1 else None))

    async def run() -> None:
        running = asyncio.create_task(app.run_async(headless=True, size=(120, 40)))
        await until(lambda: app.newsroom.status is not None)
        hang(app)
        press("p", "question_mark")
        await until(lambda: len(app.screen_stack) == 2)
        await until(lambda: "Write a note" in screen(app))
        press("escape", "question_mark")
        await until(lambda: len(app.screen_stack) == 2 and "Write a note" in screen(app))
        press("ctrl+c")
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(run())
    assert app.return_value == "quit"


def test_a_dialog_that_hangs_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.type_ahead.MOST_SECONDS", 1.0)
    newsroom = FakeNewsroom(4)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]

    def press(key: str) -> None:
        app.post_message(Key(key, key if len(key) == 1 else None))

    async def run() -> None:
        running = asyncio.create_task(app.run_async(headless=True, size=(120, 40)))
        await until(lambda: app.newsroom.status is not None)
        press("D")
        await until(lambda: len(app.screen_stack) == 2 and app.focused is not None)
        focused: Any = app.focused
        focused.call_next(for_ever)
        press("j")
        press("escape")
        await until(lambda: len(app.screen_stack) == 1)
        press("question_mark")
        await until(lambda: len(app.screen_stack) == 2 and "Write a note" in screen(app))
        press("ctrl+c")
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(run())


def test_a_key_may_pass_when_all_screens_are_closed() -> None:
    newsroom = FakeNewsroom(4)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]

    async def run() -> None:
        running = asyncio.create_task(app.run_async(headless=True, size=(120, 40)))
        await until(lambda: app.newsroom.status is not None)
        app.exit("quit")
        await asyncio.wait_for(running, PATIENCE)
        assert not app.screen_stack
        await app.on_key_passed(KeyPassed(1))

    asyncio.run(run())
