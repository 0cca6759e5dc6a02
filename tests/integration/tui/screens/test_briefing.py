"""The briefing in the dashboard: a page to scroll, by key and from the palette."""

from __future__ import annotations

from typing import Any

from support.dashboard_driver import drive, screen, sees
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.screens.dialogs import PageDialog


def test_a_key_opens_the_briefing_of_the_last_day_and_esc_closes_it() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("b")
        await sees(pilot, app, "May be missing: 1 of 1 feed")
        assert isinstance(app.screen, PageDialog)
        assert "1 story in 1 of 1 watchlist" in screen(app)
        await pilot.press("G")
        await sees(pilot, app, "ex.org")
        assert "\x1b" not in screen(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, PageDialog)

    drive(FakeNewsroom(3), script)


def test_the_palette_finds_the_briefing() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"briefing")
        await sees(pilot, app, "Show the briefing of the last day")
        await pilot.press("enter")
        await sees(pilot, app, "May be missing")

    drive(FakeNewsroom(3), script)
