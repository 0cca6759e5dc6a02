"""Filters of the stream: what they mean, and how they narrow it as one types."""

from __future__ import annotations

from typing import Any

import pytest
from support.dashboard_driver import drive, lines, look, screen, sees, stream_rows, until
from support.fake_newsroom import NOW, FakeNewsroom
from textual.pilot import Pilot

from monitor.model.alert import AlertState, Verdict
from monitor.storage.search.alert_filter import FilterNames, parse_headline_filter
from tui.app import DashboardApp
from tui.data.alert_selection import AlertSelector
from tui.data.settings import UiStateFile
from tui.screens.alert_filter import with_clause

NAMES = FilterNames(
    watchlists=["Alibaba", "Espionnage", "grève", "chips"],
    feeds=[(name, "") for name in ("Les Échos", "Reuters", "Le Monde", "FT")],
    alert_tags=["fraud"],
)


def newsroom() -> FakeNewsroom:
    """Return eight alerts: 1, 5 of Espionnage, 2, 6 of grève, 3, 7 of chips, 4, 8 of Alibaba."""
    room = FakeNewsroom(8)
    room.triaged = {
        1: (AlertState.ACKNOWLEDGED, Verdict.NOISE, False),
        2: (AlertState.CLOSED, Verdict.NONE, False),
        3: (AlertState.NEW, Verdict.RELEVANT, True),
    }
    room.tags = {4: ("fraud",)}
    room.notes = {5: "mine"}
    room.escalate(7)
    return room


def found(text: str, room: FakeNewsroom | None = None, after: int = 0) -> list[int]:
    room = room or newsroom()
    select = AlertSelector(room, room.clock, None)  # type: ignore[arg-type]
    select.names = NAMES
    return list(select.ids(parse_headline_filter(text), after=after))


@pytest.mark.parametrize(
    ("text", "name", "value", "expected"),
    [
        ("", "watch", "grève", "watch:grève"),
        ("watch:chips state:new", "watch", "grève", "state:new watch:grève"),
        ("watch:a,b US", "watch", "", "US"),
        ("a OR b", "watch", "Les Échos", '(a OR b) watch:"Les Échos"'),
        ('feed:"Les Échos" -x', "watch", "c", 'feed:"Les Échos" -x watch:c'),
    ],
)
def test_choosing_a_watchlist_leaves_other_filters(
    text: str, name: str, value: str, expected: str
) -> None:
    changed_text = with_clause(parse_headline_filter(text), name, value)
    assert changed_text == expected
    assert parse_headline_filter(changed_text).text == expected


# --- as one types ------------------------------------------------------------------


def test_the_stream_narrows_as_one_types_and_enter_keeps_it() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("j", "j", "f", *"orly")
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await sees(pilot, app, "10 stories")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.main_screen.stream)
        await sees(pilot, app, "Alerts · orly · 10 stories (F: all)")
        room.count += 4
        await look(pilot, app)
        assert app.main_screen.stream.row_count == 11
        assert app.main_screen.current_filter.text == app.newsroom.ui_state.state.filter == "orly"

    drive(room, script)


def test_escape_brings_back_what_was_shown_and_where_one_was() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("j", "j")
        alert_id, before = app.main_screen.stream.alert_id, stream_rows(app)
        await pilot.press("f", *"watch:chips")
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await pilot.press("escape")
        await until(pilot, lambda: app.main_screen.stream.row_count == 40)
        assert app.main_screen.stream.alert_id == alert_id
        await until(pilot, lambda: stream_rows(app) == before)
        assert app.is_running

    drive(room, script)


def test_a_mistake_is_under_its_column_and_the_stream_stays() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("f", *"watch:chips (")
        await sees(pilot, app, "^ a word is missing")
        line, note = lines(app)[1:3]
        assert note.index("^") == line.index("(") + 1
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await pilot.press("enter")
        assert app.main_screen.filter_line.display, "what is not understood is not kept"
        await pilot.press("backspace", "backspace", "enter")
        await until(pilot, lambda: not app.main_screen.filter_line.display)
        assert app.main_screen.current_filter.text == "watch:chips"

    drive(FakeNewsroom(40), script)


def test_values_are_proposed_and_completed() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("f", *"watch:")
        await sees(pilot, app, "Alibaba  chips  Espionnage  grève")
        await pilot.press(*"esp")
        await until(pilot, lambda: app.main_screen.filter_line.input._suggestion)
        await pilot.press("tab", "slash")
        assert app.main_screen.filter_line.input.value.casefold() == "watch:espionnage/"
        assert app.screen is app.main_screen, "a slash is part of the filter"

    drive(FakeNewsroom(40), script)


def test_a_name_of_several_words_is_completed_in_quotes() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.newsroom.selector.names.feeds)
        await pilot.press("f", *"feed:les", "tab")
        assert app.main_screen.filter_line.input.value == 'feed:"Les Échos"'

    drive(FakeNewsroom(40), script)


def test_escape_in_the_alerts_ends_the_filter() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("f", *"watch:chips", "enter")
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await pilot.press("space", "escape")
        assert app.main_screen.stream.row_count == 10, "it takes the mark away first"
        await pilot.press("escape")
        await until(pilot, lambda: app.main_screen.stream.row_count == 40)

    drive(FakeNewsroom(40), script)


def test_the_filter_is_there_again_after_a_restart() -> None:
    memory = UiStateFile()
    memory.update(filter="watch:chi")
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await sees(pilot, app, "watch:chi · 10")

    drive(room, script, ui_state=memory)


def test_a_filter_of_another_version_that_is_not_understood_is_as_none() -> None:
    memory = UiStateFile()
    memory.update(filter="nosuch:x (")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.stream.row_count == 40)
        assert app.main_screen.stream.alert_id == 40

    drive(FakeNewsroom(40), script, ui_state=memory)


def test_an_empty_result_teaches() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.main_screen.apply_filter("[nosuch] lang:en")
        await sees(pilot, app, "No alert passes the filter [nosuch] lang:en.")
        await sees(pilot, app, "F shows all alerts")
        app.main_screen.apply_filter("a (")
        await sees(pilot, app, "filter: a word is missing")
        assert "[nosuch]" in screen(app)

    drive(FakeNewsroom(8), script)


def test_dates_are_those_of_the_alerts() -> None:
    room = FakeNewsroom(40)
    assert found("since:10min", room) == list(range(30, 41))
    assert room.clock() == NOW


def test_a_filter_that_is_still_read_for_is_cancelled_too() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        main = app.main_screen
        await pilot.press("f", "z")
        main._filter_typed(parse_headline_filter("zzz"), 0)
        main.cancel_filter()
        await until(pilot, lambda: all(worker.group != "narrow" for worker in main.workers))
        assert not main.current_filter.text
        assert main.stream.story

    drive(FakeNewsroom(40), script)
