"""Which requests the web server accepts: decided from their headers alone."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Auth:
    """The secret token and the names of this machine."""

    token: str
    """The secret that is part of the address."""
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

    def accepts_token(self, token: str | None) -> bool:
        """Return whether a token is the secret one, in constant time."""
        return hmac.compare_digest((token or "").encode(), self.token.encode())


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Return whether a request comes from a page of this server.

    Browsers always send the origin of a websocket.
    """
    if not origin or not host:
        return False
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address to listen at."""
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
