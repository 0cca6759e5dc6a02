"""The row of all articles, alert or not, and the rows of saved filters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.dashboard_driver import drive, lines, look, screen, sees, stream_rows, until
from support.fake_newsroom import FakeNewsroom, aged
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.data.settings import UiStateFile


def room_with_articles(alerts: int = 8, articles: int = 6) -> FakeNewsroom:
    """Return a newsroom in which articles without alert came between the alerts, from 101 on."""
    room = FakeNewsroom(alerts)
    room.others = {101 + n: 1 + n for n in range(articles)}
    return room


def ids_shown(app: DashboardApp) -> list[int]:
    """Return alerts, and articles as minus their ids, from top to bottom."""
    stream = app.main_screen.stream
    return [stream._order.at(row) for row in range(stream.row_count)]


def pane(app: DashboardApp) -> list[str]:
    """Return the rows of the pane of watchlists."""
    region = app.main_screen.watchlists.scrollable_content_region
    return [line[region.x : region.right].strip() for line in lines(app)[region.y : region.bottom]]


async def open_articles(pilot: Pilot[Any], app: DashboardApp) -> None:
    await pilot.press("1", "g", "j", "enter")
    await until(pilot, lambda: app.main_screen.stream.articles)
    await look(pilot, app)


def test_the_row_under_all_shows_every_article_among_the_alerts() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert pane(app)[1].startswith("All articles")
        assert "6" in pane(app)[1]
        await open_articles(pilot, app)
        assert ids_shown(app) == [8, 7, -106, 6, -105, 5, -104, 4, -103, 3, -102, 2, -101, 1]
        assert "All articles" in lines(app)[1]
        assert pane(app)[1].startswith("▸All articles")
        article = next(row for row in stream_rows(app) if "Article 106" in row)
        assert not {"▲", "•", "▽", "●"} & set(article), "no sign of an alert"
        await pilot.press("j", "j")
        await sees(pilot, app, "Le mouvement de grève touche")
        assert "Article 106" in screen(app)
        await pilot.press("F")
        await until(pilot, lambda: ids_shown(app) == [8, 7, 6, 5, 4, 3, 2, 1])
        assert pane(app)[0].startswith("▸All")

    drive(room_with_articles(), script)


@pytest.mark.parametrize("key", [*"axvcsit@CVH", "space"])
def test_keys_of_triage_decide_about_the_alerts_and_say_where_there_is_none(key: str) -> None:
    room = room_with_articles()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("Z")
        await until(pilot, lambda: app.main_screen.stream.articles)
        await pilot.press("j", "j", key)
        await sees(pilot, app, "This article raised no alert")
        assert app.screen is app.main_screen
        assert app.main_screen.stream.cursor == 2
        await pilot.press("k", "a")
        await until(pilot, lambda: len(room.acts) == 1)
        assert set(room.acts[1]) == {7}
        await pilot.press("u")
        await until(pilot, lambda: len(room.acts) == 2)

    drive(room, script)


def test_new_articles_come_in_as_alerts_do_and_never_under_the_eye() -> None:
    room = room_with_articles(alerts=60, articles=50)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        await open_articles(pilot, app)
        room.others[160] = 60
        room.count = 61
        aged(room, 30)
        await look(pilot, app)
        assert ids_shown(app)[:3] == [61, -160, 60]
        await pilot.press("3", "escape", *"jjjjjjjjjj" * 4)
        before, top = ids_shown(app)[stream.cursor], stream.on_screen()
        room.others |= {161: 61, 162: 61}
        await look(pilot, app)
        assert ids_shown(app)[stream.cursor] == before
        assert stream.on_screen() == top
        assert "2 new (.)" in lines(app)[1]
        live = ids_shown(app)
        await pilot.press("f", "escape", "Z")
        await look(pilot, app)
        assert ids_shown(app) == live, "one order, live and after a reload"

    drive(room, script)


def test_an_article_that_raises_an_alert_later_keeps_one_row() -> None:
    room = room_with_articles()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await open_articles(pilot, app)
        del room.others[103]
        room.count = 9
        alert = room._alert
        room._alert = lambda n, **options: replace(  # type: ignore[method-assign, assignment]
            alert(n, **options), article=103 if n == 9 else n
        )
        await look(pilot, app)
        assert ids_shown(app)[:2] == [9, 8]
        assert -103 not in ids_shown(app)

    drive(room, script)


def test_older_articles_are_read_as_the_end_comes_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.alert_filter.PAGE_ARTICLES", 20)
    room = FakeNewsroom(50)
    room.others = {1000 + n: 1 + n // 4 for n in range(200)}

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await open_articles(pilot, app)
        stream = app.main_screen.stream
        assert stream.row_count < 60
        while stream.row_count < 250:
            await pilot.press("G")
            await pilot.pause()
        assert sorted(ids_shown(app)) == [*range(-1199, -999), *range(1, 51)]
        whole = ids_shown(app)
        assert (
            whole == sorted(whole, key=lambda n: (n if n > 0 else room.others[-n] + 0.5, -n))[::-1]
        )

    drive(room, script)


def test_articles_stand_in_the_order_of_their_arrival_whatever_sorts_the_alerts() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.main_screen.action_sort_by("headline")
        await until(pilot, lambda: app.main_screen.stream.order == "headline")
        await open_articles(pilot, app)
        assert ids_shown(app)[:3] == [8, 7, -106]
        app.main_screen.action_sort_by("outlet")
        await sees(pilot, app, "All articles stand in the order in which they arrive.")
        await pilot.press("escape")
        await until(pilot, lambda: not app.main_screen.stream.articles)
        assert app.main_screen.stream.order == "headline"

    drive(room_with_articles(), script)


def test_the_filter_of_all_articles_is_the_search_of_the_archive() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await open_articles(pilot, app)
        await pilot.press("f")
        await sees(pilot, app, "Saved searches")

    drive(room_with_articles(), script)


def test_a_filter_is_saved_as_a_row_counted_shown_and_removed(tmp_path: Path) -> None:
    room, path = FakeNewsroom(40), tmp_path / "dashboard.json"

    async def save(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("ctrl+s")
        await sees(pilot, app, "Filter the alerts first (f).")
        await pilot.press("f", *"watch:chips", "enter")
        await pilot.press("ctrl+s")
        await sees(pilot, app, "Saved beside the watchlists: watch:chips; X there removes it.")
        await look(pilot, app)
        assert pane(app)[2].startswith("▸watch:chips")
        assert pane(app)[2].endswith("•10")
        await pilot.press("a")
        await until(pilot, lambda: len(room.acts) == 1)
        await look(pilot, app)
        await sees(pilot, app, "•9")
        await pilot.press("F")

    async def use(pilot: Pilot[Any], app: DashboardApp) -> None:
        await look(pilot, app)
        assert pane(app)[2].startswith("watch:chips")
        await pilot.press("1", "g", "j", "j", "enter")
        await until(pilot, lambda: app.main_screen.current_filter.text == "watch:chips")
        await pilot.press("1", "X")
        await until(pilot, lambda: not app.newsroom.ui_state.state.saved)
        await look(pilot, app)
        assert "Alibaba" in pane(app)[2]
        await pilot.press("X")
        await sees(pilot, app, "Put the cursor on a saved filter first.")

    drive(room, save, ui_state=UiStateFile(path))
    drive(room, use, ui_state=UiStateFile(path))
    assert UiStateFile(path).state.saved == ()
