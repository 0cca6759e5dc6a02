"""Lines that fit on a terminal, whatever the width of their characters."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from monitor.cli.output import folded, print_rows, wrap

TEXT = st.text("ab é 菜鸟 l’\u0301 阿里", max_size=60)


@given(
    text=TEXT,
    spans=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))),
    width=st.integers(2, 30),
)
def test_lines_fit_and_lose_nothing(text: str, spans: list[tuple[int, int]], width: int) -> None:
    lit = sorted((start, start + length) for start, length in spans if start + length <= len(text))
    lines = list(wrap(text, lit, width))
    assert all(cell_len(line) <= width for line, _ in lines)
    assert "".join("".join(line.split()) for line, _ in lines) == "".join(text.split())
    shown = [
        character
        for line, places in lines
        for start, end in places
        for character in line[start:end]
        if not character.isspace()
    ]
    wanted = [c for start, end in lit for c in text[start:end] if not c.isspace()]
    assert sorted(shown) == sorted(wanted)


def test_words_stay_whole_where_they_can() -> None:
    def lines(text: str, width: int) -> list[str]:
        return [line for line, _ in wrap(text, (), width)]

    assert lines("une grève au port", 10) == ["une grève", "au port"]
    assert lines("antidisestablishment now", 8) == ["antidise", "stablish", "ment now"]
    assert lines("菜鸟网络在列日", 8) == ["菜鸟网络", "在列日"]
    assert lines("", 8) == []
    assert list(wrap("une grève au port", [(4, 12)], 10)) == [
        ("une grève", [(4, 9)]),
        ("au port", [(0, 2)]),
    ]


def test_an_address_wider_than_a_line_stays_whole_on_request() -> None:
    lines = [line for line, _ in wrap("see https://a.org/1234 now", (), 8, whole=True)]
    assert lines == ["see", "https://a.org/1234", "now"]


def test_long_lines_go_on_below_as_far_from_the_left() -> None:
    lines = ["== Ports · 3", "", "  grève au port", "  https://a.org/12345"]
    assert [*folded(lines, 12)] == [
        "== Ports · 3", "", "  grève au", "  port", "  https://a.org/12345",
    ]  # fmt: skip


# --- what strangers wrote, for other programs --------------------------------------


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠﹢﹣﹦﹫", "\t", "\r", "\n", "\t="])
def test_no_cell_is_a_formula(start: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"title": f"{start}1+1", "number": -1}], "csv", ["title", "number"])
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    shown = start.replace("\r", "\n")
    assert row == {"title": f"'{shown}1+1", "number": "-1"}


def test_a_row_in_markdown_has_one_link(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "title": "[Reset](http://phish.test/) @everyone www.phish.test",
        "url": "http://me@evil.test/>[Reset](http://phish.test/@here)",
        "feed": "<b>@here</b> http://phish.test",
        "snippet": "![x](http://phish.test/x.png)",
        "published": "2026-11-25T00:00:00Z",
    }
    print_rows([row], "md", [])
    said = capsys.readouterr().out
    parser = MarkdownIt("commonmark", {"linkify": True}).enable("linkify")
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    tokens = parser.parse(said)
    types = []
    while tokens:
        token = tokens.pop()
        tokens += token.children or []
        types.append(token.type)
    assert types.count("link_open") == 1
    assert not {"image", "html_inline", "html_block"} & set(types)
    assert "@everyone" not in said and "@here" not in said and "me@" not in said
