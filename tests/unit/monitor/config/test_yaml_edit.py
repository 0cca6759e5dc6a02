"""Tests that commands change in feeds.yaml only the items that they add or remove."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support import ROOT

from monitor.base.errors import ConfigError, MonitorError
from monitor.config.file_edit import edit
from monitor.config.loading import load
from monitor.config.yaml_edit import LayoutError, scalar, with_item, without_items
from monitor.config.yaml_nodes import YamlText, tree

NEW = {"url": "https://new.org/rss", "name": "L'Écho: du soir", "tags": ["belgique", "2023"]}
LINES = """\
  - url: https://new.org/rss
    name: "L'Écho: du soir"
    tags: [belgique, "2023"]
"""


def plain_tree(text: str) -> Any:
    root, repeated_keys = tree(YamlText(text))
    assert root is not None
    assert not repeated_keys
    return root.plain()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "feeds:\n  - https://a.org/ # one\n\n# watch\nwatchlists: [x]\n",
            "feeds:\n  - https://a.org/ # one\n" + LINES + "\n# watch\nwatchlists: [x]\n",
            id="behind the last item, before what follows",
        ),
        pytest.param(
            "feeds:\n- url: https://a.org/\n  tags: [a,\n    b]  # two\n",
            "feeds:\n- url: https://a.org/\n  tags: [a,\n    b]  # two\n"
            + LINES.replace("\n  ", "\n")[2:],
            id="dashes below the key",
        ),
        pytest.param(
            "feeds:\n  - https://a.org/",
            "feeds:\n  - https://a.org/\n" + LINES,
            id="no last line end",
        ),
        pytest.param(
            "feeds:\r\n  - https://a.org/\r\n",
            "feeds:\r\n  - https://a.org/\r\n" + LINES.replace("\n", "\r\n"),
            id="CRLF",
        ),
        pytest.param("feeds: []  # none\n", "feeds:  # none\n" + LINES, id="an empty list"),
        pytest.param("feeds:\nx: []\n", "feeds:\n" + LINES + "x: []\n", id="blank"),
        pytest.param("data: x\n", "data: x\nfeeds:\n" + LINES, id="absent"),
        pytest.param(
            "feeds:\n  - name: >\n      x\n    url: |\n      https://a.org/\n\n\nx: 1\n",
            "feeds:\n  - name: >\n      x\n    url: |\n      https://a.org/\n"
            + LINES
            + "\n\nx: 1\n",
            id="behind a block of text",
        ),
    ],
)  # fmt: skip
def test_an_item_is_added(before: str, after: str) -> None:
    assert with_item(before, "feeds", [NEW]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('feeds: ["https://a.org/"]\n', 'feeds: ["https://a.org/", https://n.org/]\n'),
        ("feeds: [\n  a,\n  b,\n]\n", None),
        (
            '{\n "feeds": [\n  {\n   "url": "https://a.org/"\n  }\n ]\n}\n',
            '{\n "feeds": [\n  {\n   "url": "https://a.org/"\n  }, "https://n.org/"\n ]\n}\n',
        ),
    ],
)
def test_an_item_is_added_inside_brackets(before: str, after: str | None) -> None:
    edited = with_item(before, "feeds", ["https://n.org/"])
    assert after in (edited, None)
    assert plain_tree(edited)["feeds"][-1] == "https://n.org/"


NEWSROOM = """\
# mine
feeds:
  # --- Belgique ---
  - url: https://a.org/   # the first
    name: A
  # why B
  - https://b.org/

  # --- France ---
  -   # oddly - laid out
    url: https://c.org/
    tags:
      - x

watchlists:   # nothing yet
  []
