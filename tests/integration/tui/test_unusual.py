"""An alert about a watchlist itself, in the dashboard, on the command line and in Atom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click import unstyle
from support.dashboard_driver import drive, screen, sees, stream_rows
from support.unusual_newsroom import HOUR, UnusualNewsroom
from textual.pilot import Pilot

from monitor.cli.alerts import listed_lines
from monitor.delivery.export.atom import alert_feed
from monitor.model.alert import Alert, StoryAlerts
from monitor.presentation.story import ListedStory
from monitor.runtime.viewing import open_service
from tui.app import DashboardApp


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[UnusualNewsroom]:
    room = UnusualNewsroom(tmp_path)
    room.let(HOUR, [60.0 + n * 200 for n in range(16)])
    with closing(room.store):
        yield room


@pytest.fixture
def alert(newsroom: UnusualNewsroom) -> Alert:
    (raised,) = newsroom.alerts
    return raised


def test_the_reader_shows_it_with_the_last_stories(newsroom: UnusualNewsroom) -> None:
    service: Any = open_service(newsroom.folder)
    service.clock = lambda: newsroom.now

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(20):
            alert = app.main_screen.stream.alert
            if alert is not None and alert.article is None:
                break
            await pilot.press("j")
        assert any("stories since" in row for row in stream_rows(app))
        await sees(pilot, app, "Its last stories")
        assert "Alibaba : grève à Zeebrugge" in screen(app)
        assert app.main_screen.config_place == ("watchlists", "Alibaba")

    drive(service, script, size=(160, 50))


def test_the_reader_begins_with_what_is_known_of_it(newsroom: UnusualNewsroom) -> None:
    service: Any = open_service(newsroom.folder)
    service.clock = lambda: newsroom.now

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        while stream.alert is None or stream.alert.article is not None:
            await pilot.press("j")
        await sees(pilot, app, "Alibaba  new")
        await pilot.press("i", *"the desk knows", "enter")
        await sees(pilot, app, "✎ the desk knows")
        await pilot.press("a", "k")
        await sees(pilot, app, "Alibaba  acknowledged, by ")
        assert "Its last stories" in screen(app)

    drive(service, script, size=(160, 50))


def test_a_line_of_the_command_names_no_feed(alert: Alert) -> None:
    row = ListedStory(StoryAlerts((alert,)), alert)
    first, second, *_ = listed_lines(row, alert.raised_at)
    assert "stories since" in first
    assert [word.strip() for word in unstyle(second).split(" · ")] == ["Alibaba", "0 s", "spike"]


def test_an_entry_of_atom_has_an_author(alert: Alert) -> None:
    document = alert_feed("Alibaba", [alert], "here").decode()
    assert "<name>Alibaba</name>" in document
    assert "spike" in document
