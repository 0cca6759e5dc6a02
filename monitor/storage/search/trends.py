"""Articles over time: counts by bucket of local time, corrected for times nobody watched."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from index.query.ast import Facet, Node, clauses
from index.search import MatchedArticles
from monitor.base.article import Timestamp
from monitor.model.search import WHOLE, BucketSize, Series

Resolve = Callable[[str], tuple[Timestamp, Timestamp]]
"""Returns start and end of a date as a query has it."""


def bounds(root: Node, resolve: Resolve) -> tuple[list[Timestamp], list[Timestamp]]:
    """Return the values of all `since:` and of all `until:` that hold for the whole query."""
    facets = [clause for clause in clauses(root) if isinstance(clause, Facet)]
    since = [resolve(facet.value)[0] for facet in facets if facet.name == "since"]
    until = [resolve(facet.value)[1] for facet in facets if facet.name == "until"]
    return since, until


HOUR, DAY = 3_600.0, 86_400.0
_FINEST = ((2.5 * DAY, BucketSize.HOUR), (62 * DAY, BucketSize.DAY), (425 * DAY, BucketSize.WEEK))
"""The longest span in seconds for each size of bucket: some 60 buckets fit into 80 columns."""


def choose_interval(span: float) -> BucketSize:
    """Return the default size of the buckets for a span of seconds."""
    return next((size for longest, size in _FINEST if span <= longest), BucketSize.MONTH)


def edges(
    since: Timestamp, until: Timestamp, size: BucketSize, zone: tzinfo
) -> tuple[Timestamp, ...]:
    """Return the edges of the buckets that cover the time from `since` until `until`.

    Days have 23 to 25 hours. A day that the clock skips (in Samoa) has no bucket.
    """
    starts: list[Timestamp] = []
    second = math.floor(since)  # datetime would round the last fraction of an hour up
    for start in _STARTS[size](datetime.fromtimestamp(second, zone)):
        if not starts or start > starts[-1]:
            starts.append(start)
            if start >= until and len(starts) > 1:
                break
    return tuple(starts)


def label(start: Timestamp, size: BucketSize, zone: tzinfo) -> str:
    """Return the name of the bucket that starts then."""
    local = datetime.fromtimestamp(start, zone)
    match size:
        case BucketSize.HOUR:
            return local.isoformat(timespec="minutes")
        case BucketSize.DAY:
            return local.strftime("%Y-%m-%d")
        case BucketSize.WEEK:
            return local.strftime("%G-W%V")
        case BucketSize.MONTH:
            return local.strftime("%Y-%m")


def estimate(since: Timestamp, until: Timestamp, size: BucketSize) -> int:
    """Return the approximate number of buckets."""
    length = {
        BucketSize.HOUR: HOUR,
        BucketSize.DAY: DAY,
        BucketSize.WEEK: 7 * DAY,
        BucketSize.MONTH: 30 * DAY,
    }[size]
    return int((until - since) // length) + 1


def _hours(local: datetime) -> Iterator[Timestamp]:
    """Yield full hours of the clock; one of them is short where it is set back by half an hour."""
    zone = local.tzinfo
    start = local.timestamp() - 60 * local.minute - local.second
    while True:
        yield start
        minute = datetime.fromtimestamp(start, zone).minute
        start += HOUR - 60 * minute


def _days(local: datetime, step: int = 1) -> Iterator[Timestamp]:
    day = local.date()
    while True:
        yield _midnight(day, local.tzinfo)
        day += timedelta(days=step)


def _weeks(local: datetime) -> Iterator[Timestamp]:
    return _days(local - timedelta(days=local.weekday()), step=7)


def _months(local: datetime) -> Iterator[Timestamp]:
    day = local.date().replace(day=1)
    while True:
        yield _midnight(day, local.tzinfo)
        day = (day + timedelta(days=31)).replace(day=1)


def _midnight(day: date, zone: tzinfo | None) -> Timestamp:
    """Return the first moment of a day: midnight, or the time to which the clock jumps over it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


_STARTS: dict[BucketSize, Callable[[datetime], Iterator[Timestamp]]] = {
    BucketSize.HOUR: _hours,
    BucketSize.DAY: _days,
    BucketSize.WEEK: _weeks,
    BucketSize.MONTH: _months,
}


