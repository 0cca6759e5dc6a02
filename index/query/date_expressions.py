"""Moments as analysts write them: 2023, 2023-10-01, 7d, yesterday, hier."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, tzinfo

from monitor.base.translation import gettext as _
from monitor.base.translation import mark

_AGO = re.compile(r"(\d{1,5})\s*(min|mois|mo|m|h|d|j|w|sem|y|ans?)")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DAYS = {"today": 0, "aujourd'hui": 0, "aujourd’hui": 0, "yesterday": 1, "hier": 1}
_SECONDS = {"min": 60, "m": 60, "h": 3600, "d": 86_400, "j": 86_400, "w": 604_800,
            "sem": 604_800}  # fmt: skip
_YEARS = ("y", "an", "ans")
_HINT = mark(
    "write 2023, 2023-10, 2023-10-01, 2023-10-01T18:00, 7d, 12h, 2w, 3mo, 1y, today or yesterday"
)


def resolve_time(text: str, now: float, tz: tzinfo) -> tuple[float, float]:
    """Return start and end (not included) of what a text names, in seconds since the epoch.

    `2023-10` is a whole month in `tz`; `7d` is from seven days ago until `now`; a moment
    with a time of day is one second or minute long. Raises ValueError if not understood.
    """
    written = text.strip().lower()
    try:
        span = (
            _named_day(written, now, tz)
            or _ago(written, now, tz)
            or _date(written, tz)
            or _moment(text.strip(), tz)
        )
    except (ValueError, OverflowError):
        raise ValueError(_(_HINT)) from None
    return span[0].timestamp(), span[1].timestamp()


_Span = tuple[datetime, datetime]


def _named_day(written: str, now: float, tz: tzinfo) -> _Span | None:
    if written not in _DAYS:
        return None
    day = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    start = day - timedelta(days=_DAYS[written])
    return start, start + timedelta(days=1)


def _ago(written: str, now: float, tz: tzinfo) -> _Span | None:
    match = _AGO.fullmatch(written)
    if not match:
        return None
    end = datetime.fromtimestamp(now, tz)
    number, unit = int(match[1]), match[2]
    if unit in _SECONDS:
        return datetime.fromtimestamp(now - number * _SECONDS[unit], tz), end
    months = end.year * 12 + end.month - 1 - number * (12 if unit in _YEARS else 1)
    year, month = months // 12, months % 12 + 1
    day = min(end.day, calendar.monthrange(year, month)[1])
    return end.replace(year=year, month=month, day=day), end


def _date(written: str, tz: tzinfo) -> _Span | None:
    match = _DATE.fullmatch(written)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    start = datetime(year, month, day, tzinfo=tz)
    if match[3]:
        return start, start + timedelta(days=1)
    if match[2]:
        return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=tz)
    return start, datetime(year + 1, 1, 1, tzinfo=tz)


def _moment(text: str, tz: tzinfo) -> _Span:
    start = datetime.fromisoformat(text)
    start = start if start.tzinfo else start.replace(tzinfo=tz)
    whole_minute = re.search(r"\d\d:\d\d:\d\d", text) is None
    return start, start + (timedelta(minutes=1) if whole_minute else timedelta(seconds=1))
