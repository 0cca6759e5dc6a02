"""How often a client may ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.api.limits import CLIENTS, RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(2.0, 3, clock)
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.take("b") == 0
    clock.now = 0.5
    assert limiter.take("a") == 0
    assert limiter.take("a") > 0
    clock.now = 100
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a") > 0


@given(st.lists(st.floats(0, 5), max_size=60))
def test_nobody_asks_more_often_than_the_rate_and_one_burst(pauses: list[float]) -> None:
    clock = Clock()
    limiter = RateLimiter(1.0, 5, clock)
    asked = 0
    for pause in pauses:
        clock.now += pause
        asked += not limiter.take("a")
        assert asked <= 5 + clock.now + 1e-6


def test_clients_are_forgotten_when_they_are_many() -> None:
    limiter = RateLimiter(1.0, 1, Clock())
    assert limiter.take("a") == 0 and limiter.take("a") > 0
    for number in range(CLIENTS + 1):
        limiter.take(f"{number}")
    assert limiter.take("a") == 0
