"""Decides whether a watchlist brings far more stories than usual, or none any more. Pure.

The usual number is learned from up to eight weeks: a rate for each feed, times a factor for the
hour of the day, times one for the weekday. Its variation is measured over windows of one hour to a
day. A window is a spike if all of these hold: its number is improbable
for a negative binomial distribution with that mean and variance, nothing in the weeks before
deviated as far, and it is at least twice the usual number. A watchlist that rings nearly every day
is quiet if no story came for so long that chance does not explain it, and for longer than ever.

Time that was not watched counts for nothing. Its articles arrive afterwards, all at once: a window
that follows it reaches back over it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from itertools import accumulate, compress, count, pairwise, starmap
from operator import mul, sub
from typing import NamedTuple

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.model.alert import AlertKind

HOUR = 3600.0
DAY = 24 * HOUR
MEMORY = 56 * DAY
"""Seconds of the past from which the usual is learned."""
HISTORY = 14 * DAY
"""Seconds that must be known of a watchlist, and of a feed, before anything is called usual."""
MIN_WATCHED = 1 / 4
"""Share of these that must have been watched."""
WINDOWS = (1, 2, 4, 8, 24)
"""Hours before now in which a spike is looked for."""
CHANCE = 1e-4
"""Probability that one window is a spike by chance, at one look."""
DEVIATION_MARGIN = 0.25
"""Margin by which a number must deviate more than any in the past; see `deviation`."""
MIN_STORIES = 3
"""Fewer stories are no spike."""
MIN_RATIO = 2.0
"""Times the usual number; fewer stories are no spike."""
CATCHING_UP = HOUR
"""Seconds in which missed articles arrive, once their feed can be read again."""
OVER_CHANCE = 0.05
"""A spike is over when its windows have at least this probability."""
MAX_SILENCES = 0.2
"""The most silences that chance may make in a month."""
MIN_RINGING = 0.8
"""Least share of days with an alert at which a watchlist counts as always ringing."""
PRIOR = 6.0
"""Prior stories with an even rhythm: a few stories say nothing of hours and weekdays."""
WHOLE_HOUR = 0.99
"""Share of an hour that must have been watched for it to count in the variation."""

NEVER = 1e-300
"""Smaller probabilities are left out: floating point cannot hold them."""

Interval = tuple[Timestamp, Timestamp]


class Story(NamedTuple):
    """A story of a watchlist, when its first alert was raised."""

    at: Timestamp
    feed: int
    """Number of the feed that brought it."""
    alert: int = 0


class Unusual(Struct, frozen=True):
    """Something unusual that has begun."""

    kind: AlertKind
    since: Timestamp
    stories: int
    usual: float
    """The usual number of stories since then."""


class Hours(Struct, frozen=True):
    """The hours of the past from which all watchlists learn."""

    first: int
    """Number of the first hour since the epoch."""
    watched: tuple[float, ...]
    """Share of each hour in which the monitor watched; 0 for an hour of which it caught up."""
    weekday: tuple[int, ...]
    """Weekday of each hour by the local clock."""
    hour: tuple[int, ...]
    """Each hour by the local clock."""

    @classmethod
    def until(cls, now: Timestamp, watched: Sequence[Interval], zone: tzinfo) -> Hours:
        """Return the hours to learn from at a moment: all but the last day."""
        end = int((now - DAY) // HOUR)
        start = max(now - MEMORY, min((start for start, _ in watched), default=now))
        first = min(end, math.ceil(start / HOUR))
        shares = [0.0] * (end - first)
        for start, until in watched:
            for hour, share in _shares(start, until):
                if 0 <= hour - first < len(shares):
                    shares[hour - first] += share
        for (_, previous_end), (start, until) in pairwise(watched):
            caught_up = min(start + CATCHING_UP, until) if start > previous_end else start
            _forget(shares, first, (start, caught_up))
        times = [local(hour, zone) for hour in range(first, end)]
        return cls(
            first,
            tuple(min(1.0, share) for share in shares),
            tuple(weekday for weekday, _ in times),
            tuple(hour for _, hour in times),
        )


class Pattern(Struct, frozen=True):
    """The usual stories of a watchlist, learned from its past."""

    rates: Mapping[int, float]
    """Stories in an hour that each feed brings."""
    unknown_rate: float
    """Stories in an hour of feeds that brought none yet: the past has no half stories."""
    by_hour: tuple[float, ...]
    by_weekday: tuple[float, ...]
    stories: int
    watched_hours: float
    dispersion: Mapping[int, float]
    """Variance over mean, by the hours of a window."""
    max_deviation: Mapping[int, float]
    """The largest `deviation` of the number, by the hours of a window."""
    max_lull: float
    """Stories that were usual in the longest time without any."""
    rings_daily: bool
    """Whether it rings nearly every day."""

    def factor(self, weekday: int, hour: int) -> float:
        """Return the ratio of an hour's usual stories to the average."""
        return self.by_weekday[weekday] * self.by_hour[hour]

    def usual(
        self, interval: Interval, zone: tzinfo, feeds: Collection[int] | None = None
    ) -> float:
        """Return the usual number of stories of some feeds, or all, in an interval."""
        if feeds is None:
            rate = sum(self.rates.values()) + self.unknown_rate
        else:
            rate = sum(rate for feed, rate in self.rates.items() if feed in feeds)
        if not rate:
            return 0.0
        return rate * sum(
            share * self.factor(*local(hour, zone)) for hour, share in _shares(*interval)
        )

    def variance(self, usual: float, hours: int) -> float:
        """Return the variance of a number whose mean is not known exactly either."""
        dispersion = self.dispersion[hours]
        uncertainty = dispersion / (self.stories + 1) + 1 / (self.stories / 24 + PRIOR)
        return dispersion * usual + uncertainty * usual**2