Interval = tuple[Timestamp, Timestamp]


def merge_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the intervals in order, with those merged that touch or overlap."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif end > start:
            merged.append((start, end))
    return merged


def missed_seconds(edges: Sequence[Timestamp], gaps: Sequence[Interval]) -> list[float]:
    """Return the seconds of each bucket that lie in gaps; the gaps are merged."""
    seconds = [0.0] * (len(edges) - 1)
    for start, end in gaps:
        first = max(bisect_right(edges, start) - 1, 0)
        for bucket in range(first, min(bisect_left(edges, end), len(seconds))):
            seconds[bucket] += min(end, edges[bucket + 1]) - max(start, edges[bucket])
    return seconds


def is_inside(gaps: Sequence[Interval], moment: Timestamp) -> bool:
    """Return whether a moment lies in one of the gaps; the gaps are merged."""
    index = bisect_right(gaps, (moment, float("inf"))) - 1
    return index >= 0 and moment < gaps[index][1]


MIN_COVERED = 0.5
"""Share of a bucket that must have been watched for its count to be corrected."""


def tally(dates: Iterable[Timestamp], edges: Sequence[Timestamp]) -> list[int]:
    """Return the number of moments in each bucket; none of them lies outside the edges."""
    counts = [0] * (len(edges) - 1)
    for moment in dates:
        counts[bisect_right(edges, moment) - 1] += 1
    return counts


def series(
    name: str,
    matched: MatchedArticles,
    edges: Sequence[Timestamp],
    span: Interval,
    gaps: Mapping[int, Sequence[Interval]],
) -> Series:
    """Count the articles of a series by bucket.

    Args:
        name: The name of the series.
        matched: Its articles.
        edges: The edges of the buckets.
        span: The time that counts: the first bucket may begin before it, the last may end after.
        gaps: The merged intervals in which each feed was not watched.
    """
    counts = tally(matched.dates.values(), edges)
    if not any(gaps.get(feed) for feed in matched.by_feed):
        return Series(
            name=name,
            counts=tuple(counts),
            covered=(1.0,) * len(counts),
            corrected=(None,) * len(counts),
        )
    clipped = [min(max(edge, span[0]), span[1]) for edge in edges]
    covered = _coverage(matched, clipped, gaps)
    watched = tally((matched.dates[id] for id in _watched_ids(matched, gaps)), edges)
    return Series(
        name=name,
        counts=tuple(counts),
        covered=tuple(covered),
        corrected=tuple(map(_correct, counts, watched, covered)),
    )


def _coverage(
    matched: MatchedArticles, edges: Sequence[Timestamp], gaps: Mapping[int, Sequence[Interval]]
) -> list[float]:
    """Return the watched share of each bucket, with feeds weighted by their rate of articles."""
    lengths = [max(end - start, 1e-9) for start, end in pairwise(edges)]
    missed = {feed: missed_seconds(edges, gaps.get(feed, ())) for feed in matched.by_feed}
    rates = {
        feed: _rate(matched, feed, gaps.get(feed, ()), sum(lengths) - sum(missed[feed]))
        for feed in matched.by_feed
    }
    if not any(rates.values()):
        rates = dict.fromkeys(rates, 1.0)
    total = sum(rates.values())
    return [
        min(1.0, max(0.0, 1 - sum(rates[f] * missed[f][bucket] for f in rates) / (length * total)))
        for bucket, length in enumerate(lengths)
    ]


def _rate(matched: MatchedArticles, feed: int, gaps: Sequence[Interval], seconds: float) -> float:
    """Return the articles a second that a feed brings while it is watched."""
    if seconds < 1:
        return 0.0
    dates = matched.dates
    return sum(not is_inside(gaps, dates[id]) for id in matched.by_feed[feed]) / seconds


def _watched_ids(matched: MatchedArticles, gaps: Mapping[int, Sequence[Interval]]) -> set[int]:
    """Return the articles dated while a feed that carried them was watched."""
    dates = matched.dates
    return {
        id
        for feed, ids in matched.by_feed.items()
        for id in ids
        if not is_inside(gaps.get(feed, ()), dates[id])
    }


def _correct(count: int, watched: int, covered: float) -> float | None:
    if covered >= WHOLE or covered < MIN_COVERED:
        return None
    return max(float(count), watched / covered)
