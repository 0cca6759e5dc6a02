"""How much a client may ask: a bucket of requests for each client, which fills with time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

CLIENTS = 1_000
"""Clients that are remembered; those that came back longest ago are forgotten first."""


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
