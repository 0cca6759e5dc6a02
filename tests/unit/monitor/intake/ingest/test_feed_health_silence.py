"""Tests of the silence of feeds with various publication rates."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from monitor.intake.ingest import feed_health
from monitor.model.feed import FeedState, PublicationRate
from monitor.storage.store.sql.feeds import habit_of, habit_value

HOUR, DAY = 3_600.0, 86_400.0
MONDAY = 1_795_392_000.0
"""The Monday 2026-11-23, 00:00 UTC."""
JITTER = st.floats(-1.5, 1.5)
"""The hours by which an edition is late; negative if it is early."""


def silence_after(moments: Sequence[float]) -> float:
    """Return the seconds from the last of these publications until the feed is silent."""
    rate = feed_health.updated_rate(None, moments)
    silence = feed_health.longest_silence(rate)
    assert silence is not None
    return silence


def alert_pauses(moments: Sequence[float]) -> list[float]:
    """Return the pauses that would have raised an alert, publication by publication."""
    rate, pauses = None, []
    for before, published in zip([moments[0], *moments], moments, strict=False):
        silence = feed_health.longest_silence(rate)
        if silence is not None and published - before > silence:
            pauses.append(published - before)
        rate = feed_health.updated_rate(rate, [published])
    return pauses


def days(
    weeks: int, of_the_week: Sequence[int], lags: Sequence[float], hour: float = 6
) -> list[float]:
    dates = [week * 7 + day for week in range(weeks) for day in of_the_week]
    return [MONDAY + day * DAY + (hour + lags[n % len(lags)]) * HOUR for n, day in enumerate(dates)]


@given(st.lists(JITTER, min_size=1, max_size=30), st.integers(1, 30))
def test_a_daily_that_rests_at_weekends_is_never_silent(delays: list[float], weeks: int) -> None:
    assert alert_pauses(days(weeks, range(5), delays)) == []


@given(st.lists(JITTER, min_size=1, max_size=30), st.integers(1, 30))
def test_a_weekly_is_never_silent(delays: list[float], weeks: int) -> None:
    assert alert_pauses(days(weeks, [3], delays)) == []


@given(st.integers(7, 30), st.integers(1, 12))
def test_a_weekly_with_many_articles_on_its_day_is_never_silent(weeks: int, articles: int) -> None:
    hours = [day + n * 0.7 * HOUR for day in days(weeks, [3], [0]) for n in range(articles)]
    assert alert_pauses(hours) == []


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30), st.sampled_from([range(5), range(7)])
)
def test_a_daily_that_stops_is_silent_by_the_fourth_day(
    delays: list[float], of_the_week: range
) -> None:
    assert DAY < silence_after(days(8, of_the_week, delays)) <= 4 * DAY


@given(st.integers(22, 90), st.sampled_from([range(24), range(6, 23)]))
def test_a_wire_that_stops_is_silent_within_a_day(number: int, hours: range) -> None:
    moments = [MONDAY + day * DAY + hour * HOUR for day in range(number) for hour in hours]
    assert alert_pauses(moments) == []
    assert silence_after(moments) <= DAY


def test_a_wire_may_rest_on_its_first_weekends() -> None:
    hours = [MONDAY + d * DAY + h * HOUR for d in range(70) if d % 7 < 5 for h in range(24)]
    assert alert_pauses(hours) == []
    assert 2 * DAY < silence_after(hours) < 3 * DAY


@given(st.lists(st.floats(24, 2000), min_size=4, max_size=60))
def test_whatever_it_does_its_usual_pauses_are_allowed(pauses: list[float]) -> None:
    """Only the longest pause may be too long: it may have been a strike."""
    moments = [MONDAY]
    for hours in pauses:
        moments.append(moments[-1] + hours * HOUR)
    *_, second, _ = sorted(pauses[-8:])
    assert silence_after(moments) >= second * HOUR - 1e-3


def test_the_more_pauses_differ_the_more_is_allowed() -> None:
    def moments_of(pauses: Sequence[float]) -> list[float]:
        return [MONDAY + sum(pauses[:n]) * DAY for n in range(len(pauses) + 1)]

    assert silence_after(moments_of([1, 1, 1, 1, 3] * 6)) == pytest.approx(3.6 * DAY)
    assert silence_after(moments_of([1, 1, 1, 1, 1, 1, 9, 12])) == 41 * DAY


@pytest.mark.parametrize("publications", range(5))
def test_few_publications_are_no_habit(publications: int) -> None:
    rate = feed_health.updated_rate(None, [MONDAY + n * DAY for n in range(publications)])
    assert feed_health.typical_interval(rate) is None
    assert feed_health.longest_silence(rate) is None


def test_what_comes_within_an_hour_is_one_publication() -> None:
    burst = [MONDAY + n * 60 for n in range(50)]
    rate = feed_health.updated_rate(None, burst)
    assert rate is not None and not rate.pauses


@given(st.lists(st.floats(0, 500), max_size=60), st.integers(0, 60))
def test_it_is_all_the_same_whether_learned_at_once_or_in_turn(hours: list[float], at: int) -> None:
    moments = sorted(MONDAY + hour * HOUR for hour in hours)
    in_turn = feed_health.updated_rate(feed_health.updated_rate(None, moments[:at]), moments[at:])
    assert in_turn == feed_health.updated_rate(None, reversed(moments))
    if in_turn is not None:
        assert len(in_turn.pauses) <= feed_health.MAX_PAUSES
        assert habit_of(habit_value(in_turn)) == in_turn


@pytest.mark.parametrize(
    ("date", "after", "expected"),
    [
        (None, 100.0, 200.0),
        (150.0, 100.0, 150.0),  # between the reads: its date is believed
        (50.0, 100.0, 100.0),  # before the previous read: it was not there then
        (999.0, 100.0, 200.0),
        (-9e9, None, -9e9),  # the first read has no better date
        (999.0, None, 200.0),
    ],
)
def test_dates_are_believed_as_far_as_they_can_be(date, after, expected) -> None:
    assert feed_health.entry_times([date], after, 200.0) == [expected]


def test_silence_is_judged_by_what_was_read() -> None:
    state = FeedState(last_ok=10 * DAY, published=6 * DAY, silent_after=5 * DAY)
    assert not feed_health.is_silent(state)
    assert feed_health.is_silent(
        FeedState(last_ok=11.1 * DAY, published=6 * DAY, silent_after=5 * DAY)
    )
    assert not feed_health.is_silent(FeedState(last_ok=99 * DAY, published=6 * DAY))


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (HOUR, "hourly"), (4 * HOUR, "every 4 h"), (DAY, "daily"), (3 * DAY, "every 3 d"),
        (7 * DAY, "weekly"), (30 * DAY, "monthly"), (90 * DAY, "every 90 d"),
    ],
)  # fmt: skip
def test_how_often_in_words(seconds: float, word: str) -> None:
    assert feed_health.describe_interval(seconds) == word


def test_an_unread_habit_is_none() -> None:
    assert habit_of("") is None
    assert isinstance(habit_of(habit_value(PublicationRate(since=1, last=2))), PublicationRate)
