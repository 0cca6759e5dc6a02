"""An address to listen at, as it is written; and whether others can reach it."""

from __future__ import annotations

import re
from ipaddress import ip_address

from monitor.model.config import Listening

_WRITTEN = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:\s/]+)):(\d{1,5})")


def listening(text: str) -> Listening:
    """Return where `127.0.0.1:9464`, `localhost:9464` or `[::1]:9464` listens.

    Raises ValueError, in words.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"`{text}` is not an address to listen at; write 127.0.0.1:9464")
    port = int(found[3])
    if not 0 < port < 65_536:
        raise ValueError(f"there is no port {port}; from 1 to 65535")
    return Listening(found[1] or found[2], port)


def is_private(at: Listening) -> bool:
    """Tell whether only this machine can reach it."""
    if at.host.lower() == "localhost":
        return True
    try:
        return ip_address(at.host).is_loopback
    except ValueError:
        return False
