"""Requests to one host are few and spaced; in simulated time."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict

import pytest
from support.fetch_client import FEED
from support.scripted_server import Reply
from support.simulated_fetch import City

from monitor.fetch.client import Client


@pytest.fixture
def city() -> City:
    return City()


def test_one_request_a_second_per_host_in_the_order_asked(city: City) -> None:
    city.web.on("*", Reply(body=FEED, delay=0.2))

    async def script(client: Client) -> None:
        urls = [f"http://{host}.example/{n}" for n in range(5) for host in "ab"]
        await asyncio.gather(*map(client.fetch, urls))

    assert city.live(script) == pytest.approx(4.2)
    by_host: dict[bytes | None, list[float]] = defaultdict(list)
    for request in city.web.requests:
        by_host[request.header("host")].append(request.at)
    for times in by_host.values():
        assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx([1.0] * 4)
    paths = [r.path for r in city.web.requests if r.header("host") == b"a.example"]
    assert paths == [f"/{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("urls", "most"),
    [
        ([f"http://one.example/{n}" for n in range(8)], 2),
        ([f"http://h{n}.example/" for n in range(80)], 32),
    ],
)
def test_at_most_two_connections_per_host_and_32_in_all(
    city: City, urls: list[str], most: int
) -> None:
    city.web.on("*", Reply(body=FEED, delay=5.0))

    async def script(client: Client) -> None:
        await asyncio.gather(*map(client.fetch, urls))

    city.live(script, patience=60.0)
    assert city.most_open == most


def test_the_operators_own_hosts_are_not_held_back() -> None:
    """Two by two, a second apart, it would take half a minute."""
    city = City(homes=frozenset({"home.example"}))
    city.web.on("*", Reply(body=FEED, delay=0.1))

    async def script(client: Client) -> None:
        await asyncio.gather(*(client.fetch(f"http://home.example/{n}") for n in range(64)))

    assert city.live(script) < 1.0
    assert city.most_open == 32


def test_waiting_for_a_busy_host_takes_no_place_from_another(city: City) -> None:
    city.web.on("*", Reply(body=FEED, delay=0.1))

    async def script(client: Client) -> None:
        busy = [asyncio.create_task(client.fetch(f"http://busy.example/{n}")) for n in range(99)]
        await asyncio.sleep(0.05)
        await asyncio.gather(*(client.fetch(f"http://h{n}.example/") for n in range(60)))
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    assert city.live(script) < 1.0
