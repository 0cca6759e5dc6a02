"""Times as an analyst reads them: ages, times of day and dates, in the local zone."""

from __future__ import annotations

from datetime import datetime, tzinfo

from monitor.base.article import Timestamp
from monitor.base.formatting import date_and_time, month
from monitor.base.translation import gettext as _

FUTURE_SLACK = 3600.0
"""Seconds that the clock of a publisher may be ahead; a date further ahead is marked."""


def local(at: Timestamp, zone: tzinfo | None = None) -> datetime | None:
    """Return a time in a zone (the machine's when None); None if no calendar holds it."""
    try:
        return datetime.fromtimestamp(at, zone).astimezone(zone)
    except (OverflowError, OSError, ValueError):
        return None


def short(at: Timestamp, now: Timestamp, zone: tzinfo | None = None) -> str:
    """Return a time in at most six cells: the hour today, else the day, else the year."""
    time, today = local(at, zone), local(now, zone)
    if time is None or today is None:
        return "?"
    if time.date() == today.date():
        return f"{time:%H:%M}"
    if time.year == today.year:
        return f"{time.day} {month(time)}"
    return f"{time.year}"


def day(at: Timestamp, now: Timestamp, zone: tzinfo | None = None) -> str:
    """Return a time as `short` does, with the day also in other years: `7 Jan 2017`."""
    time, label = local(at, zone), short(at, now, zone)
    return f"{time.day} {month(time)} {label}" if time and label == f"{time.year}" else label


def full(at: Timestamp, zone: tzinfo | None = None) -> str:
    """Return a time with its date and zone: `2026-11-24 19:38 CET`."""
    time = local(at, zone)
    if time is None:
        return _("an impossible date")
    return f"{date_and_time(time)} {time.tzname()}"


def clock(now: Timestamp, zone: tzinfo | None = None) -> str:
    """Return the time of day with its zone: `23:53:09 CET`."""
    time = local(now, zone)
    return "" if time is None else f"{time:%H:%M:%S} {time.tzname()}"


def date_anomaly(published: Timestamp | None, seen: Timestamp) -> str:
    """Return the anomaly of a publication date: `undated`, `future`, or nothing."""
    if published is None:
        return "undated"
    return "future" if published > seen + FUTURE_SLACK else ""
