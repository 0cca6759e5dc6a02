"""The columns of the alerts: sorted by a click or a key, hidden, and so at the next start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.dashboard_driver import drive, lines, look, stream_rows, until
from support.fake_newsroom import LISTS, OUTLETS, FakeNewsroom
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.data.settings import UiStateFile


def header(app: DashboardApp) -> str:
    return next(line for line in lines(app) if "headline" in line)


def outlets(app: DashboardApp) -> list[str]:
    """Return the outlets on the screen, from the top."""
    column = header(app).index("outlet") - app.main_screen.stream.region.x - 1
    return [row[column:].split("  ")[0] for row in stream_rows(app) if row.strip()]


async def choose(pilot: Pilot[Any], app: DashboardApp, words: str) -> None:
    """Choose a line of the dialog of columns."""
    await pilot.press("L")
    await until(pilot, lambda: any(words in line for line in lines(app)))
    top = next(n for n, line in enumerate(lines(app)) if "sort by severity" in line)
    row = next(n for n, line in enumerate(lines(app)) if words in line)
    await pilot.press(*["down"] * (row - top), "enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_a_click_on_the_header_sorts_and_another_one_ends_it(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        await until(pilot, lambda: "outlet" in header(app))
        await pilot.press("j")
        y = lines(app).index(header(app)) - stream.region.y
        await pilot.click("#stream", offset=(header(app).index("outlet") - stream.region.x, y))
        await until(pilot, lambda: "▾outlet" in header(app))
        assert stream.alert_id == 39, "the cursor stays on its story"
        await pilot.press("g")
        seen = outlets(app)
        assert seen == sorted(seen)
        assert stream.on_screen()[:4] == [39, 35, 31, 27], "of one outlet the newest first"
        await pilot.press("G")
        assert stream_rows(app)[len(stream.on_screen()) - 1].count("Reuters") == 1
        await pilot.click("#stream", offset=(header(app).index("▾outlet") + 1 - stream.region.x, y))
        await until(pilot, lambda: "▾time" in header(app))

    drive(FakeNewsroom(40), script, size=size)


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ("severity", {n for n in range(1, 41) if LISTS[n % 4][1] == "high"}),
        ("watchlist", {n for n in range(1, 41) if LISTS[n % 4][0] == "Alibaba"}),
        ("headline", {n for n in range(1, 41) if n % 4 == 2}),
        ("outlet", {n for n in range(1, 41) if OUTLETS[n % 4] == "FT"}),
        ("others", {n for n in range(1, 41) if n % 3 == 2}),
        ("published", {40}),
    ],
)
def test_every_column_sorts(column: str, first: set[int]) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await choose(pilot, app, f"sort by {column}")
        await pilot.press("g")
        await until(pilot, lambda: set(app.main_screen.stream.on_screen()[: len(first)]) <= first)

    drive(FakeNewsroom(40), script)


def test_new_stories_wait_for_a_key_in_a_sorted_list() -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        stream = app.main_screen.stream
        await choose(pilot, app, "sort by outlet")
        await until(pilot, lambda: stream.order == "outlet" and stream.alert_id == 40)
        await until(pilot, lambda: stream.on_screen()[0] != 40)
        before = stream.on_screen()
        newsroom.count += 3
        await look(pilot, app)
        assert stream.on_screen() == before
        assert any("Alerts · 3 new (.)" in line for line in lines(app))
        await pilot.press("full_stop")
        await until(pilot, lambda: stream.row_count == 43)
        assert stream.on_screen()[0] == 43, "the newest of the first outlet"

    drive(newsroom, script)


def test_what_is_hidden_and_sorted_is_so_at_the_next_start(tmp_path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        first_cell = header(app).index("headline")
        await choose(pilot, app, "show watchlist")
        await choose(pilot, app, "show outlet")
        await choose(pilot, app, "show published")
        await choose(pilot, app, "sort by headline")
        await until(pilot, lambda: "▾headline" in header(app))
        assert header(app).index("headline") < first_cell

    async def next_start(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: "▾headline" in header(app))
        assert not {"watchlist", "outlet"} & {*header(app).split()}
        assert "published" in header(app)
        assert not any("Les Échos" in row for row in stream_rows(app))
        await choose(pilot, app, "show outlet")
        assert "outlet" in header(app)

    drive(FakeNewsroom(40), script, ui_state=UiStateFile(tmp_path / "state.json"))
    drive(FakeNewsroom(40), next_start, ui_state=UiStateFile(tmp_path / "state.json"))
