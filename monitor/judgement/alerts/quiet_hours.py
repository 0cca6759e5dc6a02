"""When quiet hours end, digests and briefings are due, by a wall clock with summer time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from monitor.base.article import Timestamp
from monitor.base.formatting import date_and_time
from monitor.model.config import BriefingSchedule, Digest, Quiet

DAY = timedelta(days=1)


def quiet_until(quiet: Quiet, now: Timestamp, local: tzinfo) -> Timestamp | None:
    """Return when the quiet hours of now end; None if there are none now.

    Args:
        quiet: The quiet hours.
        now: The time.
        local: Time zone of the machine, for hours that name none.
    """
    zone = quiet.zone or local
    ends = [end for start, end in _nights(quiet, now, zone) if start <= now < end]
    return max(ends, default=None)


def next_digest(digest: Digest, now: Timestamp, local: tzinfo) -> Timestamp:
    """Return when an alert that is raised now is delivered: always later than now.

    Args:
        digest: When digests are sent.
        now: The time.
        local: Time zone of the machine, for a digest that names none.
    """
    zone = digest.zone or local
    today = datetime.fromtimestamp(now, zone).date()
    if digest.every is not None:
        midnight, next_midnight = (_moment(day, time(), zone) for day in (today, today + DAY))
        rounds = int((now - midnight) // digest.every) + 1
        return min(midnight + rounds * digest.every, next_midnight)
    days = [today + n * DAY for n in range(3)]  # where summer time ends, a clock shows a time twice
    return min(at for day in days for t in digest.at if (at := _moment(day, t, zone)) > now)


def last_briefing(schedule: BriefingSchedule, now: Timestamp, local: tzinfo) -> Timestamp | None:
    """Return when a briefing was due last: not later than now; None if never in a week.

    Args:
        schedule: When briefings are sent.
        now: The time.
        local: Time zone of the machine, for a schedule that names none.
    """
    zone = schedule.zone or local
    today = datetime.fromtimestamp(now, zone).date()
    days = [day for n in range(8) if (day := today - n * DAY).weekday() in schedule.days]
    slots = [_moment(day, at, zone) for day in days for at in schedule.at]
    return max((slot for slot in slots if slot <= now), default=None)


def by_the_clock(at: Timestamp, now: Timestamp, zone: tzinfo) -> str:
    """Return a time as `07:00`, with its date unless it is within a day of now."""
    there = datetime.fromtimestamp(at, zone)
    if abs(at - now) < DAY.total_seconds():
        return there.strftime("%H:%M")
    return date_and_time(there)


def _nights(quiet: Quiet, now: Timestamp, zone: tzinfo) -> Iterator[tuple[Timestamp, Timestamp]]:
    """Yield start and end of the quiet hours that begin today, and of those of yesterday."""
    today = datetime.fromtimestamp(now, zone).date()
    for day in (today - DAY, today):
        if day.weekday() in quiet.days:
            over_night = DAY if quiet.end <= quiet.start else timedelta()
            yield (
                _moment(day, quiet.start, zone),
                _moment(day + over_night, quiet.end, zone, late=True),
            )


def _moment(day: date, at: time, zone: tzinfo, *, late: bool = False) -> Timestamp:
    """Return when a wall clock shows a time on a day; where it does so twice, the first time.

    Args:
        day: The day.
        at: The time of day.
        zone: Time zone of the clock.
        late: Return the later moment where summer time begins or ends: a time that is skipped
            is shown an hour later.
    """
    there = datetime.combine(day, at, zone)
    moments = [there.replace(fold=fold).timestamp() for fold in (0, 1)]
    return max(moments) if late else moments[0]
