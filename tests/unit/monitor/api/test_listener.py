"""Tests of the hosts and origins that a server accepts, and of its rate limit."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from monitor.api.listener import CLIENTS, AcceptedHosts, RateLimiter, is_same_origin


@pytest.mark.parametrize(
    ("host", "is_local", "is_remote"),
    [
        ("localhost:8735", True, True),
        ("127.0.0.1", True, True),
        ("[::1]:80", True, True),
        ("news.example.org", True, True),
        ("NEWS.example.org.:8735", True, True),
        ("192.0.2.7", False, True),
        ("evil.example", False, False),
        ("localhost.evil.example", False, False),
        ("", False, False),
        (None, False, False),
        ("[::1", False, False),
    ],
)
def test_a_host_is_a_name_of_this_server(host: str | None, is_local: bool, is_remote: bool) -> None:
    names = frozenset({"news.example.org"})
    assert AcceptedHosts(local=True, names=names).accepts_host(host) is is_local
    assert AcceptedHosts(local=False, names=names).accepts_host(host) is is_remote


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:8735", True),
        ("https://localhost:8735", True),
        ("http://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        ("ftp://localhost:8735", False),
        ("http://[", False),
    ],
)
def test_a_page_is_of_this_server(origin: str, expected: bool) -> None:
    assert is_same_origin(origin, "localhost:8735") is expected


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
    accepted_count = 0
    for pause in pauses:
        clock.now += pause
        accepted_count += not limiter.take("a")
        assert accepted_count <= 5 + clock.now + 1e-6


def test_clients_are_forgotten_when_they_are_many() -> None:
    limiter = RateLimiter(1.0, 1, Clock())
    assert limiter.take("a") == 0 and limiter.take("a") > 0
    for number in range(CLIENTS + 1):
        limiter.take(f"{number}")
    assert limiter.take("a") == 0
