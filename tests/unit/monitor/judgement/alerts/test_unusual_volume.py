"""Tests of spikes and silences of watchlists."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC

import pytest
from hypothesis import given, strategies as st

from monitor.judgement.alerts.unusual_volume import (
    DAY,
    HISTORY,
    HOUR,
    Hours,
    Interval,
    Pattern,
    Story,
    Unusual,
    find_silence,
    find_spike,
    gaps,
    is_spike_over,
    learn,
)
from monitor.model.alert import AlertKind

START = 1_704_067_200.0  # a Monday, midnight
NOW = START + 30 * DAY + 15 * HOUR
WATCHED_TIMES: list[Interval] = [(START, NOW)]
FEEDS = {1: START, 2: START}


def regular(each_day: float, end: float = NOW, feed: int = 1, seed: int = 1) -> list[Story]:
    """Return stories at random times, with an average number each day."""
    generator, at, stories = random.Random(seed), START, []
    while (at := at + generator.expovariate(each_day / DAY)) < end:
        stories.append(Story(at, feed))
    return stories


def pattern_of(
    stories: Sequence[Story],
    watched_times: Sequence[Interval] = WATCHED_TIMES,
    now: float = NOW,
    left_out: Iterable[Interval] = (),
) -> Pattern | None:
    return learn(stories, Hours.until(now, watched_times, UTC), START, FEEDS, left_out)


def spike(
    stories: Sequence[Story], watched_times: Sequence[Interval] = WATCHED_TIMES, now: float = NOW
) -> Unusual | None:
    pattern = pattern_of(stories, watched_times, now)
    assert pattern is not None
    gap_times = gaps(watched_times, now - 2 * DAY, now)
    return find_spike(pattern, stories, now, UTC, known_feeds=FEEDS, unwatched=gap_times)


def burst(number: int, seconds: float = HOUR, feed: int = 1, end: float = NOW) -> list[Story]:
    return [Story(end - seconds + (n + 0.5) * seconds / number, feed) for n in range(number)]


def test_many_stories_in_an_hour_are_a_spike_with_what_is_usual() -> None:
    unusual = spike([*regular(12, NOW - HOUR), *burst(14)])
    assert unusual is not None
    assert unusual.kind is AlertKind.SPIKE
    assert unusual.stories == pytest.approx(14, abs=3)
    assert unusual.usual < 3


def test_a_usual_hour_is_none() -> None:
    assert spike(regular(12)) is None


def test_two_stories_are_no_spike_however_rare_they_are() -> None:
    assert spike(burst(2)) is None
    assert spike(burst(4)) is not None


def test_nothing_is_known_before_two_weeks() -> None:
    early_end = START + HISTORY - HOUR
    assert pattern_of(regular(12, early_end), [(START, early_end)], early_end) is None
    later_end = START + HISTORY + HOUR
    assert pattern_of(regular(12, later_end), [(START, later_end)], later_end) is not None


def test_stories_of_a_new_feed_are_no_spike() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14, feed=3)]
    assert spike(sorted(stories)) is None


def test_what_was_missed_in_a_sleep_is_no_spike() -> None:
    """Twelve hours at 48 stories a day arrive within five minutes."""
    missed_stories = [Story(NOW - 240 + n * 10, 1) for n in range(24)]
    before = regular(48, NOW - 12 * HOUR)
    awake_times = [(START, NOW - 12 * HOUR), (NOW - 300, NOW)]
    assert spike([*before, *missed_stories], awake_times) is None
    assert spike([*before, *missed_stories]) is not None


def test_what_a_feed_brings_that_could_not_be_read_is_no_spike() -> None:
    before = regular(48, NOW - 12 * HOUR)
    missed_stories = [Story(NOW - 240 + n * 10, 1) for n in range(24)]
    stories = [*before, *missed_stories]
    pattern = pattern_of(stories)
    assert pattern is not None
    unread_times = {1: [(NOW - 12 * HOUR, NOW - 300)]}
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=FEEDS, unread=unread_times) is None
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=FEEDS) is not None


def test_bursts_that_are_usual_are_no_spike() -> None:
    """Every second day has a burst of fifteen stories, so one more is usual."""
    stories = regular(4, NOW - HOUR)
    for day in range(0, 30, 2):
        stories += burst(15, end=START + day * DAY + (3 + day % 17) * HOUR)
    assert spike(sorted([*stories, *burst(15)])) is None
    assert spike(sorted([*regular(4, NOW - HOUR), *burst(15)])) is not None


def test_the_rhythm_of_the_day_is_usual() -> None:
    """Twelve stories at nine every morning; at three in the night they are a spike."""
    nine_o_clock = [
        Story(START + day * DAY + 9 * HOUR + n * 200, 1) for day in range(30) for n in range(12)
    ]
    morning = START + 30 * DAY + 10 * HOUR
    morning_stories = [Story(morning - HOUR + n * 200, 1) for n in range(12)]
    night = START + 30 * DAY + 4 * HOUR
    night_stories = [Story(night - HOUR + n * 200, 1) for n in range(12)]
    assert spike([*nine_o_clock, *morning_stories], [(START, morning)], morning) is None
    assert spike([*nine_o_clock, *night_stories], [(START, night)], night) is not None


def test_a_spike_is_over_when_the_hours_are_usual_again() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14)]
    pattern = pattern_of(stories)
    assert pattern is not None
    assert not is_spike_over(pattern, stories, NOW, UTC, known_feeds=FEEDS)
    assert is_spike_over(pattern, stories, NOW + 9 * HOUR, UTC, known_feeds=FEEDS)


def test_what_was_told_is_not_told_again() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14)]
    pattern = pattern_of(stories)
    assert pattern is not None
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=FEEDS, last_end=NOW - 60) is None


def test_days_left_out_teach_nothing() -> None:
    """A spike three weeks ago hides a smaller one, unless its day is left out."""
    end = START + 9 * DAY + 15 * HOUR
    stories = sorted([*regular(12, NOW - HOUR), *burst(40, end=end), *burst(9)])
    pattern, cleaned = pattern_of(stories), pattern_of(stories, left_out=[(end - DAY, end + HOUR)])
    assert pattern is not None and cleaned is not None
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=FEEDS) is None
    assert find_spike(cleaned, stories, NOW, UTC, known_feeds=FEEDS) is not None


def silence(
    stories: Sequence[Story],
    hours: float,
    feeds: Iterable[int] = (1, 2),
    watched_times: Sequence[Interval] | None = None,
) -> Unusual | None:
    pattern, now = pattern_of(stories), NOW + hours * HOUR
    assert pattern is not None
    times = [(START, now)] if watched_times is None else watched_times
    last, healthy = stories[-1].at, frozenset(feeds)
    return find_silence(pattern, last, now, UTC, healthy_feeds=healthy, watched=times)


def test_a_watchlist_that_always_rings_falls_silent() -> None:
    stories = regular(24)
    assert silence(stories, 2) is None
    unusual = silence(stories, 24)
    assert unusual is not None
    assert (unusual.kind, unusual.stories, unusual.since) == (AlertKind.QUIET, 0, stories[-1].at)
    assert unusual.usual == pytest.approx(24, abs=6)


def test_a_watchlist_that_rarely_rings_is_never_silent() -> None:
    assert silence(regular(0.5), 20 * 24) is None


def test_no_silence_while_its_feeds_cannot_be_read() -> None:
    assert silence(regular(24), 24, feeds=()) is None
    assert silence(regular(24), 24, feeds=(2,)) is None


def test_no_silence_while_nobody_watched() -> None:
    stories, now = regular(24), NOW + 24 * HOUR
    assert silence(stories, 24, watched_times=[(START, NOW), (now - 600, now)]) is None
    assert silence(stories, 24, watched_times=[(START, NOW)]) is None


@given(
    number=st.integers(3, 40),
    each_day=st.sampled_from([0.1, 1.0, 8.0, 40.0]),
    seed=st.integers(0, 5),
)
def test_more_stories_are_no_less_of_a_spike(number: int, each_day: float, seed: int) -> None:
    before = regular(each_day, NOW - HOUR, seed=seed)
    if spike([*before, *burst(number)]) is not None:
        assert spike([*before, *burst(number + 5)]) is not None


@given(
    st.lists(st.tuples(st.floats(0, 30 * DAY), st.integers(1, 4)), max_size=60),
    st.lists(st.floats(0, 30 * DAY), max_size=6),
)
def test_anything_can_be_learned_from_and_looked_at(
    raised_stories: list[tuple[float, int]], edges: list[float]
) -> None:
    stories = sorted(Story(START + at, feed) for at, feed in raised_stories)
    edges = sorted(edges)
    watched_times = [(START + a, START + b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    pattern = pattern_of(stories, [*watched_times, (NOW - 600, NOW)])
    if pattern is not None:
        unusual = find_spike(pattern, stories, NOW, UTC, known_feeds=FEEDS)
        assert unusual is None or unusual.stories >= 2 * unusual.usual
