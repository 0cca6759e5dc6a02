"""A dashboard that only looks: nothing that is pressed in it writes."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from support.dashboard_driver import screen, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.base.errors import StoreError
from monitor.model.alert import AlertState
from monitor.model.config import StoreAddress
from monitor.runtime.viewing import open_service
from monitor.storage.store.sql.store import Store
from tui.app import DashboardApp
from tui.base_app import may_write
from tui.key_labels import own_bindings
from tui.screens.main import MainScreen


@pytest.mark.parametrize(
    ("action", "writes"),
    [
        ("acknowledge", True),
        ("app.help", False),
        ("move(1)", False),
        ("app.theme('tocsin-dark')", False),
        ("something_new", True),
        ("not an action(", True),
        (("app", "search", ()), False),
        (("screen", "noise", ()), True),
    ],
)
def test_only_what_is_known_as_harmless_is_let_through(action: object, writes: bool) -> None:
    assert may_write(action) is writes


def test_no_key_of_the_main_screen_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    newsroom, changes = FakeNewsroom(20), []
    monkeypatch.setattr(newsroom, "change", lambda *change, **_: changes.append(change))
    app = DashboardApp(newsroom, clock=newsroom.clock, zone=UTC, environ={}, read_only=True)  # type: ignore[arg-type]
    keys = {b.key.split(",")[0] for base in MainScreen.__mro__ for b in own_bindings(base)}
    keys -= {"ctrl+c", "q"}  # quit; Textual's screens would copy

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.newsroom.status is not None)
        await pilot.press("j", "a")
        await until(pilot, lambda: "is read-only" in screen(app))
        for key in sorted(keys):
            await pilot.press(key)
            while len(app.screen_stack) > 1:
                app.pop_screen()
        assert app.is_running

    async def run() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await script(pilot)

    asyncio.run(run())
    assert not (changes or newsroom.triaged or newsroom.polled or newsroom.muted)


def test_no_part_of_the_status_line_opens_the_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(
        MainScreen, "action_edit_file", lambda *_: pytest.fail("the editor was opened")
    )
    newsroom = FakeNewsroom(20)
    app = DashboardApp(newsroom, clock=newsroom.clock, zone=UTC, environ={}, read_only=True)  # type: ignore[arg-type]

    async def run() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.newsroom.status is not None)
            app.action_open_part("rules")
            await until(pilot, lambda: "is read-only" in screen(app))

    asyncio.run(run())


def test_its_service_refuses_to_write(tmp_path: Path) -> None:
    Store(StoreAddress(tmp_path)).close()
    service = open_service(tmp_path, read_only=True)
    assert service.health.status().alerts == 0
    for write in (
        lambda: service.triage.change([1], state=AlertState.ACKNOWLEDGED),
        service.views.feeds.poll_now,
        lambda: service.note_search("x"),
    ):
        with pytest.raises(StoreError):
            write()
