"""The address guard: no connection to an address that the operator did not allow.

A name is looked up, every address is checked, and the connection goes to the checked
address itself, so that a second look-up cannot give another one. TLS checks the name.
The guard is the network backend of httpcore, so that no connection goes round it.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import httpcore

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.base.url import registered_name
from monitor.model.address_policy import is_allowed, is_own, refusal
from monitor.model.config import Networks
from monitor.storage.fencing import require_lease

CONNECT = 10.0
"""Seconds to find and reach a server, and again to agree on TLS."""
MAX_HEAD = 256 << 10
"""Bytes that a response may take before its body begins: endless 1xx end here."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Dial = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


class AddressError(MonitorError):
    """An address that may not be connected to; the message says which, why and what to change."""


class UnreachableError(MonitorError):
    """The name does not resolve, no route leads to the address, or nothing answers there."""


class Stream(httpcore.AsyncNetworkStream):
    """One connection, with the number of bytes that may still arrive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.allowance = MAX_HEAD

    # Time is limited once, around the whole exchange; `timeout` is httpcore's signature.
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return the next bytes, empty at the end.

        Raises:
            httpcore.ReadError: The allowance is used up.
        """
        data = await self._reader.read(max_bytes)
        self.allowance -= len(data)
        if self.allowance < 0:
            raise httpcore.ReadError(_("the answer is too long"))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send bytes.

        Raises:
            LeaseLostError: The lease ran out while the request waited and connected.
            httpcore.WriteError: They cannot be sent; a response may still be read.
        """
        if not buffer:  # after each request httpcore sends its body, which is empty
            return
        require_lease()
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        """Speak TLS from here on.

        Raises:
            ssl.SSLError: The certificate is refused, or the server does not speak TLS.
            UnreachableError: The server does not answer in time.
        """
        name = (server_hostname or "").strip("[]").rstrip(".")
        try:
            async with asyncio.timeout(CONNECT):
                await self._writer.start_tls(ssl_context, server_hostname=name)
        except TimeoutError:
            await self.aclose()
            raise UnreachableError(_("{host} does not answer", host=name)) from None
        except BaseException:
            await self.aclose()
            raise
        return self

    async def aclose(self) -> None:
        """Close at once: a peer that does not answer a TLS goodbye must not keep the socket."""
        self._writer.transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """Tell httpcore whether an idle connection has something to read."""
        return self._reader.at_eof() if info == "is_readable" else None


class AddressGuard(httpcore.AsyncNetworkBackend):
    """Opens connections to allowed addresses only."""

    def __init__(
        self, allow: Networks = (), *, resolve: Resolve | None = None, dial: Dial | None = None
    ) -> None:
        self.allow = allow
        """Networks that are allowed although they are not public; may be set at any time."""
        self._resolve = resolve or look_up
        self._dial = dial or asyncio.open_connection
        self._own_addresses: dict[str, str] = {}

    def owns(self, host: str) -> bool:
        """Tell whether a host is the operator's own; a name is known after its first look-up."""
        return is_own(host, self.allow) or is_own(self._own_addresses.get(host, ""), self.allow)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Connect to a host by name or address; the other arguments are httpcore's, and unused.

        Raises:
            AddressError: None of its addresses is allowed.
            UnreachableError: It has no address, or none answers.
        """
        try:
            async with asyncio.timeout(CONNECT):
                return await self._first(host, port, await self._permitted(host, port))
        except TimeoutError:
            raise UnreachableError(_("{host} does not answer", host=host)) from None

    async def check(self, host: str, port: int) -> None:
        """Check the addresses of a host that a proxy is to connect to.

        A public name that cannot be looked up here is left to the proxy, which may choose any
        address of a name. It may also know names of its own machine and network, and read numbers
        that are no names.

        Raises:
            AddressError: One of its addresses is not allowed, or it has none here and is no name
                of the public DNS.
        """
        name = host.rstrip(".")
        addresses = _of_proxy(name)
        if not addresses:
            with suppress(UnreachableError, TimeoutError):
                async with asyncio.timeout(CONNECT / 2):
                    addresses = await self._resolve(name, port)
                    self._remember(host, addresses)
        if denied := [address for address in addresses if not is_allowed(address, self.allow)]:
            raise AddressError(_refusal_message(host, denied, self.allow))
        if not addresses and not _is_public_name(name):
            message = _(
                "{host} is no public name; put its address into the hosts file of this machine and"
                " under `network.allow`",
                host=host,
            )
            raise AddressError(message)

    async def _permitted(self, host: str, port: int) -> list[str]:
        addresses = [host] if _is_literal(host) else await self._resolve(host, port)
        permitted = [address for address in addresses if is_allowed(address, self.allow)]
        if not permitted:
            raise AddressError(_refusal_message(host, addresses, self.allow))
        self._remember(host, permitted)
        return permitted[:4]

    def _remember(self, host: str, addresses: Sequence[str]) -> None:
        """Remember whether a host is the operator's own."""
        if addresses and all(is_own(address, self.allow) for address in addresses):
            self._own_addresses[host] = addresses[0]
        else:
            self._own_addresses.pop(host, None)

    async def _first(self, host: str, port: int, addresses: list[str]) -> Stream:
        """Connect to the first address that answers; none may use up the time of the next."""
        failure: Exception = UnreachableError(_("{host} has no address", host=host))
        for remaining, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                async with asyncio.timeout(CONNECT / 2 if remaining > 1 else None):
                    return Stream(*await self._dial(address, port))
            except (OSError, TimeoutError) as error:
                failure = error
        raise _unreachable(host, failure) from failure


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_HOST_NAME = re.compile(r"([\w-]+\.)+[\w-]+", re.ASCII)


