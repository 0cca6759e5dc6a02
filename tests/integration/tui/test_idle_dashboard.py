"""What the dashboard does while nothing happens: next to nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.dashboard_driver import drive, look, until
from support.fake_newsroom import FakeNewsroom
from textual.geometry import Region
from textual.pilot import Pilot

from monitor.model.config import StoreAddress
from monitor.model.status import StoreVersion
from monitor.runtime.viewing import open_service
from monitor.storage.search.alert_filter import AlertFilter
from monitor.storage.store.sql.store import Store
from tui.app import DashboardApp
from tui.data import newsroom as pace
from tui.data.newsroom import CommitWatch, NewsroomModel, ReadSchedule
from tui.data.settings import UiStateFile
from tui.widgets.styled_widget import set_line_count


def test_counts_are_read_after_a_commit_but_rarely_and_in_the_end_anyway() -> None:
    rhythm = ReadSchedule(3, 6)
    assert [rhythm.due(commits) for commits in (1, 2, 2, 2, 2)] == [True, False, False, True, False]
    assert [rhythm.due(2) for _ in range(6)] == [False] * 4 + [True, False]
    rhythm.force()
    assert rhythm.due(2)


def test_at_rest_nothing_is_counted_nor_painted_but_the_status_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room, read, painted = FakeNewsroom(40), Counter[str](), Counter[str]()
    monkeypatch.setattr(pace, "IDLE_EVERY", 1_000)
    for name in ("status", "feeds", "watchlists", "alerts"):
        monkeypatch.setattr(room, name, counting(getattr(room, name), read, name))

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        room.at_rest = True
        await until(pilot, lambda: shown(app) == 40)
        for _ in range(4):  # earlier news is counted
            await look(pilot, app)
        read.clear()
        panes = (
            app.main_screen.stream,
            app.main_screen.reader,
            app.main_screen.watchlists,
            app.main_screen.feeds,
        )
        for pane in panes:
            name = pane.id or ""
            monkeypatch.setattr(pane, "render_line", counting(pane.render_line, painted, name))
        for _ in range(12):
            room.now += 1.0
            await look(pilot, app)
        assert not read and not painted
        room.committed += 1
        for _ in range(4):
            await look(pilot, app)
        assert read["status"] >= 1 and read["feeds"] == read["watchlists"] == 1

    drive(room, script)


def test_at_rest_late_feeds_are_counted_three_times_a_minute_and_a_deaf_listener_is_checked() -> (
    None
):
    """A read at rest stands for ten seconds; of commits the listener hears nothing."""
    room, read = FakeNewsroom(40), Counter[str]()
    room.at_rest = True
    deaf = SimpleNamespace(wait=lambda seconds: time.sleep(0.1), close=lambda: None)
    newsroom = NewsroomModel(
        room,  # type: ignore[arg-type]
        clock=room.clock, zone=UTC, environ={}, feeds_hint="", ui_state=UiStateFile(),
    )  # fmt: skip
    newsroom.commits = CommitWatch(lambda: deaf)
    newsroom.commits.start(lambda: None)

    def look() -> None:
        asyncio.run(newsroom.read_update(AlertFilter(), StoreVersion(0, 0, 0, 0), ()))

    while not newsroom.rests:
        look()
    room.status = counting(room.status, read, "status")  # type: ignore[method-assign]
    room.version = counting(room.version, read, "version")  # type: ignore[method-assign]
    for _ in range(12):
        look()
    newsroom.close()
    assert read == {"status": 6, "version": 2}


def test_a_monitor_that_dies_is_seen_without_any_commit() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        room.at_rest = True
        for _ in range(4):
            await look(pilot, app)
        room.watching = False
        await look(pilot, app)
        assert app.newsroom.status is not None and app.newsroom.status.monitor is None

    drive(room, script)


def test_articles_of_any_length_lay_no_pane_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = Counter[str]()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        reader, screen = app.main_screen.reader, app.screen
        await until(pilot, lambda: shown(app) == 40)
        refresh = counting(screen._refresh_layout, laid_out, "screen")
        monkeypatch.setattr(screen, "_refresh_layout", refresh)
        for lines in (3, 400, 3):
            reader.update(lambda cells, lines=lines: [[("words", "plain")]] * lines)
            await pilot.pause()
            assert reader.max_scroll_y == max(0, lines - reader.size.height)
            assert reader.vertical_scrollbar.window_virtual_size == lines
        assert not laid_out

    drive(FakeNewsroom(40), script, size=(120, 40))


def test_of_a_text_that_changes_only_the_lines_that_differ_are_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[Any] = []

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        reader = app.main_screen.reader
        await until(pilot, lambda: shown(app) == 40)
        for word in ("old", "new"):
            painted.clear()
            lines = [[(text, "plain")] for text in ("above", word, "below")]
            reader.update(lambda cells, lines=lines: lines)
            monkeypatch.setattr(reader, "refresh", lambda *areas, **_: painted.extend(areas))
        assert painted == [Region(0, 1, reader.size.width, 1)]

    drive(FakeNewsroom(40), script, size=(120, 40))


def test_a_scrollbar_is_painted_when_it_looks_different(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = Counter[str]()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        bar, view = app.main_screen.reader.vertical_scrollbar, app.main_screen.reader
        await until(pilot, lambda: shown(app) == 40)
        set_line_count(view, 9_000)
        await pilot.pause()
        monkeypatch.setattr(bar, "refresh", counting(bar.refresh, painted, "bar"))
        for lines in range(9_001, 9_011):
            set_line_count(view, lines)
        assert not painted and view.max_scroll_y == 9_010 - view.size.height
        for lines in range(9_011, 9_511):
            set_line_count(view, lines)
        eighth = 9_510 / (8 * view.size.height)
        assert painted and 9_510 - bar.window_virtual_size <= eighth, "small steps add up"

    drive(FakeNewsroom(40), script, size=(120, 40))


def test_the_status_line_is_painted_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    room, updates = FakeNewsroom(40), Counter[str]()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: shown(app) == 40)
        bar = app.main_screen.status_bar
        monkeypatch.setattr(bar, "show", counting(bar.show, updates, "shown"))
        started = time.monotonic()
        await until(pilot, lambda: updates["shown"] >= 4)
        assert time.monotonic() - started > 2

    drive(room, script)


def test_a_reader_that_is_opened_shows_what_the_cursor_is_on() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for count in (41, 42):
            room.count = count
            await until(pilot, lambda: app.main_screen.stream.on_screen()[0] == room.count)
        await pilot.press("full_stop", "enter")
        await until(pilot, lambda: shown(app) == 42)

    drive(room, script)


def test_every_commit_is_noticed_and_nothing_else(tmp_path: Path) -> None:
    Store(StoreAddress(tmp_path)).close()
    service = open_service(tmp_path)
    before = service.views.version().commits
    assert service.views.version().commits == before
    with closing(sqlite3.connect(tmp_path / "newsroom.db", isolation_level=None)) as other:
        other.execute("INSERT INTO feeds (number, url, name) VALUES (1, 'https://a.example', 'A')")
    after = service.views.version().commits
    assert after != before
    service.note_search("grève")
    assert service.views.version().commits != after, "its own as well"


def shown(app: DashboardApp) -> int:
    reading = app.main_screen.reader.details
    return reading.article.id if reading else 0


def counting(call: Any, calls: Counter[str], name: str) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        calls[name] += 1
        return call(*args, **kwargs)

    return counted
