"""Tests of the output of commands: lines fit on a terminal, and no cell is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from click import unstyle

from monitor.cli.output import folded, print_rows, table_lines


def test_long_lines_go_on_below_as_far_from_the_left() -> None:
    lines = ["== Ports · 3", "", "  grève au port", "  https://a.org/12345"]
    assert [*folded(lines, 12)] == [
        "== Ports · 3", "", "  grève au", "  port", "  https://a.org/12345",
    ]  # fmt: skip


def test_a_long_line_goes_on_below_its_last_column() -> None:
    bold = "\x1b[1mmedium\x1b[0m"
    lines = [f"  {bold}  Ports    grève~ OR strike~ OR blocage~"]
    assert [*folded(lines, 40)] == [
        f"  {bold}  Ports    grève~ OR strike~ OR",
        "                   blocage~",
    ]


ROWS = [("Export controls", "high", "12", "il y a 2 h"), ("Ports", "low", "3", "jamais")]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (60, ["watchlist        severity  new stories  last hit",
              "Export controls  high               12  il y a 2 h",
              "Ports            low                 3  jamais"]),
        (46, ["watchlist        severity      new  last",
              "                           stories  hit",
              "Export controls  high           12  il y a 2 h",
              "Ports            low             3  jamais"]),
        (44, ["watchlist      severity      new  last",
              "                         stories  hit",
              "Export contr…  high           12  il y a 2 h",
              "Ports          low             3  jamais"]),
        (40, ["watchlist", " severity      new  last", "           stories  hit",
              "Export controls", " high           12  il y a 2 h",
              "Ports", " low             3  jamais"]),
    ],
)  # fmt: skip
def test_a_narrow_table_cuts_nothing_unseen(
    monkeypatch: pytest.MonkeyPatch, columns: int, expected: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    heads = ["watchlist", "severity", "new stories", "last hit"]
    assert [unstyle(line) for line in table_lines(heads, ROWS, "<<><")] == expected


# --- what strangers wrote, for other programs --------------------------------------


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠﹢﹣﹦﹫", "\t", "\r", "\n", "\t="])
def test_no_cell_is_a_formula(start: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"title": f"{start}1+1", "number": -1}], "csv", ["title", "number"])
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    cell_start = start.replace("\r", "\n")
    assert row == {"title": f"'{cell_start}1+1", "number": "-1"}


def test_a_cell_of_csv_is_flat(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "tags": ["grève", "port"],
        "matches": [{"field": "title", "term": "a"}, {"field": "body", "term": "a"},
                    {"field": "body", "term": "", "text": "b"}],
        "outlets": [{"name": "Le Fil", "lag": 0}, {"name": "La Une", "lag": 60}],
        "suppressed": {"cooldown": 2, "silence": 1},
        "after": {"tags": ["x", "y"], "starred": True},
        "sum": ["=1+1"],
        "none": [],
    }  # fmt: skip
    print_rows([row], "csv", [*row])
    head, cells = csv.reader(capsys.readouterr().out.splitlines())
    assert dict(zip(head, cells, strict=True)) == {
        "tags": "grève; port", "matches": "a; b", "outlets": "Le Fil; La Une",
        "suppressed": "cooldown: 2; silence: 1", "after": "tags: x; y; starred: True",
        "sum": "'=1+1", "none": "",
    }  # fmt: skip
