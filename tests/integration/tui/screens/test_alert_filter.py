"""Filters of the stream: what they mean, and how they narrow it as one types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dashboard_driver import drive, lines, look, screen, sees, stream_rows, until
from support.fake_newsroom import NOW, FakeNewsroom
from textual.pilot import Pilot

from index.errors import QueryError
from monitor.model.alert import AlertState, Verdict
from monitor.search.alert_filter import FilterNames, parse_headline_filter
from tui.app import Tocsin
from tui.data.alert_selection import AlertSelector, Headlines, plain
from tui.data.ui_state import UiStateFile
from tui.view.facet_rows import with_only

NAMES = FilterNames(
    watchlists=["Alibaba", "Espionnage", "grève", "chips"],
    feeds=[(name, "") for name in ("Les Échos", "Reuters", "Le Monde", "FT")],
    alert_tags=["fraud"],
)


def newsroom() -> FakeNewsroom:
    """Eight alerts: of 1 and 5 Espionnage, 2 and 6 grève, 3 and 7 chips, 4 and 8 Alibaba."""
    room = FakeNewsroom(8)
    room.said = {
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
    while not select.read_older():
        pass
    return list(select.ids(parse_headline_filter(text), NAMES, after=after))


# --- what they mean --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 3, 4, 5, 6, 7, 8]),
        ("watch:chips", [3, 7]),
        ("watch:ali", [4, 8]),
        ("watch:chips,alibaba", [3, 4, 7, 8]),
        ("watch:Espionnage state:new", [5]),
        ("state:closed", [2]),
        ("is:noise", [1]),
        ("is:relevant is:starred", [3]),
        ("is:louder", [7]),
        ("is:noted", [5]),
        ("tag:fraud", [4]),
        ("severity:low", [3]),
        ("feed:reut", [1, 5]),
        ("lang:fr", [1, 3, 4, 5, 6, 7, 8]),
        ("lang:en", []),
        ("greve", [6]),
        ("grèv", [6]),
        ("contr", [6]),
        ("suret", [4, 8]),
        ("la sûreté", [4, 8]),
        ('"suspects arr"', [1, 5]),
        ('"arrêtés suspects"', []),
        ("US", [3, 7]),
        ("de", [1, 4, 5, 6, 8]),
        ("=de", [4, 8]),
        ("exp*ls", []),
        ("s*pects", [1, 5]),
        ("-watch:chips -liège", [4, 6, 8]),
        ("greve OR US", [3, 6, 7]),
        ("(greve OR US) NOT is:starred", [6, 7]),
        ("2 OF (chips, US, export)", [3, 7]),
        ("2 OF (greve, orly, nosuch)", [6]),
        ("state:new state:acknowledged", []),
        ("watch:chips watch:alibaba", []),
        ("NOT (watch:alibaba OR watch:chips)", [1, 5, 6]),
        ("orly state:new,closed", [2, 6]),
    ],
)
def test_a_filter_lets_through(text: str, ids: list[int]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a (", 3),
        ("state:gone", 0),
        ("x has:alert", 2),
        ("story:1", 0),
        ("body:grève", 0),
        ("a NEAR/3 b", 0),
        ("nosuch:x", 0),
    ],
)
def test_what_cannot_be_asked_here_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(QueryError) as refused:
        parse_headline_filter(text)
    assert refused.value.position == column or text.startswith("body:")


def test_only_what_came_since_is_asked_for() -> None:
    assert found("greve OR US", after=4) == [6, 7]
    assert found("watch:chips", after=3) == [7]


CLAUSES = ("watch:chips", "state:new", "greve", "is:starred", "-US", "feed:FT", "arrêtés")


@settings(max_examples=60)
@given(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=3), st.booleans())
def test_clauses_together_are_what_each_lets_through(clauses: list[str], either: bool) -> None:
    parts = [set(found(clause)) for clause in clauses]
    joined = (" OR " if either else " AND ").join(f"({clause})" for clause in clauses)
    want = set.union(*parts) if either else set.intersection(*parts)
    assert set(found(joined)) == want


@pytest.mark.parametrize(
    ("text", "name", "value", "becomes"),
    [
        ("", "watch", "grève", "watch:grève"),
        ("watch:chips state:new", "watch", "grève", "state:new watch:grève"),
        ("watch:a,b US", "watch", "", "US"),
        ("a OR b", "watch", "Les Échos", '(a OR b) watch:"Les Échos"'),
        ('feed:"Les Échos" -x', "watch", "c", 'feed:"Les Échos" -x watch:c'),
    ],
)
def test_choosing_a_watchlist_leaves_other_filters(
    text: str, name: str, value: str, becomes: str
) -> None:
    written = with_only(parse_headline_filter(text), name, value)
    assert written == becomes
    assert parse_headline_filter(written).text == becomes


def test_headlines_are_folded_and_known_once() -> None:
    assert plain("L’armée : «œuvre» 日本") == " l armee oeuvre 日 本 "
    known = Headlines()
    assert known.add([(2, "Deux"), (1, "Un")]) == 2
    assert (known.newest, known.oldest, len(known)) == (2, 1, 2)


# --- as one types ------------------------------------------------------------------


def test_the_stream_narrows_as_one_types_and_enter_keeps_it() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await pilot.press("j", "j", "f", *"orly")
        await until(pilot, lambda: app.desk.stream.row_count == 10)
        await sees(pilot, app, "10 of 40")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.desk.stream)
        await sees(pilot, app, "Alerts · orly · 10 (F: all)")
        room.count += 4
        await look(pilot, app)
        assert app.desk.stream.row_count == 11
        assert app.desk.sieve.text == app.newsroom.memory.now.filter == "orly"

    drive(room, script)


def test_escape_brings_back_what_was_shown_and_where_one_was() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await pilot.press("j", "j")
        on, before = app.desk.stream.alert_id, stream_rows(app)
        await pilot.press("f", *"watch:chips")
        await until(pilot, lambda: app.desk.stream.row_count == 10)
        await pilot.press("escape")
        await until(pilot, lambda: app.desk.stream.row_count == 40)
        assert app.desk.stream.alert_id == on
        await until(pilot, lambda: stream_rows(app) == before)
        assert app.is_running

    drive(room, script)


def test_a_mistake_is_under_its_column_and_the_stream_stays() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await pilot.press("f", *"watch:chips (")
        await sees(pilot, app, "^ a word is missing")
        line, note = lines(app)[1:3]
        assert note.index("^") == line.index("(") + 1
        await until(pilot, lambda: app.desk.stream.row_count == 10)
        await pilot.press("enter")
        assert app.desk.filter_line.display, "what is not understood is not kept"
        await pilot.press("backspace", "backspace", "enter")
        await until(pilot, lambda: not app.desk.filter_line.display)
        assert app.desk.sieve.text == "watch:chips"

    drive(FakeNewsroom(40), script)


def test_values_are_proposed_and_completed() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await pilot.press("f", *"watch:")
        await sees(pilot, app, "Alibaba  chips  Espionnage  grève")
        await pilot.press(*"esp")
        await until(pilot, lambda: app.desk.filter_line.input._suggestion)
        await pilot.press("tab", "slash")
        assert app.desk.filter_line.input.value.casefold() == "watch:espionnage/"
        assert app.screen is app.desk, "a slash is part of the filter"

    drive(FakeNewsroom(40), script)


def test_the_filter_is_there_again_after_a_restart() -> None:
    memory = UiStateFile()
    memory.keep(filter="watch:chi")
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await until(pilot, lambda: app.desk.stream.row_count == 10)
        await sees(pilot, app, "watch:chi · 10")

    drive(room, script, memory=memory)


def test_a_filter_of_another_version_that_is_not_understood_is_as_none() -> None:
    memory = UiStateFile()
    memory.keep(filter="nosuch:x (")

    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await until(pilot, lambda: app.desk.stream.row_count == 40)
        assert app.desk.stream.alert_id == 40

    drive(FakeNewsroom(40), script, memory=memory)


def test_an_empty_result_teaches() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        app.desk.apply("[nosuch] lang:en")
        await sees(pilot, app, "No alert passes [nosuch] lang:en.")
        await sees(pilot, app, "F shows all alerts again")
        app.desk.apply("a (")
        await sees(pilot, app, "filter: a word is missing")
        assert "[nosuch]" in screen(app)

    drive(FakeNewsroom(8), script)


def test_dates_are_those_of_the_alerts() -> None:
    room = FakeNewsroom(40)
    assert found("since:10min", room) == list(range(30, 41))
    assert room.clock() == NOW
