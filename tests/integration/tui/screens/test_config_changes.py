"""feeds.yaml in the analyst's editor: at the right line, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.config.description import changes
from monitor.config.loading import load
from monitor.config.yaml_nodes import line_of
from tui import external_programs
from tui.app import DashboardApp

FILE = """\
# my newsroom
feeds:
  - https://one.example/rss
  - {url: https://two.example/rss, name: Le Deux}

watchlists:
  - Cainiao
  - name: Grèves
    terms: [grève]
  - terms: [Alibaba]
"""


@pytest.mark.parametrize(
    ("section", "name", "line"),
    [
        ("watchlists", "Cainiao", 7),
        ("watchlists", "grèves", 8),
        ("watchlists", "Alibaba", 10),
        ("watchlists", "nobody", 6),
        ("watchlists", "", 6),
        ("feeds", "https://one.example/rss", 3),
        ("feeds", "Le Deux", 4),
        ("feeds", "nobody", 2),
    ],
)
def test_things_are_found_in_the_file(section: Any, name: str, line: int) -> None:
    assert line_of(FILE.encode(), section, name) == line


@pytest.mark.parametrize("content", [b"", b"feeds: [", b"\xff", b"- 1", b"watchlists: x"])
def test_what_cannot_be_read_begins_at_the_top(content: bytes) -> None:
    assert line_of(content, "watchlists", "a") == 1


def test_an_edit_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    before = load(path)
    assert changes(before, before) == []
    edited = FILE.replace("  - Cainiao\n", "").replace("[grève]", "[grève, lock-out]")
    path.write_text(edited.replace("name: Le Deux", "name: Le Trois, every: 1h"), encoding="utf-8")
    assert changes(before, load(path)) == [
        "feed added: Le Trois",
        "feed removed: Le Deux",
        "watchlist removed: Cainiao",
        "watchlist changed: Grèves: terms + lock-out",
    ]


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        ("vi", ["vi", "+7", "f"]),
        ("/usr/bin/nvim -u NONE", ["/usr/bin/nvim", "-u", "NONE", "+7", "f"]),
        ("emacs -nw", ["emacs", "-nw", "+7", "f"]),
        ("nano", ["nano", "+7", "f"]),
        ("hx", ["hx", "f:7"]),
        ("code", ["code", "--wait", "-g", "f:7"]),
        ("code --wait -n", ["code", "--wait", "-n", "-g", "f:7"]),
        ("subl", ["subl", "--wait", "f:7"]),
        ("gvim", ["gvim", "-f", "+7", "f"]),
        ("kate", ["kate", "--block", "-l", "7", "f"]),
        ("ed", ["ed", "f"]),
    ],
)
def test_each_editor_is_told_the_line_in_its_way(editor: str, command: list[str]) -> None:
    words = external_programs.find_editor({"EDITOR": editor})
    assert external_programs.editor_command(words, Path("f"), 7) == command


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"VISUAL": "code", "EDITOR": "vi"}, ["code"]),
        ({"VISUAL": "", "EDITOR": "vi"}, ["vi"]),
        ({"VISUAL": "a 'b", "EDITOR": "vi"}, ["vi"]),
        ({"PATH": "/nowhere"}, []),
    ],
)
def test_which_editor(environ: Mapping[str, str], words: list[str]) -> None:
    assert external_programs.find_editor(environ) == words


def an_editor(folder: Path, script: str) -> str:
    """Return an editor with a window of its own, so that no terminal has to be left."""
    path = folder / "code"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\nfor f; do :; done\n{script}\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.costly
def test_an_edit_of_the_watchlist_at_hand_shows_what_changed(tmp_path: Path) -> None:
    room = FakeNewsroom(40)
    room.config = tmp_path / "feeds.yaml"
    room.config.write_text(FILE, encoding="utf-8")
    path = room.config

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", "j", "j", "E")  # Alibaba
        await sees(pilot, app, "feeds.yaml has changed")
        await sees(pilot, app, "watchlist added: Tihange")
        assert (tmp_path / "asked").read_text().endswith(f"-g {path}:10\n")

    code = an_editor(tmp_path, f'printf "  - Tihange\\n" >> {path}')
    drive(room, script, environ={"EDITOR": code})


@pytest.mark.costly
def test_a_mistake_is_shown_with_its_line_and_opened_there_next(tmp_path: Path) -> None:
    room = FakeNewsroom(40)
    room.config = tmp_path / "feeds.yaml"
    room.config.write_text(FILE, encoding="utf-8")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("E")
        await sees(pilot, app, "feeds.yaml has errors")
        await sees(pilot, app, "line 8, column")
        assert "- nam: Grèves" in screen(app)
        await pilot.press("escape", "E")
        await until(pilot, lambda: (tmp_path / "asked").read_text().count("\n") == 2)
        assert (tmp_path / "asked").read_text().endswith("feeds.yaml:8\n")

    code = an_editor(tmp_path, f"sed -i 's/- name: Gr/- nam: Gr/' {room.config}")
    drive(room, script, environ={"EDITOR": code})


@pytest.mark.costly
@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"EDITOR": "/nowhere/code"}, "No such file"),
        ({"PATH": "/nowhere"}, "set $EDITOR"),
        ({"EDITOR": "vi"}, "cannot leave this terminal"),
    ],
)
def test_what_hinders_an_edit_is_said(
    environ: Mapping[str, str], message: str, tmp_path: Path
) -> None:
    room = FakeNewsroom(4)
    room.config = tmp_path / "feeds.yaml"
    room.config.write_text(FILE, encoding="utf-8")

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("E")
        await until(pilot, lambda: any(message in n.message for n in app._notifications))

    drive(room, script, environ=environ)
