"""What became louder comes again on top, and disturbs nobody who reads; marks and many at once."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dashboard_driver import drive, look, sees, stream_rows, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.model.alert import AlertState, EscalatedAlert, Verdict
from tui.app import DashboardApp
from tui.data.alert_list import AlertOrder

# --- rows --------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.integers(1, 5).map(lambda n: ("arrive", n)),
        st.integers(1, 60).map(lambda n: ("stir", n)),
    ),
    max_size=30,
)


@given(st.integers(0, 20), steps, st.integers(0, 20))
def test_a_stream_is_a_list_in_which_some_go_to_the_front(
    begin: int, done: list[tuple[str, int]], known: int
) -> None:
    """Held against a plain list; the oldest of it come later, from below."""
    every = list(range(begin, 0, -1))
    known = min(known, begin)
    stream = AlertOrder(range(begin - known + 1, begin + 1))
    model, newest, escalation = every[:known], begin, 0
    for what, n in done:
        if what == "arrive":
            fresh = list(range(newest + 1, newest + n + 1))
            newest += n
            assert stream.add_newer(array("q", fresh)) == n
            model = [*reversed(fresh), *model]
        elif n in model:
            escalation += 1
            stream.escalate([(escalation, n)])
            model = [n, *(id for id in model if id != n)]
    stream.add_older(array("q", range(1, newest + 1)))
    older = [id for id in every[known:] if id not in model]
    if known:
        model += older
        assert stream.rows(0, len(stream)) == model
    for row, id in enumerate(stream.rows(0, len(stream))):
        assert stream.row(id) == row
        assert id in stream.block(row)


def test_those_that_came_again_before_stand_where_they_stood_then() -> None:
    stream = AlertOrder([1, 2, 3, 4, 5], [EscalatedAlert(3, 1, 1), EscalatedAlert(5, 2, 2)])
    assert stream.rows(0, 9) == [2, 5, 4, 1, 3]
    assert stream.newest == 5


# --- on the desk ------------------------------------------------------------------


def test_an_escalated_alert_comes_to_the_top_with_its_reason() -> None:
    room = FakeNewsroom(60)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        room.escalate(2, "crossed to English: Reuters")
        await look(pilot, app)
        assert app.main_screen.stream.alert_id == 2
        assert "↑" in stream_rows(app)[0]
        assert "crossed to Eng" in stream_rows(app)[0]
        room.count += 1
        await look(pilot, app)
        assert "↑" in stream_rows(app)[1]

    drive(room, script)


@pytest.mark.parametrize("louder", [2, 58, 40])
def test_nobody_who_reads_is_disturbed_by_an_escalation(louder: int) -> None:
    """Below the screen, on it, and under the cursor."""
    room = FakeNewsroom(60)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(20):
            await pilot.press("j")
        on, before = app.main_screen.stream.alert_id, app.main_screen.stream.on_screen()
        room.escalate(louder)
        room.count += 2
        await look(pilot, app)
        assert app.main_screen.stream.alert_id == on
        assert app.main_screen.stream.on_screen() == before
        await pilot.press("full_stop")
        await look(pilot, app)
        top = app.main_screen.stream.on_screen()[:3]
        assert set(top) == {61, 62, louder}
        await sees(pilot, app, "escalated (.)", gone=True)

    drive(room, script)


def test_a_paused_stream_stands_still_and_counts() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("p")
        before = app.main_screen.stream.on_screen()
        room.count += 2
        await look(pilot, app)
        room.count += 1
        room.escalate(1)
        await look(pilot, app)
        assert app.main_screen.stream.on_screen() == before
        await sees(pilot, app, "‖ PAUSED, 4 wait")
        await sees(pilot, app, "PAUSED, 4 wait (p: resume)")
        await pilot.press("p")
        assert app.main_screen.stream.on_screen()[:4] == [1, 43, 42, 41]
        await sees(pilot, app, "PAUSED", gone=True)

    drive(room, script)


def test_a_filter_while_paused_loses_and_doubles_nothing() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("p")
        room.count += 4
        await look(pilot, app)
        app.main_screen.apply_filter("watch:chips")
        await until(pilot, lambda: app.main_screen.stream.row_count == 11)
        assert app.newsroom.paused_alerts == 0
        await pilot.press("p", "F")
        await until(pilot, lambda: app.main_screen.stream.row_count == 44)

    drive(room, script)


def test_what_is_marked_is_said_at_once_and_taken_back_at_once() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("space", "j", "space", "space")
        await sees(pilot, app, "3 marked")
        assert sum("◆" in row for row in stream_rows(app)) == 3
        await pilot.press("x")
        await until(pilot, lambda: len(room.said) == 3)
        assert {40, 38, 37} == set(room.said)
        assert all(verdict is Verdict.NOISE for _, verdict, _ in room.said.values())
        await sees(pilot, app, "marked", gone=True)
        await pilot.press("u")
        await until(pilot, lambda: room.said[40][0] is AlertState.NEW)
        assert all(said == room.said[40] for said in room.said.values())

    drive(room, script)


def test_notes_tags_and_closing_are_kept_and_shown() -> None:
    room = FakeNewsroom(40)
    room.tags[1] = ("fraud",)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("i", *"seen [b]", "enter")
        await until(pilot, lambda: room.notes.get(40) == "seen [b]")
        await until(pilot, lambda: "✎" in stream_rows(app)[0])
        await pilot.press("t", *"12", "enter")
        await sees(pilot, app, "is no tag")
        await pilot.press("escape", "t", *"Fraud", "enter")
        await until(pilot, lambda: room.tags[40] == ("fraud",))
        await sees(pilot, app, "#fraud")
        await pilot.press("t", *"-fraud", "enter")
        await until(pilot, lambda: room.tags[40] == ())
        await pilot.press("H")
        await sees(pilot, app, "History")
        await pilot.press("escape", "c")
        await until(pilot, lambda: room.said[40][0] is AlertState.CLOSED)
        assert "▪" in stream_rows(app)[0] or "✎" in stream_rows(app)[0]
        assert app.main_screen.stream.row_of(40) == 0, "it stays in its row"

    drive(room, script)


def test_what_was_said_before_a_restart_can_be_taken_back_and_said_again() -> None:
    room = FakeNewsroom(40)
    room.change([40, 39], state=AlertState.ACKNOWLEDGED)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert "•" not in stream_rows(app)[0]
        await pilot.press("u")
        await until(pilot, lambda: room.said[40][0] is AlertState.NEW)
        await sees(pilot, app, "for 2 alerts")
        await until(pilot, lambda: "•" in stream_rows(app)[0])
        await pilot.press("U")
        await until(pilot, lambda: room.said[39][0] is AlertState.ACKNOWLEDGED)
        await pilot.press("u")

    drive(room, script)
