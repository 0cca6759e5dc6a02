"""A trend drawn in the terminal, and as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import click

from index.analysis.text_cleaning import clean
from index.article import Timestamp
from monitor.errors import requires_extra
from monitor.model.search import By, Series, Trend

MARKERS = "●▲■◆○△□◇"
"""One for each series that is drawn; they differ without colour too."""
COLOURS = ("blue", "yellow", "green", "magenta", "cyan", "red", "bright_blue", "bright_green")
BAR, UNSURE, MISSING, GAP = "█", "░", "·", "×"
TALLEST = 18
"""Lines of a plot, its axes included."""
TICK_APART = 16
"""Cells between two ticks at least: more than the longest label."""
_TICK = {By.HOUR: "%m-%d %H:%M", By.DAY: "%Y-%m-%d", By.WEEK: "%G-W%V", By.MONTH: "%Y-%m"}


@dataclass(frozen=True, slots=True)
class _Columns:
    """What of a trend stands in each column of the plot."""

    starts: tuple[Timestamp, ...]
    step: int
    """Buckets to a column."""
    width: int
    """Cells to a column."""

    @property
    def cells(self) -> int:
        """Return how wide all columns are."""
        return len(self.starts) * self.width

    def summed(self, values: Sequence[float]) -> list[float]:
        """Return the sum of the buckets of each column."""
        return [sum(values[at : at + self.step]) for at in range(0, len(values), self.step)]

    def bar(self, column: int) -> range:
        """Return the cells of a column's bar: wide ones leave one free behind them."""
        start = column * self.width
        return range(start, start + self.width - (self.width > 2))

    def middle(self, column: int) -> int:
        """Return the cell in the middle of a column's bar."""
        bar = self.bar(column)
        return bar[(len(bar) - 1) // 2]


def drawn(trend: Trend, zone: tzinfo, width: int, *, colours: bool) -> Iterator[str]:
    """Yield the lines of a plot that fits into a width, and what one must know to read it.

    Raises:
        MissingExtraError: plotext is not installed.
    """
    shown = trend.series[: len(MARKERS)]
    most = max(
        (sum(map(_expected, series.counts, series.corrected)) for series in shown), default=0
    )
    room = width - 3 - len(f"{_ticks(most)[-1]:,}")
    step = -(-len(trend.labels) // room)
    starts = trend.edges[:-1:step]
    columns = _Columns(starts, step, max(1, room // len(starts)))
    for marker, colour, series in zip(MARKERS, COLOURS, shown, strict=False):
        sign = f"{marker} " if len(shown) > 1 else ""
        line = f"{sign}{clean(series.name)}: {series.total:,}"
        yield click.style(line, fg=colour) if colours and sign else line
    for line in _canvas(shown, columns, trend.by, zone).splitlines():
        yield _coloured(line.rstrip()) if colours and len(shown) > 1 else line.rstrip()
    if step > 1:
        yield f"{step} {trend.by}s to a column"
    if any(any(series.marked) for series in shown):
        yield f"{GAP} feeds that bring these were blind, down or not read, at least for a time"
    if len(shown) == 1 and any(shown[0].marked):
        guessed = any(value is not None for value in shown[0].corrected)
        rest = f", {MISSING} what there would be had they been read" if guessed else ""
        yield f"{UNSURE} what there is{rest}"


def _canvas(shown: Sequence[Series], columns: _Columns, by: By, zone: tzinfo) -> str:
    with requires_extra("plots", "the plot"):
        import plotext

    expected = [columns.summed(list(map(_expected, s.counts, s.corrected))) for s in shown]
    ticks = _ticks(max(map(max, expected)))
    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(columns.cells + 2 + len(f"{ticks[-1]:,}"), TALLEST)
    if len(shown) == 1:
        _draw_bars(figure, shown[0], expected[0], columns)
    else:
        _draw_points(figure, shown, columns)
    figure.ruler("x").lim(-0.5, columns.cells - 0.5).alignment(lim="edge")
    labelled = range(0, len(columns.starts), max(1, -(-TICK_APART // columns.width)))
    figure.ruler("x").ticks(
        [columns.middle(column) for column in labelled],
        [_moment(columns.starts[column], zone).strftime(_TICK[by]) for column in labelled],
    )
    figure.ruler("y").lim(0, ticks[-1]).alignment(lim="edge")
    figure.ruler("y").ticks(list(ticks), [f"{tick:,}" for tick in ticks])
    marks = _marks(_marked(shown, columns), columns)
    over = f"{' ' * (len(f'{ticks[-1]:,}') + 1)}{marks}\n" if marks.strip() else ""
    return over + str(figure.build().string(colorless=True))


def _draw_bars(figure: Any, series: Series, expected: Sequence[float], columns: _Columns) -> None:
    """Draw bars: what is missing first, what there is over it."""
    counts, marked = columns.summed(series.counts), set(_marked([series], columns))
    for values, sign in ((expected, MISSING), (counts, "")):
        cells = [(c, cell) for c, value in enumerate(values) if value for cell in columns.bar(c)]
        if cells:
            signs = [sign or (UNSURE if column in marked else BAR) for column, _ in cells]
            heights = [values[column] for column, _ in cells]
            figure.draw(figure.signal([cell for _, cell in cells], heights, marker=signs).fillx())


def _draw_points(figure: Any, shown: Sequence[Series], columns: _Columns) -> None:
    cells = [columns.middle(column) for column in range(len(columns.starts))]
    for series in shown:
        line = figure.signal(cells, columns.summed(series.counts), marker=MISSING)
        figure.draw(line.lines(True))
    for marker, series in reversed(list(zip(MARKERS, shown, strict=False))):
        figure.draw(figure.signal(cells, columns.summed(series.counts), marker=marker))


def _marked(shown: Sequence[Series], columns: _Columns) -> list[int]:
    """Return the columns of which a bucket is marked in some series."""
    return [
        column
        for column in range(len(columns.starts))
        if any(
            any(series.marked[column * columns.step : (column + 1) * columns.step])
            for series in shown
        )
    ]


def _marks(marked: Sequence[int], columns: _Columns) -> str:
    """Return a line with a sign over each bar that is marked."""
    cells = {cell for column in marked for cell in columns.bar(column)}
    return "".join(GAP if cell in cells else " " for cell in range(columns.cells))


def _expected(count: int, corrected: float | None) -> float:
    return count if corrected is None else corrected


def _ticks(top: float) -> range:
    """Return up to six round numbers from 0 on, the last one not below the top."""
    size = 10 ** math.floor(math.log10(max(top, 1)))
    step = next(
        step for step in (max(1, size // 5), max(1, size // 2), size, 2 * size) if top <= 5 * step
    )
    return range(0, step * max(1, math.ceil(top / step)) + 1, step)


def _moment(start: Timestamp, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(start, zone)


def _coloured(line: str) -> str:
    for marker, colour in zip(MARKERS, COLOURS, strict=True):
        line = line.replace(marker, click.style(marker, fg=colour))
    return line


MOST = 8
"""Series in one picture at most."""
INCHES = (11.0, 4.5)
DOTS = 150
"""To the inch."""
FONTS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Source Han Sans",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC",
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip
"""Of these, in this order, those that are there: the first has French, the others have CJK."""


def save(trend: Trend, zone: tzinfo, path: Path) -> None:
    """Draw a trend into a PNG file.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    with requires_extra("plots", "tocsin trend --png"):
        import matplotlib as mpl
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    there = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in FONTS if name in there] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "text.parse_math": False, "timezone": "UTC"}):
        figure = Figure(figsize=INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _draw(axes, trend, zone)
        figure.savefig(path, format="png", dpi=DOTS)


def _draw(axes: Any, trend: Trend, zone: tzinfo) -> None:
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    untyped: Any = dates
    shown = trend.series[:MOST]
    edges = [untyped.date2num(_utc(edge)) for edge in trend.edges]
    for series in shown:
        _line(axes, edges, series, alone=len(shown) == 1)
    if any(value is not None for series in shown for value in series.corrected):
        axes.plot([], [], ":", color="0.3", label="had these feeds been read")
    _shade(axes, edges, shown)
    axes.set_ylim(bottom=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylabel(f"articles by {trend.by}")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    locator = untyped.AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=zone))
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)


def _line(axes: Any, edges: Sequence[float], series: Series, *, alone: bool) -> None:
    name = f"{clean(series.name)} ({series.total:,})"
    drawn = axes.stairs(
        series.counts, edges, label=name, fill=alone, linewidth=1.4, alpha=0.75 if alone else 1
    )
    if any(value is not None for value in series.corrected):
        pairs = zip(series.counts, series.corrected, strict=True)
        expected = [count if corrected is None else corrected for count, corrected in pairs]
        axes.stairs(
            expected,
            edges,
            color=drawn.get_facecolor() if alone else drawn.get_edgecolor(),
            linestyle=":",
            linewidth=1.2,
        )


def _shade(axes: Any, edges: Sequence[float], shown: Sequence[Series]) -> None:
    """Hatch the buckets in which feeds that matter were not read."""
    label: str | None = "feeds blind, down or not read"
    for at in range(len(edges) - 1):
        if any(series.marked[at] for series in shown):
            axes.axvspan(
                edges[at], edges[at + 1], facecolor="none", edgecolor="0.6", hatch="///",
                linewidth=0, alpha=0.5, zorder=0, label=label,
            )  # fmt: skip
            label = None


def _utc(moment: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC)
