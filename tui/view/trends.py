"""The chart of a trend: how many articles there were in each period, and where gaps are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct

from monitor.base import signs
from monitor.base.formatting import month
from monitor.base.translation import gettext as _
from monitor.base.translation import number
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
        TrendBar(
            sum(series.counts[at : at + step]),
            any(series.marked[at : at + step]),
        )
        for at in range(0, total, step)
    ]
    return bars, max(1, min(MAX_BAR_CELLS, cells // max(1, len(bars)))), min(step, total)


def trend_lines(trend: Trend, cells: int, rows: int, zone: tzinfo | None) -> list[Line]:
    """Return the bars on `rows` lines, and below them a line with the first and last date."""
    bars, wide, periods = trend_bars(trend, cells)
    top = max((bar.count for bar in bars), default=0)
    lines: list[Line] = []
    for row in range(rows - 1, -1, -1):
        line: Line = []
        for bar in bars:
            glyph = _bar_glyph(bar, top, row, rows)
            text = glyph * wide if wide < 3 else glyph * (wide - 1) + " "
            line.append((text, "late" if bar.has_gaps else "list"))
        lines.append(line)
    return [*lines, _axis(trend, bars, wide, periods, top, cells, zone)]


def _bar_glyph(bar: TrendBar, top: int, row: int, rows: int) -> str:
    """Return what a bar shows on a row; row 0 is the lowest."""
    if not bar.count:
        return GAP_BAR if bar.has_gaps and not row else " "
    eighths = max(1, round(bar.count / top * 8 * rows))
    if bar.has_gaps:
        return UNCERTAIN_BAR if row < max(1, math.ceil(eighths / 8)) else " "
    return EIGHTHS[min(8, max(0, eighths - 8 * row))]


def _axis(
    trend: Trend,
    bars: Sequence[TrendBar],
    wide: int,
    periods: int,
    top: int,
    cells: int,
    zone: tzinfo | None,
) -> Line:
    first, last = _day(trend.edges[0], trend.by, zone), _day(trend.edges[-2], trend.by, zone)
    scale, legend = _scale(trend.by, number(top), periods), _legend(bars)
    between = len(bars) * wide - len(first) - len(last)
    texts = (scale + legend, legend.strip() or scale)
    inside = next((text for text in texts if len(text) + 4 <= between), "")
    gap = inside.center(between) if inside else " " * max(2, between)
    behind = "" if inside else f"   {scale}{legend}"
    return fit_line([(part, "quiet") for part in (first, gap, last, behind)], cells)


def _scale(by: BucketSize, top: str, periods: int) -> str:
    """Return how many articles the highest bar stands for: `up to 12 each day`."""
    match by:
        case BucketSize.HOUR if periods == 1:
            return _("up to {top} each hour", top=top)
        case BucketSize.HOUR:
            return _("up to {top} in {periods} hours", top=top, periods=periods)
        case BucketSize.DAY if periods == 1:
            return _("up to {top} each day", top=top)
        case BucketSize.DAY:
            return _("up to {top} in {periods} days", top=top, periods=periods)
        case BucketSize.WEEK if periods == 1:
            return _("up to {top} each week", top=top)
        case BucketSize.WEEK:
            return _("up to {top} in {periods} weeks", top=top, periods=periods)
        case BucketSize.MONTH if periods == 1:
            return _("up to {top} each month", top=top)
        case BucketSize.MONTH:
            return _("up to {top} in {periods} months", top=top, periods=periods)


def _legend(bars: Sequence[TrendBar]) -> str:
    """Return what the signs of coverage gaps in the chart mean, of those that are there."""
    gaps = [bar for bar in bars if bar.has_gaps]
    found = f"  {UNCERTAIN_BAR} {_('coverage gap')}" if any(bar.count for bar in gaps) else ""
    empty = f"  {GAP_BAR} {_('gap, nothing found')}" if any(not bar.count for bar in gaps) else ""
    return found + empty


def _day(start: float, by: BucketSize, zone: tzinfo | None) -> str:
    then = times.local(start, zone)
    if then is None:
        return "?"
    if by is BucketSize.HOUR:
        return f"{then:%d} {month(then)} {then:%H:%M}"
    return then.strftime(_("%Y-%m-%d"))
