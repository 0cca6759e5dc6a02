"""Undo and redo by key: what each takes back, and that it is said."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.model.alert import AlertState
from monitor.model.triage import Decision
from tui.app import DashboardApp
from tui.view.pages import history_lines


def test_undo_after_a_redo_takes_back_what_was_redone() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("c", "k", "s")
        await until(pilot, lambda: newsroom.triaged.get(40, (0, 0, 0))[2])
        await pilot.press("u")
        await until(pilot, lambda: not newsroom.triaged[40][2])
        await pilot.press("U")
        await until(pilot, lambda: newsroom.triaged[40][2])
        await pilot.press("u")
        await until(pilot, lambda: not newsroom.triaged[40][2])
        assert newsroom.triaged[40][0] is AlertState.CLOSED
        await pilot.press("u")
        await until(pilot, lambda: newsroom.triaged[40][0] is AlertState.NEW)

    drive(newsroom, script)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["x"], "Undone: noise on Alibaba dans"),
        (["c"], "Undone: closed on Alibaba dans"),
        (["s"], "Undone: starred on Alibaba dans"),
        (["@"], "Undone: assigned to me on Alibaba dans"),
        (["i", "n", "enter"], "Undone: note “n” on Alibaba dans"),
        (["t", "n", "enter"], "Undone: +#n on Alibaba dans"),
        (["space", "space", "a"], "Undone: acknowledged on 2 stories"),
    ],
)
def test_undo_says_what_was_undone(keys: list[str], words: str) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press(*keys)
        await until(pilot, lambda: newsroom.acts)
        await pilot.press("u")
        await sees(pilot, app, words)
        assert "u undoes it" not in screen(app), "what invites to undo goes with what it was about"
        await pilot.press("U")
        await sees(pilot, app, words.replace("Undone", "Redone"))
        await pilot.press("u")
        await sees(pilot, app, words)

    drive(newsroom, script)


def test_the_history_tells_a_redo_from_an_undo() -> None:
    newsroom = FakeNewsroom(1)
    change = {"assignee": ""}, {"assignee": "ann"}
    decisions = [
        Decision(
            act=act, alert=1, at=0.0, who="ann", why="", undoes=undoes, before=before, after=now
        )
        for act, undoes, before, now in [(1, None, *change), (2, 1, *change[::-1]), (3, 2, *change)]
    ]  # fmt: skip
    lines = history_lines([(newsroom.alerts([1])[0], decisions)], 80, None)
    words = ["".join(text for text, _style in line) for line in lines]
    assert [line.split("  ")[1] for line in words[2:5]] == [
        "ann redid: assigned to ann",
        "ann undid: assigned to nobody",
        "ann: assigned to ann",
    ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_key_for_a_story_does_nothing_in_a_pane_without_stories(size: tuple[int, int]) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for pane, key in product("14", [*"axitwO", "space"]):
            app.clear_notifications()
            await sees(pilot, app, "Go to the alerts first", absent=True)
            await pilot.press(pane, key)
            await sees(pilot, app, "Go to the alerts first")
            assert app.screen is app.main_screen
        assert not newsroom.acts
        assert not app.main_screen.stream.marks

    drive(newsroom, script, size=size)
