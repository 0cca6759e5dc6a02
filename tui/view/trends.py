"""The chart of a trend: the number of articles in each period, and the coverage gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct

from monitor.base import signs
from monitor.base.formatting import month
from monitor.base.translation import gettext as _, mark, number
from monitor.model.search import BucketSize, Trend
from monitor.presentation import times
from monitor.presentation.spans import Line, fit_line

EIGHTHS = f" {signs.BARS}"
UNCERTAIN_BAR, GAP_BAR = signs.UNSURE, signs.GAP
"""A bar of a period with coverage gaps, and such a period without articles."""
MAX_BAR_CELLS = 6
"""Largest width of a bar, in cells."""


class TrendBar(Struct, frozen=True):
    """One bar of the chart: one period of the trend, or several where cells are few."""

    count: int
    """Articles."""
    has_gaps: bool
    """Some feeds had coverage gaps: there may be more articles than were counted."""


def trend_bars(trend: Trend, cells: int) -> tuple[list[TrendBar], int, int]:
    """Return the bars of the first series, the width of each in cells, and its periods."""
    (series, *_) = trend.series
    total = len(series.counts)
    step = max(1, -(-total // max(1, cells)))
    bars = [
        TrendBar(sum(series.counts[start : start + step]), any(series.marked[start : start + step]))
        for start in range(0, total, step)
    ]
    return bars, max(1, min(MAX_BAR_CELLS, cells // max(1, len(bars)))), min(step, total)


def trend_lines(trend: Trend, cells: int, rows: int, zone: tzinfo | None) -> list[Line]:
    """Return the bars on `rows` lines, and below them a line with the first and last date."""
    bars, bar_cells, periods = trend_bars(trend, cells)
    top = max((bar.count for bar in bars), default=0)
    lines: list[Line] = []
    for row in range(rows - 1, -1, -1):
        line: Line = []
        for bar in bars:
            glyph = _bar_glyph(bar, top, row, rows)
            text = glyph * bar_cells if bar_cells < 3 else glyph * (bar_cells - 1) + " "
            line.append((text, "late" if bar.has_gaps else "list"))
        lines.append(line)
    return [*lines, _axis(trend, bars, bar_cells, periods, top, cells, zone)]


def _bar_glyph(bar: TrendBar, top: int, row: int, rows: int) -> str:
    """Return the glyph of a bar on a row; row 0 is the lowest."""
    if not bar.count:
        return GAP_BAR if bar.has_gaps and not row else " "
    eighths = max(1, round(bar.count / top * 8 * rows))
    if bar.has_gaps:
        return UNCERTAIN_BAR if row < max(1, math.ceil(eighths / 8)) else " "
    return EIGHTHS[min(8, max(0, eighths - 8 * row))]


def _axis(
    trend: Trend,
    bars: Sequence[TrendBar],
    bar_cells: int,
    periods: int,
    top: int,
    cells: int,
    zone: tzinfo | None,
) -> Line:
    first, last = _day(trend.edges[0], trend.by, zone), _day(trend.edges[-2], trend.by, zone)
    scale = _(_SCALES[trend.by][periods > 1], top=number(top), periods=periods)
    legend = _legend(bars)
    inner_cells = len(bars) * bar_cells - len(first) - len(last)
    texts = (scale + legend, legend.strip() or scale)
    caption = next((text for text in texts if len(text) + 4 <= inner_cells), "")
    gap = caption.center(inner_cells) if caption else " " * max(2, inner_cells)
    suffix = "" if caption else f"   {scale}{legend}"
    return fit_line([(part, "quiet") for part in (first, gap, last, suffix)], cells)


_SCALES = {
    BucketSize.HOUR: (mark("up to {top} each hour"), mark("up to {top} in {periods} hours")),
    BucketSize.DAY: (mark("up to {top} each day"), mark("up to {top} in {periods} days")),
    BucketSize.WEEK: (mark("up to {top} each week"), mark("up to {top} in {periods} weeks")),
    BucketSize.MONTH: (mark("up to {top} each month"), mark("up to {top} in {periods} months")),
}
"""The number of articles of the highest bar, which is one period or several."""


def _legend(bars: Sequence[TrendBar]) -> str:
    """Return the meaning of the signs of coverage gaps that the chart has."""
    gaps = [bar for bar in bars if bar.has_gaps]
    uncertain = f"  {UNCERTAIN_BAR} {_('coverage gap')}" if any(bar.count for bar in gaps) else ""
    empty = f"  {GAP_BAR} {_('gap, nothing found')}" if any(not bar.count for bar in gaps) else ""
    return uncertain + empty


def _day(start: float, bucket: BucketSize, zone: tzinfo | None) -> str:
    time = times.local(start, zone)
    if time is None:
        return "?"
    if bucket is BucketSize.HOUR:
        return f"{time:%d} {month(time)} {time:%H:%M}"
    return time.strftime(_("%Y-%m-%d"))
