"""Who may come in: decided from what a request says, without the network."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Auth:
    """What opens it."""

    token: str
    """The secret that is part of the address."""
    local: bool = True
    """Only this machine is listened to."""
    names: Collection[str] = ()
    """Names under which others know this machine, in lower case."""

    def expects(self, host: str | None) -> bool:
        """Return whether a Host header means us.

        A page of a stranger whose name has been rebound to our address still says that name:
        names are only those we know, whereas an address cannot be rebound.
        """
        name = _hostname(host)
        if name == "localhost" or name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback if self.local else True

    def knows(self, given: str | None) -> bool:
        """Return whether a token is ours, in a time that tells nothing about it."""
        return hmac.compare_digest((given or "").encode(), self.token.encode())


def from_here(origin: str | None, host: str | None) -> bool:
    """Return whether a page of our own asks; browsers always say the origin of a websocket."""
    if not origin or not host:
        return False
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether an address to listen at is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hostname(host: str | None) -> str:
    try:
        return (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return ""
