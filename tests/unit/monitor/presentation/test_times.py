"""Tests of moments and ages, as rows show them."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from support.fake_newsroom import NOW

from monitor.presentation import times

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - 600, "23:20"),
        (NOW - 86400, "23 Nov"),
        (NOW - 400 * 86400, "2025"),
        (1e18, "?"),
        (float("inf"), "?"),
        (float("nan"), "?"),
    ],
)
def test_a_moment_is_short(at: float, expected: str) -> None:
    assert times.short(at, NOW, UTC) == expected


def test_clocks_say_their_zone_on_both_sides_of_a_change() -> None:
    change = 1_792_890_000.0  # 2026-10-25 01:00 UTC, when Paris leaves summer time
    assert times.full(change - 1, PARIS) == "2026-10-25 02:59 CEST"
    assert times.full(change, PARIS) == "2026-10-25 02:00 CET"
    assert times.clock(change - 1, PARIS) == "02:59:59 CEST"


@given(st.one_of(st.none(), st.floats(-1e12, 1e12)), st.floats(0, 4e9))
def test_only_far_ahead_is_the_future(published: float | None, seen: float) -> None:
    kind = times.date_anomaly(published, seen)
    assert (kind == "undated") == (published is None)
    assert (kind == "future") == (published is not None and published > seen + times.FUTURE_SLACK)