def learn(
    stories: Sequence[Story],
    hours: Hours,
    since: Timestamp,
    feeds: Mapping[int, Timestamp],
    left_out: Iterable[Interval] = (),
    unread: Mapping[int, Sequence[Interval]] = {},
    windows: Sequence[int] = WINDOWS,
) -> Pattern | None:
    """Learn the pattern of a watchlist; None while too little is known.

    Args:
        stories: Its stories in the order of time.
        hours: The past.
        since: The time from which its rule has been watched.
        feeds: The time from which each feed is known; stories of other feeds do not count, nor
            those that it brought at once when it was read first.
        left_out: Times in which it was unusual.
        unread: When feeds could not be read, by feed; the stories that they brought at once
            afterwards do not count.
        windows: Hours of the windows whose variation is measured; none to learn only the usual
            number.
    """
    skip = max(0, math.ceil(since / HOUR) - hours.first)
    watched = [0.0] * skip + list(hours.watched[skip:])
    for interval in left_out:
        _forget(watched, hours.first, interval)
    total = sum(watched)
    first = next((place for place, share in enumerate(watched) if share), len(watched))
    if (len(watched) - first) * HOUR < HISTORY - DAY or total * HOUR < HISTORY * MIN_WATCHED:
        return None
    counted: list[tuple[int, Story]] = []
    for story in stories:
        place = int(story.at // HOUR) - hours.first
        if not 0 <= place < len(watched) or not watched[place] or story.feed not in feeds:
            continue
        if story.at - feeds[story.feed] < CATCHING_UP:
            continue
        if not any(0 <= story.at - end < CATCHING_UP for _, end in unread.get(story.feed, ())):
            counted.append((place, story))
    rates, base = _rates(counted, hours.first, watched, feeds)
    numbers = Counter(place for place, _ in counted)
    flat = [share * rate for share, rate in zip(watched, base, strict=True)]
    by_hour = _factors(numbers, flat, hours.hour, 24)
    rhythmic = list(map(mul, flat, map(by_hour.__getitem__, hours.hour)))
    by_weekday = _factors(numbers, rhythmic, hours.weekday, 7)
    usual = list(map(mul, rhythmic, map(by_weekday.__getitem__, hours.weekday)))
    scale = (len(counted) + 1) / sum(usual)
    usual = [scale * x for x in usual]
    spread = _spread(numbers, usual, watched, windows)
    return Pattern(
        rates=rates,
        unknown_rate=1 / total,
        by_hour=tuple(by_hour),
        by_weekday=tuple(scale * factor for factor in by_weekday),
        stories=len(counted),
        watched_hours=total,
        dispersion={window: dispersion for window, (dispersion, _) in spread.items()},
        max_deviation={window: deviation for window, (_, deviation) in spread.items()},
        max_lull=_max_lull(counted, hours.first, usual),
        rings_daily=_rings_daily(numbers, watched),
    )


def find_spike(
    pattern: Pattern,
    stories: Sequence[Story],
    now: Timestamp,
    zone: tzinfo,
    *,
    known_feeds: Collection[int],
    last_end: Timestamp = -math.inf,
    unwatched: Sequence[Interval] = (),
    unread: Mapping[int, Sequence[Interval]] = {},
) -> Unusual | None:
    """Return the least probable spike until now, None if there is none.

    Args:
        pattern: The usual stories.
        stories: The stories of the last two days at least, in the order of time.
        now: The time.
        zone: The time zone of the hours of the day.
        known_feeds: The feeds that have been read for long enough; others do not count.
        last_end: The end of the last spike; no window begins before it.
        unwatched: When the monitor did not watch in the last two days.
        unread: When it could not read a feed that it can read again, by feed.
    """
    best: tuple[float, Unusual] | None = None
    for hours, since, number, usual in _windows(
        pattern, stories, now, zone, known_feeds, last_end, unwatched, unread
    ):
        if number < max(MIN_STORIES, MIN_RATIO * usual):
            continue
        if deviation(number, usual) <= pattern.max_deviation[hours] + DEVIATION_MARGIN:
            continue
        chance = bursts_tail(number, usual, pattern.variance(usual, hours))
        if chance <= CHANCE and (best is None or chance < best[0]):
            best = chance, Unusual(AlertKind.SPIKE, since, number, usual)
    return best[1] if best else None


def is_spike_over(
    pattern: Pattern,
    stories: Sequence[Story],
    now: Timestamp,
    zone: tzinfo,
    *,
    known_feeds: Collection[int],
    unwatched: Sequence[Interval] = (),
) -> bool:
    """Tell whether the last hours are as usual again."""
    for hours, _, number, usual in _windows(
        pattern, stories, now, zone, known_feeds, -math.inf, unwatched, {}
    ):
        if hours < WINDOWS[-1] and number >= MIN_STORIES and number > usual:
            variance = pattern.variance(usual, hours)
            if bursts_tail(number, usual, variance) < OVER_CHANCE:
                return False
    return True


def find_silence(
    pattern: Pattern,
    last: Timestamp,
    now: Timestamp,
    zone: tzinfo,
    *,
    healthy_feeds: Collection[int],
    watched: Sequence[Interval],
) -> Unusual | None:
    """Return the silence of a watchlist that always rings, None if there is none.

    Args:
        pattern: The usual stories.
        last: When its last story began.
        now: The time.
        zone: The time zone of the hours of the day.
        healthy_feeds: The feeds that can be read and publish as they use to.
        watched: When the monitor watched, in the order of time.
    """
    if not pattern.rings_daily or now - last < HOUR:
        return None
    intervals = [(max(start, last), end) for start, end in watched if end > last]
    if not intervals or now - intervals[-1][1] > HOUR:
        return None
    usual = sum(pattern.usual(interval, zone, healthy_feeds) for interval in intervals)
    length = sum(end - start for start, end in intervals) / HOUR
    dispersion = pattern.dispersion[_window(length)]
    surprise = usual * math.log(dispersion) / (dispersion - 1) if dispersion > 1 else usual
    in_a_month = pattern.stories / pattern.watched_hours * 30 * 24
    if surprise < math.log(in_a_month / MAX_SILENCES) or usual <= pattern.max_lull:
        return None
    return Unusual(AlertKind.QUIET, last, 0, usual)


def deviation(number: float, usual: float) -> float:
    """Return the deviation of a number, on a scale on which chance is the same at any mean.

    The square root of Anscombe (1948, https://doi.org/10.2307/2332343).
    """
    return 2 * (math.sqrt(number + 3 / 8) - math.sqrt(usual + 3 / 8))


def bursts_tail(least: int, mean: float, variance: float) -> float:
    """Return the probability of at least a number at a varying rate: negative binomial.

    Args:
        least: The number, above the mean, so that each summand is less than the one before.
        mean: The usual number.
        variance: Its variance: more than the mean.
    """
    if mean == 0:
        return 0.0
    size, hit = mean**2 / (variance - mean), 1 - mean / variance
    chance = math.exp(
        math.lgamma(least + size)
        - math.lgamma(least + 1)
        - math.lgamma(size)
        + least * math.log(hit)
        + size * math.log1p(-hit)
    )
    tail = 0.0
    for number in count(least):
        tail += chance
        if chance <= max(tail * 1e-9, NEVER):
            return tail
        chance *= (number + size) / (number + 1) * hit
    raise AssertionError


@lru_cache(4_096)
def local(hour: int, zone: tzinfo) -> tuple[int, int]:
    """Return weekday and hour of the local clock in an hour since the epoch."""
    at = datetime.fromtimestamp(hour * HOUR, zone)
    return at.weekday(), at.hour


def gaps(watched: Sequence[Interval], since: Timestamp, now: Timestamp) -> list[Interval]:
    """Return the intervals that were not watched, until now, that end after `since`."""
    intervals = [(end, start) for (_, end), (start, _) in pairwise([*watched, (now, now)])]
    return [(start, end) for start, end in intervals if start < end > since]


def _windows(
    pattern: Pattern,
    stories: Sequence[Story],
    now: Timestamp,
    zone: tzinfo,
    known_feeds: Collection[int],
    last_end: Timestamp,
    unwatched: Sequence[Interval],
    unread: Mapping[int, Sequence[Interval]],
) -> Iterator[tuple[int, Timestamp, int, float]]:
    """Yield each window that has stories: its hours, start, stories and usual stories."""
    times = [story.at for story in stories]
    for hours in WINDOWS:
        since = now - hours * HOUR
        if since < last_end or len(times) - bisect_right(times, since) < MIN_STORIES:
            continue
        for start, end in reversed(unwatched):
            if end + CATCHING_UP >= since:
                since = min(since, start)
        number = sum(s.feed in known_feeds for s in stories[bisect_left(times, since) :])
        usual = pattern.usual((since, now), zone)
        for feed, intervals in unread.items():
            for start, end in intervals:
                if start < since <= end + CATCHING_UP:
                    usual += pattern.usual((start, since), zone, (feed,))
        yield _window((now - since) / HOUR), since, number, usual


def _window(hours: float) -> int:
    """Return the shortest window of at least so many hours, else the longest window."""
    return next((window for window in WINDOWS if window >= hours - 1e-6), WINDOWS[-1])


def _shares(start: Timestamp, end: Timestamp) -> Iterator[tuple[int, float]]:
    """Yield the hours that an interval touches, and the share of each that is in it."""
    moment = start
    while moment < end:
        hour = int(moment // HOUR)
        until = min(end, (hour + 1) * HOUR)
        yield hour, (until - moment) / HOUR
        moment = until


def _forget(watched: list[float], first: int, interval: Interval) -> None:
    """Set the hours of an interval to zero."""
    for hour, _ in _shares(*interval):
        if 0 <= hour - first < len(watched):
            watched[hour - first] = 0.0


def _rates(
    counted: Sequence[tuple[int, Story]],
    first: int,
    watched: Sequence[float],
    feeds: Mapping[int, Timestamp],
) -> tuple[dict[int, float], list[float]]:
    """Return the stories in an hour by feed, and of all feeds that were read in each hour."""
    sums = [0.0, *accumulate(watched)]
    numbers = Counter(story.feed for _, story in counted)
    steps = [0.0] * (len(watched) + 1)
    steps[0] = 1 / sums[-1]
    earliest = {story.feed: place for place, story in reversed(counted)}
    rates = {}
    for feed, number in numbers.items():
        place = min(earliest[feed], max(0, int(feeds[feed] // HOUR) - first))
        rates[feed] = number / max(sums[-1] - sums[place], 1.0)
        steps[place] += rates[feed]
    return rates, list(accumulate(steps))[:-1]


def _factors(
    numbers: Mapping[int, int], usual: Sequence[float], kinds: Sequence[int], size: int
) -> list[float]:
    """Return the ratio of observed to usual stories in the hours of each kind."""
    observed, expected = [PRIOR] * size, [PRIOR] * size
    for kind, mean in zip(kinds, usual, strict=True):
        expected[kind] += mean
    for place, number in numbers.items():
        observed[kinds[place]] += number
    return [number / mean for number, mean in zip(observed, expected, strict=True)]


def _spread(
    numbers: Mapping[int, int],
    usual: Sequence[float],
    watched: Sequence[float],
    windows: Sequence[int],
) -> dict[int, tuple[float, float]]:
    """Return variance over mean of windows of watched hours, and their largest deviation."""
    whole_hours = [place for place, share in enumerate(watched) if share >= WHOLE_HOUR]
    observed = [0, *accumulate(numbers.get(place, 0) for place in whole_hours)]
    mean = [0.0, *accumulate(usual[place] for place in whole_hours)]
    spread = {}
    for window in windows:
        counts = list(map(sub, observed[window:], observed))
        means = list(map(sub, mean[window:], mean))
        residuals, total = list(map(sub, counts, means)), sum(means)
        dispersion = sum(map(mul, residuals, residuals)) / total if total else 1.0
        above = compress(zip(counts, means, strict=True), (x > 0 for x in residuals))
        spread[window] = max(1.0, dispersion), max(starmap(deviation, above), default=0.0)
    return spread


def _max_lull(counted: Sequence[tuple[int, Story]], first: int, usual: Sequence[float]) -> float:
    """Return the largest number of usual stories between one story and the next."""
    sums = [0.0, *accumulate(usual)]
    positions = [sums[place] + (s.at / HOUR - first - place) * usual[place] for place, s in counted]
    return max((after - before for before, after in pairwise(positions)), default=0.0)


def _rings_daily(numbers: Mapping[int, int], watched: Sequence[float]) -> bool:
    """Tell whether nearly every day that was watched for half of it has stories."""
    days = ringing_days = 0
    for start in range(0, len(watched) - 23, 24):
        if sum(watched[start : start + 24]) >= 12:
            days += 1
            ringing_days += any(numbers.get(place) for place in range(start, start + 24))
    return days > 0 and ringing_days >= MIN_RINGING * days
