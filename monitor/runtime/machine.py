"""The time, zone, randomness and limits of the machine."""

from __future__ import annotations

import resource
import time
from datetime import datetime, tzinfo

from monitor.base.article import Timestamp


def clock() -> Timestamp:
    """Return the time."""
    return time.time()


def monotonic() -> float:
    """Return the monotonic clock, in seconds."""
    return time.monotonic()


def uptime() -> float:
    """Return a monotonic clock, in seconds, that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def new_token() -> str:
    """Return a random secret that fits into a URL."""
    import secrets

    return secrets.token_urlsafe(32)


def local_zone() -> tzinfo:
    """Return the zone of the wall clock, summer time included where its name is known."""
    from tzlocal import get_localzone

    try:
        return get_localzone()
    except (LookupError, ValueError, OSError):  # TZ=CET-1CEST has rules but no name
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None
        return zone


def pause(seconds: float) -> None:
    """Wait between two looks at the store."""
    time.sleep(seconds)


async def sleep(seconds: float) -> None:
    """Wait, while other tasks go on."""
    import asyncio

    await asyncio.sleep(seconds)


def server_connections() -> int:
    """Return the most connections that a server may have open: an eighth of the descriptors.

    The others are left to the polls, to the store and to the processes of dashboards.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 64 if descriptors == resource.RLIM_INFINITY else max(4, min(64, descriptors // 8))
