"""Articles over time as bars on a few lines: pure.

Each stretch of time has the same number of cells or, where there are more stretches than cells,
each cell the same number of stretches. A stretch in which feeds were not wholly read is drawn in
`░`, and `×` where it has nothing: less may be there than was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from monitor.model.search import By, Trend
from tui.view import times
from tui.view.styled_text import Line, width

EIGHTHS = " ▁▂▃▄▅▆▇█"
UNSURE, MISSING = "░", "×"
WIDEST = 6
"""Cells of a bar at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """One bar."""

    first: int
    """Number of its first stretch."""
    last: int
    count: int
    unsure: bool
    """Its feeds were not wholly read."""


def columns(trend: Trend, cells: int) -> tuple[list[Column], int]:
    """Return the bars of the first series, and how many cells each takes."""
    (series, *_) = trend.series
    total = len(series.counts)
    step = max(1, -(-total // max(1, cells)))
    found = [
        Column(
            at,
            min(at + step, total) - 1,
            sum(series.counts[at : at + step]),
            any(series.marked[at : at + step]),
        )
        for at in range(0, total, step)
    ]
    return found, max(1, min(WIDEST, cells // max(1, len(found))))


def drawn(trend: Trend, cells: int, rows: int, zone: tzinfo | None) -> list[Line]:
    """Return the bars on so many lines, and a line below that says from when to when."""
    bars, wide = columns(trend, cells)
    top = max((bar.count for bar in bars), default=0)
    lines: list[Line] = []
    for row in range(rows - 1, -1, -1):
        line: Line = []
        for bar in bars:
            sign = _sign(bar, top, row, rows)
            text = sign * wide if wide < 3 else sign * (wide - 1) + " "
            line.append((text, "late" if bar.unsure else "list"))
        lines.append(line)
    return [*lines, _below(trend, bars, wide, top, cells, zone)]


def _sign(bar: Column, top: int, row: int, rows: int) -> str:
    """Return what a bar shows on a row, counted from below."""
    if not bar.count:
        return MISSING if bar.unsure and not row else " "
    eighths = max(1, round(bar.count / top * 8 * rows))
    if bar.unsure:
        return UNSURE if row < max(1, math.ceil(eighths / 8)) else " "
    return EIGHTHS[min(8, max(0, eighths - 8 * row))]


def _below(
    trend: Trend, bars: Sequence[Column], wide: int, top: int, cells: int, zone: tzinfo | None
) -> Line:
    first, last = _day(trend.edges[0], trend.by, zone), _day(trend.edges[-2], trend.by, zone)
    many = bars[0].last - bars[0].first + 1
    each = f"each {trend.by}" if many == 1 else f"in {many} {trend.by}s"
    said = f"up to {top:,} {each}"
    unsure = f"  {UNSURE}{MISSING} not all read" if any(bar.unsure for bar in bars) else ""
    between = len(bars) * wide - len(first) - len(last)
    for words in (said + unsure, said, ""):
        if words and len(words) + 4 <= between:
            left = (between - len(words)) // 2
            gap, behind = " " * left + words + " " * (between - left - len(words)), ""
        else:
            gap, behind = " " * max(2, between), f"   {words}" if words else ""
        line: Line = [(first, "quiet"), (gap, "quiet"), (last, "quiet"), (behind, "quiet")]
        if width(line) <= cells:
            return line
    return [(first[:cells], "quiet")]


def _day(start: float, by: By, zone: tzinfo | None) -> str:
    then = times.local(start, zone)
    if then is None:
        return "?"
    return f"{then:%d %b %H:%M}" if by is By.HOUR else f"{then:%Y-%m-%d}"


def between(trend: Trend, bar: Column, zone: tzinfo | None) -> str:
    """Return the filters that ask for the time of a bar: `since:2026-10-01 until:2026-10-31`."""
    start = times.local(trend.edges[bar.first], zone)
    end = times.local(trend.edges[bar.last + 1], zone)
    if start is None or end is None:
        return ""
    form = "%Y-%m-%dT%H:%M" if trend.by is By.HOUR else "%Y-%m-%d"
    until: datetime = end - timedelta(minutes=1)
    return f"since:{start.strftime(form)} until:{until.strftime(form)}"
