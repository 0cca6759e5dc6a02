"""Search, feeds, help, palette; and text that would like to be more than text."""

from __future__ import annotations

from typing import Any

import pytest
from support.dashboard_driver import drive, lines, screen, sees, until
from support.fake_newsroom import FakeNewsroom, failing
from textual.pilot import Pilot
from textual.widgets import Input

from monitor.model.watchlist import Severity
from tui import key_labels
from tui.app import DashboardApp
from tui.base_app import BaseApp
from tui.screens import dialogs, help
from tui.screens.alert_filter import AlertFilterScreen
from tui.screens.archive import ArchiveScreen
from tui.screens.feeds import FeedsScreen
from tui.screens.main import MainScreen
from tui.screens.panes import ArticleScreen, PaneScreen
from tui.screens.status_details import DeliveriesDialog
from tui.screens.triage import TriageScreen
from tui.screens.watchlist_form import WatchlistForm
from tui.widgets.alert_stream import AlertStream
from tui.widgets.feed_list import FeedPane, FeedTable
from tui.widgets.line_list import CheckList, LineList
from tui.widgets.reader import Reader, ScrollText
from tui.widgets.search_results import ResultList
from tui.widgets.watchlist_pane import WatchlistPane

HOSTILE = [
    "[/] [MAJ] Grève [vidéo]",
    "[@click=app.quit]ici[/] [red]rouge",
    "\x1b]52;c;cGF5bG9hZA==\x07 titre \x1b[2J \x9b31m a\u202eb\u200bc\U000e0041d\x00e\x85f",
    "e" + "\u0301" * 60 + " 👨‍👩‍👧 日本語 \ud800" + "x" * 5000,
    "",
]


def test_a_screen_that_opened_without_the_focus_takes_keys() -> None:
    """A driver as in a browser, whose page reports the focus later."""

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        assert app.screen.focused is None
        await pilot.press("j")
        assert isinstance(app.screen.focused, AlertStream)
        assert app.screen.focused.cursor == 1

    drive(FakeNewsroom(4), script, has_focus=False)


# --- search ------------------------------------------------------------------------


def test_earlier_and_saved_searches_are_at_hand() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", "c", "h")
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        await until(pilot, lambda: search.history_loaded)
        await pilot.press("up")
        assert search.input.value == "Alibaba"
        await pilot.press("up", "up")
        assert search.input.value == "puces"
        await pilot.press("down", "down")
        assert search.input.value == "ch"
        search.input.value = "@mesgrèves"
        await pilot.press("enter")
        await until(pilot, lambda: search.results.row_count == 10)
        await sees(pilot, app, "best first")
        await until(pilot, lambda: newsroom.noted[0].query == "@mesgrèves")
        await pilot.press("slash")
        search.input.value = "@none"
        await sees(pilot, app, "@Mes grèves")

    newsroom = FakeNewsroom(40)
    drive(newsroom, script)


@pytest.mark.parametrize(
    ("query", "completed"),
    [("@me", "@Mes grèves"), ("chips fe", "chips feed:"), ("feed:reu", "feed:Reuters")],
)
def test_a_query_is_proposed_to_go_on(query: str, completed: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash")
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        search.input.value = query
        search.input.cursor_position = len(query)
        await until(pilot, lambda: search.input._suggestion)
        await pilot.press("right")
        assert search.input.value.casefold() == completed.casefold()

    drive(FakeNewsroom(4), script)


def test_search_finds_as_one_types_and_opens_with_its_matches() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"orly")
        await sees(pilot, app, "10 found, newest first")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "stream")
        await pilot.press("j", "enter")
        search = app.screen
        assert isinstance(search, ArchiveScreen)
        await until(pilot, lambda: search.reader.details)
        await sees(pilot, app, "1 match")
        await pilot.press("escape")
        assert app.screen is search
        await pilot.press("escape")
        assert app.screen is app.main_screen

    drive(FakeNewsroom(40), script)


def test_a_mistake_is_shown_under_its_column() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"gr", "left_parenthesis")
        await sees(pilot, app, "never closed")
        query, note = lines(app)[1:3]
        assert note.index("^") == query.index("(")

    drive(FakeNewsroom(40), script)


def test_trouble_of_the_archive_is_told_as_plain_text() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"broken")
        await sees(pilot, app, "segment [red]7 is damaged")
        assert "\x1b" not in screen(app)

    drive(FakeNewsroom(4), script)


# --- feeds ---------------------------------------------------------------------------


def test_feeds_are_listed_with_their_reasons_and_polled() -> None:
    newsroom = FakeNewsroom(40)
    failing(newsroom, 1, "answers 503; asked again in 2m")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        await sees(pilot, app, "answers 503; asked again in 2m")
        await pilot.press("r")  # the worst is first
        await until(pilot, lambda: newsroom.polled)
        assert newsroom.polled == ["https://1.example/rss"]
        await sees(pilot, app, "4 in a row")
        await pilot.press("y")
        assert app.clipboard == "https://1.example/rss"

    drive(newsroom, script)


