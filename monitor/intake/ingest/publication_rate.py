"""The publication rate of a feed, and the longest normal silence. Pure.

The pauses of the last six weeks contain nights, weekends and the week of a weekly, so the
normal silence is learned from them::

    pauses, the longest first    a daily that rests at weekends    a wire    a weekly
    second                       3 d                               2 h       7 d
    fifth                        3 d                               2 h       7 d
    allowed                      3.6 d                             12 h      21 d

The longest pause does not count: it may have been a strike, or an outage of the monitor.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.formatting import span
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.model.feed import FeedState, PublicationRate

HOUR, DAY = 3_600.0, 86_400.0

MIN_DAYS = 5
"""Least days with publications to learn from: a weekly may bring ten on one day."""
MAX_PAUSES = 8
"""Pauses kept: more than the weekends of six weeks."""
WEEKS = 42 * DAY
MIN_HISTORY = 21 * DAY
"""Before three weekends are known, a feed may rest for a long one."""
LONG_WEEKEND = 4 * DAY
SLACK = 4
"""Weight of the spread of its pauses: with 2, feeds that publish less than daily would have
raised 0.7 alerts a year, with 4 they raise 0.3 (in 267 years of 91 real feeds)."""
SHORTEST = 12 * HOUR
"""The shortest silence in seconds that is reported."""


def updated_rate(
    habit: PublicationRate | None, published: Iterable[Timestamp]
) -> PublicationRate | None:
    """Return a publication rate updated with the times of some publications, in any order."""
    for moment in sorted(published):
        if habit is None:
            habit = PublicationRate(since=moment, last=moment)
        elif moment - habit.last >= HOUR:
            pause = moment - habit.last
            habit = replace(
                habit,
                last=moment,
                days=habit.days + (moment // DAY > habit.last // DAY),
                recent=(*habit.recent, pause)[-MAX_PAUSES:],
                pauses=_shortened((*habit.pauses, (moment, pause))),
            )
    return habit


def typical_interval(habit: PublicationRate | None) -> float | None:
    """Return the median seconds between two publications; None while too few are known."""
    from statistics import median

    if habit is None or habit.days < MIN_DAYS:
        return None
    return median(habit.recent)


def longest_silence(habit: PublicationRate | None) -> float | None:
    """Return the seconds without a publication after which a feed counts as silent.

    The more its pauses differ, the longer; None while too few publications are known.
    """
    typical = typical_interval(habit)
    if habit is None or typical is None:
        return None
    pauses = sorted((pause for _, pause in habit.pauses), reverse=True)
    second, fifth = pauses[1], pauses[min(4, len(pauses) - 1)]
    least = SHORTEST if habit.last - habit.since >= MIN_HISTORY else LONG_WEEKEND
    return max(least, 3 * typical, 1.2 * second, second + SLACK * (second - fifth))


def entry_times(
    dates: Iterable[Timestamp | None], last_read: Timestamp | None, now: Timestamp
) -> list[Timestamp]:
    """Return the times of publication: the dates, limited to the time since the last read.

    At the first read their dates count unless they are in the future.
    """
    earliest = float("-inf") if last_read is None else last_read
    return [now if date is None else min(max(date, earliest), now) for date in dates]


def is_silent(state: FeedState) -> bool:
    """Tell whether a feed, when last read, had been silent for longer than is normal."""
    if state.published is None or state.silent_after is None or state.last_ok is None:
        return False
    return state.last_ok - state.published > state.silent_after


def describe_interval(seconds: float) -> str:
    """Describe an interval: `hourly`, `every 4 h`, `daily`."""
    for least, most, name in (
        (0, 1.5 * HOUR, mark("hourly")),
        (20 * HOUR, 36 * HOUR, mark("daily")),
        (6 * DAY, 8 * DAY, mark("weekly")),
        (26 * DAY, 35 * DAY, mark("monthly")),
    ):
        if least <= seconds <= most:
            return _(name)
    return _("every {time}", time=span(seconds))


def _shortened(pauses: tuple[tuple[Timestamp, float], ...]) -> tuple[tuple[Timestamp, float], ...]:
    """Leave out one pause of too many: the oldest if it is old, else the shortest."""
    if len(pauses) <= MAX_PAUSES:
        return pauses
    if pauses[-1][0] - pauses[0][0] > WEEKS:
        return pauses[1:]
    shortest = min(pauses, key=lambda pause: pause[1])
    return tuple(pause for pause in pauses if pause is not shortest)
