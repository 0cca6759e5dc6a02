"""An alert about a feed is read as its health and its last polls."""

from __future__ import annotations

from typing import Any

import pytest
from support.dashboard_driver import drive, look, screen, sees, until
from support.fake_newsroom import NOW, FakeNewsroom, failing, feed_health
from textual.pilot import Pilot

from monitor.intake.ingest.feed_health import describe_poll
from monitor.model.alert import StoryAlerts
from monitor.model.feed import Health, Outcome, Poll
from monitor.presentation.spans import width
from monitor.presentation.story import ListedStory
from tui.app import DashboardApp
from tui.view.alerts import alert_columns, story_row
from tui.view.feeds import FeedBackground, feed_page

SIZE = (120, 40)


def test_the_reader_shows_the_feed_and_its_polls_and_then_articles_again() -> None:
    newsroom = FakeNewsroom(8)
    newsroom.about_feeds = {8}
    failing(newsroom, 0, "503 Service Unavailable ×9, retry in 2 h")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await look(pilot, app)
        await sees(pilot, app, "feed health  new")  # the state of the alert comes first
        await sees(pilot, app, "Last polls")
        await sees(pilot, app, "200: 20 entries, 18 known, 2 new")
        await sees(pilot, app, "503 Service Unavailable ×9")
        assert app.main_screen.reader.details is None
        await pilot.press("w")  # there is no explanation
        await sees(pilot, app, "There is no article here.")
        await pilot.press("right_square_bracket", "j")
        await until(pilot, lambda: app.main_screen.reader.details is not None)
        assert "Last polls" not in screen(app)
        await pilot.press("k")
        await sees(pilot, app, "Last polls")

    drive(newsroom, script, size=(120, 50))


def test_an_alert_about_a_feed_that_is_gone_from_the_list_is_no_trouble() -> None:
    newsroom = FakeNewsroom(8)
    newsroom.about_feeds = {8}
    newsroom.feed_health = newsroom.feed_health[1:]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await look(pilot, app)
        assert app.main_screen.reader.details is None
        await pilot.press("a")
        await until(pilot, lambda: 8 in newsroom.triaged)

    drive(newsroom, script, size=SIZE)


@pytest.mark.parametrize("cells", [20, 40, 80, 200])
def test_lines_fit_whatever_a_feed_says(cells: int) -> None:
    feed = feed_health(1, "日本\x1b[31m" * 20, Health.BLIND, "turns over faster " * 9)
    polls = [Poll(at=NOW - 9, outcome=Outcome.FAILED, reason="très long " * 30 + "\x1b[2J")]
    for line in feed_page(feed, FeedBackground(polls=polls), cells, NOW, None):
        assert width(line) <= cells
        assert "\x1b" not in "".join(text for text, _ in line)


@pytest.mark.parametrize(
    ("poll", "words"),
    [
        ({"outcome": Outcome.READ, "entries": 20, "known": 18, "new": 2, "status": 200,
          "seconds": 0.31}, "200: 20 entries, 18 known, 2 new; 0.3 s"),
        ({"outcome": Outcome.READ, "entries": 1, "known": 1, "changed": 1, "status": 200},
         "200: 1 entry, 1 known, 0 new, 1 changed"),
        ({"outcome": Outcome.READ, "entries": 9, "new": 9, "blind": True, "status": 200},
         "200: 9 entries, 0 known, 9 new; coverage gap: no entry in common with the poll before"),
        ({"outcome": Outcome.UNCHANGED, "status": 304, "seconds": 1.26}, "304: unchanged; 1.3 s"),
        ({"outcome": Outcome.UNCHANGED, "status": 200, "moved": "https://b.test/"},
         "200: unchanged; answered by https://b.test/"),
        ({"outcome": Outcome.FAILED, "status": 503, "reason": "503 Service Unavailable"},
         "503 Service Unavailable"),
        ({"outcome": Outcome.FAILED, "status": 200, "reason": "a web page, not a feed"},
         "200: a web page, not a feed"),
        ({"outcome": Outcome.FAILED, "reason": "no such host"}, "no such host"),
    ],
)  # fmt: skip
def test_a_poll_in_words(poll: dict[str, Any], words: str) -> None:
    assert describe_poll(Poll(at=NOW, **poll)) == words


def test_an_alert_about_a_feed_is_not_marked_as_undated() -> None:
    newsroom = FakeNewsroom(8)
    newsroom.published = lambda n: None
    newsroom.about_feeds = {8}
    article, feed = newsroom.alerts([7, 8])
    rows = (ListedStory(StoryAlerts((alert,)), alert) for alert in (article, feed))
    marks = [
        "".join(text for text, _ in story_row(row, alert_columns(80), NOW, None)) for row in rows
    ]
    assert ["∅" in mark for mark in marks] == [True, False]
