"""Tests of quiet hours and digests by the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from monitor.judgement.alerts.routing import (
    by_the_clock,
    last_briefing,
    next_digest,
    quiet_until,
)
from monitor.model.config import BriefingSchedule, Digest, Quiet

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
NIGHT = Quiet(start=time(22), end=time(7), zone=BRUSSELS)
MINUTE, HOUR = 60.0, 3600.0


def at(text: str, zone: ZoneInfo = BRUSSELS, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-25T21:59", None),
        ("2026-11-25T22:00", "2026-11-26T07:00"),
        ("2026-11-26T06:59", "2026-11-26T07:00"),
        ("2026-11-26T07:00", None),
        # The night of the summer time, an hour short; and of the winter time, an hour long.
        ("2026-03-28T22:30", "2026-03-29T07:00"),
        ("2026-10-24T22:30", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_end_by_the_wall_clock(now: str, end: str | None) -> None:
    assert quiet_until(NIGHT, at(now), NEW_YORK) == (at(end) if end else None)


def test_quiet_hours_without_a_zone_go_by_the_machine() -> None:
    quiet = Quiet(start=time(22), end=time(7))
    now = at("2026-11-25T23:00", NEW_YORK)
    assert quiet_until(quiet, now, NEW_YORK) == at("2026-11-26T07:00", NEW_YORK)
    assert quiet_until(quiet, now, BRUSSELS) == at("2026-11-26T07:00")


def test_days_are_those_on_which_the_night_begins() -> None:
    friday = Quiet(start=time(22), end=time(7), zone=BRUSSELS, days=(4,))
    assert quiet_until(friday, at("2026-11-27T23:00"), UTC) == at("2026-11-28T07:00")
    assert quiet_until(friday, at("2026-11-28T06:00"), UTC) == at("2026-11-28T07:00")
    assert quiet_until(friday, at("2026-11-28T23:00"), UTC) is None


def test_from_a_time_to_the_same_is_the_whole_day() -> None:
    quiet = Quiet(start=time(), end=time(), zone=BRUSSELS, days=(5, 6))
    assert quiet_until(quiet, at("2026-11-28T10:00"), UTC) == at("2026-11-29T00:00")
    assert quiet_until(quiet, at("2026-11-29T23:59"), UTC) == at("2026-11-30T00:00")
    assert quiet_until(quiet, at("2026-11-30T00:00"), UTC) is None


def test_a_time_that_the_clock_says_twice_is_quiet_until_the_second() -> None:
    quiet = Quiet(start=time(1), end=time(2, 30), zone=BRUSSELS)
    assert quiet_until(quiet, at("2026-10-25T02:15"), UTC) == at("2026-10-25T02:30", fold=1)
    assert quiet_until(quiet, at("2026-10-25T02:15", fold=1), UTC) == at("2026-10-25T02:30", fold=1)


times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from([BRUSSELS, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
days = st.sets(st.integers(0, 6), min_size=1).map(lambda weekdays: tuple(sorted(weekdays)))
quiet_hours = st.builds(Quiet, start=times, end=times, zone=zones, days=days)
digests = st.one_of(
    st.builds(Digest, every=st.sampled_from([60.0, 900.0, 1800.0, 21600.0, 86400.0]), zone=zones),
    st.builds(Digest, at=st.lists(times, min_size=1, max_size=3).map(tuple), zone=zones),
)
nights = [at("2026-03-29T00:00"), at("2026-10-25T00:00"), at("2026-04-05T00:00")]
"""The nights in which summer time begins or ends, in Europe and on Lord Howe Island."""
moments = st.builds(lambda night, shift: night + shift, st.sampled_from(nights),
                    st.integers(-40 * 3600, 40 * 3600))  # fmt: skip


@given(quiet=quiet_hours, now=moments)
@example(quiet=Quiet(start=time(2, 30), end=time(3), zone=BRUSSELS), now=at("2026-03-29T03:15"))
@example(quiet=Quiet(start=time(2), end=time(2), zone=BRUSSELS), now=at("2026-03-29T00:00"))
def test_quiet_hours_are_those_between_their_times(quiet: Quiet, now: float) -> None:
    """Quiet hours are compared with the local time of their start and end."""
    end = quiet_until(quiet, now, UTC)
    clock = datetime.fromtimestamp(now, quiet.zone).replace(tzinfo=None)
    is_inside = False
    for days_back in (0, 1):
        start = datetime.combine(clock.date() - timedelta(days=days_back), quiet.start)
        quiet_end = datetime.combine(start.date(), quiet.end)
        quiet_end += timedelta(days=int(quiet_end <= start))
        is_inside |= start <= clock < quiet_end and start.weekday() in quiet.days
    is_regular = all(  # no clock was changed around it
        datetime.fromtimestamp(now + h * HOUR, quiet.zone).utcoffset()
        == datetime.fromtimestamp(now, quiet.zone).utcoffset()
        for h in range(-27, 28)
    )
    if is_regular:
        assert (end is not None) == is_inside
    if end is not None:
        assert now < end <= now + 25 * HOUR
        end_time = datetime.fromtimestamp(end, quiet.zone).time()
        moved_ends = [time((quiet.end.hour + 1) % 24, quiet.end.minute),
                 (datetime.combine(clock, quiet.end) + timedelta(minutes=30)).time()]  # fmt: skip
        assert end_time in [quiet.end, *moved_ends]
        assert end_time == quiet.end or not is_regular


@given(digest=digests, now=moments)
def test_a_digest_is_always_still_to_come_and_the_same_for_all_before_it(
    digest: Digest, now: float
) -> None:
    due_at = next_digest(digest, now, UTC)
    max_wait = digest.every or 25 * HOUR
    assert now < due_at <= now + max(max_wait, HOUR) + HOUR
    between = (now + due_at) // 2
    assert next_digest(digest, between, UTC) == due_at, "one window, one message"
    assert next_digest(digest, due_at, UTC) > due_at


@pytest.mark.parametrize(
    ("digest", "now", "expected"),
    [
        (Digest(every=1800.0), "2026-11-25T10:02", "2026-11-25T10:30"),
        (Digest(every=1800.0), "2026-11-25T10:30", "2026-11-25T11:00"),
        (Digest(every=7 * HOUR), "2026-11-25T22:00", "2026-11-26T00:00"),
        (Digest(at=(time(7, 30), time(17))), "2026-11-25T08:00", "2026-11-25T17:00"),
        (Digest(at=(time(7, 30),)), "2026-11-25T07:30", "2026-11-26T07:30"),
        (Digest(at=(time(7, 30),)), "2026-10-24T12:00", "2026-10-25T07:30"),
    ],
)
def test_digests(digest: Digest, now: str, expected: str) -> None:
    assert next_digest(digest, at(now), BRUSSELS) == at(expected)


def test_moments_in_words_have_a_date_when_they_are_far() -> None:
    now = at("2026-11-25T22:00")
    assert by_the_clock(at("2026-11-26T07:00"), now, BRUSSELS) == "07:00"
    assert by_the_clock(at("2026-11-30T07:00"), now, BRUSSELS) == "2026-11-30 07:00"


# --- briefings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-27 07:00", "2026-11-27 07:00"),  # a Friday
        ("2026-11-27 06:59", "2026-11-26 17:30"),
        ("2026-11-29 12:00", "2026-11-27 17:30"),
        ("2026-11-30 07:00", "2026-11-30 07:00"),
    ],
)
def test_the_last_briefing_was_due_on_its_days(now: str, expected: str) -> None:
    schedule = BriefingSchedule(
        name="b", at=(time(7), time(17, 30)), to=("desk",), days=(0, 1, 2, 3, 4)
    )
    assert last_briefing(schedule, at(now), BRUSSELS) == at(expected)


def test_a_briefing_at_a_time_that_summer_skips_or_repeats_is_due_once() -> None:
    schedule = BriefingSchedule(name="b", at=(time(2, 30),), to=("desk",))
    for midnight in (at("2026-03-29"), at("2026-10-25")):
        slots = {last_briefing(schedule, midnight + n * 600, BRUSSELS) for n in range(24 * 6)}
        assert len({slot for slot in slots if slot and slot >= midnight}) == 1
