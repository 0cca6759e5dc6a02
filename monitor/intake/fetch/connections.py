"""The transport of httpx: connections to servers and through proxies, kept for the next request.

httpcore opens and speaks each connection. Its own pool looks at every connection for every request:
1,000 responses of 304 over 32 connections cost it 2.5 s of processor time, and this one 0.7 s.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import httpcore
import httpx

from monitor.base.translation import gettext as _
from monitor.base.url import Origin, authorization, origin_of, parse_url
from monitor.intake.fetch.address_guard import CONNECT, AddressError, AddressGuard, UnreachableError
from monitor.model.config import Networks

# At DEBUG and INFO they log headers and URLs, which may hold a password.
logging.getLogger("httpcore").setLevel(logging.WARNING)
logging.getLogger("httpx").setLevel(logging.WARNING)

IDLE = 15.0
"""Seconds that an unused connection is kept."""
TUNNEL = 2 * CONNECT
"""Seconds to reach a proxy and have it open a tunnel."""
_IDLE_TOO_LONG = 408
"""Some servers send this on an idle connection; it does not answer the next request."""
_TUNNEL_OPEN = "proxy.start_tls.complete"
"""httpcore's trace event after which a tunnel is encrypted up to the server."""

PROXY = "tocsin_proxy"
"""The extension of a request that holds the URL of its proxy; empty without one."""


class Connection(NamedTuple):
    """A connection; the first request opens it."""

    server: Origin
    proxy: str
    """URL of the proxy, which may hold a password; empty without one."""
    allow: Networks
    """The networks that were allowed when it was made."""
    http: httpcore.AsyncConnectionInterface


class _Body(httpx.AsyncByteStream):
    """The body of a response; when it is closed, its connection is free for another request."""

    def __init__(self, response: httpcore.Response, free: Callable[[], Awaitable[None]]) -> None:
        self._response, self._free = response, free

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()
        await self._free()


class Connections(httpx.AsyncBaseTransport):
    """At most `size` connections, the idle ones included.

    `trust` returns the certificates to trust; it is called when the first one is needed.
    """

    def __init__(self, guard: AddressGuard, trust: Callable[[], ssl.SSLContext], size: int) -> None:
        self._guard, self._trust, self._size = guard, trust, size
        self._idle: list[Connection] = []
        """Unused connections, the longest unused one first."""
        self._open = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response of one server, without its cookies: nobody is to recognise us.

        Raises:
            AddressError: The server or the proxy may not be connected to.
            UnreachableError: One of them cannot be reached, or the proxy opens no tunnel in time.
        """
        url, proxy = request.url, request.extensions[PROXY]
        host = _bracketed(url.raw_host) if proxy else url.raw_host
        target = httpcore.URL(scheme=url.raw_scheme, host=host, port=url.port, target=url.raw_path)
        outgoing = httpcore.Request(request.method, target, headers=request.headers.raw)
        connection, response = await self._respond(origin_of(url), proxy, outgoing)

        async def free() -> None:
            if connection.http.is_idle():
                self._idle.append(connection)
            else:
                await self._drop(connection)

        return httpx.Response(
            response.status,
            headers=[pair for pair in response.headers if pair[0].lower() != b"set-cookie"],
            stream=_Body(response, free),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        while self._idle:
            await self._drop(self._idle.pop())

    async def _respond(
        self, server: Origin, proxy: str, request: httpcore.Request
    ) -> tuple[Connection, httpcore.Response]:
        """Send a request; a kept connection that died in the meantime is replaced."""
        while True:
            idle = await self._take_idle(server, proxy)
            connection = idle or await self._new(server, proxy)
            try:
                if proxy and not idle:
                    response = await self._respond_through_proxy(connection, request)
                else:
                    response = await connection.http.handle_async_request(request)
            except BaseException as error:
                await self._drop(connection)
                broken = isinstance(error, (httpcore.ProtocolError, httpcore.NetworkError, OSError))
                if idle and broken:
                    continue
                raise
            if not idle or response.status != _IDLE_TOO_LONG:
                return connection, response
            await self._drop(connection)

    async def _respond_through_proxy(
        self, connection: Connection, request: httpcore.Request
    ) -> httpcore.Response:
        """Send the first request through a proxy. The limit ends when the tunnel is open."""
        scheme, host, port = connection.server
        await self._guard.check(host, port)
        try:
            async with asyncio.timeout(TUNNEL if scheme == "https" else None) as limit:

                async def trace(event: str, info: object) -> None:
                    if event == _TUNNEL_OPEN:
                        limit.reschedule(None)

                request.extensions["trace"] = trace
                return await connection.http.handle_async_request(request)
        except (AddressError, UnreachableError) as error:
            raise type(error)(_("the proxy: {error}", error=error)) from error
        except TimeoutError:
            if not limit.expired():
                raise
            words = _("{host} does not answer through the proxy", host=host)
            raise UnreachableError(words) from None

    async def _take_idle(self, server: Origin, proxy: str) -> Connection | None:
        """Take the most recently used idle connection to a server; drop those that were closed."""
        key = server, proxy, self._guard.allow
        for connection in [idle for idle in reversed(self._idle) if idle[:3] == key]:
            self._idle.remove(connection)
            if not connection.http.has_expired():
                return connection
            await self._drop(connection)
        return None

    async def _new(self, server: Origin, proxy: str) -> Connection:
        if self._open >= self._size and self._idle:
            await self._drop(self._idle.pop(0))
        scheme, host, port = server
        tls = self._trust() if scheme == "https" else None
        pool = httpcore.AsyncConnectionPool(
            tls,
            proxy=self._proxy(parse_url(proxy)) if proxy else None,
            keepalive_expiry=IDLE,
            network_backend=self._guard,
        )
        name = host.encode()
        origin = httpcore.Origin(scheme.encode(), _bracketed(name) if proxy else name, port)
        connection = Connection(server, proxy, self._guard.allow, pool.create_connection(origin))
        self._open += 1
        return connection

    def _proxy(self, url: httpx.URL) -> httpcore.Proxy:
        scheme, host, port = origin_of(url)
        login = authorization(url)
        return httpcore.Proxy(
            httpcore.URL(scheme=scheme, host=host, port=port, target="/"),
            headers=[(b"Proxy-Authorization", login)] if login else None,
            ssl_context=self._trust() if scheme == "https" else None,
        )

    async def _drop(self, connection: Connection) -> None:
        self._open -= 1
        await connection.http.aclose()


def _bracketed(host: bytes) -> bytes:
    """Return a host in the form for a proxy: httpcore writes no brackets around IPv6."""
    return b"[%b]" % host if b":" in host else host
