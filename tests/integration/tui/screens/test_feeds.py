"""The feeds screen: chosen, sorted, explained; added, let rest and removed in feeds.yaml."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.dashboard_driver import drive, lines, screen, sees, until
from support.fake_newsroom import NOW, FakeNewsroom, failing, feed_health
from support.newsroom import LOOPBACK, Item, rss
from support.scripted_server import Fault, Reply, Web
from textual.pilot import Pilot

from monitor.config.loading import load
from monitor.model.feed import Coverage, FeedHealth, Gap, GapKind, Health, Setting
from monitor.presentation.spans import Line, width
from tui.app import DashboardApp
from tui.data.newsroom import FeedSettings
from tui.screens.dialogs import ChoiceDialog, LineDialog
from tui.screens.feeds import FeedsScreen
from tui.view.feeds import (
    FEED_ORDERS,
    FeedBackground,
    feed_columns,
    feed_page,
    feed_table_row,
    gaps_page,
    select_feeds,
    state_rows,
)

HOSTILE = "[/]\x1b[2J\u202e日本" * 20


def words(line: Line) -> str:
    return "".join(text for text, _ in line)


def page_text(page: list[Line]) -> str:
    return "\n".join(map(words, page))


def rows() -> list[Any]:
    feeds = [feed_health(n, name) for n, name in enumerate(("b", "A", "c"))]
    bad = feed_health(3, "z", Health.FAILING, "503")
    paused = feed_health(4, "y", Health.PAUSED, "paused")
    state = replace(feeds[2].state, last_ok=None, next_due=NOW + 1)
    return [*feeds[:2], replace(feeds[2], state=state), paused, bad]


# --- pure ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("worst first", "zbAcy"),
        ("by name", "Abcyz"),
        ("longest not polled first", "cyzbA"),
        ("next due first", "cbAzy"),
        ("most articles first", "yzcAb"),
    ],
)
def test_feeds_in_each_order(order: str, names: str) -> None:
    at = [label for label, _key in FEED_ORDERS].index(order)
    assert "".join(feed.feed.name for feed in select_feeds(rows(), None, at)) == names


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("les echos", ["Les Échos"]),
        ("MONDE example", ["Le Monde"]),
        ("monde echos", []),
        ("ports", ["Le Monde"]),
        ("", ["Le Monde", "Les Échos"]),
    ],
)
def test_feeds_with_words_in_name_address_or_tags(words: str, names: list[str]) -> None:
    feeds = [feed_health(n, name) for n, name in enumerate(("Les Échos", "Le Monde"))]
    feeds[1] = replace(feeds[1], feed=replace(feeds[1].feed, tags=("ports",)))
    assert [feed.feed.name for feed in select_feeds(feeds, None, 1, words)] == names


def test_feeds_in_a_state() -> None:
    assert [feed.feed.name for feed in select_feeds(rows(), Health.PAUSED, 0)] == ["y"]
    assert [feed.feed.name for feed in select_feeds(rows(), Health.OK, 1, "c")] == ["c"]
    assert select_feeds(rows(), Health.OK, 0, "y") == [], "it is paused"
    assert [(health, words(line)) for health, line in state_rows(rows())] == [
        (None, "  all  5"), (Health.FAILING, "✗ failing  1"), (Health.OK, "✓ ok  3"),
        (Health.PAUSED, "‖ paused  1"),
    ]  # fmt: skip


def test_a_row_says_how_often_and_marks_what_tocsin_chose() -> None:
    feed = rows()[0]
    custom = replace(feed, feed=replace(feed.feed, every=3600.0))
    state = replace(feed.state, usual=86_400.0)
    daily = replace(feed, state=state)
    assert "~15m" in row(feed)
    assert " 1h " in row(custom)
    assert "daily" in row(daily)
    assert " – " in row(rows()[3])


def row(feed: FeedHealth, cells: int = 120) -> str:
    return words(feed_table_row(feed, cells, NOW, feed_columns(cells, [feed])))


def test_a_feed_that_is_well_says_once_when_it_is_read_next() -> None:
    well = replace(feed_health(0, "Les Échos"), words="ok, next in 4 s")
    assert "next in" not in row(well)
    assert "ok, next in" in row(well, 48)
    assert "503" in row(feed_health(3, "z", Health.FAILING, "503"))


def test_a_name_that_is_cut_anyway_leaves_its_room_to_the_reason() -> None:
    short, fits, long = (feed_health(0, name) for name in ("FT", "N" * 24, "N" * 60))
    assert feed_columns(75, [short, fits]).name == 24
    assert feed_columns(75, [short, long]).name == 18


def test_where_a_setting_is_from_is_said_in_french(french: None) -> None:
    background = FeedBackground(settings=(Setting("every", "15 s", "the feed"),))
    page = page_text(feed_page(rows()[0], background, 80, NOW, UTC))
    assert "15 s (le flux)" in page


def test_names_and_habits_leave_their_room_to_the_reason() -> None:
    reason = "nothing new for 3,611 d, usually every 2 h; next in 5 min"
    assert reason in row(feed_health(0, "Les Échos", Health.FAILING, reason))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_the_header_stands_over_its_columns(size: tuple[int, int]) -> None:
    room = FakeNewsroom(8)
    room.feeds = lambda: [  # type: ignore[method-assign]
        feed_health(0, "Les Échos", Health.FAILING, "503 again")
    ]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await sees(pilot, app, "503 again")
        await sees(pilot, app, "reason")
        header = next(line for line in lines(app) if "reason" in line)
        feed = next(line for line in lines(app) if "503 again" in line)
        assert header.index("reason") == feed.index("503 again")

    drive(room, script, size=size)


def test_a_feed_in_full() -> None:
    feed = rows()[0]
    background = FeedBackground(
        gaps=(
            Gap(feed=feed.feed, start=NOW - 7200, end=NOW - 3600, kind=GapKind.BLIND),
            Gap(feed=feed.feed, start=NOW - 600, end=None, kind=GapKind.DOWN),
        ),
        watchlists=("grève", "chips"),
        settings=(Setting("auth", "as me, with a password", "tag presse"),),
    )
    page = page_text(feed_page(feed, background, 80, NOW, UTC))
    assert "coverage gap since 23:20, 10 min: not read" in page
    assert "coverage gap 21:30–22:30, 1 h: no entry in common" in page
    assert "affects      grève, chips" in page
    assert "auth         as me, with a password (tag presse)" in page


@pytest.mark.parametrize("cells", [14, 38, 120])
def test_what_feeds_say_never_runs_over(cells: int) -> None:
    feed = replace(rows()[0].feed, name=HOSTILE)
    gaps = [Gap(feed=feed, start=0.0, end=None, kind=GapKind.DOWN)]
    coverage = [Coverage(watchlist=HOSTILE, feeds=9, gaps=tuple(gaps))]
    health = replace(rows()[0], feed=feed)
    background = FeedBackground(
        gaps=gaps, watchlists=(HOSTILE,), settings=(Setting(HOSTILE, HOSTILE, HOSTILE),)
    )
    page = [
        *gaps_page(gaps, coverage, cells, NOW, UTC),
        *feed_page(health, background, cells, NOW, UTC),
    ]
    assert max(width([(words(line).rstrip(), "")]) for line in page) <= max(cells, 16)
    assert not set(page_text(page)) & set("\x1b\u202e")


def test_nothing_missed_is_said() -> None:
    assert "No coverage gaps" in page_text(gaps_page([], [], 80, NOW, UTC))


def test_settings_follow_the_file_and_hide_what_is_secret(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    url = "https://a.example/rss"
    path.write_text(
        f"feeds:\n- url: {url}\n  auth: {{bearer: s3cret}}\n  every: 5m\nwatchlists: []\n"
    )
    settings = FeedSettings()
    values = {setting.key: setting.value for setting in settings.of(path, url)}
    assert values["every"] == "5 min"
    assert "s3cret" not in repr(settings.of(path, url))
    path.write_text(f"feeds:\n- {url}\nwatchlists: [\n")
    assert not settings.of(path, url)
    assert not settings.of(tmp_path / "none.yaml", url)
    assert not settings.of(None, url)


# --- on the screen -----------------------------------------------------------------------


def test_feeds_are_chosen_sorted_and_explained() -> None:
    newsroom = FakeNewsroom(8)
    failing(newsroom, 2, "503")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        await sees(pilot, app, "reason")
        await sees(pilot, app, "Feeds")
        assert "Le Monde" in lines(app)[3]
        await pilot.press("ctrl+o")
        await sees(pilot, app, "by name")
        for name, line in zip(
            ("FT", "Le Monde", "Les Échos", "Reuters"), lines(app)[3:7], strict=True
        ):
            assert line.strip("│┃▌ ✓✗").startswith(name)
        await pilot.press("ctrl+f", "j", "enter")
        await sees(pilot, app, "failing only")
        assert "Reuters" not in "\n".join(lines(app)[3:7])
        newsroom.feed_health[2] = feed_health(2, "Le Monde")
        await app.screen.read_feeds()  # type: ignore[attr-defined]
        await sees(pilot, app, "No feed has this state now: failing")
        await pilot.press("r", "P", "X", "y", "o", "ctrl+f", "enter")
        await sees(pilot, app, "failing only", absent=True)
        await pilot.press("ctrl+g")
        await sees(pilot, app, "21:30–22:30, 1 h: no entry in common")
        await sees(pilot, app, "1 of 4 feeds with a coverage gap")
        await pilot.press("escape", "escape")
        assert app.screen is app.main_screen

    drive(newsroom, script)


def test_slash_finds_a_feed_as_one_types() -> None:
    newsroom = FakeNewsroom(4)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        await pilot.press("slash", *"lemo")
        await sees(pilot, app, "No feed is found")
        await pilot.press("backspace", "backspace", *" mon")
        await until(pilot, lambda: app.screen.table.row_count == 1)  # type: ignore[attr-defined]
        failing(newsroom, 0, "503")  # one of the others
        await app.screen.read_feeds()  # type: ignore[attr-defined]
        assert app.screen.table.row_count == 1  # type: ignore[attr-defined]
        await pilot.press("enter", "enter")
        await sees(pilot, app, "enter Articles")
        assert "Le Monde" in screen(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen.table.row_count == 4)  # type: ignore[attr-defined]
        await pilot.press("slash", "enter")
        await sees(pilot, app, "a name, an address or a tag", absent=True)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main_screen)

    drive(newsroom, script)


def test_enter_on_the_page_of_a_feed_shows_its_articles() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e", "enter")
        await sees(pilot, app, "enter Articles")
        await pilot.press("enter")
        await until(pilot, lambda: newsroom.searches)
        assert newsroom.searches == ['feed:"Les Échos"']
        await pilot.press("escape")
        assert isinstance(app.screen, FeedsScreen)

    newsroom = FakeNewsroom(4)
    drive(newsroom, script)


def test_the_feed_under_the_cursor_is_told_of_in_full() -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e", "j", "enter", "z")
        await sees(pilot, app, "Coverage gaps of the last week")
        await sees(pilot, app, "affects")
        await sees(pilot, app, "Last polls")

    drive(FakeNewsroom(8), script)


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 50)])
def test_every_size_will_do(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        feeds = app.screen
        assert isinstance(feeds, FeedsScreen)
        await pilot.press("ctrl+o", "j", "enter", "z", "z", "escape")
        for key in ("ctrl+f", "ctrl+g", "ctrl+n", "X"):
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not feeds)
            await pilot.press("escape")
        await pilot.press("tab", "K", "J", "K", "J")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert feeds.table.cursor == 3

    drive(FakeNewsroom(8), script, size=size)


# --- feeds.yaml ----------------------------------------------------------------------------

YAML = """\
# mine
feeds:
- {first}   # why
- https://b.example/rss
watchlists: []
network:
  allow: {allow}
