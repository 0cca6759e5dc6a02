"""What became louder comes again on top, and disturbs nobody who reads; marks and many at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support.dashboard_driver import drive, look, sees, stream_rows, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.model.alert import AlertState, EscalatedAlert, Verdict
from tui.app import DashboardApp
from tui.data.story_list import FirstAlerts, StoryOrder

# --- rows --------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.lists(st.integers(0, 30), min_size=1, max_size=5)),
        st.tuples(st.just("escalate"), st.integers(1, 60)),
    ),
    max_size=30,
)


def _stories(begin: int, steps: list[tuple[str, Any]], known_firsts: list[int]) -> dict[int, int]:
    """Return the first alert of each alert's story; 0 or an alert to come is a new story."""
    arrivals = [*known_firsts[:begin], *([0] * (begin - len(known_firsts)))]
    arrivals += [of for kind, values in steps if kind == "arrive" for of in values]
    firsts: dict[int, int] = {}
    for alert, of in enumerate(arrivals, 1):
        firsts[alert] = firsts.get(of, alert)
    return firsts


@given(st.integers(0, 20), steps, st.integers(0, 20), st.lists(st.integers(0, 20)))
def test_a_stream_is_a_list_of_stories_in_which_some_go_to_the_front(
    begin: int, done: list[tuple[str, Any]], count: int, known_firsts: list[int]
) -> None:
    """Compares the stream with a plain list; the oldest alerts come later, from below."""
    first_of = _stories(begin, done, known_firsts)
    later_alerts = [(alert, first) for alert, first in first_of.items() if alert != first]
    firsts = FirstAlerts(*zip(*later_alerts, strict=True)) if later_alerts else FirstAlerts()
    count = min(count, begin)
    stream = StoryOrder(range(begin - count + 1, begin + 1), firsts=firsts)
    model = _newest_of_each(range(begin, begin - count, -1), first_of)
    newest, escalation, escalated = begin, 0, []
    for kind, values in done:
        if kind == "arrive":
            fresh = list(range(newest + 1, newest + len(values) + 1))
            newest += len(values)
            stream.add(array("q", fresh))
            model = _newest_of_each([*reversed(fresh), *model], first_of)
        elif values in model:
            escalation += 1
            escalated.append(EscalatedAlert(newest, escalation, values))
            stream.escalate(escalated[-1:])
            model = _newest_of_each([values, *model], first_of)
    stream.add_older(array("q", range(1, newest + 1)))
    if count or not model:
        model = _newest_of_each([*model, *range(begin - count, 0, -1)], first_of)
        assert stream.rows(0, len(stream)) == model
    for row, alert in enumerate(stream.rows(0, len(stream))):
        assert stream.row(alert) == stream.row(first_of[alert]) == row
        assert stream.story_at(row) == first_of[alert]
        assert alert in stream.block(row)


def _newest_of_each(alerts: Iterable[int], first_of: Mapping[int, int]) -> list[int]:
    """Return the first alert of each story in a list."""
    leads: dict[int, int] = {}
    for alert in alerts:
        leads.setdefault(first_of[alert], alert)
    return list(leads.values())


@given(st.integers(1, 20), steps, st.data())
def test_a_list_that_is_read_live_has_the_order_of_one_that_is_loaded(
    begin: int, done: list[tuple[str, Any]], data: st.DataObject
) -> None:
    """Escalations come late, as those do that waited while their stories were read."""
    first_of = _stories(begin, done, [])
    later_alerts = [(alert, first) for alert, first in first_of.items() if alert != first]
    firsts = FirstAlerts(*zip(*later_alerts, strict=True)) if later_alerts else FirstAlerts()
    stream = StoryOrder(range(1, begin + 1), firsts=firsts)
    newest, escalated, waiting = begin, [], []
    for kind, values in done:
        if kind == "arrive":
            stream.add(range(newest + 1, newest + len(values) + 1))
            newest += len(values)
        else:
            escalated.append(EscalatedAlert(newest, len(escalated) + 1, values % newest + 1))
            waiting.append(escalated[-1])
        if data.draw(st.booleans()):
            stream.escalate(data.draw(st.permutations(waiting)))
            waiting = []
    stream.escalate(waiting)
    loaded = StoryOrder(range(1, newest + 1), escalated, firsts)
    assert stream.rows(0, len(stream)) == loaded.rows(0, len(loaded))


def test_those_that_came_again_before_stand_where_they_stood_then() -> None:
    stream = StoryOrder([1, 2, 3, 4, 5], [EscalatedAlert(3, 1, 1), EscalatedAlert(5, 2, 2)])
    assert stream.rows(0, 9) == [2, 5, 4, 1, 3]


def test_an_escalation_counts_only_until_a_newer_alert_of_its_story() -> None:
    firsts = FirstAlerts([3, 5], [1, 2])
    stream = StoryOrder([1, 2, 3, 4, 5], [EscalatedAlert(4, 1, 1), EscalatedAlert(4, 2, 2)], firsts)
    assert stream.rows(0, 9) == [5, 1, 4]


def test_an_alert_that_was_read_twice_changes_nothing() -> None:
    stream = StoryOrder([1, 2, 3], firsts=FirstAlerts([3], [1]))
    assert (stream.rows(0, 9), stream.add([1, 2, 3])) == ([3, 2], 0)
    assert stream.rows(0, 9) == [3, 2]


# --- on the desk ------------------------------------------------------------------


