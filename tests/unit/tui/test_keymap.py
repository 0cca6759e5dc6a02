"""Tests of the settings file of the dashboard."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tui.app import DashboardApp
from tui.data.settings import SettingsError, load_keymap, settings_path
from tui.screens.help import key_sections

ACTIONS = ("acknowledge", "next-match", "note")


def _load(folder: Path, text: str) -> dict[str, str]:
    path = folder / "dashboard.toml"
    path.write_text(text, encoding="utf-8")
    return load_keymap(path, lambda: ACTIONS)


def test_an_action_takes_one_key_or_several(tmp_path: Path) -> None:
    text = '[keys]\nacknowledge = "é"\nnext-match = ["ctrl+n", ",", "*"]\n'
    assert _load(tmp_path, text) == {"acknowledge": "é", "next-match": "ctrl+n,comma,*"}


def test_without_a_file_every_action_has_its_own_keys(tmp_path: Path) -> None:
    assert load_keymap(tmp_path / "none.toml", lambda: ACTIONS) == {}
    assert _load(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[keys]\nacknowlege = "a"\n', "did you mean `acknowledge`?"),
        ('[keys]\nzzz = "a"\n', "keys.md lists the names"),
        ("[keys]\nnote = 3\n", "note takes a key, or a list of keys"),
        ('[keys]\nnote = [""]\n', "note takes a key, or a list of keys"),
        ("keys = 3\n", "keys is a table"),
        ("[colours]\n", "unknown table [colours]"),
        ("[keys\n", "not valid TOML"),
    ],
)
def test_a_mistake_names_the_file_and_what_to_write(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError) as error:
        _load(tmp_path, text)
    assert message in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "dashboard.toml"))


def test_the_file_is_in_the_folder_for_settings() -> None:
    assert settings_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/tocsin/dashboard.toml")
    assert settings_path({}) == Path("~/.config/tocsin/dashboard.toml").expanduser()


MEANINGS = {
    "^f": "choose from a list what is shown",
    "^n": "new",
    "^o": "in another order",
    "^s": "save",
    "W": "make a watchlist",
    "X": "remove",
    "f": "only what has these words",
    "/": "search",
    "r": "this one again, now",
    "R": "all again, now",
    "q": "back",
    "esc": "back",
    "enter": "open",
    "space": "choose, in a list; a page down, in a text",
    "g": "to the begin", "home": "to the begin", "G": "to the end", "end": "to the end",
}  # fmt: skip
"""What a key means that several panes describe in words of their own."""


def test_a_key_has_one_meaning_in_all_panes() -> None:
    described = defaultdict(set)
    for _title, entries in key_sections(DashboardApp):
        for keys, description in entries:
            for key in keys.split():
                described[key].add(description)
    ambiguous = {key for key, descriptions in described.items() if len(descriptions) > 1}
    assert ambiguous == set(MEANINGS)
