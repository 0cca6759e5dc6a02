"""Connections to servers, kept for the next request to the same origin.

httpcore's own pool looks at every connection for every request: 1,000 answers of 304
over 32 connections cost it 1.7 s of CPU, and 0.2 s without it.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpcore
import httpx

from monitor.fetch import proxies
from monitor.fetch.address_guard import Guard, Stream
from monitor.fetch.proxies import Proxy
from monitor.fetch.url import Origin, origin_of
from monitor.model.config import Networks

# At DEBUG it logs headers, and a Location may hold a password.
logging.getLogger("httpcore").setLevel(logging.WARNING)

HEAD = 256 << 10
"""Bytes that an answer may take before its body begins: endless 1xx end here."""
IDLE = 15.0
"""Seconds that an unused connection is kept."""
_IDLE_TOO_LONG = 408
"""Some servers say so on an idle connection; it is no answer to what is asked next."""


Peer = tuple[Origin, Proxy | None]
"""Who is at the other end: a server, and the proxy before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection."""

    peer: Peer
    allow: Networks
    """What the operator allowed when it was opened."""
    stream: Stream
    http: httpcore.AsyncHTTP11Connection

    @property
    def usable(self) -> bool:
        """Whether it is idle, young enough and not closed by the server."""
        return self.http.is_available() and not self.http.has_expired()


class Connections:
    """At most `most` connections, the idle ones included."""

    def __init__(self, guard: Guard, tls: Callable[[], ssl.SSLContext], most: int) -> None:
        self._guard, self._tls, self._most = guard, tls, most
        self._idle: dict[Peer, list[Line]] = {}
        self._open = 0

    @asynccontextmanager
    async def ask(
        self,
        url: httpx.URL,
        headers: list[tuple[bytes, bytes]],
        *,
        cap: int,
        proxy: Proxy | None = None,
    ) -> AsyncIterator[httpcore.Response]:
        """GET a URL; the answer's body is read, or not, before the block ends."""
        line, response = await self._answer((origin_of(url), proxy), _request(url, headers, proxy))
        line.stream.allowance = 2 * cap + HEAD  # chunked framing is at most as long again
        try:
            yield response
        finally:
            await response.aclose()
            await self._release(line)

    async def aclose(self) -> None:
        """Close the idle connections."""
        lines = [line for idle in self._idle.values() for line in idle]
        self._idle.clear()
        for line in lines:
            await self._drop(line)

    async def _answer(
        self, asked: Peer, request: httpcore.Request
    ) -> tuple[Line, httpcore.Response]:
        """Send a request; a kept connection that died in the meantime is replaced once."""
        if line := await self._kept(asked):
            with suppress(httpcore.ProtocolError, httpcore.NetworkError, OSError):
                response = await self._send(line, request)
                if response.status != _IDLE_TOO_LONG:
                    return line, response
                await response.aclose()
                await self._drop(line)
        line = await self._connect(asked)
        return line, await self._send(line, request)

    async def _send(self, line: Line, request: httpcore.Request) -> httpcore.Response:
        line.stream.allowance = HEAD
        try:
            return await line.http.handle_async_request(request)
        except BaseException:
            await self._drop(line)
            raise

    async def _kept(self, asked: Peer) -> Line | None:
        idle = self._idle.get(asked, [])
        while idle:
            line = idle.pop()
            if not idle:
                del self._idle[asked]
            if line.usable and line.allow is self._guard.allow:
                return line
            await self._drop(line)
        return None

    async def _connect(self, asked: Peer) -> Line:
        if self._open >= self._most and self._idle:
            await self._drop_oldest()
        self._open += 1
        allow = self._guard.allow
        try:
            stream = await self._stream(asked)
        except BaseException:
            self._open -= 1
            raise
        server, proxy = asked
        scheme, host, port = proxy.origin if proxy and server[0] == "http" else server
        http = httpcore.AsyncHTTP11Connection(
            httpcore.Origin(scheme.encode(), host.encode(), port), stream, keepalive_expiry=IDLE
        )
        return Line(asked, allow, stream, http)

    async def _stream(self, asked: Peer) -> Stream:
        server, proxy = asked
        if proxy:
            return await proxies.connect(self._guard, proxy, server, self._tls)
        scheme, host, port = server
        return await self._guard.connect(host, port, self._tls() if scheme == "https" else None)

    async def _release(self, line: Line) -> None:
        if line.usable:
            # Put back at the end: the first of the dict is the one unused for longest.
            self._idle[line.peer] = [*self._idle.pop(line.peer, []), line]
        else:
            await self._drop(line)

    async def _drop_oldest(self) -> None:
        oldest = next(iter(self._idle))
        line = self._idle[oldest].pop(0)
        if not self._idle[oldest]:
            del self._idle[oldest]
        await self._drop(line)

    async def _drop(self, line: Line) -> None:
        self._open -= 1
        await line.http.aclose()


def _request(
    url: httpx.URL, headers: list[tuple[bytes, bytes]], proxy: Proxy | None
) -> httpcore.Request:
    if proxy and url.scheme == "http":
        return proxies.forwarded(url, headers, proxy)
    at = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return httpcore.Request("GET", at, headers=headers)
