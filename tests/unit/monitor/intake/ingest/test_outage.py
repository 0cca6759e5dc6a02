"""Tests of the detection of network outages."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from monitor.base.errors import FeedError, FetchError
from monitor.intake.ingest import outage

NOW = 1_800_000_000.0


def network_is_down(outcomes: dict[str, FeedError | None]) -> str:
    network = outage.OutageDetector()
    network.take(outcomes, NOW)
    return network.down


def error_of(status: int | None = None, network: bool = False) -> FetchError:
    return FetchError("https://a.example/", "reason", status=status, network=network)


@pytest.mark.parametrize(
    ("unreachable", "failing", "reached", "expected"),
    [
        (5, 0, 0, True),
        (4, 1, 1, True),
        (2, 0, 0, True),
        (3, 1, 2, False),  # half is not most
        (0, 6, 0, False),  # servers that answer 500 were reached
        (1, 0, 0, False),  # one feed proves nothing
        (0, 0, 3, False),
        (0, 0, 0, False),
    ],
)
def test_the_network_is_blamed_when_most_hosts_cannot_be_reached(
    unreachable, failing, reached, expected
):
    kinds = [error_of(network=True)] * unreachable + [error_of(500)] * failing + [None] * reached
    outcomes = {f"https://h{n}.example/": kind for n, kind in enumerate(kinds)}
    assert bool(network_is_down(outcomes)) is expected


def test_one_dead_host_with_many_feeds_is_not_the_network():
    outcomes: dict[str, FeedError | None] = {
        f"https://dead.example/{n}": error_of(network=True) for n in range(9)
    }
    assert not network_is_down(outcomes)
    assert not network_is_down({**outcomes, "https://well.example/": None})


@pytest.mark.parametrize("order", [1, -1])
def test_a_host_that_answered_once_can_be_reached(order):
    kinds = [error_of(network=True), None][::order]
    outcomes = {f"https://{host}.example/{n}": k for host in "ab" for n, k in enumerate(kinds)}
    assert not network_is_down(outcomes)


# --- over time ----------------------------------------------------------------------

A, B, C = (f"https://{host}.example/rss" for host in "abc")


def test_those_blamed_before_it_was_known_are_named_once() -> None:
    network = outage.OutageDetector()
    assert network.take({A: error_of(network=True)}, NOW) == []
    assert network.take({B: error_of(network=True), C: error_of(500)}, NOW + 1) == [A, B]
    assert network.down
    assert network.take({B: error_of(network=True)}, NOW + 2) == []
    assert network.take({A: None, B: None}, NOW + 3) == []
    assert not network.down


def test_what_happened_minutes_ago_proves_nothing() -> None:
    network = outage.OutageDetector()
    network.take({A: error_of(network=True)}, NOW)
    assert network.take({B: error_of(network=True)}, NOW + 121) == []
    assert not network.down


@pytest.mark.parametrize(
    ("outcomes", "overdue", "expected"),
    [
        ({A: error_of(network=True)}, {A}, True),
        ({A: error_of(network=True)}, set(), False),  # polled on time: the feed's own trouble
        ({A: error_of(network=True), B: None}, {A, B}, False),
        ({A: error_of(network=True), B: error_of(500)}, {A, B}, False),
        ({}, set(), False),
    ],
)
def test_the_network_is_suspected_when_all_that_is_tried_is_overdue(outcomes, overdue, expected):
    network = outage.OutageDetector()
    network.take(outcomes, NOW)
    assert network.is_suspect(overdue) is expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from([f"https://{host}.example/{n}" for host in "abcd" for n in range(2)]),
            st.sampled_from([None, error_of(500), error_of(network=True)]),
            st.sampled_from([0.0, 1.0, 50.0, 119.0, 120.0, 300.0]),
        ),
        max_size=40,
    )
)
def test_counting_along_is_counting_anew(polls: list[tuple[str, FetchError | None, float]]) -> None:
    network, now = outage.OutageDetector(), NOW
    last: dict[str, tuple[float, FetchError | None]] = {}
    for url, error, pause in polls:
        now += pause
        network.take({url: error}, now)
        last[url] = now, error
        recent = {url: error for url, (at, error) in last.items() if now - at < outage.RECENT}
        assert network.down == network_is_down(recent)


def test_a_clock_that_is_set_leaves_nothing_behind() -> None:
    network = outage.OutageDetector()
    network.take({A: error_of(network=True), B: error_of(network=True)}, NOW)
    assert network.down
    network.take({C: None}, NOW - 86_400)
    assert not network.down


def test_a_few_dead_hosts_are_no_outage_beside_a_host_with_most_feeds() -> None:
    dead = {f"https://h{n}.example/": error_of(network=True) for n in range(3)}
    read_outcomes: dict[str, FeedError | None] = {f"http://127.0.0.1/{n}": None for n in range(39)}
    assert not network_is_down({**dead, **read_outcomes})
    assert network_is_down({**dead, "http://127.0.0.1/1": None})


def test_feeds_that_failed_before_do_not_begin_an_outage_and_prolong_one() -> None:
    network = outage.OutageDetector()
    dead = {A: error_of(network=True), B: error_of(network=True)}
    network.take(dead, NOW, failing=dead)
    assert not network.down
    network.take(dead, NOW)
    network.take(dead, NOW + 119, failing=dead)
    network.take({C: error_of(network=True)}, NOW + 125)
    assert network.down
