"""Tests of the output of commands: lines fit on a terminal, and no cell is a formula."""

from __future__ import annotations

import csv
import io

import pytest

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
    cell_start = start.replace("\r", "\n")
    assert row == {"title": f"'{cell_start}1+1", "number": "-1"}
