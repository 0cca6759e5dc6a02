"""Measures false alarms in a quiet year, and how soon a trebling and a silence are found.

    python -m bench.unusual             the tables, in a few minutes
    python -m bench.unusual --lists 2   fewer watchlists of each rate

A year of a newsroom is invented, hour by hour: watchlists of 0.05 to 40 stories a day, with the
rhythm of the day and of the week, busy and slow days, and events that bring several stories at
once. Its feeds come, go and fail, and bring what they missed when they can be read again. A server
is off three times in the year; a laptop is closed every evening and most of the weekend.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from statistics import median

from monitor.judgement.alerts import unusual_volume as volume
from monitor.judgement.alerts.unusual_volume import DAY, HOUR, Hours, Interval, Pattern, Story

RATES = (0.05, 0.2, 1.0, 3.0, 10.0, 40.0)
FAST = (10.0, 40.0, 80.0, 160.0)
START = 1_704_067_200.0  # a Monday, midnight
DAYS = 365
LOOK = 300.0
FEEDS = 20
BY_HOUR = [.2, .1, .1, .1, .2, .5, 1, 1.6, 1.9, 1.8, 1.7, 1.6, 1.4, 1.5, 1.6, 1.6, 1.6, 1.5,
           1.3, 1.1, .9, .7, .5, .3]  # fmt: skip
BY_WEEKDAY = [1.15, 1.2, 1.2, 1.15, 1.1, 0.6, 0.6]
ADDED, REMOVED = START + 120 * DAY, START + 240 * DAY


@dataclass
class Newsroom:
    """The times in which the monitor watched, and in which each feed could not be read."""

    rng: random.Random
    laptop: bool
    watched: list[Interval] = field(default_factory=list)
    down: dict[int, list[Interval]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = self.rng
        if self.laptop:
            for day in range(DAYS):
                if day % 7 < 5 or rng.random() < 0.3:
                    opened = START + day * DAY + rng.gauss(7.5, 0.7) * HOUR
                    self.watched.append((opened, opened + rng.gauss(12, 1.5) * HOUR))
        else:
            ends = sorted(START + rng.random() * DAYS * DAY for _ in range(3))
            starts = [START, *(end + rng.uniform(0.5, 20) * HOUR for end in ends)]
            self.watched = list(zip(starts, [*ends, START + DAYS * DAY], strict=True))
        for feed in range(1, FEEDS + 2):
            fails = sorted(START + rng.random() * DAYS * DAY for _ in range(6))
            self.down[feed] = [(at, at + rng.expovariate(1 / (12 * HOUR))) for at in fails]

    def seen(self, feed: int, at: float) -> float | None:
        """Return the time at which a story of a feed is seen; None if never."""
        if (feed == FEEDS + 1 and at < ADDED) or (feed == 2 and at > REMOVED):
            return None
        for start, end in self.down[feed]:
            if start <= at < end:
                if self.rng.random() < 0.4:
                    return None  # it went before the feed could be read again
                at = end
        for start, end in self.watched:
            if at < end:
                return max(at, start + self.rng.random() * LOOK)
        return None


def factor(at: float) -> float:
    """Return the publication rate at a moment, relative to the average."""
    hour = int((at - START) // HOUR)
    return BY_HOUR[hour % 24] * BY_WEEKDAY[hour // 24 % 7]


def published(rng: random.Random, rate: float, start: float, days: float) -> Iterator[float]:
    """Yield the times of stories: with a rhythm, busy days, and events with several stories."""
    peak, busy, day = rate * 2.6 * 2.5 / 1.3, 0.0, -1
    at = start
    while True:
        at += rng.expovariate(peak) * DAY
        if at >= start + days * DAY:
            return
        if int((at - START) // DAY) != day:
            day = int((at - START) // DAY)
            busy = 0.6 * busy + rng.gauss(0, 0.24)
        if rng.random() < min(1.0, factor(at) * math.exp(busy) / (2.6 * 2.5)):
            yield at
            if rng.random() < 0.15:  # the wires tell it in several ways
                for _ in range(1 + int(rng.expovariate(1.0))):
                    yield at + rng.expovariate(1 / (1.5 * HOUR))


def year(newsroom: Newsroom, rate: float) -> list[Story]:
    """Return the stories of a watchlist that are seen in a year."""
    shares = [1 / place for place in range(1, FEEDS + 1)]
    stories = []
    for at in published(newsroom.rng, rate, START, DAYS):
        (feed,) = newsroom.rng.choices(range(1, FEEDS + 1), shares)
        if (moment := newsroom.seen(feed, at)) is not None:
            stories.append(Story(moment, feed))
    for at in published(newsroom.rng, rate / 2, ADDED, (START + DAYS * DAY - ADDED) / DAY):
        if (moment := newsroom.seen(FEEDS + 1, at)) is not None:
            stories.append(Story(moment, FEEDS + 1))
    return sorted(stories)


@dataclass
class Watch:
    """Checks one watchlist, as the monitor does."""

    newsroom: Newsroom
    stories: Sequence[Story]
    past_spikes: list[Interval] = field(default_factory=list)
    _day: int = -1
    _pattern: Pattern | None = None

    def pattern(self, now: float) -> Pattern | None:
        """Return the usual pattern, learned once a day."""
        if int(now // DAY) != self._day:
            self._day = int(now // DAY)
            watched = [(a, min(b, now)) for a, b in self.newsroom.watched if a < now]
            watched = [interval for interval in watched if interval[1] > now - volume.MEMORY]
            past = [s for s in self.stories if now - volume.MEMORY <= s.at <= now]
            hours = Hours.until(now, watched, UTC)
            self._pattern = volume.learn(
                past, hours, START, self.known(now), self.past_spikes, self.newsroom.down
            )
        return self._pattern

    def known(self, now: float) -> dict[int, float]:
        """Return the feeds that have been read for long enough, with their starts."""
        feeds = dict.fromkeys(range(1, FEEDS + 1), START)
        if now - ADDED >= volume.HISTORY:
            feeds[FEEDS + 1] = ADDED
        return feeds

    def recent(self, now: float) -> list[Story]:
        """Return the stories of the last two days."""
        from bisect import bisect_left

        times = (Story(now - 2 * DAY, 0), Story(now, 1 << 30))
        return list(
            self.stories[bisect_left(self.stories, times[0]) : bisect_left(self.stories, times[1])]
        )

    def spike(self, now: float) -> bool:
        """Tell whether a spike is found."""
        pattern = self.pattern(now)
        if pattern is None:
            return False
        watched = [(a, min(b, now)) for a, b in self.newsroom.watched if a < now]
        unread = {
            feed: [(a, b) for a, b in down if now - 2 * DAY < b <= now]
            for feed, down in self.newsroom.down.items()
        }
        spike = volume.find_spike(
            pattern, self.recent(now), now, UTC, known_feeds=self.known(now),
            last_end=self.past_spikes[-1][1] if self.past_spikes else -math.inf,
            unwatched=volume.gaps(watched, now - 2 * DAY, now), unread=unread,
        )  # fmt: skip
        return spike is not None

    def over(self, now: float) -> bool:
        """Tell whether the last spike is over."""
        pattern = self.pattern(now)
        return pattern is None or volume.is_spike_over(
            pattern, self.recent(now), now, UTC, known_feeds=self.known(now)
        )

    def silence(self, last: float, now: float) -> bool:
        """Tell whether a silence is found."""
        pattern = self.pattern(now)
        if pattern is None:
            return False
        watched = [(a, min(b, now)) for a, b in self.newsroom.watched if a < now and b > last]
        down = self.newsroom.down
        feeds = [
            feed for feed in self.known(now)
            if not any(a <= now and b > last for a, b in down[feed])
            and not (feed == 2 and now > REMOVED)
        ]  # fmt: skip
        silence = volume.find_silence(pattern, last, now, UTC, healthy_feeds=feeds, watched=watched)
        return silence is not None


def alarms(watch: Watch) -> tuple[int, int]:
    """Return the numbers of spikes and silences in a quiet year; all are due to chance."""
    spikes = silences = 0
    opened: float | None = None
    silence_found = False
    last = START
    looks = sorted({math.ceil(s.at / LOOK) * LOOK for s in watch.stories} | {
        START + hour * HOUR for hour in range(24 * DAYS)
    })  # fmt: skip
    times = iter(watch.stories)
    upcoming = next(times, None)
    for now in looks:
        if not any(a <= now <= b + LOOK for a, b in watch.newsroom.watched):
            continue
        while upcoming is not None and upcoming.at <= now:
            last, silence_found = upcoming.at, False
            upcoming = next(times, None)
        if opened is not None and watch.over(now):
            watch.past_spikes.append((opened - DAY, now))
            opened = None
        if opened is None and watch.spike(now):
            spikes, opened = spikes + 1, now
        if not silence_found and watch.silence(last, now):
            silences, silence_found = silences + 1, True
    return spikes, silences


def delays(rate: float, trials: int, seed: int) -> tuple[list[float], list[float]]:
    """Return the hours until a trebling in working hours is found, and until a silence is."""
    rng = random.Random(seed)
    newsroom = Newsroom(rng, laptop=False)
    newsroom.watched = [(START, START + DAYS * DAY)]
    quiet = year(newsroom, rate)
    trebled, silent = [], []
    for _ in range(trials):
        begin = START + (rng.randrange(70, 110) * 24 + rng.randrange(8, 16)) * HOUR
        additions = [
            Story(at, 1 + rng.randrange(FEEDS)) for at in published(rng, 2 * rate, begin, 2.0)
        ]
        watch = Watch(newsroom, sorted([*(s for s in quiet if s.at < begin + 2 * DAY), *additions]))
        looks = (begin + n * LOOK for n in range(1, int(2 * DAY / LOOK)))
        found_at = next((now for now in looks if watch.spike(now)), math.inf)
        trebled.append((found_at - begin) / HOUR)
        watch = Watch(newsroom, [s for s in quiet if s.at < begin])
        last = watch.stories[-1].at if watch.stories else START
        looks = (begin + n * LOOK * 3 for n in range(1, int(10 * DAY / LOOK / 3)))
        found_at = next((now for now in looks if watch.silence(last, now)), math.inf)
        silent.append((found_at - begin) / HOUR)
    return trebled, silent


def poisson_power(rate: float, hours: float, times: float = 3.0) -> float:
    """Return the probability that chance lets a trebling be found, at a known even rate."""
    usual = rate / 24 * hours
    least = 0
    while _poisson_tail(least, usual) > volume.CHANCE:
        least += 1
    return _poisson_tail(max(least, volume.MIN_STORIES), times * usual)


def _poisson_tail(least: int, mean: float) -> float:
    chance, below = math.exp(-mean), 0.0
    for number in range(least):
        below += chance
        chance *= mean / (number + 1)
    return max(0.0, 1 - below)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.unusual", description=__doc__)
    parser.add_argument("--lists", type=int, default=6, help="watchlists of each rate")
    parser.add_argument("--trials", type=int, default=60, help="treblings and silences of each")
    arguments = parser.parse_args()
    lists = arguments.lists
    months = (DAYS - 14) / 30.4
    print("False alarms by watchlist and month, in a quiet year")
    print(f"{'stories/day':>12} {'server':>18} {'laptop':>18}")
    print(f"{'':>12} {'spikes':>9}{'silences':>9} {'spikes':>9}{'silences':>9}")
    for rate in RATES:
        cells = []
        for laptop in (False, True):
            alarm_counts = []
            for seed in range(lists):
                newsroom = Newsroom(random.Random(1_000 * seed + laptop), laptop)
                alarm_counts.append(alarms(Watch(newsroom, year(newsroom, rate))))
            for kind in (0, 1):
                cells.append(sum(counts[kind] for counts in alarm_counts) / lists / months)
        print(f"{rate:>12g} {cells[0]:>9.2f}{cells[1]:>9.2f} {cells[2]:>9.2f}{cells[3]:>9.2f}")
    print(
        "\nFrom the beginning of a trebling in working hours, and of a silence, until it is found"
    )
    print(f"{'stories/day':>12} {'within 2 h':>11} {'median':>9} {'silence':>9}")
    for rate in (*RATES[:-2], *FAST):
        trebled, silent = delays(rate, arguments.trials, 7)
        within = sum(hours <= 2 for hours in trebled) / len(trebled)
        print(f"{rate:>12g} {within:>10.0%} {_hours(trebled)} {_hours(silent)}")
    print("\nWhat chance allows: a trebling found at an even rate that is known exactly")
    print(f"{'stories/hour':>12} {'in 1 h':>9} {'in 2 h':>9} {'in 4 h':>9} {'in 8 h':>9}")
    for hourly in (0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 8):
        powers = "".join(f"{poisson_power(hourly * 24, h):>10.0%}" for h in (1, 2, 4, 8))
        print(f"{hourly:>12g}{powers}")


def _hours(hours: Sequence[float]) -> str:
    middle = median(hours)
    return f"{'—':>9}" if math.isinf(middle) else f"{middle:>7.1f} h"


if __name__ == "__main__":
    main()
