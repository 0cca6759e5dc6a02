"""When quiet hours end and when the next digest is due, by a wall clock with its summer time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from index.article import Timestamp
from monitor.model.config import Digest, Quiet

DAY = timedelta(days=1)


def quiet_until(quiet: Quiet, now: Timestamp, local: tzinfo) -> Timestamp | None:
    """Return when the quiet hours end that it is now, None if it is none.

    `local` is the zone of the machine.
    """
    zone = quiet.zone or local
    ends = [end for start, end in _nights(quiet, now, zone) if start <= now < end]
    return max(ends, default=None)


def next_digest(digest: Digest, now: Timestamp, local: tzinfo) -> Timestamp:
    """Return when what is raised now is told of: always later than now."""
    zone = digest.zone or local
    today = datetime.fromtimestamp(now, zone).date()
    if digest.every is not None:
        midnight, next_midnight = (_moment(day, time(), zone) for day in (today, today + DAY))
        rounds = int((now - midnight) // digest.every) + 1
        return min(midnight + rounds * digest.every, next_midnight)
    days = [today + n * DAY for n in range(3)]  # a clock put back can pass a time twice
    return min(at for day in days for t in digest.at if (at := _moment(day, t, zone)) > now)


def by_the_clock(at: Timestamp, now: Timestamp, zone: tzinfo) -> str:
    """Return a moment as `07:00`, with its date unless it is within a day."""
    there = datetime.fromtimestamp(at, zone)
    return there.strftime("%H:%M" if abs(at - now) < DAY.total_seconds() else "%Y-%m-%d %H:%M")


def _nights(quiet: Quiet, now: Timestamp, zone: tzinfo) -> Iterator[tuple[Timestamp, Timestamp]]:
    """Yield the quiet hours that may be on: those of today, and of the day before."""
    today = datetime.fromtimestamp(now, zone).date()
    for day in (today - DAY, today):
        if day.weekday() in quiet.days:
            over_night = DAY if quiet.end <= quiet.start else timedelta()
            yield (
                _moment(day, quiet.start, zone),
                _moment(day + over_night, quiet.end, zone, late=True),
            )


def _moment(day: date, at: time, zone: tzinfo, *, late: bool = False) -> Timestamp:
    """Return when it is that time of that day; the later one where the clock says it twice."""
    return datetime.combine(day, at, zone).replace(fold=int(late)).timestamp()
