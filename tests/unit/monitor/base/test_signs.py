"""Tests that every sign has one meaning, takes one cell, and is explained."""

import ast
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.screen_snapshots import FOLDER as SCREENS

from monitor.base import signs

ROOT = Path(__file__).parents[3]
SIGNS = {
    name: value for name, value in vars(signs).items() if name.isupper() and isinstance(value, str)
}
LEGEND = " ".join(f"{sign} {meaning}" for sign, meaning in signs.LEGEND)
TYPOGRAPHY = set("·…–—’“”«»≤≥°×−‥⇧€\ufffd")
"""Separators, punctuation, numbers and the key Shift are no signs."""
ARROW_KEYS = set("↑↓←→")
EXEMPT_FILES = {"signs.py", "spans.py", "lint.py", "credentials.py"}
"""These files also have signs for line breaks, misleading quotes and hidden passwords."""


def test_signs_are_one_cell_wide_and_each_stands_for_one_thing() -> None:
    all_signs = [sign for value in SIGNS.values() for sign in value]
    assert len(all_signs) == len(set(all_signs))
    assert {cell_len(sign) for sign in all_signs} == {1}
    keys = ARROW_KEYS - {signs.BECOMES}  # like + and @, it is a key in lists of keys
    assert not set(all_signs) & (TYPOGRAPHY | keys)


@pytest.mark.parametrize(("name", "value"), SIGNS.items())
def test_the_help_explains_every_sign(name: str, value: str) -> None:
    assert all(sign in LEGEND for sign in value), name


def _symbols(text: str) -> set[str]:
    return {
        character
        for character in text
        if ord(character) > 127 and unicodedata.category(character)[0] in "SP"
    }


def _literals(path: Path) -> Iterator[str]:
    """Yield the texts in the code of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield str(node.value)


@pytest.mark.parametrize("package", ["monitor", "tui"])
def test_signs_are_named_in_one_place(package: str) -> None:
    signs_by_file = {
        str(path.relative_to(ROOT)): found_signs
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name not in EXEMPT_FILES
        and (found_signs := set().union(*map(_symbols, _literals(path))) - TYPOGRAPHY - ARROW_KEYS)
    }
    assert not signs_by_file


@pytest.mark.parametrize("path", sorted(SCREENS.glob("*.txt")), ids=lambda path: path.stem)
def test_what_the_screens_show_is_explained(path: Path) -> None:
    box_signs = {
        c for c in path.read_text(encoding="utf-8") if "BOX DRAWINGS" in unicodedata.name(c, "")
    }
    shown_signs = _symbols(path.read_text(encoding="utf-8")) - box_signs - TYPOGRAPHY - ARROW_KEYS
    assert shown_signs <= set(LEGEND)
