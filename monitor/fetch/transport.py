"""The transport below httpx's client: turn, time limit, address guard, size cap, decompression."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx

from monitor.fetch.address_guard import AddressGuard
from monitor.fetch.connection_pool import ConnectionPool
from monitor.fetch.host_limiter import HostLimiter
from monitor.fetch.request import EXCHANGE, Exchange
from monitor.fetch.response import HEADERS, Headers, read_body


class FetchTransport(httpx.AsyncBaseTransport):
    """Sends one request when it is its turn, and returns the response with its whole body.

    The extensions of the request hold its `Exchange`, those of the response all its headers.
    """

    def __init__(
        self,
        guard: AddressGuard,
        pool: ConnectionPool,
        limiter: HostLimiter,
        monotonic: Callable[[], float],
    ) -> None:
        self._guard, self._pool, self._limiter = guard, pool, limiter
        self._monotonic = monotonic

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response of one server; redirects are not followed here."""
        exchange: Exchange = request.extensions[EXCHANGE]
        exchange.redirects.add(request.url)
        host = request.url.raw_host.decode("ascii")
        response, seconds = await self._limiter.run(
            host,
            str(request.url),
            partial(self._send, request, exchange),
            own=partial(self._guard.owns, host),
            seconds=exchange.seconds_left,
        )
        exchange.seconds_left = max(0.0, exchange.seconds_left - seconds)
        return response

    async def aclose(self) -> None:
        """Close the idle connections."""
        self._limiter.close()
        await self._pool.aclose()

    async def _send(
        self, request: httpx.Request, exchange: Exchange
    ) -> tuple[httpx.Response, float]:
        """Return a response and the seconds that it took."""
        started = self._monotonic()
        async with self._pool.get(
            request.url, exchange.headers(request), exchange.proxy, max_bytes=exchange.max_bytes
        ) as response:
            headers = Headers(response.headers)
            body = await read_body(
                response, headers, max_bytes=exchange.max_bytes, truncate=exchange.truncate
            )
        # Without Content-Encoding: the body is decoded already.
        shown = [pair for pair in response.headers if pair[0].lower() != b"content-encoding"]
        return httpx.Response(
            response.status,
            headers=shown,
            content=body,
            extensions={HEADERS: headers},
        ), self._monotonic() - started
