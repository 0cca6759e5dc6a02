"""The wall: what it shows, that it follows by itself, and that nobody mistakes old for new."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.dashboard_driver import screen, until
from support.fake_newsroom import FakeNewsroom, aged
from textual.pilot import Pilot

from monitor.model.alert import AlertState, StoryAlerts, Verdict
from monitor.model.search import Filter
from monitor.model.watchlist import Severity
from monitor.presentation.spans import width
from monitor.presentation.story import ListedStory
from tui import wall
from tui.wall import ALERTS_EVERY, Wall

Script = Callable[[Pilot[Any], Wall], Awaitable[None]]


def drive(
    newsroom: FakeNewsroom,
    script: Script,
    filter: Filter = Filter(),
    size: tuple[int, int] = (120, 40),
) -> Wall:
    app = Wall(newsroom, filter, clock=newsroom.clock, zone=UTC, environ={})  # type: ignore[arg-type]

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: "live" in screen_of(app) or "WATCHES" in screen_of(app))
            await rest(pilot, app)
            await script(pilot, app)

    asyncio.run(run())
    return app


def screen_of(app: Wall) -> str:
    return screen(app)  # type: ignore[arg-type]


async def look(pilot: Pilot[Any], app: Wall) -> None:
    """Refresh until everything was read again."""
    for _ in range(ALERTS_EVERY):
        await app.read_update()
    await rest(pilot, app)


async def rest(pilot: Pilot[Any], app: Wall) -> None:
    """Wait until the screen changes no more."""
    before, repeats = "", 0
    while repeats < 3:
        await pilot.pause(0.02)
        before, repeats = screen_of(app), repeats + 1 if screen_of(app) == before else 0


def test_the_newest_is_on_top_and_stays_there() -> None:
    newsroom = FakeNewsroom(40, title=lambda n: f"headline {n}.")

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        assert "headline 40." in screen_of(app).splitlines()[4]
        newsroom.count = 45
        await look(pilot, app)
        content = screen_of(app)
        assert "headline 45." in content.splitlines()[4]
        assert content.index("headline 45.") < content.index("headline 40.")

    drive(newsroom, script)


def test_an_alert_that_escalated_comes_to_the_top_and_says_why() -> None:
    newsroom = FakeNewsroom(400, title=lambda n: f"headline {n}.")

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        aged(newsroom, 3600.0 * 24)
        newsroom.pulse = newsroom.now
        newsroom.escalate(4, "5 outlets")
        await look(pilot, app)
        lines = screen_of(app).splitlines()
        assert "headline 4." in lines[4]
        assert "⇡ 5 outlets" in lines[5]

    drive(newsroom, script)


def test_a_filter_chooses_and_is_named() -> None:
    newsroom = FakeNewsroom(40)
    filter = Filter(watchlists=("chips", "Gone"), severities=(Severity.LOW,))

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        await look(pilot, app)
        content = screen_of(app)
        assert "chips · Gone · low" in content
        assert "there is no watchlist Gone" in content
        assert "curbs on advanced chips" in content
        assert "Alibaba" not in content

    drive(newsroom, script, filter)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50), (40, 10)])
def test_a_stale_monitor_is_unmistakable_and_its_return_too(size: tuple[int, int]) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        assert "new alerts cannot be shown" not in screen_of(app)
        aged(newsroom, 60)
        await look(pilot, app)
        assert app._alarm.region.height == 3 and app._alarm.region.width == size[0]
        assert "STALE 1M" in screen_of(app)
        newsroom.watching = False
        await look(pilot, app)
        assert "NO MONITOR" in screen_of(app)
        newsroom.watching, newsroom.pulse = True, newsroom.now
        await look(pilot, app)
        assert not app._alarm.display

    drive(newsroom, script, size=size)


def test_a_store_that_cannot_be_read_is_told_and_comes_back() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        newsroom.unreadable = True
        await look(pilot, app)
        assert "the disk is gone" in screen_of(app)
        assert "Alibaba dans" in screen_of(app)
        newsroom.unreadable = False
        await look(pilot, app)
        assert "the disk is gone" not in screen_of(app)

    drive(newsroom, script)


def test_it_needs_no_key_and_none_writes_or_opens_anything() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        for key in ("escape", "a", "x", "s", "A", "r", "colon", "slash", "question_mark", "e", "E"):
            await pilot.press(key)
        assert app.is_running and len(app.screen_stack) == 1
        assert not newsroom.triaged and not newsroom.polled
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert "Alibaba" in screen_of(app)
        await pilot.press("q")

    assert drive(newsroom, script).return_value == "quit"


def test_an_empty_newsroom_says_so() -> None:
    async def script(pilot: Pilot[Any], app: Wall) -> None:
        await look(pilot, app)
        assert "no alert yet" in screen_of(app)

    drive(FakeNewsroom(0), script)


@pytest.mark.parametrize("title", ["[/] [MAJ] [red]x", "\x1b[2J\x9b31m\u202e a", "日本" * 300, ""])
def test_titles_are_only_text(title: str) -> None:
    newsroom = FakeNewsroom(9, title=lambda n: title)
    newsroom.config_error = title

    async def script(pilot: Pilot[Any], app: Wall) -> None:
        content = screen_of(app)
        assert not [c for c in content if c != "\n" and not c.isprintable()]
        assert title[:10] in content if title.startswith("[") else True

    drive(newsroom, script, Filter(watchlists=(title or "x",)))


# --- without a screen -------------------------------------------------------------------


def test_noise_is_left_out_and_what_is_settled_stands_back() -> None:
    alerts = FakeNewsroom(3).alerts([1, 2, 3])
    alerts_listed = [replace(alerts[0], verdict=Verdict.NOISE), alerts[1], alerts[2]]
    stories = wall.latest_stories(StoryAlerts((alert,)) for alert in alerts_listed)
    assert [row.lead.id for row in stories] == [3, 2]
    acknowledged = replace(alerts[2], state=AlertState.ACKNOWLEDGED)
    settled = ListedStory(StoryAlerts((acknowledged,)), acknowledged)
    (line, fresh), *_ = wall.board_rows([settled], alerts[2].raised_at + 5, UTC, 80, 20)
    assert fresh and ("title" not in [ink for _, ink in line])
    (_, fresh), *_ = wall.board_rows(
        [settled], alerts[2].raised_at + wall.FRESH_SECONDS, UTC, 80, 20
    )
    assert not fresh


@given(
    st.text(max_size=300), st.integers(1, 200), st.integers(1, 60), st.sampled_from([0, 7, 99999])
)
def test_every_line_fits_and_no_alert_is_cut(
    title: str, cells: int, lines: int, copies: int
) -> None:
    newsroom = FakeNewsroom(30, title=lambda n: title)
    alerts = [replace(a, copies=copies, feed=title) for a in newsroom.alerts(range(1, 31))]
    stories = wall.latest_stories(StoryAlerts((alert,)) for alert in alerts)
    rows = wall.board_rows(stories, newsroom.now, UTC, max(cells, 20), lines)
    assert len(rows) <= lines + 1
    assert all(width(line) <= max(cells, 20) for line, _ in rows)
    for band in (
        wall.alarm_lines(None, 0, cells, title),
        wall.alarm_lines(newsroom.status(), 1e12, cells, ""),
    ):
        assert all(width(line) <= cells for line in band)
