"""The server of the metrics among neighbours that mean no good."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.delivery.export.prometheus import FRESH, serving
from monitor.model.config import Listening
from monitor.runtime.machine import server_connections

CONNECTIONS = 4
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HALF = SCRAPE[:-2]


class Readings(Collector):
    """A store that counts how often it is read."""

    def __init__(self) -> None:
        self.count = 0

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def collect(self) -> Iterator[Metric]:
        self.count += 1
        yield GaugeMetricFamily("readings", "Readings.", self.count)


class Metrics:
    """A server of metrics, and its clock."""

    def __init__(self, port: int, readings: Readings) -> None:
        self.port, self.readings, self.now = port, readings, 0.0
        self.writers: list[asyncio.StreamWriter] = []

    async def send(self, request: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        self.writers.append(writer)
        return reader

    async def ask(self, request: bytes) -> bytes:
        return await (await self.send(request)).read()


def serve(visit: Callable[[Metrics], Awaitable[None]], seconds: float = 60.0) -> None:
    """Serve the figures during a visit."""

    async def run() -> None:
        port = await free_port()
        metrics = Metrics(port, Readings())
        registry = CollectorRegistry()
        registry.register(metrics.readings)
        at = Listening("127.0.0.1", port)
        async with (
            asyncio.timeout(60),
            serving(registry, at, lambda: metrics.now, CONNECTIONS, seconds=seconds),
        ):
            await visit(metrics)
            for writer in metrics.writers:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

    asyncio.run(run())


async def free_port() -> int:
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as server:
        return int(server.sockets[0].getsockname()[1])


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


def test_half_requests_give_way_to_a_scrape() -> None:
    async def visit(metrics: Metrics) -> None:
        connections = [await metrics.send(HALF) for _ in range(48)]
        assert b"readings 1.0" in await metrics.ask(SCRAPE)
        for connection in connections[:-CONNECTIONS]:
            assert await is_closed(connection)

    serve(visit)


@pytest.mark.parametrize("request_", [b"", HALF, b"GET"])
def test_a_connection_without_a_whole_request_ends_in_time(request_: bytes) -> None:
    async def visit(metrics: Metrics) -> None:
        reader = await metrics.send(request_)
        with suppress(ConnectionError):
            await reader.read()

    serve(visit, seconds=0.05)


def test_scrapes_share_a_reading() -> None:
    async def visit(metrics: Metrics) -> None:
        answers = [await metrics.ask(SCRAPE) for _ in range(3)]
        assert all(b"readings 1.0" in answer for answer in answers)
        metrics.now = FRESH
        assert b"readings 2.0" in await metrics.ask(SCRAPE)
        metrics.now = 0.0  # the clock was set back
        assert b"readings 3.0" in await metrics.ask(SCRAPE)

    serve(visit)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.0 405"),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", b"<!DOCTYPE HTML"),
        (HALF + b"A: " + b"a" * 100_000 + b"\r\n\r\n", b"HTTP/1.0 431"),
    ],
)
def test_other_requests(request_: bytes, answer: bytes) -> None:
    async def visit(metrics: Metrics) -> None:
        try:
            response = await metrics.ask(request_)
        except ConnectionError:
            response = b""
        assert answer in response[:300]
        assert b"readings" not in response

    serve(visit)


@pytest.mark.parametrize(("descriptors", "connections"), [(128, 16), (512, 64), (1024, 64)])
def test_servers_leave_most_descriptors_to_the_polls(descriptors: int, connections: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
    try:
        assert server_connections() == connections
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
