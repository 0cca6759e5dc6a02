"""Dialogs and lines to write in: no key loses what is written, and ^c quits from everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from tui.app import DashboardApp


def test_a_note_is_lost_only_at_the_second_escape() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("i", *"ring", "escape")
        await sees(pilot, app, "esc again closes without it")
        await pilot.press("s", "escape")
        await sees(pilot, app, "esc again closes without it")
        assert "rings" in screen(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main_screen)
        await pilot.press("i", "escape")
        await until(pilot, lambda: app.screen is app.main_screen)
        assert not newsroom.notes

    drive(newsroom, script)


@pytest.mark.parametrize("keys", ["f", "slash", "t", "C", "colon"])
def test_ctrl_c_quits_from_a_line_that_is_written(keys: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press(keys, "x", "ctrl+c")

    assert drive(FakeNewsroom(4), script).return_value == "quit"


def test_ctrl_c_loses_a_note_only_at_the_second_time() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("i", "x", "ctrl+c")
        await sees(pilot, app, "This text is not saved")
        await pilot.press("ctrl+c")

    assert drive(FakeNewsroom(4), script).return_value == "quit"