def test_an_escalated_alert_comes_to_the_top_with_its_reason() -> None:
    room = FakeNewsroom(60)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        room.escalate(2, "crossed to English: Reuters")
        await look(pilot, app)
        assert app.main_screen.stream.on_screen()[:2] == [2, 60]
        assert app.main_screen.stream.alert_id == 60, "it is read further"
        assert "⇡" in stream_rows(app)[0]
        assert "crossed to Eng" in stream_rows(app)[0]
        room.count += 1
        await look(pilot, app)
        assert "⇡" in stream_rows(app)[1]

    drive(room, script)


@pytest.mark.parametrize("louder", [2, 58, 40])
def test_nobody_who_reads_is_disturbed_by_an_escalation(louder: int) -> None:
    """The escalated alert is below the screen, on it, or under the cursor."""
    room = FakeNewsroom(60)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(20):
            await pilot.press("j")
        alert_id, before = app.main_screen.stream.alert_id, app.main_screen.stream.on_screen()
        room.escalate(louder)
        room.count += 2
        await look(pilot, app)
        assert app.main_screen.stream.alert_id == alert_id
        assert app.main_screen.stream.on_screen() == before
        await pilot.press("full_stop")
        await look(pilot, app)
        top = app.main_screen.stream.on_screen()[:3]
        assert top == [62, 61, louder]
        await pilot.press("F")
        await until(pilot, lambda: app.main_screen.stream.on_screen()[:3] == top)
        await sees(pilot, app, "updated (.)", absent=True)

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
        await sees(pilot, app, "PAUSED", absent=True)

    drive(room, script)


def test_a_story_of_two_watchlists_waits_once() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("p")
        room.story_of[42] = 41
        room.count += 2
        await look(pilot, app)
        await sees(pilot, app, "‖ PAUSED, 1 wait")

    drive(room, script)


def test_a_filter_while_paused_loses_and_doubles_nothing() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("p")
        room.count += 4
        await look(pilot, app)
        app.main_screen.apply_filter("watch:chips")
        await until(pilot, lambda: app.main_screen.stream.row_count == 11)
        assert app.newsroom.paused_stories == 0
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
        await until(pilot, lambda: len(room.triaged) == 3)
        assert {40, 38, 37} == set(room.triaged)
        assert all(verdict is Verdict.NOISE for _, verdict, _ in room.triaged.values())
        await sees(pilot, app, "marked", absent=True)
        await pilot.press("u")
        await until(pilot, lambda: room.triaged[40][0] is AlertState.NEW)
        assert all(triage == room.triaged[40] for triage in room.triaged.values())

    drive(room, script)


def test_marks_stay_for_what_else_is_said_of_the_same_stories() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("space", "space", "t", *"fraud", "enter")
        await until(pilot, lambda: room.tags[40] == room.tags[39] == ("fraud",))
        await sees(pilot, app, "2 marked")
        await pilot.press("s", "x")
        await until(pilot, lambda: all(n in room.triaged for n in (39, 40)))
        triage = (AlertState.ACKNOWLEDGED, Verdict.NOISE, True)
        await until(pilot, lambda: room.triaged[40] == room.triaged[39] == triage)
        await sees(pilot, app, "2 marked", absent=True)

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
        await until(pilot, lambda: room.triaged[40][0] is AlertState.CLOSED)
        assert "▪" in stream_rows(app)[0] or "✎" in stream_rows(app)[0]
        assert app.main_screen.stream.row_of(40) == 0, "it stays in its row"

    drive(room, script)


def test_what_was_said_before_a_restart_can_be_taken_back_and_said_again() -> None:
    room = FakeNewsroom(40)
    room.change([40, 39], state=AlertState.ACKNOWLEDGED)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert "•" not in stream_rows(app)[0]
        await pilot.press("u")
        await until(pilot, lambda: room.triaged[40][0] is AlertState.NEW)
        await sees(pilot, app, "Undone: acknowledged on 2 stories")
        await until(pilot, lambda: "•" in stream_rows(app)[0])
        await pilot.press("U")
        await until(pilot, lambda: room.triaged[39][0] is AlertState.ACKNOWLEDGED)
        await pilot.press("u")

    drive(room, script)


def test_an_analyst_takes_gives_back_and_hands_on() -> None:
    room = FakeNewsroom(8)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        await pilot.press("at")
        await sees(pilot, app, "Assigned to me; u undoes it.")
        await until(pilot, lambda: room.assignees == {8: "me"})
        assert "@me" in stream_rows(app)[0]
        await pilot.press("at")
        await until(pilot, lambda: room.assignees == {8: ""})
        await pilot.press("C", *"bruno", "enter")
        await until(pilot, lambda: room.assignees == {8: "bruno"})
        await pilot.press("at")
        await sees(pilot, app, "bruno works on it; C assigns it to another.")
        await pilot.press("j", "at", "I")
        await until(pilot, lambda: stream.row_count == 1)
        assert room.assignees == {8: "bruno", 7: "me"}
        await pilot.press("I")
        await until(pilot, lambda: stream.row_count == 8)
        await pilot.press("u")
        await until(pilot, lambda: room.assignees[7] == "")
        await sees(pilot, app, "https://news.example/7")

    drive(room, script)


def test_what_a_colleague_did_since_it_was_shown_is_not_overwritten() -> None:
    room = FakeNewsroom(8)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, room.title(8))
        room.change([8], verdict=Verdict.RELEVANT, assignee="bruno")
        await pilot.press("x")
        await sees(pilot, app, "Not changed: 1 alert that me changed meanwhile.")
        await until(pilot, lambda: "@bruno" in stream_rows(app)[0])
        assert room.triaged[8][1] is Verdict.RELEVANT
        await sees(pilot, app, "https://news.example/7")

    drive(room, script)
