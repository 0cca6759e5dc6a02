"""A socket that listens, or the reason why it cannot."""

from __future__ import annotations

import errno
import os
import socket

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _


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
