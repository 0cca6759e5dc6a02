"""Whose turn it is: politeness to each host, and no host in the way of another.

At most two exchanges and one start a second per host, in the order asked; the operator's
own hosts are not held back. Whoever waits for a host holds no place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from monitor.fetch.slot_pool import PATIENCE, Place, Places

PER_HOST = 2
SPACING = 1.0
"""Seconds between two starts for one host."""
_REMEMBERED = 4096
"""Slow addresses, and hosts nobody asks now, that are kept in mind."""

T = TypeVar("T")


class _Host:
    """The queue of one host."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(PER_HOST)
        self.gate = asyncio.Lock()
        self.last = float("-inf")
        """When the last exchange started."""
        self.users = 0


class Lanes:
    """Lets exchanges begin when it is their turn."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        spacing: float = SPACING,
        patience: float = PATIENCE,
    ) -> None:
        self._monotonic, self._sleep, self._spacing = monotonic, sleep, spacing
        self._patience = patience
        self._places = Places(monotonic=monotonic, sleep=sleep, patience=patience)
        self._hosts: dict[str, _Host] = {}
        self._slow: dict[str, None] = {}
        self._asked_for: dict[str, float] = {}

    def space(self, host: str, seconds: float) -> None:
        """Leave so many seconds between two starts for a host, if that is more than usual."""
        self._asked_for.pop(host, None)
        if seconds > self._spacing:
            self._asked_for[host] = seconds
            if len(self._asked_for) > _REMEMBERED:
                del self._asked_for[next(iter(self._asked_for))]

    async def run(
        self,
        host: str,
        address: str,
        exchange: Callable[[], Awaitable[T]],
        *,
        own: Callable[[], bool],
        seconds: float,
    ) -> T:
        """Run the exchange when it is its turn, for at most so many seconds; raises TimeoutError.

        `address` is remembered when it is slow; `own` tells whether the host is the operator's.
        """
        while True:
            async with self._turn(host, address, own) as place:
                try:
                    async with asyncio.timeout(seconds) as limit:
                        place.limit = limit
                        return await exchange()
                except TimeoutError:
                    if not place.broken_off:
                        raise

    def close(self) -> None:
        """Stop watching over the places."""
        self._places.close()

    @asynccontextmanager
    async def _turn(self, host: str, address: str, own: Callable[[], bool]) -> AsyncIterator[Place]:
        """Wait for the host first, then for a place: who waits for a host holds no place."""
        if own():
            place = await self._places.enter(slow=address in self._slow)
            try:
                yield place
            finally:
                self._end(place, address)
            return
        queue = self._hosts.setdefault(host, _Host())
        queue.users += 1
        try:
            async with queue.slots:
                async with queue.gate:
                    await self._spaced(queue, self._asked_for.get(host, self._spacing), own)
                    place = await self._places.enter(slow=address in self._slow)
                    queue.last = place.started
                try:
                    yield place
                finally:
                    self._end(place, address)
        finally:
            queue.users -= 1
            self._forget()

    async def _spaced(self, queue: _Host, spacing: float, own: Callable[[], bool]) -> None:
        wait = queue.last + spacing - self._monotonic()
        if wait > 0 and not own():
            await self._sleep(wait)

    def _end(self, place: Place, address: str) -> None:
        self._slow.pop(address, None)
        if place.broken_off or self._monotonic() - place.started > self._patience:
            self._slow[address] = None
            if len(self._slow) > _REMEMBERED:
                del self._slow[next(iter(self._slow))]
        self._places.leave(place)

    def _forget(self) -> None:
        """Drop hosts that nobody uses, when they have become many."""
        if len(self._hosts) > _REMEMBERED:
            then = self._monotonic() - max(self._asked_for.values(), default=self._spacing)
            self._hosts = {
                name: host for name, host in self._hosts.items() if host.users or host.last > then
            }
