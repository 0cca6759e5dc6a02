"""The address of a server, and the hosts, origins and number of requests that it accepts."""

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
"""Maximum number of clients that are counted; the longest absent are forgotten first."""


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
    """Return the address at which others reach a server, with a slash at its end."""
    name = names[0] if names else socket.gethostname() if host in ("0.0.0.0", "::") else host
    hostname = f"[{name}]" if ":" in name else name
    return f"{scheme}://{hostname}:{port}/"


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
    """Return whether a request was sent by a page of another server, and is to be refused.

    Links to a page are allowed anywhere, since a browser shows the answer to its user alone. Forms
    are accepted from pages of this server only; because these send no referrer, browsers send
    `Origin: null`.

    Args:
        method: Method of the request.
        headers: Headers of the request, by names in lower case.
        page: Whether the request is for a page, not for a program.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    same = is_same_origin(origin, headers.get("host"))
    if page and method == "POST":
        return not same if site is None else site != "same-origin" or not (same or origin == "null")
    if page and site is not None and origin is None and _is_link(headers):
        return False
    return site not in (None, "none", "same-origin") or (origin is not None and not same)


def _is_link(headers: Mapping[str, str]) -> bool:
    """Return whether a browser follows a link in a tab, not in a frame."""
    return headers.get("sec-fetch-mode") == "navigate" and (
        headers.get("sec-fetch-dest") == "document"
    )


def names_of(host: str, names: Collection[str]) -> tuple[bool, frozenset[str]]:
    """Return whether an address is reachable from this machine only, and its accepted names."""
    accepted = {name.lower() for name in names}
    local = is_loopback(host)
    if not local:
        accepted |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return local, frozenset(accepted)


def _hostname(host: str | None) -> str:
    try:
        return (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return ""


# --- limits --------------------------------------------------------------------------------------


class Limits(Struct, frozen=True, kw_only=True):
    """Limits of the requests of clients."""

    rate: float = 10.0
    """Sustained requests per second of a client."""
    burst: int = 60
    """Requests that a client may make at once."""
    requests: int = 32
    """Whole requests that are answered or wait at once, half of them without a token; more are
    refused."""
    threads: int = 4
    """Requests that are answered at once, each in a thread."""
    seconds: float = 10.0
    """Time that the answer to a request may take."""
    connections: int = 256
    """Connections at once; of more, the one that waits longest for a whole request is closed."""
    head_seconds: float = 10.0
    """Time that a handshake of TLS and the head of a request may take to arrive."""
    body_bytes: int = 65_536
    """Maximum size of a body."""
    body_seconds: float = 2.0
    """Time that a small body may take to arrive."""
    body_rate: float = 10_000.0
    """Bytes of a larger body for which it may take a second more."""
    send_seconds: float = 30.0
    """Time that a client may take to read a part of the answer."""
    rest_seconds: float = 20.0
    """Time without a request after which the memory of the index is freed."""
    streams: int = 64
    """Streams of alerts of all clients at once."""
    streams_each: int = 8
    """Streams of alerts of one client at once."""


class RateLimiter:
    """Counts the requests of each client.

    Args:
        rate: Sustained requests per second of a client.
        burst: Requests that a client may make at once.
        monotonic: Returns a time in seconds that never goes back.
    """

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._rate, self._burst, self._monotonic = rate, burst, monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Remaining requests of each client, and the time of its last request, the latest last."""

    def take(self, client: str) -> float:
        """Count a request; return the seconds that the client has to wait, 0 if it is allowed."""
        now = self._monotonic()
        credit, counted_at = self._buckets.pop(client, (float(self._burst), now))
        credit = min(float(self._burst), credit + (now - counted_at) * self._rate)
        wait = 0.0 if credit >= 1 else (1 - credit) / self._rate
        self._buckets[client] = (credit if wait else credit - 1, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return wait
