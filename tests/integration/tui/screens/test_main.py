"""The desk under the keys: following and keeping still, triage, panes, filters, shapes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from msgspec.structs import replace
from support.dashboard_driver import drive, lines, look, screen, sees, stream_rows, until
from support.fake_newsroom import NOW, FakeNewsroom, failing, feed_health
from textual.pilot import Pilot

from monitor.model.alert import AlertState, Verdict
from monitor.model.feed import Health
from tui.app import DashboardApp

SIZES = [(80, 24), (200, 50), (40, 10), (80, 50)]


def reads(app: DashboardApp) -> int:
    """Return the id of the article in the reader, 0 for none."""
    reading = app.main_screen.reader.details
    return reading.article.id if reading else 0


# --- following and keeping still -------------------------------------------------


@pytest.mark.parametrize(("steps", "arrivals"), [(1, 1), (1, 500), (30, 7)])
def test_no_visible_row_moves_while_the_cursor_is_below_the_top(arrivals: int, steps: int) -> None:
    newsroom = FakeNewsroom(60)
    newsroom.start = 60

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(steps):
            await pilot.press("j")
        before, alert_id = stream_rows(app), app.main_screen.stream.alert_id
        newsroom.count += arrivals
        await look(pilot, app)
        assert stream_rows(app) == before
        assert app.main_screen.stream.alert_id == alert_id
        await sees(pilot, app, f"Alerts · {arrivals} new (.)")
        await pilot.press("full_stop")
        assert app.main_screen.stream.alert_id == 60 + arrivals
        await sees(pilot, app, " new (.)", absent=True)

    drive(newsroom, script)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_what_is_read_stays_while_new_stories_come_in_at_the_top(size: tuple[int, int]) -> None:
    newsroom = FakeNewsroom(60)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        await until(pilot, lambda: reads(app) == 60)
        newsroom.count += 2
        await look(pilot, app)
        assert stream.on_screen()[:3] == [62, 61, 60]
        newsroom.count += stream.page
        newsroom.story_of[newsroom.count] = 60  # another outlet has what is read
        newsroom.escalate(60)
        await look(pilot, app)
        assert stream.alert_id == 60 in stream.on_screen(), "the cursor does not leave the screen"
        await sees(pilot, app, f"Alerts · {stream.page - 1} new (.) · 1 updated (.)")
        newsroom.count += 1
        await look(pilot, app)
        await pilot.pause(0.15)
        assert reads(app) == stream.alert_id == 60
        await pilot.press("full_stop")
        await until(pilot, lambda: reads(app) == stream.alert_id == newsroom.count)
        assert stream.on_screen()[1] == 60
        await sees(pilot, app, "(.)", absent=True)

    drive(newsroom, script, size=size)


def test_a_list_that_fills_shows_the_newest_until_it_is_full() -> None:
    newsroom = FakeNewsroom(0)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(3):
            newsroom.count += 20
            await look(pilot, app)
            await until(pilot, lambda: reads(app) == newsroom.count)
        newsroom.now += 3
        newsroom.count += 1
        await look(pilot, app)
        assert app.main_screen.stream.alert_id == 60
        assert app.main_screen.stream.on_screen()[:2] == [61, 60]

    drive(newsroom, script)


def test_few_rows_keep_still_too() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("j", "j")
        before = stream_rows(app)
        newsroom.count += 1
        await look(pilot, app)
        assert stream_rows(app) == before
        await pilot.press("k", "k", "k")
        await until(pilot, lambda: app.main_screen.stream.alert_id == 5)
        assert "▌" in stream_rows(app)[0]

    drive(newsroom, script)


def test_the_rest_of_a_long_stream_comes_without_moving_anything() -> None:
    newsroom = FakeNewsroom(3000)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        before = stream_rows(app)
        await until(pilot, lambda: app.main_screen.stream.row_count == 3000)
        assert stream_rows(app) == before
        await pilot.press("G")
        assert app.main_screen.stream.alert_id == 1

    drive(newsroom, script)


def test_undated_and_future_dated_are_marked() -> None:
    newsroom = FakeNewsroom(2)
    newsroom.published = lambda n: None if n == 1 else NOW + 1e7

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        rows = stream_rows(app)
        assert "›" in rows[0]
        assert "∅" in rows[1]

    drive(newsroom, script)


# --- triage ----------------------------------------------------------------------


def test_a_verdict_shows_is_stored_and_is_undone_in_place() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert "•" in stream_rows(app)[0]
        await pilot.press("a")
        assert "•" not in stream_rows(app)[0]
        assert app.main_screen.stream.alert_id == 39
        await until(pilot, lambda: 40 in newsroom.triaged)
        await pilot.press("x", "s")
        await until(pilot, lambda: 38 in newsroom.triaged)
        assert newsroom.triaged[39][1] is Verdict.NOISE
        assert newsroom.triaged[38][2]
        assert "☒" in stream_rows(app)[1]
        assert "★" in stream_rows(app)[2]
        await pilot.press("u", "u", "u")
        await until(pilot, lambda: newsroom.triaged[40][0] is AlertState.NEW)
        assert newsroom.triaged[39] == (AlertState.NEW, Verdict.NONE, False)
        assert not newsroom.triaged[38][2]
        assert app.main_screen.stream.alert_id == 40
        assert all("•" in row for row in stream_rows(app)[:3])

    drive(newsroom, script)


@pytest.mark.parametrize("key", ["i", "t", "C"])
def test_what_is_written_is_kept_with_the_story_that_the_dialog_names(key: str) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press(key, *"marie")
        newsroom.count += 1
        await until(pilot, lambda: app.main_screen.stream.row_count == 41)
        await pilot.press("enter")
        values = {"i": newsroom.notes, "t": newsroom.tags, "C": newsroom.assignees}[key]
        await until(pilot, lambda: values.get(40) in ("marie", ("marie",)))
        assert not values.get(41)

    drive(newsroom, script)


def test_a_key_decides_about_the_story_that_was_seen_as_it_was_pressed() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        newsroom.count += 1
        await until(pilot, lambda: app.main_screen.stream.row_count == 41)
        await pilot.press("x")
        await until(pilot, lambda: newsroom.triaged)
        assert newsroom.triaged.keys() == {40}

    drive(newsroom, script)


def test_a_verdict_that_cannot_be_stored_comes_back_with_a_notice() -> None:
    newsroom = FakeNewsroom(40)
    newsroom.locked.set()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("a")
        await sees(pilot, app, "reverted")
        assert "•" in stream_rows(app)[0]

    drive(newsroom, script)


def test_all_that_is_shown_is_acknowledged_with_its_count_and_undone_at_once() -> None:
    newsroom = FakeNewsroom(400)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.main_screen.apply_filter("watch:grève")
        await until(pilot, lambda: app.main_screen.stream.row_count == 100)
        await pilot.press("A")
        await sees(pilot, app, "Acknowledge 100 stories of watch:grève?")
        await pilot.press("enter")
        assert not newsroom.triaged, "the first answer changes nothing"
        await pilot.press("A")
        await sees(pilot, app, "Acknowledge 100 stories")
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(newsroom.triaged) == 100)
        assert {n % 4 for n in newsroom.triaged} == {2}
        assert not any("•" in row for row in stream_rows(app))
        await pilot.press("u")
        await until(pilot, lambda: all(s[0] is AlertState.NEW for s in newsroom.triaged.values()))
        await until(pilot, lambda: "•" in stream_rows(app)[0])

    drive(newsroom, script)


@pytest.mark.parametrize("distance", [5, 5000])
def test_the_next_untriaged_is_found_near_and_far(distance: int) -> None:
    newsroom = FakeNewsroom(distance + 10)
    untriaged = 5
    newsroom.triaged = {
        n: (AlertState.ACKNOWLEDGED, Verdict.NONE, False)
        for n in range(1, newsroom.count + 1)
        if n not in (untriaged, newsroom.count)
    }

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.stream.row_count == newsroom.count)
        await pilot.press("n")
        await until(pilot, lambda: app.main_screen.stream.alert_id == untriaged)
        await pilot.press("n")
        await sees(pilot, app, "No new story")
        await pilot.press("N")
        await until(pilot, lambda: app.main_screen.stream.alert_id == newsroom.count)

    drive(newsroom, script)


def test_what_another_viewer_says_is_seen() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        newsroom.triaged[40] = (AlertState.NEW, Verdict.NONE, True)
        for _ in range(6):
            await look(pilot, app)
        assert "★" in stream_rows(app)[0]

    drive(newsroom, script)


# --- filters -----------------------------------------------------------------------


@pytest.mark.parametrize("key", ["F", "0"])
def test_enter_on_a_watchlist_filters_and_F_clears(key: str) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", "j", "j", "j", "j", "enter")
        await until(pilot, lambda: app.main_screen.current_filter.text == "watch:grève")
        assert all("grève" in row for row in stream_rows(app)[:10])
        await sees(pilot, app, "Alerts · watch:grève · 10")
        newsroom.count += 4
        await look(pilot, app)
        assert app.main_screen.stream.row_count == 11
        assert "▸grève" in screen(app)
        await pilot.press(key)
        await until(pilot, lambda: app.main_screen.stream.row_count == 44)
        assert "▸All" in screen(app)
        assert app.newsroom.ui_state.state.filter == "", "another dashboard shows all too"

    drive(newsroom, script)


def test_alerts_that_waited_are_among_all_alerts_once() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("p")
        newsroom.count += 4
        await look(pilot, app)
        await sees(pilot, app, "4 wait")
        await pilot.press("0")
        await sees(pilot, app, "0 wait")
        await pilot.press("p")
        await sees(pilot, app, "wait", absent=True)
        assert app.main_screen.stream.row_count == 44

    drive(newsroom, script)


def test_a_list_offers_filters_too_and_takes_them_back() -> None:
    newsroom = FakeNewsroom(40)
    newsroom.triaged[40] = (AlertState.ACKNOWLEDGED, Verdict.NONE, False)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("ctrl+f", "j", "enter")
        await until(pilot, lambda: app.main_screen.stream.row_count == 39)
        await sees(pilot, app, "state:new · 39")
        await pilot.press("ctrl+f", "escape")
        assert app.main_screen.stream.row_count == 39
        await pilot.press("ctrl+f", "j", "enter")
        await until(pilot, lambda: app.main_screen.stream.row_count == 40)

    drive(newsroom, script)


# --- panes and shapes ----------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_every_screen_lives_at_every_size(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        keys = "1 2 3 4 z z tab shift+tab 2 enter right_square_bracket J K escape e j enter escape"
        for key in [*keys.split(), "escape", "slash", "g", "escape", "question_mark", "escape"]:
            await pilot.press(key)
            assert all(len(line) <= size[0] for line in lines(app))
        assert lines(app)[0].startswith(" TOCSIN")
        assert "? Help" in lines(app)[-1]
        assert app.focused is app.main_screen.stream

    drive(FakeNewsroom(40), script, size=size)


@pytest.mark.parametrize(
    ("size", "panes"),
    [
        ((80, 24), ["Alerts"]),
        ((80, 50), ["Alerts", "Reader"]),
        ((120, 40), ["Watchlists", "Alerts", "Reader", "Feeds"]),
        ((200, 50), ["Watchlists", "Alerts", "Reader", "Feeds"]),
    ],
)
def test_what_each_size_has_room_for(size: tuple[int, int], panes: list[str]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        panes_shown = [
            n for n in ("Watchlists", "Alerts", "Reader", "Feeds") if f"─ {n} " in screen(app)
        ]
        assert panes_shown == panes
        assert app.main_screen.stream.region.width == size[0], "the headlines get the width"
        reader = app.main_screen.reader
        assert not reader.display or 76 <= reader.region.width <= 104, "its lines are easy to read"

    drive(FakeNewsroom(40), script, size=size)


def test_the_bar_is_never_cut_in_a_word() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert "q Quit" in lines(app)[-1]
        await pilot.resize_terminal(36, 12)
        await pilot.pause()
        await sees(pilot, app, "Quit", absent=True)
        assert lines(app)[-1].rstrip().endswith("x Noise")

    drive(FakeNewsroom(4), script, size=(80, 24))


def test_a_resize_keeps_the_selection_in_view() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for _ in range(25):
            await pilot.press("j")
        alert_id = app.main_screen.stream.alert_id
        for size in [(80, 24), (40, 10), (200, 50), (120, 12), (120, 40)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.main_screen.stream.alert_id == alert_id
            assert alert_id in app.main_screen.stream.on_screen()
            assert any("▌" in row for row in stream_rows(app))

    drive(FakeNewsroom(60), script)


def test_enter_reads_over_a_small_screen_and_escape_comes_back() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.reader.details)
        await pilot.press("enter")
        await sees(pilot, app, "─ Reader ─")
        await sees(pilot, app, "─ Alerts ─", absent=True)
        await pilot.press("J")
        await until(pilot, lambda: reads(app) == 39)
        await pilot.press("escape")
        await sees(pilot, app, "─ Alerts ─")
        assert app.main_screen.stream.alert_id == 39

    drive(FakeNewsroom(40), script, size=(80, 24))


def test_brackets_step_through_the_matches_and_round_the_end() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.reader.details)
        await pilot.press("right_square_bracket")
        await sees(pilot, app, "match 1/6")
        await pilot.press("left_square_bracket")
        await pilot.press("3", "g")
        await sees(pilot, app, "match 6/6")

    drive(FakeNewsroom(40), script)


@pytest.mark.parametrize("keys", [("z", "z"), ("plus", "underscore")])
def test_a_pane_takes_the_screen_and_gives_it_back(keys: tuple[str, str]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press(keys[0])
        await sees(pilot, app, "─ Watchlists ", absent=True)
        await pilot.press(keys[1])
        await sees(pilot, app, "─ Watchlists ")

    drive(FakeNewsroom(4), script)


def test_escape_never_quits() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for key in ["escape"] * 3 + ["1", "escape", "escape", "e", "escape", "escape"]:
            await pilot.press(key)
        assert app.is_running
        assert app.screen is app.main_screen

    app = drive(FakeNewsroom(4), script)
    assert app.return_value is None


WAYS = (
    (["enter"], 1), (["1"], 1), (["e"], 1), (["e", "enter"], 2), (["question_mark"], 1),
    (["slash", "g", "enter"], 1), (["O", "k", "enter"], 1),
)  # fmt: skip
"""Keys that lead away from the alerts, and how often `q` is pressed to come back."""


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_q_goes_back_from_everywhere_but_the_alerts(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for way, steps in WAYS:
            for key in way:
                await pilot.press(key)
                if key == "O":
                    await until(pilot, lambda: app.screen is not app.main_screen)
            if "slash" in way:
                await until(pilot, lambda: app.focused is app.screen.query_one("#stream"))
            assert app.main_screen.current != "stream" or app.screen is not app.main_screen, way
            await pilot.press(*["q"] * steps)
            await until(pilot, lambda: app.screen is app.main_screen)
            assert app.is_running, way
            assert app.main_screen.current == "stream", way
        await pilot.press("q")

    assert drive(FakeNewsroom(4), script, size=size).return_value == "quit"


def test_arrows_go_as_h_and_l_do() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("right")
        assert app.main_screen.current == "reader"
        await pilot.press("left")
        assert app.main_screen.current == "stream"

    drive(FakeNewsroom(4), script)


def test_escape_takes_the_marks_away() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("space", "space")
        await sees(pilot, app, "◆")
        await pilot.press("escape")
        await sees(pilot, app, "◆", absent=True)
        assert not newsroom.triaged

    newsroom = FakeNewsroom(4)
    drive(newsroom, script)


@pytest.mark.parametrize(("key", "ending"), [("q", "quit"), ("Q", "leave"), ("ctrl+c", "quit")])
def test_q_quits_and_Q_leaves_it_watching(key: str, ending: str) -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("a", key)

    assert drive(newsroom, script).return_value == ending
    assert 4 in newsroom.triaged, "a verdict is stored before the end"


WARNING = "1 verdict is not saved yet. Press q again to quit without saving it."


def test_a_store_that_never_answers_holds_nobody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom = FakeNewsroom(4)
    gate = threading.Event()
    monkeypatch.setattr(newsroom, "change", lambda *args, **kwargs: gate.wait(10))
    monkeypatch.setattr("tui.app.DRAIN_SECONDS", 0.05)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("a", "q")
        await until(pilot, lambda: WARNING in [n.message for n in app._notifications])
        assert app.is_running
        await pilot.press("q")
        gate.set()

    assert drive(newsroom, script).return_value == "quit"


def test_who_started_the_monitor_is_told_how_to_leave_it() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(
            pilot,
            lambda: any("Q quits and leaves it running" in n.message for n in app._notifications),
        )

    drive(FakeNewsroom(4), script, owns_monitor=True)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_notifications_have_the_end_of_the_key_bar_and_cover_no_key_and_no_row(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        def shown() -> list[str]:
            return [notification.message for notification in app._notifications]

        keys = lines(app)[-1].rstrip()
        for text in ("refused", "refused", "two at once"):
            app.notify(text, severity="warning", timeout=60)
        await until(pilot, lambda: shown() == ["refused · two at once"])
        await sees(pilot, app, "refused · two at once")
        monkeypatch.setattr("tui.base_app.TOGETHER_SECONDS", 0.0)
        app.notify("something else", timeout=1)
        await until(pilot, lambda: shown() == ["something else"])
        await sees(pilot, app, "something else")
        assert "something else" not in "".join(lines(app)[:-1])
        last_line = lines(app)[-1]
        left = last_line[: last_line.index("something else")].rstrip(" ▌")
        assert left
        assert keys.startswith(left)
        assert keys[len(left) :].startswith("  "), "no key is cut or covered"
        await until(pilot, lambda: lines(app)[-1].rstrip() == keys)

    drive(FakeNewsroom(4), script, size=size)


def test_messages_of_one_moment_that_do_not_fit_beside_each_other_are_shown_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.base_app.TURN_SECONDS", 2.0)
    texts = ["saved " + "x" * 60, "sent " + "y" * 60, "kept", "polled " + "z" * 70]
    seen: list[str] = []

    def sees_bar(app: DashboardApp, words: str) -> bool:
        bar = lines(app)[-1]  # the next turn may begin before another look
        seen.extend([bar] if words in bar else [])
        return words in bar

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for text in texts:
            app.notify(text, timeout=60)
        for turn in (texts[:1], texts[1:3], texts[3:]):
            words = " · ".join(turn)
            await until(pilot, lambda words=words: sees_bar(app, words))
        await pilot.pause(2.5)
        assert texts[3] in lines(app)[-1], "the last one stays as long as it asked for"

    drive(FakeNewsroom(4), script)
    assert [texts[0] in line for line in seen] == [True, False, False]


def test_a_dialog_leaves_the_screen_behind_it_as_it_is() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await look(pilot, app)
        await pilot.press("i")
        await sees(pilot, app, "enter: ok")
        # On a terminal of few colours even the faintest tint hides the text.
        assert app.screen.styles.background.a == 0

    drive(FakeNewsroom(4), script)


def test_rows_that_cannot_be_read_do_not_end_the_dashboard() -> None:
    newsroom = FakeNewsroom(300)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        newsroom.unreadable = True
        await pilot.press("G")
        await sees(pilot, app, "not available")
        await look(pilot, app)
        assert [n.message for n in app._notifications] == ["the disk is gone"]

    drive(newsroom, script)


# --- what is wrong is said ------------------------------------------------------------


def test_a_silent_monitor_is_seen_and_its_return_too() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        newsroom.watching = False
        for _ in range(3):
            await look(pilot, app)
        assert "no monitor" in lines(app)[0]
        newsroom.watching = True
        for _ in range(3):
            await look(pilot, app)
        assert "✓ live" in lines(app)[0]

    drive(newsroom, script)


def test_an_empty_newsroom_teaches() -> None:
    newsroom = FakeNewsroom(0)
    for n in range(4):
        failing(newsroom, n, "the name cannot be resolved")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "No feed can be reached.")
        await sees(pilot, app, "the name cannot be resolved (4 feeds)")
        await sees(pilot, app, "tocsin demo")
        newsroom.feed_health = []
        app.newsroom.read_all_next()
        await look(pilot, app)
        await sees(pilot, app, "feeds go in here")

    drive(newsroom, script, hint="feeds go in here")


def test_the_column_of_watchlists_fits_those_with_alerts() -> None:
    newsroom = FakeNewsroom(8)
    counts = newsroom.watchlists()
    silent = replace(counts[0], name="A watchlist that has no alert", total=0)
    newsroom.watchlists = lambda: [*counts, silent]  # type: ignore[method-assign]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "A watchlist that has no alert")
        await sees(pilot, app, "chips         US widens export curbs")

    drive(newsroom, script, size=(200, 50))


# --- the outside ------------------------------------------------------------------------


def test_a_link_is_copied_over_ssh_and_never_of_another_scheme() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("o")
        assert app.clipboard == "https://news.example/4"
        await pilot.press("j", "y")
        assert app.clipboard == "https://news.example/3"
        app.main_screen.copy("")
        await sees(pilot, app, "no http or https link")

    drive(newsroom, script, environ={"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"})


def test_r_asks_for_the_feed_of_the_alert_and_R_for_all() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("r", "R")
        await until(pilot, lambda: len(newsroom.polled) == 2)
        assert set(newsroom.polled) == {"https://0.example/rss", None}
        newsroom.watching = False
        for _ in range(3):
            await look(pilot, app)
        await pilot.press("r")
        await sees(pilot, app, "No monitor is running")
        assert len(newsroom.polled) == 2

    drive(newsroom, script)


def test_one_click_filters_by_a_watchlist() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        pane = app.main_screen.watchlists
        await until(pilot, lambda: pane.row_count > 4)
        at = pane.scrollable_content_region
        await pilot.click(offset=(at.x + 3, at.y + 4))
        await until(pilot, lambda: app.main_screen.current_filter.text == "watch:grève")
        await pilot.click(offset=(at.x + 3, at.y))
        await until(pilot, lambda: not app.main_screen.current_filter.text)

    drive(FakeNewsroom(40), script)


def test_a_reader_without_an_article_says_what_it_is_for() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "The article of the alert under the cursor is read here")

    drive(FakeNewsroom(0), script)


def test_the_summary_of_feeds_has_room_for_every_state() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "✗ 2 failing")
        newsroom.feed_health[2] = feed_health(2, "Le Soir", Health.SILENT, "nothing new")
        newsroom.feed_health[3] = feed_health(3, "Estuaire", Health.LATE, "late")
        app.newsroom.read_all_next()
        await sees(pilot, app, "! 1  ! 1  ✗ 2")

    newsroom = FakeNewsroom(4)
    failing(newsroom, 0, "503")
    failing(newsroom, 1, "503")
    drive(newsroom, script)


def test_h_keeps_the_filter_that_escape_ends() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.main_screen.apply_filter("watch:chips")
        await until(pilot, lambda: app.main_screen.stream.row_count == 10)
        await pilot.press("enter", "h", "h", "left")
        assert app.main_screen.current == "stream"
        assert app.main_screen.current_filter.text == "watch:chips"
        await pilot.press("escape")
        await until(pilot, lambda: app.main_screen.stream.row_count == 40)

    drive(FakeNewsroom(40), script)


def test_a_feed_that_was_removed_is_named_when_it_cannot_be_polled() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.newsroom.feeds = []
        await pilot.press("r")
        await sees(pilot, app, "is not in feeds.yaml any more")

    drive(newsroom, script)


def test_what_an_edit_in_an_editor_would_have_brought_is_said_once() -> None:
    newsroom = FakeNewsroom(4)
    newsroom.edit_effects = "Grève: about 9.0 alerts a day"

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.newsroom.status)
        await pilot.pause(0.3)
        assert not app._notifications, "that edit was before"
        newsroom.edit_effects = "Port: about 2.0 alerts a day, 1.0 before"
        await sees(pilot, app, "Port: about 2.0 alerts a day")

    drive(newsroom, script)
