"""The archive screen: what is asked, answered, reckoned, narrowed and kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from support.dashboard_driver import drive, lines, screen, sees, until
from support.fake_newsroom import NOW, FakeNewsroom
from textual.pilot import Pilot

from index.errors import QueryError
from index.query.parser import parse_query
from index.query.suggestions import suggested_name
from monitor.base.article import Article
from monitor.config.loading import load
from monitor.model.config import SavedSearch
from monitor.model.search import SearchHit, Share
from monitor.model.watchlist import Severity
from monitor.presentation.spans import Line, width
from monitor.storage.search.query_resolution import narrow_query
from tui.app import DashboardApp
from tui.data.query_history import resolve_saved
from tui.screens.archive import QUERY_PAUSE, ArchiveScreen
from tui.screens.dialogs import ChoiceDialog, LineDialog
from tui.screens.panes import ArticleScreen
from tui.screens.watchlist_form import WatchlistForm
from tui.view.search import EXAMPLES, facet_clause, facet_rows, result_row
from tui.view.trends import GAP_BAR, UNCERTAIN_BAR

FILE = "feeds: [https://a.example/rss]  # ours\nwatchlists: [Alibaba]\n"


def words(line: Line) -> str:
    return "".join(text for text, _ in line)


# --- what is asked -------------------------------------------------------------------


def test_a_saved_search_is_narrowed_by_the_words_behind_its_name() -> None:
    saved: Sequence[SavedSearch] = FakeNewsroom().saved_searches()
    assert resolve_saved(saved, "@MES greves") == ("grève", "score")
    assert resolve_saved(saved, "@mes grèves orly OR liège") == ("grève (orly OR liège)", "score")
    assert resolve_saved(saved, "@mes") is None


def test_a_narrowed_query_means_both() -> None:
    assert narrow_query("a OR b", ['feed:"Le Soir"']) == '(a OR b) feed:"Le Soir"'
    assert narrow_query("a", []) == "a"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("(Liège OR Bierset) since:7d", "Liège Bierset"),
        ('feed:"Le Soir" "sûreté de l\'État" NEAR/5 chips', "sûreté de l'État chips"),
        ("(", ""),
    ],
)
def test_a_query_is_named_by_its_words(query: str, name: str) -> None:
    assert suggested_name(query) == name


# --- rows ------------------------------------------------------------------------------


def search_hit(title: str = "La grève dure", **changes: Any) -> SearchHit:
    article = Article(id=1, feeds=(1,), url="", title=title, summary="", seen=NOW, published=NOW)
    base = SearchHit(article, "Le Monde", 1.0, (("title", 3, 8),), "… la grève, dit-il", ((5, 10),))
    return replace(base, **changes)


def test_a_result_shows_its_alert_its_matches_and_the_words_around() -> None:
    line = result_row(search_hit(), Severity.HIGH, 120, NOW, UTC)
    assert [text for text, ink in line if ink == "hit"] == ["grève", "grève"]
    assert ("▲ ", "high") in line
    assert width(line) == 120
    narrow = result_row(search_hit(), None, 50, NOW, UTC)
    assert [text for text, ink in narrow if ink == "hit"] == ["grève"]
    assert width(narrow) == 50


@given(st.text(max_size=80), st.integers(12, 160))
def test_rows_fit_whatever_is_in_them(title: str, cells: int) -> None:
    hit = search_hit(title, feed=title, snippet=title * 3)
    assert width(result_row(hit, Severity.LOW, cells, NOW, UTC)) <= cells
    for row in facet_rows(FakeNewsroom().facets(""), cells):
        assert not row.clause or width(row.line) <= max(cells, 26)


def test_facets_are_asked_for_in_the_query_language() -> None:
    rows = facet_rows(FakeNewsroom().facets(""), 80)
    assert [row.clause for row in rows if row.clause] == [
        'feed:"Le Monde"', "feed:AFP", "lang:fr", "lang:en", "watch:grève", "orly~",
    ]  # fmt: skip
    assert facet_clause("feed", 'a"b') == ""
    heading = "Words that stand out, from 8 of them: there are, expected"
    assert heading in [words(row.line) for row in rows]


# --- on the screen ---------------------------------------------------------------------


async def searching(pilot: Pilot[Any], app: DashboardApp, query: str) -> ArchiveScreen:
    """Search, and move the focus to the results."""
    await pilot.press("slash")
    search = app.screen
    assert isinstance(search, ArchiveScreen)
    search.input.value = query
    await pilot.press("enter")
    return search


def test_an_older_answer_never_stands_in_for_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.type_ahead.ANSWER_SECONDS", 0.0)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "alibaba")
        await until(pilot, lambda: newsroom.searches)
        await sees(pilot, app, "Searching…")
        search.input.focus()
        search.input.value = "espionnage"
        await until(pilot, lambda: "typing" in search._pauses)
        await pilot.press("enter")
        search.input.value = "chips"
        await pilot.press("enter")
        assert app.is_running  # keys are heard all the while
        slow.set()
        await until(pilot, lambda: search.results.hit)
        await sees(pilot, app, "US widens export")
        assert newsroom.searches == ["alibaba", "chips"]
        assert "Espionnage" not in "".join(lines(app)[4:12])

    slow = threading.Event()
    newsroom = FakeNewsroom(8)
    newsroom.slow["alibaba"] = slow
    drive(newsroom, script)


def test_keys_behind_enter_are_for_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.type_ahead.ANSWER_SECONDS", 120.0)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"alibaba", "enter", "j", "j", "ctrl+o")
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        await until(pilot, lambda: newsroom.searches)
        await sees(pilot, app, "Searching…")
        slow.set()
        await until(pilot, lambda: search.sort == "score")
        assert search.input.value == "alibaba"
        assert app.focused is search.results

    slow = threading.Event()
    newsroom = FakeNewsroom(40)
    newsroom.slow["alibaba"] = slow
    drive(newsroom, script)


def test_more_results_come_as_one_scrolls() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.results.row_count == 100)
        await sees(pilot, app, "250 found")
        await sees(pilot, app, "100 of 250")
        await pilot.press("G")
        await until(pilot, lambda: search.results.row_count == 200)
        assert search.results.cursor == 99
        await pilot.press("G")
        await until(pilot, lambda: search.results.row_count == 250)
        await pilot.press("G")
        assert search.results.hit is not None
        assert search.results.hit.article.id == 2
        await pilot.press("slash", "s")  # the letter belongs to the query
        assert search.input.value == "orlys"

    drive(FakeNewsroom(1000), script)


def test_the_time_of_the_results_is_drawn() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await searching(pilot, app, "orly")
        await sees(pilot, app, "coverage gap")
        assert GAP_BAR in screen(app) or UNCERTAIN_BAR in screen(app)

    drive(FakeNewsroom(40), script)


def test_facets_narrow_what_was_found() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly OR liège")
        await until(pilot, lambda: search.query_text)
        await pilot.press("tab") if search.input.has_focus else None
        await pilot.press("ctrl+f")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await sees(pilot, app, "Words that stand out")
        await pilot.press("g", "enter")  # a heading
        assert isinstance(app.screen, ChoiceDialog)
        await pilot.press("j", "enter")
        await until(pilot, lambda: search.query_text == '(orly OR liège) feed:"Le Monde"')
        assert search.input.value == search.query_text

    drive(FakeNewsroom(40), script)


def test_what_is_being_counted_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom, gate = FakeNewsroom(40), threading.Event()
    count = newsroom.facets
    monkeypatch.setattr(newsroom, "facets", lambda *args: gate.wait(60) and count(*args))

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.query_text)
        await pilot.press("tab") if search.input.has_focus else None
        await pilot.press("ctrl+f")
        await sees(pilot, app, "Counting…")
        gate.set()
        await sees(pilot, app, "Words that stand out")

    drive(newsroom, script)


def test_what_would_find_more_is_offered_and_taken() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "zzz")
        await sees(pilot, app, "Nothing found.")
        await sees(pilot, app, "+9  with grève~: greve, greves")
        await sees(pilot, app, "+9  without [x]")
        await pilot.press("enter")
        await until(pilot, lambda: search.query_text == "grève")
        await until(pilot, lambda: search.results.hit)
        await pilot.press("K", "enter")
        await until(pilot, lambda: app.focused is search.reader)

    drive(FakeNewsroom(40), script)


def test_enter_at_a_query_without_results_leads_to_what_finds_more() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"zzz", "enter")
        await sees(pilot, app, "Queries that find more; enter runs one:")
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        await until(pilot, lambda: app.focused is search.results)
        await pilot.press("enter")
        await until(pilot, lambda: search.query_text == "grève")
        assert search.input.value == "grève"

    drive(FakeNewsroom(40), script)


@pytest.mark.parametrize(
    ("heading", "entry", "query"),
    [
        ("Saved searches; enter runs one:", "@Mes grèves", "@Mes grèves"),
        ("Last queries; enter runs one:", "puces", "puces"),
        ("What a query can hold; enter runs one:", "title:strike", "title:strike"),
    ],
)
def test_an_archive_without_a_query_offers_some(heading: str, entry: str, query: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash")
        await sees(pilot, app, heading)
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        assert "The article under the cursor is read here." in screen(app)
        await pilot.press("down")
        indices = [i for i, text in enumerate(lines(app)) if text.strip(" │▌").startswith(entry)]
        row = indices[0] - search.results.scrollable_content_region.y
        await pilot.press(*["j"] * (row - search.results.cursor), "enter")
        await until(pilot, lambda: search.input.value == query)
        await sees(pilot, app, heading, absent=True)

    drive(FakeNewsroom(40), script)


def test_every_example_of_the_language_is_a_query() -> None:
    for query, _ in EXAMPLES:
        parse_query(query)


def test_a_search_is_saved_from_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.results.hit)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        assert app.screen.query_one("#line").value == "orly"  # type: ignore[attr-defined]
        await pilot.press("q", "enter")
        await until(pilot, lambda: app.screen is search)
        await sees(pilot, app, "@q runs this search again")
        await pilot.press("ctrl+s", "q", "enter")
        await sees(pilot, app, "a search is called `q` already")
        await pilot.press("escape")

    newsroom = FakeNewsroom(40)
    newsroom.config = path
    drive(newsroom, script)
    config = load(path)
    assert [(row.name, row.query.text) for row in config.searches] == [("q", "orly")]
    assert path.read_text().startswith(FILE.split("\n", maxsplit=1)[0])


def test_what_only_the_archive_knows_cannot_be_watched_for(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.results.hit)
        search.query_text = "orly since:7d"
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, WatchlistForm))
        await pilot.press("ctrl+s")
        await sees(pilot, app, "since: works in searches only; take it away")
        assert isinstance(app.screen, WatchlistForm)
        await pilot.press("escape")
        assert app.screen is search

    newsroom = FakeNewsroom(40)
    newsroom.config = path
    drive(newsroom, script)
    assert path.read_text() == FILE


def test_results_with_alerts_are_marked_and_other_outlets_opened() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.results._severities)
        marked_lines = [line for line in lines(app) if "● [MAJ]" in line]
        assert len(marked_lines) == len({n for n in range(1, 41) if n % 4 == 2 and n % 3 == 0})
        await until(pilot, lambda: search.reader.details)
        await pilot.press("O")
        await sees(pilot, app, "The same story")
        await pilot.press("k", "enter")
        await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
        await pilot.press("escape")
        assert app.screen is search

    drive(FakeNewsroom(40), script)


@pytest.mark.parametrize("written", ["日本 (", "gre\u0300ve (", "  port (", "x" * 100 + " ("])
def test_the_caret_stands_under_the_mistake_in_the_line(written: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, ArchiveScreen))
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        search.input.value = written[:-1]
        await pilot.press("end", "left_parenthesis")
        await sees(pilot, app, "this bracket is never closed")
        query, note = lines(app)[1], lines(app)[2]
        assert cell_len(query.partition("(")[0]) == cell_len(note.partition("^")[0]), (query, note)

    drive(FakeNewsroom(10), script, size=(80, 24))


def test_a_mistake_in_a_saved_search_is_told_with_its_query() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "@Mes")
        search.query_text = "grève ("
        search._show_error(QueryError("this bracket is never closed", 6))
        await sees(pilot, app, "this bracket is never closed in grève (")

    drive(FakeNewsroom(10), script)


HOSTILE = "[/] [red]rouge\x1b]52;c;cGF5bG9hZA==\x07\x1b[2J\x9b31m\u202e日本 " * 4


def test_hostile_words_are_only_words_wherever_they_are_from(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(FILE)
    contents: list[str] = []

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "rouge")
        await until(pilot, lambda: search.results._severities)
        for key in ("ctrl+f", "ctrl+s", *"WODw"):
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not search)
            await pilot.press("down")
            await pilot.pause(0.05)
            contents.append(screen(app))
            await pilot.press("escape")
        await pilot.press("enter", "z")
        contents.append(screen(app))
        search.input.value = "zzz"
        await pilot.press("z", "slash", "enter")
        await sees(pilot, app, "without [/] [red]rouge")
        contents.append(screen(app))

    newsroom = FakeNewsroom(8, title=lambda n: HOSTILE)
    newsroom.config = tmp_path / "feeds.yaml"
    share = (Share(HOSTILE, 3),)
    facets = replace(newsroom.facets(""), feeds=share, langs=share, watchlists=share)
    newsroom.facets = lambda query, limit=10: facets  # type: ignore[method-assign]
    suggestion = replace(newsroom.suggestions("", 0)[1], written=HOSTILE)
    newsroom.suggestions = lambda query, total: [suggestion]  # type: ignore[method-assign]
    drive(newsroom, script)
    content = "".join(contents)
    assert "[red]rouge" in content
    assert not [c for c in content if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
    assert not set(content) & set("\u202e\u200b")
    assert "cGF5bG9hZA" not in content


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 50)])
def test_every_size_will_do(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        search = await searching(pilot, app, "orly")
        await until(pilot, lambda: search.results.hit)
        await until(pilot, lambda: search.results._severities)
        assert "orly" in lines(app)[1]
        await pilot.press("j", "enter", "z", "z")
        for key in ("ctrl+f", "ctrl+s", *"Dw"):
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not search)
            await pilot.press("escape")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert search.results.cursor == 1

    drive(FakeNewsroom(40), script, size=size)


def test_a_query_that_was_entered_is_not_searched_again_as_if_typed() -> None:
    newsroom = FakeNewsroom(4)
    newsroom.slow["orly"] = threading.Event()

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash")
        archive = app.screen
        assert isinstance(archive, ArchiveScreen)
        archive.search_for("orly")
        await pilot.pause(2 * QUERY_PAUSE)
        newsroom.slow["orly"].set()
        await until(pilot, lambda: archive.current == "stream" and archive.results.has_focus)
        assert newsroom.searches == ["orly"]

    drive(newsroom, script)
