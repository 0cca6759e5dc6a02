"""The reader: how text is broken, why an article is here, who else tells it, what was edited."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.model.search import SearchHit
from tui.app import DashboardApp
from tui.screens.dialogs import ChoiceDialog, PageDialog
from tui.screens.panes import ArticleScreen

# --- on the screen -----------------------------------------------------------------


def test_similar_articles_are_listed_and_read() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.reader.details)
        await pilot.press("M")
        await sees(pilot, app, "No articles can be compared")
        await pilot.press("end")
        await until(pilot, lambda: (d := app.main_screen.reader.details) and d.article.id <= 30)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await sees(pilot, app, "0.90 ")
        assert "0.80 " not in screen(app), "many articles are as like"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))

    drive(FakeNewsroom(40), script)


def test_what_is_no_more_alike_than_many_others_is_not_listed() -> None:
    class Unlike(FakeNewsroom):
        def similar(self, article: int, limit: int) -> list[SearchHit]:
            return [replace(hit, score=0.82) for hit in super().similar(1, limit)]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.reader.details)
        await pilot.press("M")
        await sees(pilot, app, "Nothing similar enough.")

    drive(Unlike(40), script)


def test_another_outlets_article_is_read_and_one_comes_back() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.reader.details)
        await pilot.press("O")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await sees(pilot, app, "The same story in 2 outlets")
        await pilot.press("k", "enter")  # the cursor began on the current match
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
        view = app.screen
        assert isinstance(view, ArticleScreen)
        await until(pilot, lambda: view.reader.details and view.reader.details.article.id == 39)
        await pilot.press("right_square_bracket")
        await sees(pilot, app, "match 1/")
        await pilot.press("J")
        await until(pilot, lambda: view.reader.details and view.reader.details.article.id == 40)
        await pilot.press("y")
        assert app.clipboard == "https://news.example/40"
        await pilot.press("escape")
        assert app.screen is app.main_screen

    drive(FakeNewsroom(40), script)


def test_merged_alerts_are_one_key_away() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "1 alert merged into this one, O shows which")
        await pilot.press("O")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await sees(pilot, app, "1 alert merged into this one, not notified")
        await pilot.press("home", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
        view = app.screen
        assert isinstance(view, ArticleScreen)
        await until(pilot, lambda: view.reader.details and view.reader.details.article.id == 37)
        await sees(pilot, app, "not notified: a copy; alert a40 stands for it")
        await pilot.press("O")
        await sees(pilot, app, "Merged into the alert of another article")

    room = FakeNewsroom(40)
    room.merged = {37: 40}
    drive(room, script)


def test_edits_are_shown() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("j", "j")
        await until(
            pilot, lambda: app.main_screen.reader.details and app.main_screen.target == (2, URL)
        )
        await until(pilot, lambda: app.main_screen.reader.details.article.id == 2)  # type: ignore[union-attr]
        await sees(pilot, app, "1 revision, D shows them")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, PageDialog))
        await sees(pilot, app, "[-Une-]{+Le mouvement de+} grève")
        await pilot.press("escape", "k", "D")
        await sees(pilot, app, "No revision since it was first seen.")

    newsroom = FakeNewsroom(4)
    newsroom.start = 4
    drive(newsroom, script)


URL = "https://news.example/2"


def test_the_place_is_kept_when_an_article_is_read_again_or_the_screen_changes() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        reader = app.main_screen.reader
        await until(pilot, lambda: reader.details)
        await pilot.press("3", "z", "space")
        before = reader.scroll_y
        assert before > 5
        await app.main_screen.show_article()
        await pilot.pause()
        assert reader.scroll_y == before
        share = before / len(reader._lines)
        await pilot.resize_terminal(60, 40)
        await until(pilot, lambda: reader._cells < 60)
        await pilot.pause()
        assert abs(reader.scroll_y / len(reader._lines) - share) < 0.1

    drive(FakeNewsroom(40), script)


def test_an_article_that_was_dropped_is_said_to_be_gone() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.push_screen(ArticleScreen(app.newsroom, 999, ()))
        await sees(pilot, app, "Article 999 is not in the archive")
        await pilot.press("O", "D", "w", "o", "y", "escape")
        assert app.is_running
        assert "Alerts" in screen(app)

    drive(FakeNewsroom(4), script)


def reads(app: DashboardApp) -> int:
    """Return the id of the article in the reader, 0 for none."""
    details = app.main_screen.reader.details
    return details.article.id if details else 0


def test_the_first_step_to_a_match_opens_the_reader_and_goes_there() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for key, article in (("j", 39), ("j", 38), ("k", 39), ("k", 40)):
            await pilot.press("escape", key)
            await until(pilot, lambda number=article: reads(app) == number)  # type: ignore[misc]
            await pilot.press("left_square_bracket", "g")
            await until(pilot, lambda: re.search(r"match \d+/\d+", screen(app)), 20)
            match = re.search(r"match (\d+)/(\d+)", screen(app))
            assert match
            assert match[1] == match[2], "back from the top is the last match"

    drive(newsroom, script, size=(80, 24))
