"""Buckets of local time: hours, days, ISO weeks and months, with their summer times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, tzinfo

from index.article import Timestamp
from monitor.model import By

HOUR, DAY = 3_600.0, 86_400.0
_FINEST = ((2.5 * DAY, By.HOUR), (62 * DAY, By.DAY), (425 * DAY, By.WEEK))
"""Up to how long a span is counted by what: some 60 buckets, that 80 columns have room for."""


def fitting(span: float) -> By:
    """Return what to count a span of seconds by when nobody says."""
    return next((by for longest, by in _FINEST if span <= longest), By.MONTH)


def edges(since: Timestamp, until: Timestamp, by: By, zone: tzinfo) -> tuple[Timestamp, ...]:
    """Return where the buckets begin and end that hold all from a moment until another.

    Days have 23 to 25 hours. What the clock skips (a day in Samoa) is no bucket.
    """
    found: list[Timestamp] = []
    second = math.floor(since)  # datetime would round the last fraction of an hour up
    for start in _STARTS[by](datetime.fromtimestamp(second, zone)):
        if not found or start > found[-1]:
            found.append(start)
            if start >= until and len(found) > 1:
                break
    return tuple(found)


def label(start: Timestamp, by: By, zone: tzinfo) -> str:
    """Return what to call the bucket that starts then."""
    local = datetime.fromtimestamp(start, zone)
    match by:
        case By.HOUR:
            return local.isoformat(timespec="minutes")
        case By.DAY:
            return local.strftime("%Y-%m-%d")
        case By.WEEK:
            return local.strftime("%G-W%V")
        case By.MONTH:
            return local.strftime("%Y-%m")


def estimate(since: Timestamp, until: Timestamp, by: By) -> int:
    """Return about how many buckets there would be."""
    length = {By.HOUR: HOUR, By.DAY: DAY, By.WEEK: 7 * DAY, By.MONTH: 30 * DAY}[by]
    return int((until - since) // length) + 1


def _hours(local: datetime) -> Iterator[Timestamp]:
    """Yield full hours of the clock: one that is set back by half an hour has a short one."""
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
    """Return the first moment of a day: midnight, or what the clock jumps to over it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


_STARTS: dict[By, Callable[[datetime], Iterator[Timestamp]]] = {
    By.HOUR: _hours,
    By.DAY: _days,
    By.WEEK: _weeks,
    By.MONTH: _months,
}
