"""Asking through an HTTP proxy: it connects to the server, not we.

What the guard can still promise: the proxy is one that may be asked, and so is every address
that we find under the server's name. What the proxy finds there is up to the proxy.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httpcore
import httpx

from monitor.fetch.address_guard import CONNECT, AddressError, Guard, Stream, UnreachableError
from monitor.fetch.url import Origin, authorization, origin_of, parse_url

Headers = list[tuple[bytes, bytes]]

_HEAD = 64 << 10
"""Bytes that the answer to CONNECT may take."""


class ProxyError(Exception):
    """A proxy that does not let us through; the message says why."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy; two with different passwords are two."""

    origin: Origin
    authorization: bytes | None = field(default=None, repr=False)

    @classmethod
    def at(cls, text: str) -> Proxy:
        """Return the proxy at an address, which may hold user and password; raises UrlError."""
        url = parse_url(text)
        return cls(origin_of(url), authorization(url))

    def headers(self) -> Headers:
        """Return what the proxy alone is told."""
        told = self.authorization
        return [(b"Proxy-Authorization", told)] if told else []


def forwarded(url: httpx.URL, headers: Headers, proxy: Proxy) -> httpcore.Request:
    """Return the request by which a proxy asks for an http URL."""
    scheme, host, port = proxy.origin
    whole = f"{url.scheme}://{url.netloc.decode('ascii')}".encode() + url.raw_path
    at = httpcore.URL(scheme=scheme.encode(), host=host.encode(), port=port, target=whole)
    return httpcore.Request("GET", at, headers=[*headers, *proxy.headers()])


async def connect(
    guard: Guard, proxy: Proxy, server: Origin, tls: Callable[[], ssl.SSLContext]
) -> Stream:
    """Connect to a server through a proxy: by a tunnel for https, else to the proxy itself.

    Raises AddressError, UnreachableError, ProxyError, ssl.SSLError.
    """
    scheme, host, port = server
    await guard.vouch(host, port)
    stream = await _reached(guard, proxy, tls)
    if scheme == "http":
        return stream
    try:
        async with asyncio.timeout(CONNECT):
            await _dig(stream, proxy, host, port)
            await stream.secure(tls(), host)
    except TimeoutError:
        await stream.aclose()
        raise UnreachableError(f"{host} does not answer through the proxy") from None
    except BaseException:
        await stream.aclose()
        raise
    return stream


async def _reached(guard: Guard, proxy: Proxy, tls: Callable[[], ssl.SSLContext]) -> Stream:
    scheme, host, port = proxy.origin
    try:
        return await guard.connect(host, port, tls() if scheme == "https" else None)
    except (AddressError, UnreachableError) as error:
        raise type(error)(f"the proxy: {error}") from error


async def _dig(stream: Stream, proxy: Proxy, host: str, port: int) -> None:
    """Ask a proxy for a tunnel to a server."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    scheme, name, at = proxy.origin
    origin = httpcore.Origin(scheme.encode(), name.encode(), at)
    request = httpcore.Request(
        "CONNECT",
        httpcore.URL(scheme=origin.scheme, host=origin.host, port=at, target=target.encode()),
        headers=[(b"Host", target.encode()), *proxy.headers()],
    )
    stream.allowance = _HEAD
    response = await httpcore.AsyncHTTP11Connection(origin, stream).handle_async_request(request)
    if not 200 <= response.status < 300:
        raise ProxyError(f"the proxy refuses: {response.status}")
