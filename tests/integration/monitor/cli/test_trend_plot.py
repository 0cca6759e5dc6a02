"""Trends as plots in the terminal."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from support.properties import examples

from monitor.base.signs import BARS, ESTIMATE, GAP, POINTS, SERIES, UNSURE
from monitor.cli.trend import plot_lines
from monitor.model.search import BucketSize, Series, Trend
from monitor.storage.search import trends

pytestmark = pytest.mark.costly

BAR = BARS[-1]

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = 3_600.0, 86_400.0
START = datetime(2026, 3, 2, tzinfo=PARIS).timestamp()


def trend(*counts: list[int], marked: frozenset[int] = frozenset()) -> Trend:
    """Return days with these counts, of which the marked ones should be half as many again."""
    days = len(counts[0])
    edges = trends.edges(START, START + days * DAY - 2 * HOUR, BucketSize.DAY, PARIS)
    return Trend(
        by=BucketSize.DAY,
        edges=edges,
        labels=tuple(trends.label(edge, BucketSize.DAY, PARIS) for edge in edges[:-1]),
        since=edges[0],
        until=edges[-1],
        series=tuple(
            Series(
                name=f"query {place}",
                counts=tuple(values),
                covered=tuple(2 / 3 if at in marked else 1.0 for at in range(days)),
                corrected=tuple(
                    1.5 * count if at in marked else None for at, count in enumerate(values)
                ),
            )
            for place, values in enumerate(counts)
        ),
    )


def canvas(lines: list[str]) -> tuple[str, list[str]]:
    """Return the line of marks, empty without any, and the lines of the canvas."""
    top = next(at for at, line in enumerate(lines) if "┌" in line)
    bottom = next(at for at, line in enumerate(lines) if "└" in line)
    left = lines[top].index("┌") + 1
    inside = [line[left : lines[top].index("┐")] for line in lines[top + 1 : bottom]]
    return lines[top - 1][left:] if lines[top - 1].strip(f" {GAP}") == "" else "", inside


COUNTS = st.lists(st.integers(0, 3_000), min_size=1, max_size=300)


@settings(max_examples=examples(25))
@given(counts=COUNTS, width=st.integers(60, 200), data=st.data())
def test_bars_are_as_high_as_what_they_count(
    counts: list[int], width: int, data: st.DataObject
) -> None:
    marked = data.draw(st.frozensets(st.integers(0, len(counts) - 1), max_size=5))
    lines = list(plot_lines(trend(counts, marked=marked), PARIS, width, colours=False))
    assert all(cell_len(line) <= width for line in lines[:-3])
    marks, inside = canvas(lines)
    step = next((int(line.split()[0]) for line in lines if line.endswith("per column")), 1)
    sums = [sum(counts[at : at + step]) for at in range(0, len(counts), step)]
    cells = len(inside[0]) // len(sums)
    assert cells >= 1
    assert len(inside[0]) == cells * len(sums)
    top = max(int(line.split("┤")[0].replace(",", "")) for line in lines if "┤" in line)
    assert top >= max(sums)
    for column, total in enumerate(sums):
        own = set(range(column * step, (column + 1) * step)) & marked
        strip = "".join(line[column * cells] for line in inside)
        height = strip.count(BAR) + strip.count(UNSURE)
        assert abs(height - total / top * len(inside)) <= 1
        assert (height > 0) == (total > 0)
        assert (UNSURE in strip) == (bool(own) and total > 0)
        assert (marks[column * cells : column * cells + 1] == GAP) == bool(own)
        assert (
            strip.lstrip(f" {ESTIMATE}").strip(BAR + UNSURE) == ""
        )  # nothing under a bar is empty


@settings(max_examples=examples(15))
@given(
    counts=st.lists(st.lists(st.integers(0, 50), min_size=9, max_size=9), min_size=2, max_size=10),
    width=st.integers(60, 160),
)
def test_each_series_has_its_own_sign(counts: list[list[int]], width: int) -> None:
    lines = list(plot_lines(trend(*counts), PARIS, width, colours=False))
    _, inside = canvas(lines)
    for place, marker in enumerate(SERIES[: len(counts)]):
        assert lines[place].startswith(f"{marker} query {place}: {sum(counts[place]):,}")
    assert set("".join(inside)) <= {*SERIES[: len(counts)], POINTS, " "}
    assert SERIES[0] in "".join(inside)
    assert all(cell_len(line) <= width for line in lines)
    assert "\x1b" not in "".join(lines)


def test_colour_only_repeats_what_signs_say() -> None:
    found = trend([1, 2, 3], [3, 2, 1])
    plain = list(plot_lines(found, PARIS, 80, colours=False))
    lit = list(plot_lines(found, PARIS, 80, colours=True))
    assert "\x1b[" in "".join(lit)
    assert [click.unstyle(line) for line in lit] == plain


def test_a_hostile_name_is_text() -> None:
    found = trend([1, 2])
    (series,) = found.series
    hostile = replace(found, series=(replace(series, name="\x1b]0;x\x07[bold]"),))
    assert next(iter(plot_lines(hostile, PARIS, 80, colours=False))) == "[bold]: 3"
