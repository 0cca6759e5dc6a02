"""Connections to servers and proxies, kept for the next request to the same one.

httpcore opens and speaks each connection. Its own pool is not used, because it looks at every
connection for every request: 1,000 responses of 304 over 32 connections cost it 2 s of
processor time, and this one 0.4 s.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpcore
import httpx

from monitor.base.translation import gettext as _
from monitor.base.url import Origin, origin_of
from monitor.intake.fetch.address_guard import (
    CONNECT,
    MAX_HEAD,
    AddressError,
    AddressGuard,
    Stream,
    UnreachableError,
)
from monitor.intake.fetch.request import HeaderList, Proxy

# At DEBUG it logs headers, and a Location may hold a password.
logging.getLogger("httpcore").setLevel(logging.WARNING)

IDLE = 15.0
"""Seconds that an unused connection is kept."""
TUNNEL = 2 * CONNECT
"""Seconds to reach a proxy and have it open a tunnel."""
_IDLE_TOO_LONG = 408
"""Some servers say so on an idle connection; it does not answer the next request."""
_TUNNEL_OPEN = "proxy.start_tls.complete"
"""httpcore's trace event after which a tunnel is encrypted up to the server."""


Endpoint = tuple[Origin, Proxy | None]
"""A server, and the proxy before it."""


class PooledConnection:
    """A connection to an endpoint; the first request opens it."""

    def __init__(
        self, endpoint: Endpoint, guard: AddressGuard, tls: Callable[[], ssl.SSLContext]
    ) -> None:
        self.endpoint = endpoint
        self._guard = guard
        self._allow = guard.allow
        """What the operator allowed before it was opened."""
        origin, proxy = endpoint
        self._http = _through(proxy, origin, guard, tls) if proxy else _direct(origin, guard, tls)
        self._stream: Stream | None = None

    @property
    def usable(self) -> bool:
        """Whether it is idle, young enough, still allowed and not closed by the server."""
        return (
            self._http.is_available()
            and not self._http.has_expired()
            and self._allow is self._guard.allow
        )

    async def send(self, request: httpcore.Request, max_bytes: int) -> httpcore.Response:
        """Return the response, its body still to be read; at most `max_bytes` of it."""
        if self._stream:
            self._stream.allowance = MAX_HEAD
        _origin, proxy = self.endpoint
        if proxy and not self._stream:
            response = await self._send_through_proxy(request)
        else:
            response = await self._http.handle_async_request(request)
        stream: Stream = response.extensions["network_stream"]
        stream.allowance = 2 * max_bytes + MAX_HEAD  # chunked framing may double a body
        self._stream = stream
        return response

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _send_through_proxy(self, request: httpcore.Request) -> httpcore.Response:
        """Send the first request through a proxy. The limit ends when the tunnel is open.

        Raises:
            AddressError: The server or the proxy may not be connected to.
            UnreachableError: The proxy cannot be reached, or opens no tunnel in time.
        """
        (scheme, host, port), _proxy = self.endpoint
        await self._guard.check(host, port)
        try:
            async with asyncio.timeout(TUNNEL if scheme == "https" else None) as limit:

                async def trace(event: str, info: object) -> None:
                    if event == _TUNNEL_OPEN:
                        limit.reschedule(None)

                request.extensions["trace"] = trace
                return await self._http.handle_async_request(request)
        except (AddressError, UnreachableError) as error:
            raise type(error)(_("the proxy: {error}", error=error)) from error
        except TimeoutError:
            if not limit.expired():
                raise
            raise UnreachableError(
                _("{host} does not answer through the proxy", host=host)
            ) from None