# --- keys ----------------------------------------------------------------------------

PLACES = [
    BaseApp,
    DashboardApp,
    PaneScreen,
    TriageScreen,
    AlertFilterScreen,
    MainScreen,
    ArchiveScreen,
    FeedsScreen,
    LineList,
    ScrollText,
    DeliveriesDialog,
    dialogs.Dialog,
    help.HelpDialog,
    WatchlistForm,
    CheckList,
    WatchlistPane,
]


def test_help_lists_every_binding_once() -> None:
    listed = [
        (shown, does) for _, block in help.key_sections(DashboardApp) for shown, does in block
    ]
    bindings = [key for place in PLACES for key in key_labels.binding_help(place)]
    assert sorted(listed) == sorted(bindings)
    text = "\n".join(
        "".join(word for word, _ in line)
        for line in help.help_lines(help.key_sections(DashboardApp), 60)
    )
    for _, does in bindings:
        assert " ".join(does.split()[:3]) in text


@pytest.mark.parametrize("cells", [70, 99])
def test_one_column_of_help_takes_the_width(cells: int) -> None:
    text = [
        "".join(word for word, _ in line)
        for line in help.help_lines(help.key_sections(DashboardApp), cells)
    ]
    assert any("Decide about one watchlist of this story" in line for line in text)
    assert all(len(line) <= cells for line in text)


@pytest.mark.parametrize(
    ("way", "first"),
    [
        ([], "Alerts"),
        (["3"], "Articles and panes"),
        (["1"], "Watchlists"),
        (["e"], "Feeds"),
        (["slash", "g", "enter"], "Archive search"),
    ],
)
def test_help_begins_with_the_keys_of_the_pane_it_is_asked_from(way: list[str], first: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press(*way)
        await until(pilot, lambda: app.focused is not None and app.focused.id != "query")
        await pilot.press("question_mark")
        await sees(pilot, app, "─ Keys ─")
        await until(pilot, lambda: f"│ {first} " in "".join(lines(app)[1:4]))

    drive(FakeNewsroom(4), script, size=(80, 24))


def test_help_is_searched_by_words_and_by_keys() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("question_mark", "slash", *"star remove")
        await sees(pilot, app, "Add or remove the star")
        await sees(pilot, app, "Acknowledge (mark as read)", absent=True)
        await pilot.press(*(["backspace"] * 11), "A", "enter")
        await sees(pilot, app, "Acknowledge (mark as read) all that")
        await pilot.press("escape")
        await sees(pilot, app, "Write a note")
        await pilot.press("escape")
        assert app.screen is app.main_screen

    drive(FakeNewsroom(4), script)


def test_the_settings_file_gives_actions_other_keys_which_bar_and_help_show() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, "f2 Ack")
        await pilot.press("a")
        assert not newsroom.triaged
        await pilot.press("f2")
        await until(pilot, lambda: newsroom.triaged)
        await pilot.press("question_mark")
        await sees(pilot, app, "f2  Acknowledge (mark as read), and")

    newsroom = FakeNewsroom(40)
    drive(newsroom, script, keymap={"acknowledge": "f2"})


def test_no_class_of_ours_has_keys_that_help_does_not_know() -> None:
    import importlib
    import pkgutil

    import tui

    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and value.__module__.startswith("tui."):
                assert not key_labels.own_bindings(value) or value in PLACES, value


@pytest.mark.parametrize(
    "place",
    [
        (BaseApp, DashboardApp, PaneScreen, TriageScreen, AlertFilterScreen, MainScreen),
        (BaseApp, DashboardApp, PaneScreen, FeedsScreen),
    ],
)
def test_no_key_of_a_screen_is_bound_twice(place: tuple[type, ...]) -> None:
    bound = [
        key for node in place for b in key_labels.own_bindings(node) for key in b.key.split(",")
    ]
    assert len(bound) == len(set(bound))


PANES = {
    MainScreen: {
        "stream": AlertStream, "reader": Reader, "watchlists": WatchlistPane, "feeds": FeedPane,
        "filter": Input,
    },
    ArchiveScreen: {"query": Input, "stream": ResultList, "reader": Reader},
    FeedsScreen: {"stream": FeedTable, "reader": Reader, "find": Input},
    ArticleScreen: {"reader": Reader},
}  # fmt: skip


@pytest.mark.parametrize("node", PANES)
def test_every_pane_has_a_bar_whose_labels_have_keys(node: type[MainScreen]) -> None:
    assert node.BARS.keys() == PANES[node].keys()
    for pane, entries in node.BARS.items():
        shown = key_labels.key_bar_entries(entries, DashboardApp, node, PANES[node][pane])
        assert len(shown) == len(entries)


def test_the_bar_belongs_to_the_pane_with_the_focus() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        bar = lines(app)[-1]
        assert "x Noise" in bar and len(bar.rstrip()) > 100
        await pilot.press("ampersand")
        await sees(pilot, app, "F Show all")
        assert "Noise" not in lines(app)[-1]
        await pilot.press("f")
        await sees(pilot, app, "Keep the filter")
        await pilot.press("escape", "slash")
        await sees(pilot, app, "Earlier query")
        assert "Sort" not in lines(app)[-1]
        await pilot.press(*"grève", "enter")
        await sees(pilot, app, "^o Sort")

    drive(FakeNewsroom(40), script)


