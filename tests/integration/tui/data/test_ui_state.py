"""What is remembered between runs: written whole, and tolerant of rubbish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from support.dashboard_driver import drive, until
from support.fake_newsroom import FakeNewsroom
from support.properties import examples
from textual.pilot import Pilot

from tui.app import DashboardApp
from tui.data.settings import UI_STATE_FILE, UiState, UiStateFile


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    memory = UiStateFile(tmp_path / UI_STATE_FILE)
    memory.update(theme="tocsin-light", filter="watch:grève", zoomed=True)
    assert UiStateFile(tmp_path / UI_STATE_FILE).state == memory.state
    assert memory.state.theme == "tocsin-light"
    assert [path.name for path in tmp_path.iterdir()] == [UI_STATE_FILE]


def test_the_old_file_is_never_half_a_new_one(tmp_path: Path) -> None:
    memory = UiStateFile(tmp_path / UI_STATE_FILE)
    memory.update(filter="before")
    (tmp_path / "old").hardlink_to(tmp_path / UI_STATE_FILE)
    memory.update(filter="after")
    assert UiStateFile(tmp_path / "old").state.filter == "before"
    assert UiStateFile(tmp_path / UI_STATE_FILE).state.filter == "after"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"theme": 3, "zoomed": "yes", "filter": null, "new": 1}',
        b'"theme"',
    ],
)
def test_rubbish_is_nothing_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / UI_STATE_FILE).write_bytes(content)
    memory = UiStateFile(tmp_path / UI_STATE_FILE)
    assert memory.state == UiState()
    memory.update(pane="feeds")
    assert UiStateFile(tmp_path / UI_STATE_FILE).state == UiState(pane="feeds")


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.booleans())
def test_any_text_is_kept_or_the_old_file_stays(tmp_path: Path, text: str, zoomed: bool) -> None:
    memory = UiStateFile(tmp_path / UI_STATE_FILE)
    memory.update(filter="before", zoomed=not zoomed)
    memory.update(filter=text, zoomed=zoomed)
    valid = all(not 0xD800 <= ord(character) < 0xE000 for character in text)
    assert UiStateFile(tmp_path / UI_STATE_FILE).state.filter == (text if valid else "before")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    memory = UiStateFile(tmp_path / "nowhere" / UI_STATE_FILE)
    memory.update(theme="tocsin-light")
    assert memory.state.theme == "tocsin-light"


def test_the_main_screen_is_as_it_was_left(tmp_path: Path) -> None:
    async def leave(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", "z")

    async def again(pilot: Pilot[Any], app: DashboardApp) -> None:
        await until(pilot, lambda: app.main_screen.current == "watchlists")
        assert app.main_screen.zoomed
        assert not app.main_screen.stream.display
        assert app.focused is app.main_screen.watchlists

    drive(FakeNewsroom(4), leave, ui_state=UiStateFile(tmp_path / UI_STATE_FILE))
    drive(FakeNewsroom(4), again, ui_state=UiStateFile(tmp_path / UI_STATE_FILE))