class ConnectionPool:
    """At most `max_connections` connections, the idle ones included.

    `tls` returns the certificates to trust; it is called when the first one is needed.
    """

    def __init__(
        self, guard: AddressGuard, tls: Callable[[], ssl.SSLContext], max_connections: int
    ) -> None:
        self._guard, self._tls, self._max_connections = guard, tls, max_connections
        self._idle: list[PooledConnection] = []
        """The one that is unused for longest comes first."""
        self._open = 0

    @asynccontextmanager
    async def get(
        self, url: httpx.URL, headers: HeaderList, proxy: Proxy | None, *, max_bytes: int
    ) -> AsyncIterator[httpcore.Response]:
        """GET a URL; the body of the response is read, or not, before the block ends."""
        request = _request(url, headers, proxy)
        connection, response = await self._respond((origin_of(url), proxy), request, max_bytes)
        try:
            yield response
        finally:
            await response.aclose()
            await self._release(connection)

    async def aclose(self) -> None:
        while self._idle:
            await self._drop(self._idle.pop())

    async def _respond(
        self, endpoint: Endpoint, request: httpcore.Request, max_bytes: int
    ) -> tuple[PooledConnection, httpcore.Response]:
        """Send a request; an idle connection that died in the meantime is replaced once."""
        if connection := await self._take_idle(endpoint):
            with suppress(httpcore.ProtocolError, httpcore.NetworkError, OSError):
                response = await self._send(connection, request, max_bytes)
                if response.status != _IDLE_TOO_LONG:
                    return connection, response
                await response.aclose()
                await self._drop(connection)
        connection = await self._new(endpoint)
        return connection, await self._send(connection, request, max_bytes)

    async def _send(
        self, connection: PooledConnection, request: httpcore.Request, max_bytes: int
    ) -> httpcore.Response:
        try:
            return await connection.send(request, max_bytes)
        except BaseException:
            await self._drop(connection)
            raise

    async def _take_idle(self, endpoint: Endpoint) -> PooledConnection | None:
        def latest() -> PooledConnection | None:
            return next((one for one in reversed(self._idle) if one.endpoint == endpoint), None)

        while connection := latest():
            self._idle.remove(connection)
            if connection.usable:
                return connection
            await self._drop(connection)
        return None

    async def _new(self, endpoint: Endpoint) -> PooledConnection:
        if self._open >= self._max_connections and self._idle:
            await self._drop(self._idle.pop(0))
        connection = PooledConnection(endpoint, self._guard, self._tls)
        self._open += 1
        return connection

    async def _release(self, connection: PooledConnection) -> None:
        if connection.usable:
            self._idle.append(connection)
        else:
            await self._drop(connection)

    async def _drop(self, connection: PooledConnection) -> None:
        self._open -= 1
        await connection.aclose()


def _direct(
    server: Origin, guard: AddressGuard, tls: Callable[[], ssl.SSLContext]
) -> httpcore.AsyncConnectionInterface:
    scheme, host, port = server
    return httpcore.AsyncHTTPConnection(
        httpcore.Origin(scheme.encode(), host.encode(), port),
        ssl_context=tls() if scheme == "https" else None,
        keepalive_expiry=IDLE,
        network_backend=guard,
    )


def _through(
    proxy: Proxy, server: Origin, guard: AddressGuard, tls: Callable[[], ssl.SSLContext]
) -> httpcore.AsyncConnectionInterface:
    """Return httpcore's connection to a server through a proxy; the first request opens it."""
    scheme, host, port = server
    proxy_scheme, proxy_host, proxy_port = proxy.origin
    return httpcore.AsyncHTTPProxy(
        httpcore.URL(scheme=proxy_scheme, host=proxy_host, port=proxy_port, target="/"),
        proxy_headers=proxy.headers(),
        ssl_context=tls() if scheme == "https" else None,
        proxy_ssl_context=tls() if proxy_scheme == "https" else None,
        keepalive_expiry=IDLE,
        network_backend=guard,
    ).create_connection(httpcore.Origin(scheme.encode(), _proxied(host.encode()), port))


def _request(url: httpx.URL, headers: HeaderList, proxy: Proxy | None) -> httpcore.Request:
    host = _proxied(url.raw_host) if proxy else url.raw_host
    target = httpcore.URL(scheme=url.raw_scheme, host=host, port=url.port, target=url.raw_path)
    return httpcore.Request("GET", target, headers=headers)


def _proxied(host: bytes) -> bytes:
    """Return a host as a proxy is told it: httpcore writes no brackets around IPv6."""
    return b"[%b]" % host if b":" in host else host