def test_the_bar_does_what_its_keys_do() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        last = lines(app)[-1]
        await pilot.click(offset=(last.index("Help"), 39))
        assert isinstance(app.screen, help.HelpDialog)
        await pilot.press("escape")
        assert app.screen is app.main_screen

    drive(FakeNewsroom(4), script)


def test_the_key_bar_shows_arrows_as_they_are_printed() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash")
        await sees(pilot, app, "↓ To the results")

    drive(FakeNewsroom(4), script)


def test_the_palette_runs_what_it_names() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"chips")
        await sees(pilot, app, "Show chips")
        await pilot.press("enter")
        await until(pilot, lambda: app.main_screen.current_filter.text == "watch:chips")

    drive(FakeNewsroom(40), script)


def test_the_palette_offers_first_what_begins_with_the_typed_word() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"feeds")
        await sees(pilot, app, "Feeds")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.main_screen.query_one("#feeds"))

    drive(FakeNewsroom(4), script)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("history", "Show who changed it, and when"),
        ("note", "Write a note"),
        ("top", "First row"),  # its name, and not what has `stop` in it
        ("next-new", "Go to the next new (unread) story"),
        ("mark all read", "Acknowledge (mark as read) all that the filter shows"),
        ("deliveries", "Show deliveries that are not sent"),
        ("SHOW CHIPS", "Show chips"),
        ("grev", "Show grève"),
    ],
)
def test_the_palette_finds_commands_by_their_words_and_names(typed: str, first: str) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon")
        await sees(pilot, app, "Commands")
        await pilot.press(*typed)
        await until(pilot, lambda: first in "".join(lines(app)[4]))

    drive(FakeNewsroom(40), script)


@pytest.mark.parametrize("typed", ["aliases", "pulse", "ctx", "fds", "cm", "oll"])
def test_the_palette_finds_no_scattered_letters_and_runs_nothing_then(typed: str) -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *typed, "enter")
        await sees(pilot, app, "No command has a word that begins so.")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main_screen)
        assert not newsroom.triaged

    assert drive(newsroom, script).return_value is None


def test_the_palette_has_the_keys_of_the_pane_with_the_focus() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for pane, command in (("1", "Edit this watchlist"), ("2", "Last row")):
            await pilot.press(pane, "colon", *command[:8])
            await sees(pilot, app, command)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main_screen)

    drive(FakeNewsroom(4), script)


def test_the_palette_quits_as_other_programs_do() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"q!")
        await sees(pilot, app, "Quit, and stop the monitor")
        await pilot.press("enter")

    assert drive(FakeNewsroom(4), script).return_value == "quit"


def test_the_palette_shows_gaps_from_the_main_screen() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"gaps")
        await sees(pilot, app, "Show ")
        await pilot.press("enter")
        await sees(pilot, app, "Coverage gaps")
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.main_screen)

    drive(FakeNewsroom(4), script)


def test_the_palette_names_no_command_that_the_help_does_not() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"scroll")
        await sees(pilot, app, "No command has a word that begins so.")

    drive(FakeNewsroom(4), script)


# --- hostile text ----------------------------------------------------------------------


@pytest.mark.parametrize("title", HOSTILE)
def test_text_from_feeds_is_only_text(title: str) -> None:
    newsroom = FakeNewsroom(8, title=lambda n: title)
    failing(newsroom, 0, title)
    newsroom.config_error = newsroom.network_down = title
    contents: list[str] = []

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.main_screen.show_message(title, error=True)
        steps = "w|escape|f|escape|e|j|enter|escape|escape|slash|x|escape|colon|escape|1|3|4|2|T"
        await until(pilot, lambda: app.main_screen.reader.details)
        contents.append(screen(app))
        for key in steps.split("|"):
            await pilot.press(key)
            contents.append(screen(app))
        assert app.is_running

    assert drive(newsroom, script).return_value is None
    content = "\n".join(contents)
    if "[" in title and "\x1b" not in title:
        assert title[:18] in content
    assert not [c for c in content if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
    assert not set(content) & set("\u202e\u200b\ud800\U000e0041")
    assert "cGF5bG9hZA" not in content


def test_the_palette_takes_the_name_of_a_watchlist_as_text() -> None:
    newsroom = FakeNewsroom(8)
    newsroom.lists = [("[/] dossier [red]", Severity.HIGH), *newsroom.lists]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"dossier")
        await sees(pilot, app, "Show [/] dossier [red]")

    drive(newsroom, script)


def test_no_file_of_ours_gives_a_string_to_a_parser_of_markup() -> None:
    from pathlib import Path

    import tui

    for path in Path(tui.__path__[0]).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for call in ("Static(", "Label(", "from_markup", "DataTable(", "OptionList("):
            assert call not in source, f"{path.name}: {call}"