"""
FIRST = "https://0.example/rss"
ALTERNATE = '<link rel="alternate" type="application/rss+xml" href="{}">'


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        for name in ("fil", "wire"):
            web.on(f"/{name}", Reply(body=rss(Item("x", "y", guid="1"), title=f"Le {name} [/]")))
        web.on("/one", Reply(body=_page("/fil")))
        web.on("/two", Reply(body=_page("/fil", "/wire")))
        web.on("/none", Reply(404))
        web.on("/slow", Reply(body=b"x" * 99, fault=Fault.DRIP, pause=30.0))
        yield web


def _page(*hrefs: str) -> bytes:
    head = "".join(map(ALTERNATE.format, hrefs))
    return f"<!doctype html><html><head>{head}</head><body><p>x</p></body></html>".encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(YAML.format(first=FIRST, allow=LOOPBACK))
    return file


def on_feeds(path: Path | None, script: Callable[[Pilot[Any], DashboardApp], Any]) -> None:
    """Run a script on the screen of feeds of a file."""

    async def whole(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FeedsScreen))
        await script(pilot, app)

    newsroom = FakeNewsroom(8)
    newsroom.config = path
    drive(newsroom, whole)


def names(path: Path) -> list[str]:
    return [feed.name for feed in load(path).feeds]


async def ask(pilot: Pilot[Any], app: DashboardApp, address: str) -> None:
    await pilot.press("ctrl+n")
    await until(pilot, lambda: isinstance(app.screen, LineDialog))
    assert isinstance(app.screen, LineDialog)
    app.screen.input.value = address
    await pilot.press("enter")


def test_a_feed_is_added_by_the_address_of_its_site(path: Path, server: Web) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await ask(pilot, app, server.url("/none"))
        await until(pilot, lambda: "404" in screen(app))
        await pilot.press("escape")
        await ask(pilot, app, server.url("/one"))
        await until(pilot, lambda: len(names(path)) == 3)
        await sees(pilot, app, "Added Le fil [/]: RSS 2.0, 1 entry")
        await ask(pilot, app, server.url("/two"))
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await sees(pilot, app, "Le wire [/]: RSS 2.0")
        await pilot.press("G", "enter")
        await sees(pilot, app, "Already subscribed, as Le fil [/].")
        await sees(pilot, app, "Added Le wire [/]: RSS 2.0, 1 entry")
        await until(pilot, lambda: names(path)[2:] == ["Le fil [/]", "Le wire [/]"])

    on_feeds(path, script)
    assert "# why" in path.read_text()


def test_a_look_that_is_given_up_holds_nothing_up(path: Path, server: Web) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        for number in range(1, 5):  # more than there are threads
            await ask(pilot, app, server.url("/slow"))
            await until(pilot, lambda: len(server.requests_for("/slow")) == number)  # noqa: B023
            await pilot.press("escape")
            assert isinstance(app.screen, FeedsScreen)
        async with asyncio.timeout(25):  # the server takes half a minute
            assert await app.newsroom.ask(lambda: 1) == 1

    before = path.read_text()
    on_feeds(path, script)
    assert path.read_text() == before


def test_a_feed_rests_and_is_polled_again_with_its_comment(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("P")
        await sees(pilot, app, "Les Échos is paused")
        assert not load(path).feeds[0].enabled

    on_feeds(path, script)
    assert f"- url: {FIRST}   # why\n  enabled: false\n" in path.read_text()


def test_a_feed_is_removed_once_that_is_meant(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("X", "enter")
        assert isinstance(app.screen, FeedsScreen)
        assert len(names(path)) == 2
        await pilot.press("X", "j", "enter")
        await sees(pilot, app, "Removed Les Échos; its articles and alerts stay.")
        assert names(path) == ["b.example"]
        await pilot.press("X", "j", "enter")
        await sees(pilot, app, "feeds.yaml has no feed at")

    on_feeds(path, script)


def test_a_file_that_is_not_well_or_not_known_stays_as_it_is(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("P")
        await sees(pilot, app, "unknown key `watchlist`")
        app.newsroom.service.config = None
        await pilot.press("P")
        await sees(pilot, app, "There is no feeds.yaml")

    path.write_text(path.read_text() + "watchlist: []\n")
    on_feeds(path, script)
    assert "enabled" not in path.read_text()


def test_a_wider_screen_shows_no_fewer_columns() -> None:
    room = FakeNewsroom(4)
    room.feed_health = [
        replace(f, state=replace(f.state, usual=86_400.0)) for f in room.feed_health
    ]

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("e")
        await sees(pilot, app, "publishes")
        await sees(pilot, app, "Feeds 4 ")

    for size in ((120, 40), (200, 50)):
        drive(room, script, size=size)