def _is_public_name(name: str) -> bool:
    """Return whether a name is one under a public suffix, in a spelling with one reading only."""
    is_spelled_out = _HOST_NAME.fullmatch(name) and not name.lower().endswith(".arpa")
    return bool(is_spelled_out and registered_name(f"//{name}"))


_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def _of_proxy(name: str) -> Sequence[str]:
    """Return the addresses that a name has for a proxy without a look-up; empty if unknown."""
    if name.lower() in _LOOPBACK_NAMES or name.lower().endswith(".localhost"):
        return ("127.0.0.1",)
    if _is_literal(name):
        return (name,)
    try:
        return (socket.inet_ntoa(socket.inet_aton(name)),)  # also 127.1, 0x7f000001, 2130706433
    except OSError:
        return ()


def _refusal_message(host: str, addresses: Iterable[str], allow: Networks) -> str:
    address = next(iter(addresses), "")
    if not address:
        return _("name {host} has no address", host=host)
    return refusal(host, address, allow)


def _unreachable(host: str, error: Exception) -> Exception:
    """Return UnreachableError for an error that means it, any other error unchanged."""
    if isinstance(error, TimeoutError):
        return UnreachableError(_("{host} does not answer", host=host))
    if isinstance(error, ConnectionRefusedError):
        return UnreachableError(_("{host} refuses the connection", host=host))
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return UnreachableError(_("no route to {host}", host=host))
    return error


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system sorts them.

    Each look-up has a thread of its own: asyncio's shared pool has six on a small machine,
    and six dead names would keep every other name waiting. The threads are daemons, so that
    the program ends without waiting for a name server.

    Raises:
        UnreachableError: The name has no address, or no name server answers.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str] | Exception] = loop.create_future()

    def deliver(result: list[str] | Exception) -> None:
        if not answer.done():
            answer.set_result(result)

    def ask() -> None:
        result: list[str] | Exception
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            result = error
        with suppress(RuntimeError):  # the loop was closed in the meantime
            loop.call_soon_threadsafe(deliver, result)

    threading.Thread(
        target=ask,
        name=f"look up {host}",  # not a message
        daemon=True,
    ).start()
    result = await answer
    if isinstance(result, list):
        return result
    if isinstance(result, socket.gaierror) and result.errno == socket.EAI_AGAIN:
        raise UnreachableError(_("no name server answers for {host}", host=host)) from result
    raise UnreachableError(_("name {host} does not resolve", host=host)) from result
