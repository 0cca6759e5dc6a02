"""When a feed was not watched, and how much of each bucket that took."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from index.article import Timestamp

Interval = tuple[Timestamp, Timestamp]


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same stretches of time in order, none touching another."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif end > start:
            found.append((start, end))
    return found


def missed(edges: Sequence[Timestamp], gaps: Sequence[Interval]) -> list[float]:
    """Return the seconds of each bucket that lie in gaps; the gaps are `united`."""
    seconds = [0.0] * (len(edges) - 1)
    for start, end in gaps:
        first = max(bisect_right(edges, start) - 1, 0)
        for at in range(first, min(bisect_left(edges, end), len(seconds))):
            seconds[at] += min(end, edges[at + 1]) - max(start, edges[at])
    return seconds


def inside(gaps: Sequence[Interval], moment: Timestamp) -> bool:
    """Tell whether a moment lies in one of some `united` gaps."""
    at = bisect_right(gaps, (moment, float("inf"))) - 1
    return at >= 0 and moment < gaps[at][1]
