"""The reader: how text is broken, why an article is here, who else tells it, what was edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from support.dashboard_driver import drive, lines, screen, sees, until
from support.fake_newsroom import NOW, FakeNewsroom
from textual.pilot import Pilot

from index.article import Article
from monitor.model.alert import Escalation, Lost, Outlet, StoryTimeline
from monitor.model.article import ArticleDetails
from monitor.model.severity import Severity
from monitor.service.article_revisions import CAME, GONE, SAME, ArticleRevision, DiffPart
from tui.app import Tocsin
from tui.screens.article import ArticleScreen, Edits, Outlets
from tui.view.article_page import edited, lay_out
from tui.view.line_breaking import breaks
from tui.view.story_page import sections
from tui.view.styled_text import Line, width

HOSTILE = "[/]\x1b]52;c;cGF5bG9hZA==\x07\x1b[2J\u202e日本" * 9


def said(page: Any) -> str:
    return "\n".join("".join(word for word, _ in line) for line in page)


# --- lines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cells", "broken"),
    [
        ("une affaire : oui", 11, ["une ", "affaire : ", "oui"]),
        ("dit « non » hier", 8, ["dit ", "« non » ", "hier"]),
        ("à 20\u00a0000\u202f€ net", 8, ["à ", "20\u00a0000\u202f€ ", "net"]),
        ("阿里巴巴，列日。", 8, ["阿里巴", "巴，列", "日。"]),
        ("ja 「はい」だ", 8, ["ja 「は", "い」だ"]),
        ("vu https://a.example/une/deux?q=1", 16, ["vu https://a.", "example/une/", "deux?q=1"]),
        ("Alibaba阿里", 9, ["Alibaba阿", "里"]),
    ],
)
def test_where_lines_end(text: str, cells: int, broken: list[str]) -> None:
    found = [text[a:b] for a, b in breaks(text, cells)]
    assert "".join(found) == text
    assert found == broken


# --- the page ----------------------------------------------------------------------


def reading(**changes: Any) -> ArticleDetails:
    article = Article(
        id=1, feeds=(1,), url="https://a.example/1", title="Titre", summary="", seen=NOW
    )
    return replace(ArticleDetails(article=article, feed="Le Monde", alerts=()), **changes)


def telling(*others: Outlet, elsewhere: tuple[Outlet, ...] = ()) -> StoryTimeline:
    first = Outlet(name="Le Monde", article=1, seen=NOW, lag=0.0, published=NOW - 60, lang="fr")
    return StoryTimeline((first, *others), elsewhere)


def test_other_outlets_stand_in_order_with_how_much_later_and_how() -> None:
    told = telling(
        Outlet(name="AFP", article=2, seen=NOW + 240, lag=240.0, copied=True),
        Outlet(name="Le Soir", article=3, seen=NOW + 7200, lag=7200.0, published=NOW - 3600),
        elsewhere=(Outlet(name="Reuters", article=9, seen=NOW, lag=0.0, lang="en"),),
    )
    page = lay_out(reading(telling=told), (), 100, UTC)
    rows = [line for line in said(page.lines).split("\n") if "2026" in line or "Also" in line][1:]
    assert [" ".join(row.split()[:4]) for row in rows[:3]] == [
        "▸ first Le Monde",
        "+4 min AFP copied",
        "+2 h Le Soir",
    ]
    assert rows[2].split()[4:6] == ["own", "words"]
    assert "published first by Le Soir, 59 min before" in said(page.lines)
    assert rows[3] == "Also in English"
    assert [article for _, article in page.links] == [1, 2, 3, 9]
    for line, article in page.links:
        assert {1: "Le Monde", 2: "AFP", 3: "Le Soir", 9: "Reuters"}[article] in said(
            [page.lines[line]]
        )


def test_an_article_of_one_outlet_says_nothing_of_others() -> None:
    assert not lay_out(reading(telling=telling()), (), 80, UTC).links
    assert "outlet" not in said(lay_out(reading(), (), 80, UTC).lines)


def test_what_became_of_an_alert_is_said() -> None:
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    step = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=NOW, severity=Severity.MEDIUM
    )
    became = replace(
        alert,
        escalations=(step,),
        lost=(Lost("grève", NOW),),
        held="cooldown",
        held_until=NOW + 600,
    )
    page = said(lay_out(reading(alerts=(became,)), (), 100, UTC).lines)
    assert "↑ 5 outlets at 2026-11-24 23:30 UTC, was medium" in page
    assert "! grève: no longer in the text since 2026-11-24 23:30 UTC" in page
    assert "nobody is told: cooldown until 2026-11-24 23:40 UTC" in page
    assert "Espionnage: terme (title), grève (body)" in page


def test_what_is_odd_about_dates_and_pages_is_said() -> None:
    odd = reading(versions=3, page_trouble="403 Forbidden", page_retry=NOW + 600)
    page = said(lay_out(odd, (), 120, UTC).lines)
    assert "? undated, first seen 2026-11-24 23:30 UTC" in page
    assert "version 3, D shows what changed" in page
    assert "Page not read: 403 Forbidden; again 2026-11-24 23:40 UTC" in page


@pytest.mark.parametrize("cells", [10, 38, 80, 200])
def test_no_line_is_wider_than_the_reader(cells: int) -> None:
    outlets = [Outlet(name=HOSTILE, article=n, seen=NOW, lag=9e9, lang=HOSTILE) for n in (1, 2)]
    told = StoryTimeline(tuple(outlets), tuple(outlets))
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    alert = replace(alert, watchlist=HOSTILE, lost=(Lost(HOSTILE, 1e99),))
    odd = reading(telling=told, feed=HOSTILE, alerts=(alert,), page_trouble=HOSTILE)
    page: list[Line] = list(lay_out(odd, (), cells, UTC).lines)
    for section in sections(told, 1, cells, UTC):
        page += [line for _, line in section.tellers]
        assert "\x1b" not in section.heading
    page += edited(HOSTILE, [edit(HOSTILE)], cells, UTC)
    widest = max(width([("".join(word for word, _ in line).rstrip(), "")]) for line in page)
    assert widest <= max(cells, 15)
    assert not set(said(page)) & set("\x1b\x07\u202e")


def edit(words: str) -> ArticleRevision:
    pieces = [
        DiffPart(SAME, "a "),
        DiffPart(GONE, words),
        DiffPart(CAME, "neuf"),
        DiffPart(SAME, " b"),
    ]
    return ArticleRevision(version=2, at=NOW, parts={"body": pieces}, went=(("Grèves", words),))


def test_an_edit_shows_what_went_and_what_came_without_colours_too() -> None:
    page = edited("Titre", [edit("grève")], 80, UTC)
    assert "a [-grève-]{+neuf+} b" in said(page)
    assert "Edit 1 · 2026-11-24 23:30 UTC" in said(page)
    assert "No longer there: grève (Grèves)" in said(page)
    assert ("[-grève-]", "gone") in [run for line in page for run in line]
    assert "Not edited" in said(edited("Titre", [], 80, UTC))


# --- on the screen -----------------------------------------------------------------


def test_another_outlets_article_is_read_and_one_comes_back() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await until(pilot, lambda: app.desk.reader.reading)
        await pilot.press("O")
        await until(pilot, lambda: isinstance(app.screen, Outlets))
        await sees(pilot, app, "The same story in 2 outlets")
        await pilot.press("k", "enter")  # the cursor began on the one at hand
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
        aside = app.screen
        assert isinstance(aside, ArticleScreen)
        await until(pilot, lambda: aside.reading and aside.reading.article.id == 39)
        await pilot.press("right_square_bracket")
        await sees(pilot, app, "match 1/")
        await pilot.press("J")
        await until(pilot, lambda: aside.reading and aside.reading.article.id == 40)
        await pilot.press("y")
        assert app.clipboard == "https://news.example/40"
        await pilot.press("escape")
        assert app.screen is app.desk

    drive(FakeNewsroom(40), script)


def test_the_outlet_under_the_mouse_is_opened() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await until(pilot, lambda: app.desk.reader.reading)
        await pilot.press("3", "z", "G")
        await sees(pilot, app, "Also in English")
        await pilot.pause()
        row = next(n for n, line in enumerate(lines(app)) if "+4 min" in line)
        await pilot.click(offset=(20, row - 1))
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
        await sees(pilot, app, "https://news.example/39")

    drive(FakeNewsroom(40), script)


def test_edits_are_shown() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        await pilot.press("j", "j")
        await until(pilot, lambda: app.desk.reader.reading and app.desk.subject == (2, URL))
        await until(pilot, lambda: app.desk.reader.reading.article.id == 2)  # type: ignore[union-attr]
        await sees(pilot, app, "version 2, D shows what changed")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, Edits))
        await sees(pilot, app, "[-Une-]{+Le mouvement de+} grève")
        await pilot.press("escape", "k", "D")
        await sees(pilot, app, "Not edited since it was first seen.")

    newsroom = FakeNewsroom(4)
    newsroom.start = 4
    drive(newsroom, script)


URL = "https://news.example/2"


def test_the_place_is_kept_when_an_article_is_read_again_or_the_screen_changes() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        reader = app.desk.reader
        await until(pilot, lambda: reader.reading)
        await pilot.press("3", "z", "space")
        before = reader.scroll_y
        assert before > 5
        await app.desk.read()
        await pilot.pause()
        assert reader.scroll_y == before
        share = before / len(reader._lines)
        await pilot.resize_terminal(60, 40)
        await until(pilot, lambda: reader._cells < 60)
        await pilot.pause()
        assert abs(reader.scroll_y / len(reader._lines) - share) < 0.1

    drive(FakeNewsroom(40), script)


def test_an_article_that_was_dropped_is_said_to_be_gone() -> None:
    async def script(pilot: Pilot[Any], app: Tocsin) -> None:
        app.push_screen(ArticleScreen(app.newsroom, 999))
        await sees(pilot, app, "Article 999 is not in the archive")
        await pilot.press("O", "D", "w", "o", "y", "escape")
        assert app.is_running
        assert "Alerts" in screen(app)

    drive(FakeNewsroom(4), script)
