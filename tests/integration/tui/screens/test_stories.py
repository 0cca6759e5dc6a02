"""A row of the stream is a story, with the alerts of every watchlist that it raised."""

from __future__ import annotations

from typing import Any

import pytest
from support.dashboard_driver import drive, look, screen, sees, stream_rows, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.model.alert import AlertState, Verdict
from tui.app import DashboardApp

TOLD = {39: 38, 40: 38}
"""Alert 38 (grève) is the first of a story that chips (39) and Alibaba (40) have too."""


def _newsroom(count: int = 40) -> FakeNewsroom:
    newsroom = FakeNewsroom(count)
    newsroom.story_of = dict(TOLD)
    return newsroom


def test_a_story_has_one_row_with_the_names_of_its_watchlists() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert app.main_screen.stream.row_count == 38
        assert "Alibaba +2" in stream_rows(app)[0]
        assert "grève" not in stream_rows(app)[1]

    drive(_newsroom(), script)


def test_a_decision_is_about_every_alert_of_the_row_and_says_how_many() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("x")
        await sees(pilot, app, "1 story (3 alerts): noise; u undoes it")
        await until(pilot, lambda: len(newsroom.triaged) == 3)
        assert {newsroom.triaged[n][1] for n in (38, 39, 40)} == {Verdict.NOISE}
        await pilot.press("u")
        await until(pilot, lambda: newsroom.triaged[38][1] is Verdict.NONE)
        assert app.main_screen.stream.alert_id == 40

    drive(newsroom, script)


def test_one_watchlist_of_a_story_can_be_judged_alone() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("V")
        await sees(pilot, app, "Decide about one alert of this story")
        await pilot.press("j", "enter")
        await sees(pilot, app, "Make it new again")
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: len(newsroom.triaged) == 1)
        assert newsroom.triaged[39] == (AlertState.ACKNOWLEDGED, Verdict.NOISE, False)
        assert "•" in stream_rows(app)[0], "the others are still new"

    drive(newsroom, script)


def test_one_watchlist_of_a_story_is_chosen_to_be_silenced() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("m")
        await sees(pilot, app, "Silence which watchlist?")
        await pilot.press("j", "enter")
        await sees(pilot, app, "Silence grève for …")
        await pilot.press("enter")
        await until(pilot, lambda: set(newsroom.muted) == {"grève"})
        await pilot.press("m")
        await sees(pilot, app, "Silence which watchlist?")
        await pilot.press("j", "enter")
        await sees(pilot, app, "end the silence now")
        await pilot.press("enter")
        await sees(pilot, app, "grève is no longer silenced: nothing was kept back")

    drive(newsroom, script)


def test_a_new_alert_moves_its_story_up_unless_somebody_reads() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        newsroom.story_of[41] = 6
        newsroom.count = 41
        await look(pilot, app)
        assert (stream.on_screen()[:2], stream.alert_id) == ([41, 40], 40)
        assert stream.row_count == 38
        assert "Espionnage +1" in stream_rows(app)[0]
        await pilot.press("g", *"j" * 10)
        alert_id, before = stream.alert_id, stream.on_screen()
        newsroom.story_of[42] = alert_id
        newsroom.count = 42
        await look(pilot, app)
        assert stream.on_screen() == before
        await sees(pilot, app, "1 updated (.)")
        await until(pilot, lambda: "+1" in stream_rows(app)[10][14:30])
        await pilot.press("full_stop")
        await look(pilot, app)
        assert stream.alert_id == 42
        assert stream.row_count == 38

    drive(newsroom, script)


def test_stories_that_become_one_become_one_row() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        newsroom.story_of[37] = 35
        for _ in range(8):
            await look(pilot, app)
        assert app.main_screen.stream.row_count == 37

    drive(newsroom, script)


def test_the_reader_begins_with_what_was_decided() -> None:
    newsroom = _newsroom()
    newsroom.notes[40] = "call the ministry"

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("enter")
        await sees(pilot, app, "✎ call the ministry")
        output = screen(app)
        assert output.index("Alibaba  new") < output.index("call the ministry")
        assert output.index("call the ministry") < output.rindex("collimateur")

    drive(newsroom, script)


DONE = {"a": "acknowledged", "c": "closed", "x": "noise"}
"""What is said of a key's decision."""


@pytest.mark.parametrize("key", DONE)
def test_a_decision_is_also_about_the_silenced_alerts_of_the_row(key: str) -> None:
    newsroom = _newsroom()
    newsroom.silenced = {40}

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert "Alibaba" not in stream_rows(app)[0], "what is silenced does not call"
        await pilot.press(key)
        await sees(pilot, app, f"1 story (3 alerts): {DONE[key]}; u undoes it")
        await until(pilot, lambda: len(newsroom.triaged) == 3)
        await pilot.press("u")
        await until(pilot, lambda: newsroom.triaged[40][0] is AlertState.NEW)

    drive(newsroom, script)


def test_acknowledging_all_that_is_shown_includes_silenced_alerts_of_the_rows() -> None:
    newsroom = _newsroom()
    newsroom.silenced = {40, 37}

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("A")
        await sees(pilot, app, "Yes, acknowledge 37 stories (39 alerts)")
        await pilot.press("j", "enter")
        await until(pilot, lambda: 40 in newsroom.triaged)
        assert 37 not in newsroom.triaged, "its story is not shown"

    drive(newsroom, script)


def test_a_silenced_alert_of_a_story_is_named_as_such_to_be_judged_alone() -> None:
    newsroom = _newsroom()
    newsroom.silenced = {40}

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("V")
        await sees(pilot, app, "Alibaba  new silenced")

    drive(newsroom, script)


def test_an_alert_that_is_raised_in_a_silence_joins_its_row_unseen() -> None:
    newsroom = _newsroom()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        before = stream_rows(app)[0]
        newsroom.silenced, newsroom.story_of[41], newsroom.count = {41}, 38, 41
        await look(pilot, app)
        assert stream_rows(app)[0] == before
        await pilot.press("c")
        await sees(pilot, app, "1 story (4 alerts): closed; u undoes it")
        await until(pilot, lambda: newsroom.triaged[41][0] is AlertState.CLOSED)

    drive(newsroom, script)


def test_a_new_alert_that_is_silenced_does_not_make_its_story_new() -> None:
    newsroom = _newsroom()
    newsroom.silenced = {40}
    newsroom.triaged = dict.fromkeys((38, 39, 36), (AlertState.ACKNOWLEDGED, Verdict.NONE, False))

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("j", "j", "N")
        await until(pilot, lambda: app.main_screen.stream.alert_id == 37)
        await pilot.press("N")
        await sees(pilot, app, "No new story above.")

    drive(newsroom, script)
