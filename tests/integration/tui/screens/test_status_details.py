"""What the status line and the watchlists tell of can be opened, by key and by mouse."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from support.dashboard_driver import drive, lines, look, sees, until
from support.fake_newsroom import NOW, FakeNewsroom, failing
from textual.pilot import Pilot

from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.model.feed import GapKind
from monitor.model.recall import Estimate, Recall, Witnessed
from monitor.model.status import Status
from monitor.model.watchlist import Baseline, Severity, WatchlistCount
from monitor.presentation.spans import width
from tui.app import DashboardApp
from tui.screens.feeds import FeedsScreen
from tui.screens.silences import silence_spans
from tui.screens.status_details import DeliveriesDialog, delivery_status
from tui.view.alerts import baseline_text, watchlist_row
from tui.view.status import status_parts
from tui.widgets.status_bar import StatusBar


def delivery(id: int, state: DeliveryState = DeliveryState.DEAD, **changes: Any) -> Delivery:
    row = Delivery(
        id=id, alert=id, channel="ntfy", occasion=Occasion.RAISED, why="", key=str(id),
        state=state, due=NOW + 60, attempts=3, reason="[red]500 Oops", created_at=NOW, sent_at=None,
    )  # fmt: skip
    return replace(row, **changes)


def text(line: list[tuple[str, str]]) -> str:
    return "".join(piece for piece, _ in line)


# --- the status line ------------------------------------------------------------------


def test_the_details_say_how_much_was_seen() -> None:
    room = FakeNewsroom(1)
    room.recall = Recall(
        since=NOW - 86_400, until=NOW, seen=41, unlisted=9, late=60.0,
        witnessed=Witnessed(feed=32, sitemap=38, both=29),
        answer=Estimate(published=44, low=42, high=49),
    )  # fmt: skip

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("S")
        await sees(pilot, app, "41 seen, about 44 published (42 to 49)")

    drive(room, script)


async def click(pilot: Pilot[Any], app: DashboardApp, words: str) -> None:
    """Click on words of the status line."""
    await pilot.click("#status", offset=(lines(app)[0].index(words), 0))
    await pilot.pause()


def test_each_part_opens_what_it_tells_of() -> None:
    room = FakeNewsroom(40)
    room.triaged[40] = (room._triage_of(39)[0].ACKNOWLEDGED, room._triage_of(39)[1], False)
    room.unsent = [delivery(3), delivery(4, DeliveryState.WAITING)]
    failing(room, 2, "answers 503")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await click(pilot, app, "✓ live")
        await sees(pilot, app, "pid 7")
        await pilot.press("escape")
        await click(pilot, app, "unsent")
        await until(pilot, lambda: isinstance(app.screen, DeliveriesDialog))
        await pilot.press("escape")
        await click(pilot, app, "feeds")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        await sees(pilot, app, "answers 503")
        await click(pilot, app, "new")
        await until(pilot, lambda: app.screen is app.main_screen)
        await until(pilot, lambda: app.main_screen.current_filter.text == "state:new")
        assert app.main_screen.stream.row_count == 39
        await pilot.press("p")
        await click(pilot, app, "PAUSED")
        await until(pilot, lambda: app.newsroom.paused_stories is None)

    drive(room, script)


class Offline(FakeNewsroom):
    """Three feeds cannot be read."""

    def status(self) -> Status:
        return replace(super().status(), gaps={GapKind.DOWN: 3})


def test_feeds_that_are_not_read_count_as_gaps_wherever_gaps_are_counted() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "gaps 3")
        await pilot.press("S")
        await sees(pilot, app, "3 feeds may have missed articles in the last day")
        await pilot.press("escape")
        await click(pilot, app, "gaps")
        await sees(pilot, app, "─ Coverage gaps ─")

    drive(Offline(4), script)


def test_the_same_is_in_a_list_for_the_keyboard() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("S")
        await sees(pilot, app, "New          40 stories")
        await sees(pilot, app, "feeds.yaml   loaded")
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.main_screen.current_filter.text == "state:new")

    drive(room, script)


@pytest.mark.parametrize("cells", [20, 40, 80, 120, 200])
def test_parts_are_the_line_and_never_more(cells: int) -> None:
    room = FakeNewsroom()
    status = replace(room.status(), unsent=2, dead=1, config_error="f.yaml: line 3, column 1: no")
    parts = status_parts(status, NOW, UTC, cells, paused_stories=7)
    assert sum(width(part.line) for part in parts) <= max(cells, 20)
    if cells >= 80:
        content = "".join(text(part.line) for part in parts)
        assert "‖ PAUSED, 7 wait" in content
        assert "! feeds.yaml line 3" in content
        assert "rules" in [part.target for part in parts]


# --- deliveries -------------------------------------------------------------------------


def test_deliveries_are_listed_with_their_reasons_and_tried_again() -> None:
    room = FakeNewsroom(40)
    room.unsent = [delivery(3), delivery(4, DeliveryState.WAITING, reason="digest at 07:30")]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("d")
        await sees(pilot, app, "[red]500 Oops, tried 3×, given up")
        await sees(pilot, app, "digest at 07:30")
        await pilot.press("r")
        await until(pilot, lambda: room.retried == [4])
        await pilot.press("R")
        await until(pilot, lambda: room.retried == [4, 3, 4])
        room.unsent = []
        await sees(pilot, app, "No delivery waits")

    drive(room, script)


def test_why_a_delivery_is_not_sent() -> None:
    waits = delivery(1, DeliveryState.WAITING, reason="", attempts=0)
    assert delivery_status(waits, NOW) == "due in 1 min"
    assert delivery_status(replace(waits, due=NOW), NOW) == "due now"


# --- watchlists ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pace", "words", "expected"),
    [
        (
            Baseline(today=37, usual=11.6, weeks=8, surprise=True),
            "37/12⇈",
            "today 37, usual 11.6 by now",
        ),
        (Baseline(today=12, usual=11.6, weeks=8), "12/12 ", "today 12, usual 11.6 by now"),
        (Baseline(today=0, usual=9.0, quiet=True), "0/9⇊", "today 0, usual 9 by now"),
        (Baseline(today=3, weeks=1), " 3 ", ""),
        (Baseline(), "       ", ""),
    ],
)
def test_today_is_held_against_what_is_usual(pace: Baseline, words: str, expected: str) -> None:
    count = WatchlistCount(
        name="chips", severity=Severity.LOW, total=900, untriaged=2, spark=(), pace=pace
    )
    row = text(watchlist_row(count, 36, chosen=False))
    assert words in row
    assert ("⇈" in row, "⇊" in row) == (pace.surprise, pace.quiet)
    assert baseline_text(count) == expected


def test_a_watchlist_is_silenced_for_a_while_and_heard_again() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", "j", "j", "m")
        await sees(pilot, app, "Silence Alibaba for …")
        await sees(pilot, app, "until tomorrow 08:00")
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: "Alibaba" in room.muted)
        assert room.muted["Alibaba"].until == NOW + 8.5 * 3600
        assert room.muted["Alibaba"].by == "ana"
        await look(pilot, app)
        await sees(pilot, app, "‖ to 25 Nov")
        await sees(pilot, app, "1 watchlist silenced")
        await pilot.press("m")
        await sees(pilot, app, "Alibaba is silenced by ana until 2026-11-25 08:00")
        await pilot.press("enter")
        await until(pilot, lambda: not room.muted)

    drive(room, script, environ={"TOCSIN_USER": "ana"})


def test_tomorrow_morning_is_on_the_clock_of_the_wall() -> None:
    paris = ZoneInfo("Europe/Paris")
    evening = 1_792_864_800.0  # 2026-10-24 20:00 in Paris; the clock goes back that night
    assert dict(silence_spans(evening, paris))["until tomorrow 08:00"] == 13 * 3600


# --- the mouse -----------------------------------------------------------------------------


def test_the_mouse_opens_what_it_clicks() -> None:
    room = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.click("#stream", offset=(5, 4))
        await until(pilot, lambda: app.main_screen.stream.cursor == 2)
        await pilot.click("#watchlists", offset=(5, 4), times=2)
        await until(pilot, lambda: app.main_screen.current_filter.text == "watch:Espionnage")

    drive(room, script)


@pytest.mark.parametrize("way", ["a click", "the palette", "the details"])
def test_silenced_stories_are_counted_and_listed(way: str) -> None:
    room = FakeNewsroom(40)
    room.silenced = {40, 39}

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert app.main_screen.stream.row_count == 38
        await sees(pilot, app, "40 new  2 silenced  feeds")
        if way == "a click":
            await pilot.click(StatusBar, offset=(lines(app)[0].index("silenced"), 0))
        elif way == "the palette":
            await pilot.press("colon", *"silenced", "enter")
        else:
            await pilot.press("S")
            await sees(pilot, app, "Silenced     2 stories")
            await pilot.press("j", "j", "enter")
        await sees(pilot, app, "is:silenced state:new")
        await until(pilot, lambda: app.main_screen.stream.row_count == 2)
        await pilot.press("A")
        await until(pilot, lambda: {39, 40} <= room.triaged.keys())
        await sees(pilot, app, "2 silenced", absent=True)

    drive(room, script, size=(80, 24))
