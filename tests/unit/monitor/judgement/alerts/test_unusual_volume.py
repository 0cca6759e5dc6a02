"""What is usual for a watchlist, spikes and silences."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
WATCHED: list[Interval] = [(START, NOW)]
KNOWN = {1: START, 2: START}


def regular(each_day: float, until: float = NOW, feed: int = 1, seed: int = 1) -> list[Story]:
    """Return stories at random times, so many a day on the average."""
    dice, at, found = random.Random(seed), START, []
    while (at := at + dice.expovariate(each_day / DAY)) < until:
        found.append(Story(at, feed))
    return found


def learned(
    stories: Sequence[Story],
    watched: Sequence[Interval] = WATCHED,
    now: float = NOW,
    left_out: Iterable[Interval] = (),
) -> Pattern | None:
    return learn(stories, Hours.until(now, watched, UTC), START, KNOWN, left_out)


def spike(
    stories: Sequence[Story], watched: Sequence[Interval] = WATCHED, now: float = NOW
) -> Unusual | None:
    pattern = learned(stories, watched, now)
    assert pattern is not None
    unwatched = gaps(watched, now - 2 * DAY, now)
    return find_spike(pattern, stories, now, UTC, known_feeds=KNOWN, unwatched=unwatched)


def burst(number: int, seconds: float = HOUR, feed: int = 1, until: float = NOW) -> list[Story]:
    return [Story(until - seconds + (n + 0.5) * seconds / number, feed) for n in range(number)]


def test_many_stories_in_an_hour_are_a_spike_with_what_is_usual() -> None:
    found = spike([*regular(12, NOW - HOUR), *burst(14)])
    assert found is not None
    assert found.kind is AlertKind.SPIKE
    assert found.stories == pytest.approx(14, abs=3)
    assert found.usual < 3


def test_a_usual_hour_is_none() -> None:
    assert spike(regular(12)) is None


def test_two_stories_are_no_spike_however_rare_they_are() -> None:
    assert spike(burst(2)) is None
    assert spike(burst(4)) is not None


def test_nothing_is_known_before_two_weeks() -> None:
    early = START + HISTORY - HOUR
    assert learned(regular(12, early), [(START, early)], early) is None
    later = START + HISTORY + HOUR
    assert learned(regular(12, later), [(START, later)], later) is not None


def test_stories_of_a_new_feed_are_no_spike() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14, feed=3)]
    assert spike(sorted(stories)) is None


def test_what_was_missed_in_a_sleep_is_no_spike() -> None:
    """Twelve hours at 48 stories a day arrive within five minutes."""
    missed = [Story(NOW - 240 + n * 10, 1) for n in range(24)]
    before = regular(48, NOW - 12 * HOUR)
    slept = [(START, NOW - 12 * HOUR), (NOW - 300, NOW)]
    assert spike([*before, *missed], slept) is None
    assert spike([*before, *missed]) is not None


def test_what_a_feed_brings_that_could_not_be_read_is_no_spike() -> None:
    before = regular(48, NOW - 12 * HOUR)
    missed = [Story(NOW - 240 + n * 10, 1) for n in range(24)]
    stories = [*before, *missed]
    pattern = learned(stories)
    assert pattern is not None
    unread = {1: [(NOW - 12 * HOUR, NOW - 300)]}
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=KNOWN, unread=unread) is None
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=KNOWN) is not None


def test_bursts_that_are_usual_are_no_spike() -> None:
    """Every second day has a burst of fifteen: this one is no other."""
    stories = regular(4, NOW - HOUR)
    for day in range(0, 30, 2):
        stories += burst(15, until=START + day * DAY + (3 + day % 17) * HOUR)
    assert spike(sorted([*stories, *burst(15)])) is None
    assert spike(sorted([*regular(4, NOW - HOUR), *burst(15)])) is not None


def test_the_rhythm_of_the_day_is_usual() -> None:
    """Twelve stories at nine every morning; at three in the night they are a spike."""
    nine = [
        Story(START + day * DAY + 9 * HOUR + n * 200, 1) for day in range(30) for n in range(12)
    ]
    morning = START + 30 * DAY + 10 * HOUR
    today = [Story(morning - HOUR + n * 200, 1) for n in range(12)]
    night = START + 30 * DAY + 4 * HOUR
    tonight = [Story(night - HOUR + n * 200, 1) for n in range(12)]
    assert spike([*nine, *today], [(START, morning)], morning) is None
    assert spike([*nine, *tonight], [(START, night)], night) is not None


def test_a_spike_is_over_when_the_hours_are_usual_again() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14)]
    pattern = learned(stories)
    assert pattern is not None
    assert not is_spike_over(pattern, stories, NOW, UTC, known_feeds=KNOWN)
    assert is_spike_over(pattern, stories, NOW + 9 * HOUR, UTC, known_feeds=KNOWN)


def test_what_was_told_is_not_told_again() -> None:
    stories = [*regular(12, NOW - HOUR), *burst(14)]
    pattern = learned(stories)
    assert pattern is not None
    assert find_spike(pattern, stories, NOW, UTC, known_feeds=KNOWN, last_end=NOW - 60) is None


def test_days_left_out_teach_nothing() -> None:
    """A spike three weeks ago hides a smaller one, unless its day is left out."""
    earlier = START + 9 * DAY + 15 * HOUR
    stories = sorted([*regular(12, NOW - HOUR), *burst(40, until=earlier), *burst(9)])
    hidden, seen = learned(stories), learned(stories, left_out=[(earlier - DAY, earlier + HOUR)])
    assert hidden is not None and seen is not None
    assert find_spike(hidden, stories, NOW, UTC, known_feeds=KNOWN) is None
    assert find_spike(seen, stories, NOW, UTC, known_feeds=KNOWN) is not None


def silence(
    stories: Sequence[Story],
    hours: float,
    well: Iterable[int] = (1, 2),
    watched: Sequence[Interval] | None = None,
) -> Unusual | None:
    pattern, now = learned(stories), NOW + hours * HOUR
    assert pattern is not None
    seen = [(START, now)] if watched is None else watched
    return find_silence(
        pattern, stories[-1].at, now, UTC, healthy_feeds=frozenset(well), watched=seen
    )


def test_a_watchlist_that_always_rings_falls_silent() -> None:
    stories = regular(24)
    assert silence(stories, 2) is None
    found = silence(stories, 24)
    assert found is not None
    assert (found.kind, found.stories, found.since) == (AlertKind.QUIET, 0, stories[-1].at)
    assert found.usual == pytest.approx(24, abs=6)


def test_a_watchlist_that_rarely_rings_is_never_silent() -> None:
    assert silence(regular(0.5), 20 * 24) is None


def test_no_silence_while_its_feeds_cannot_be_read() -> None:
    assert silence(regular(24), 24, well=()) is None
    assert silence(regular(24), 24, well=(2,)) is None


def test_no_silence_while_nobody_watched() -> None:
    stories, now = regular(24), NOW + 24 * HOUR
    assert silence(stories, 24, watched=[(START, NOW), (now - 600, now)]) is None
    assert silence(stories, 24, watched=[(START, NOW)]) is None


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
    raised: list[tuple[float, int]], edges: list[float]
) -> None:
    stories = sorted(Story(START + at, feed) for at, feed in raised)
    edges = sorted(edges)
    watched = [(START + a, START + b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    pattern = learned(stories, [*watched, (NOW - 600, NOW)])
    if pattern is not None:
        found = find_spike(pattern, stories, NOW, UTC, known_feeds=KNOWN)
        assert found is None or found.stories >= 2 * found.usual
