"""Tests of trends as bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from hypothesis import given, strategies as st
from support.fake_newsroom import NOW

from monitor.model.search import BucketSize, Series, Trend
from monitor.presentation.spans import Line, width
from tui.view.trends import (
    GAP_BAR,
    UNCERTAIN_BAR,
    trend_bars,
    trend_lines,
)


def words(line: Line) -> str:
    return "".join(text for text, _ in line)


def trend(
    counts: Sequence[int], covered: Sequence[float] = (), size: BucketSize = BucketSize.DAY
) -> Trend:
    edges = tuple(NOW - NOW % 86_400 + 86_400.0 * n for n in range(len(counts) + 1))
    series = Series(
        name="q", counts=tuple(counts), covered=tuple(covered) or (1.0,) * len(counts),
        corrected=(None,) * len(counts),
    )  # fmt: skip
    labels = tuple("" for _ in counts)
    return Trend(
        by=size, edges=edges, labels=labels, since=edges[0], until=edges[-1], series=(series,)
    )


def test_bars_grow_with_the_counts_and_mark_what_was_not_read() -> None:
    upper, lower, _ = trend_lines(trend([0, 1, 8, 4, 0, 4], [1, 1, 1, 1, 0, 0.5]), 6, 2, UTC)
    assert (words(upper), words(lower)) == ("  █   ", f" ▂██{GAP_BAR}{UNCERTAIN_BAR}")
    assert [ink for _, ink in lower][-2:] == ["late", "late"]
    legend = words(trend_lines(trend([1, 2], [1, 0.5]), 80, 1, UTC)[-1])
    assert legend.startswith("2026-11-24  2026-11-25   up to 2 each day")
    assert legend.endswith(f"  {UNCERTAIN_BAR} coverage gap")
    for cells in (80, 120):  # the meaning of the signs comes before the scale
        legend_part = words(trend_lines(trend([1, 2, 0], [1, 0.5, 0]), cells, 1, UTC)[-1])
        assert legend_part.endswith(f"{UNCERTAIN_BAR} coverage gap  {GAP_BAR} gap, nothing found")
    (*_, below) = trend_lines(trend([1] * 60), 80, 1, UTC)
    assert words(below).rstrip().endswith("2027-01-22")
    assert "up to 1 each day" in words(below)


def test_there_is_no_gap_before_anything_was_watched() -> None:
    chart = trend_lines(trend([2, 0, 1, 4, 0], [0, 0, 0, 0.5, 0]), 5, 1, UTC)
    assert words(chart[0]) == f"▄ ▂{UNCERTAIN_BAR}{GAP_BAR}"
    assert not any(trend([2, 1], [0, 0]).series[0].marked)


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=300),
    st.integers(1, 200),
    st.integers(1, 3),
)
def test_every_article_is_in_a_bar_and_no_line_runs_over(
    counts: list[int], cells: int, rows: int
) -> None:
    bars, bar_width, _periods = trend_bars(trend(counts), cells)
    assert sum(bar.count for bar in bars) == sum(counts)
    assert len(bars) * bar_width <= cells
    lines = trend_lines(trend(counts), cells, rows, UTC)
    assert len(lines) == rows + 1
    assert all(width(line) <= max(cells, 10) for line in lines)
