"""Lines that fit on a terminal, whatever the width of their characters."""

from __future__ import annotations

import csv
import io

import pytest
from markdown_it import MarkdownIt

from monitor.cli.output import folded, print_rows


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
