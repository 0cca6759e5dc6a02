"""Which requests a server of this machine accepts, by their headers Host and Origin alone."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.base.url import is_loopback


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
