"""Where a server of this machine listens, which requests it accepts there, and how many."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.base.url import is_loopback

CLIENTS = 1_000
"""Clients that are remembered; those that came back longest ago are forgotten first."""


def open_listener(host: str, port: int, backlog: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Name or address of this machine.
        port: 0 takes any free port.
        backlog: Connections that may wait to be accepted.

    Raises:
        MonitorError: The address cannot be listened at.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=backlog)
    except (OSError, OverflowError) as error:
        raise MonitorError(_refused(f"{host}:{port}", error)) from error
    # asyncio does so only for sockets that it made; else the body of an answer waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _refused(address: str, error: OSError | OverflowError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return _(
            "another program listens at {address}; `--port 0` takes any free port", address=address
        )
    reason = getattr(error, "strerror", None) or str(error)
    if number is not None and not isinstance(error, socket.gaierror):
        reason = os.strerror(number)  # the socket module adds what is said already
    return _("cannot listen at {address}: {reason}", address=address, reason=reason)


def shown_address(scheme: str, host: str, port: int, names: tuple[str, ...] = ()) -> str:
    """Return the address under which others reach a server, with a slash at its end.

    Args:
        scheme: `http` or `https`.
        host: Where it listens.
        port: Where it listens.
        names: Names that it was given for others.
    """
    name = names[0] if names else socket.gethostname() if host in ("0.0.0.0", "::") else host
    where = f"[{name}]" if ":" in name else name
    return f"{scheme}://{where}:{port}/"


# --- Host and Origin -----------------------------------------------------------------------------


class AcceptedHosts(Struct, frozen=True, kw_only=True):
    """The names under which a server is reached."""

    local: bool = True
    """The server is reached from this machine only."""
    names: Collection[str] = ()
    """Names of this machine that other machines use, in lower case."""

    def accepts_host(self, host: str | None) -> bool:
        """Return whether a Host header names this server.

        After DNS rebinding, a foreign page still sends its own name, so only known names are
        accepted; addresses cannot be rebound.
        """
        name = _hostname(host)
        if name == "localhost" or name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback if self.local else True


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Return whether a request comes from a page of this server.

    Browsers always send the origin of a websocket, and of a request that changes something.
    """
    if not origin or not host:
        return False
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
    except ValueError:
        return False


def is_foreign(method: str, headers: Mapping[str, str], *, page: bool) -> bool:
    """Return whether a request was sent by a page of another server, which it may not.

    A link to a page may stand anywhere, since a browser shows the answer to its user alone. A form
    is taken from pages of this server only; because these send no referrer, browsers say
    `Origin: null` there.

    Args:
        method: Its method.
        headers: Its headers, by names in lower case.
        page: Whether it asks for a page, not for an answer to a program.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = is_same_origin(origin, headers.get("host"))
    if page and method == "POST":
        return not ours if site is None else site != "same-origin" or not (ours or origin == "null")
    if page and site is not None and origin is None and _is_link(headers):
        return False
    return site not in (None, "none", "same-origin") or (origin is not None and not ours)


def _is_link(headers: Mapping[str, str]) -> bool:
    """Return whether somebody follows a link, in a tab of its own."""
    return headers.get("sec-fetch-mode") == "navigate" and (
        headers.get("sec-fetch-dest") == "document"
    )


def names_of(host: str, names: Collection[str]) -> tuple[bool, frozenset[str]]:
    """Return whether only this machine reaches an address to listen at, and its names.

    Args:
        host: The address.
        names: Names that the operator gave it.
    """
    known = {name.lower() for name in names}
    local = is_loopback(host)
    if not local:
        known |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return local, frozenset(known)


def _hostname(host: str | None) -> str:
    try:
        return (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return ""


# --- how much ------------------------------------------------------------------------------------


class Limits(Struct, frozen=True, kw_only=True):
    """What the server takes from its clients."""

    rate: float = 10.0
    """Requests a second that a client may make for long."""
    burst: int = 60
    """Requests that it may make at once."""
    requests: int = 32
    """Requests that are answered or wait at once, of all clients; more are refused."""
    threads: int = 4
    """Requests that are answered at once."""
    seconds: float = 10.0
    """Time that a question to the archive may take."""
    connections: int = 256
    """Connections; of more, the one that waits longest for a request is closed."""
    head_seconds: float = 10.0
    """Time that the head of a request may take to arrive."""
    body_bytes: int = 65_536
    """Size of a body."""
    body_seconds: float = 10.0
    """Time that a body may take to arrive."""
    send_seconds: float = 30.0
    """Time that a client may take to read a part of the answer."""
    rest_seconds: float = 20.0
    """Time without a request after which the memory of the index is freed."""
    streams: int = 64
    """Streams of alerts, of all clients."""
    streams_each: int = 8
    """Streams of alerts of one client."""


class RateLimiter:
    """Counts the requests of each client.

    Args:
        rate: Requests a second that a client may make for long.
        burst: Requests that it may make at once.
        monotonic: Returns a time in seconds that never goes back.
    """

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._rate, self._burst, self._monotonic = rate, burst, monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What each client has left, and when that was counted; who came last is last."""

    def take(self, client: str) -> float:
        """Count a request; return 0, or after how many seconds the client may come again."""
        now = self._monotonic()
        left, at = self._buckets.pop(client, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[client] = (left if wait else left - 1, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return wait
