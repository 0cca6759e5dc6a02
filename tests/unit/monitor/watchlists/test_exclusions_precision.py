"""Tests of the precision of a watchlist, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from monitor.watchlists.exclusions import describe_precision, precision


@dataclass
class Judged:
    relevant: int
    noise: int


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_is_wilsons(relevant: int, noise: int) -> None:
    estimate = precision(Judged(relevant, noise))
    if estimate is None:
        assert relevant + noise == 0
        return
    n, share = relevant + noise, relevant / (relevant + noise)
    assert 0 <= estimate.low <= estimate.share == share <= estimate.high <= 1
    for bound in (estimate.low, estimate.high):  # where it is 1.96 standard errors away
        if 0 < bound < 1:
            error = math.sqrt(bound * (1 - bound) / n)
            assert abs(share - bound) == pytest.approx(1.96 * error, rel=1e-6, abs=1e-9)
    assert estimate.few == (n < 10)


def test_words_of_a_precision() -> None:
    assert (
        describe_precision(precision(Judged(1, 3)) or pytest.fail()) == "25% (5%–70%) of 4, too few"
    )
    assert describe_precision(precision(Judged(18, 6)) or pytest.fail()) == "75% (55%–88%) of 24"