"""


@pytest.mark.parametrize(
    ("numbers", "removed_text"),
    [
        ({0}, "  - url: https://a.org/   # the first\n    name: A\n"),
        ({1}, "  - https://b.org/\n"),
        ({2}, "  -   # oddly - laid out\n    url: https://c.org/\n    tags:\n      - x\n"),
    ],
)
def test_an_item_is_removed_and_comments_between_stay(numbers: set[int], removed_text: str) -> None:
    assert without_items(NEWSROOM, "feeds", numbers) == NEWSROOM.replace(removed_text, "")


@pytest.mark.parametrize(
    ("item_numbers", "after"),
    [
        ({0}, "feeds: [b, {c: d}]  # x\n"),
        ({1}, "feeds: [a, {c: d}]  # x\n"),
        ({2}, "feeds: [a, b]  # x\n"),
        ({0, 1}, "feeds: [{c: d}]  # x\n"),
        ({1, 2}, "feeds: [a]  # x\n"),
        ({0, 2}, "feeds: [b]  # x\n"),
    ],
)
def test_an_item_is_removed_from_brackets(item_numbers: set[int], after: str) -> None:
    assert without_items("feeds: [a, b, {c: d}]  # x\n", "feeds", item_numbers) == after


@pytest.mark.parametrize("text", ["feeds: x\n", "feeds: {a: b}\n", "- x\n", "a: [\n", "feeds: 'x'"])
def test_what_is_no_list_is_not_edited(text: str) -> None:
    with pytest.raises(LayoutError):
        with_item(text, "feeds", ["x"])


def test_the_last_item_is_not_removed() -> None:
    with pytest.raises(LayoutError, match="would be empty"):
        without_items("feeds: [a]\n", "feeds", {0})


@pytest.mark.costly
def test_the_projects_own_files_can_be_edited() -> None:
    for path in (ROOT / "feeds.yaml", ROOT / "monitor" / "config" / "starter.yaml"):
        text = path.read_text(encoding="utf-8")
        count = len(plain_tree(text)["feeds"])
        longer_text = with_item(with_item(text, "feeds", [NEW]), "watchlists", ["Temu"])
        assert without_items(longer_text, "feeds", {count}).replace("  - Temu\n", "") == text
        for number in range(count):
            assert len(plain_tree(without_items(text, "feeds", {number}))["feeds"]) == count - 1


@given(st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_any_text_is_written_so_that_it_is_read_again(text: str) -> None:
    assert plain_tree(f"- {scalar(text)}\n- [{scalar(text)}, x]\n") == [text, [text, "x"]]
    assert plain_tree(f"k: {scalar(text)}\n") == {"k": text}


# --- any layout ------------------------------------------------------------------------

WORD = st.sampled_from(["a", "Été", "'it''s'", '"q # ]"', "https://x.org/?a=b", "1", "a:b"])
NOISE = st.sampled_from(["", "  # why", "\n", "\n\n  # - heading\n", "\n# left\n"])


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """Draw a file with a list of one to four items, each with comments around it."""
    margin = draw(st.sampled_from(["", "  ", "    "]))
    text = draw(st.sampled_from(["", "# top\n", "data: x\n\n"])) + "feeds:\n"
    for _ in range(draw(st.integers(1, 4))):
        shape = draw(st.integers(0, 4))
        word, other = draw(WORD), draw(WORD)
        text += (
            margin
            + {
                0: f"- {word}",
                1: f"- url: {word}\n{margin}  name: {other}",
                2: f"- url: {word}\n{margin}  tags:\n{margin}  - {other}",
                3: f"- {{url: {word}, tags: [{other}]}}",
                4: f"-\n{margin}  # inside\n{margin}  url: {word}",
            }[shape]
        )
        text += (
            (draw(NOISE).rstrip("\n") if draw(st.booleans()) else "")
            + "\n"
            + draw(st.sampled_from(["", "\n", f"{margin}# about the next\n", "# - heading\n"]))
        )
    return text + draw(st.sampled_from(["", "watchlists:\n- x\n", "watchlists: [] # later\n"]))


@given(layouts(), st.integers(0, 3))
def test_edits_change_what_they_should_and_no_other_line(text: str, number: int) -> None:
    before = plain_tree(text)
    longer_text = with_item(text, "feeds", [NEW, "https://b.org/"])
    assert plain_tree(longer_text) == {**before, "feeds": [*before["feeds"], NEW, "https://b.org/"]}
    count = len(before["feeds"])
    assert without_items(longer_text, "feeds", {count, count + 1}).splitlines() == text.splitlines()
    if number < count and count > 1:
        shorter_text = without_items(text, "feeds", {number})
        assert plain_tree(shorter_text)["feeds"] == [
            item for at, item in enumerate(before["feeds"]) if at != number
        ]
        lines = iter(text.splitlines())
        assert all(line in lines for line in shorter_text.splitlines())  # in order, none changed


# --- the file ---------------------------------------------------------------------------

VALID = "feeds: [https://a.org/]  # mine\nwatchlists: []\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(VALID)
    return path


def add(url: str) -> Any:
    return lambda text: with_item(text, "feeds", [url])


def test_an_edit_is_understood_and_keeps_the_mode(path: Path) -> None:
    path.chmod(0o640)
    config = edit(path, add("https://b.org/"))
    assert [feed.name for feed in config.feeds] == ["a.org", "b.org"]
    assert load(path) == config
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["feeds.yaml"]


def test_a_link_stays_one_and_a_mark_stays(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    edit(link, add("https://b.org/"))
    assert link.is_symlink()
    assert path.read_bytes().startswith(b"\xef\xbb\xbffeeds: [https://a.org/, ")


@pytest.mark.parametrize("url", ["http://www.a.org", "no address"])
def test_an_edit_that_makes_it_unwell_changes_nothing(path: Path, url: str) -> None:
    with pytest.raises(ConfigError):
        edit(path, add(url))
    assert path.read_text() == VALID
    assert [file.name for file in path.parent.iterdir()] == ["feeds.yaml"]


def test_a_file_that_is_unwell_is_not_edited(path: Path) -> None:
    path.write_text("feeds: [x]\n")
    with pytest.raises(ConfigError):
        edit(path, add("https://b.org/"))
    assert path.read_text() == "feeds: [x]\n"


def test_an_edit_meanwhile_is_not_lost(path: Path) -> None:
    def edit_slowly(text: str) -> str:
        path.write_text(VALID + "# typed meanwhile\n")
        return with_item(text, "feeds", ["https://b.org/"])

    with pytest.raises(MonitorError, match="meanwhile"):
        edit(path, edit_slowly)
    assert path.read_text() == VALID + "# typed meanwhile\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(MonitorError, match="cannot be written"):
            edit(path, add("https://b.org/"))
    finally:
        path.parent.chmod(0o700)
