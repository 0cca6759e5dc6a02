"""A trend as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import dates, font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from index.text import clean
from monitor.model import Series, Trend

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
    """Draw a trend into a PNG file; raises OSError."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in FONTS if name in there] or ["sans-serif"]
    with mpl.rc_context({"font.family": fonts, "text.parse_math": False, "timezone": "UTC"}):
        figure = Figure(figsize=INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _draw(axes, trend, zone)
        figure.savefig(path, format="png", dpi=DOTS)


def _draw(axes: Any, trend: Trend, zone: tzinfo) -> None:
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
