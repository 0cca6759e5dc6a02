"""Politeness to each host, and the slots that all exchanges share; in simulated time."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from support import fetch_client
from support.fetch_client import FEED
from support.scripted_server import Fault, Reply, conditional
from support.simulated_fetch import City

from monitor.base.errors import FetchError, StoreError
from monitor.intake.fetch.client import Client
from monitor.intake.fetch.host_limiter import SLOTS, SlotPool

pytestmark = pytest.mark.costly


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


def test_two_monitors_ask_a_host_once_a_second_together(city: City) -> None:
    """Both follow redirects from sites of their own to one host."""
    city.web.on("*", Reply(302, (("Location", "http://hub.example/feed"),)))
    city.web.on("/feed", Reply(body=FEED, delay=0.2))
    free: dict[str, float] = {}

    async def take_turn(host: str, spacing: float) -> float:
        now = city.world.elapsed
        if free.get(host, now) > now:
            return free[host] - now
        free[host] = now + spacing
        return 0.0

    async def script(client: Client) -> None:
        world = {"monotonic": lambda: city.world.elapsed, "sleep": asyncio.sleep}
        network = {"resolve": city.resolve, "dial": city.dial}
        async with fetch_client.client(**world, **network, take_turn=take_turn) as other:
            requests = [client.fetch(f"http://a{n}.example/") for n in range(4)]
            requests += [other.fetch(f"http://b{n}.example/") for n in range(4)]
            await asyncio.gather(*requests)

    assert city.live(script, take_turn=take_turn) == pytest.approx(7.2)
    times = [request.at for request in city.web.requests_for("/feed")]
    assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx([1.0] * 7)


def test_a_host_whose_turn_cannot_be_known_is_not_asked(city: City) -> None:
    city.web.on("*", Reply(body=FEED))

    async def take_turn(_host: str, _spacing: float) -> float:
        raise StoreError("it does not answer")

    async def script(client: Client) -> None:
        requests = [client.fetch(f"http://h{n}.example/") for n in range(2 * SLOTS)]
        failed = await asyncio.gather(*requests, return_exceptions=True)
        assert {type(error) for error in failed} == {StoreError}

    city.live(script, take_turn=take_turn)
    assert city.web.requests == []


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ([f"http://one.example/{n}" for n in range(8)], 2),
        ([f"http://h{n}.example/" for n in range(80)], 32),
    ],
)
def test_at_most_two_connections_per_host_and_32_in_all(
    city: City, urls: list[str], expected: int
) -> None:
    city.web.on("*", Reply(body=FEED, delay=5.0))

    async def script(client: Client) -> None:
        await asyncio.gather(*map(client.fetch, urls))

    city.live(script, patience=60.0)
    assert city.most_open == expected


def test_the_operators_own_hosts_are_not_held_back() -> None:
    """Two by two, a second apart, it would take half a minute."""
    city = City(homes=frozenset({"home.example"}))
    city.web.on("*", Reply(body=FEED, delay=0.1))

    async def script(client: Client) -> None:
        await client.fetch("http://home.example/")  # its address is known from now on
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


def test_300_tarpits_do_not_keep_700_healthy_hosts_waiting(city: City) -> None:
    """First come, first served over 32 places, it would take 30 x 300 / 32 s."""
    city.web.on("/tarpit", Reply(body=FEED, fault=Fault.DRIP_HEAD, pause=3.0))
    city.web.on("/feed", conditional(FEED))
    times: list[float] = []

    async def ask(client: Client, number: int) -> None:
        tarpit = number % 10 < 3
        path = "tarpit" if tarpit else "feed"
        try:
            await client.fetch(f"http://h{number}.example/{path}", etag=b'"1"')
        except FetchError as error:
            assert tarpit, error
        if not tarpit:
            times.append(city.world.elapsed)

    async def script(client: Client) -> None:
        tasks = [asyncio.create_task(ask(client, number)) for number in range(1000)]
        await asyncio.gather(*(task for n, task in enumerate(tasks) if n % 10 >= 3))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    city.live(script)
    assert len(times) == 700
    assert max(times) < 30
    assert city.most_open <= 32


def test_a_stall_of_our_own_is_no_servers_fault() -> None:
    """The first rest takes ten seconds longer than it was meant to, the others do not."""
    now, stalls = 0.0, [10.0]
    limit: Any = SimpleNamespace(expired=lambda: False, reschedule=lambda when: None)

    async def rest(seconds: float) -> None:
        nonlocal now
        now += seconds + (stalls.pop() if stalls else 0.0)
        await asyncio.sleep(0)

    async def go() -> float:
        places = SlotPool(monotonic=lambda: now, sleep=rest, patience=2.0)
        slots = [await places.enter(slow=False) for _ in range(SLOTS)]
        for place in slots:
            place.limit = limit
        next_one = asyncio.create_task(places.enter(slow=False))
        while not any(place.broken_off for place in slots) and now < 60:  # noqa: ASYNC110
            await asyncio.sleep(0)
        next_one.cancel()
        places.close()
        return now

    assert 12.0 <= asyncio.run(go()) < 13.0


@pytest.mark.parametrize("given_first", [True, False])
def test_a_place_given_to_one_who_is_just_cancelled_is_not_lost(given_first: bool) -> None:
    async def go() -> None:
        places = SlotPool(monotonic=lambda: 0.0, sleep=asyncio.sleep, patience=2.0)
        slots = [await places.enter(slow=False) for _ in range(SLOTS)]
        task = asyncio.create_task(places.enter(slow=False))
        await asyncio.sleep(0)
        steps = [lambda: places.leave(slots[0]), task.cancel]
        for step in steps if given_first else reversed(steps):
            step()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(60):
            await places.enter(slow=False)
        places.close()

    asyncio.run(go())


def test_a_slow_server_that_was_broken_off_is_asked_again_and_read() -> None:
    city = City(homes=frozenset({"home.example"}))
    city.web.on("/slow", Reply(body=b"at last", delay=10.0))
    city.web.on("/feed", Reply(body=FEED, delay=0.1))
    answers: list[Any] = []

    async def script(client: Client) -> None:
        await client.fetch("http://home.example/feed")
        slow = [client.fetch(f"http://home.example/slow?{n}") for n in range(32)]
        fast = [client.fetch(f"http://home.example/feed?{n}") for n in range(32)]
        answers.extend(await asyncio.gather(*slow, *fast))

    city.live(script)
    assert [answer.body for answer in answers] == [b"at last"] * 32 + [FEED] * 32
    assert len(city.web.requests) > 65  # some were asked twice


@pytest.mark.parametrize("step", [1, -1], ids=["who has one first", "who waits first"])
def test_a_cancelled_wait_gives_its_place_back(step: int) -> None:
    city = City(homes=frozenset({"home.example"}))
    city.web.on("/hang", Reply(fault=Fault.HANG))
    city.web.on("/feed", Reply(body=FEED))
    answers: list[Any] = []

    async def script(client: Client) -> None:
        hanging = (client.fetch(f"http://home.example/hang?{n}") for n in range(50))
        tasks = [asyncio.create_task(request) for request in hanging]
        await asyncio.sleep(0.2)
        for task in tasks[::step]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(request) for request in results} == {asyncio.CancelledError}
        feeds = (client.fetch(f"http://home.example/feed?{n}") for n in range(64))
        answers.extend(await asyncio.gather(*feeds))

    assert city.live(script) < 5.0
    assert len(answers) == 64
