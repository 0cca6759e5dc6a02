"""Politeness to each host, and no host in the way of another.

At most two exchanges and one start a second per host, in the order asked; the operator's
own hosts are not held back. Whoever waits for a host holds no slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from monitor.fetch.slot_pool import PATIENCE, Slot, SlotPool

PER_HOST = 2
SPACING = 1.0
"""Seconds between two starts for one host."""
_REMEMBERED = 4096
"""Slow URLs, and hosts without requests, that are remembered."""

T = TypeVar("T")


class _Host:
    """The queue of one host."""

    def __init__(self) -> None:
        self.exchanges = asyncio.Semaphore(PER_HOST)
        self.gate = asyncio.Lock()
        self.last_start = float("-inf")
        self.users = 0


class HostLimiter:
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
        self._slots = SlotPool(monotonic=monotonic, sleep=sleep, patience=patience)
        self._hosts: dict[str, _Host] = {}
        self._slow: dict[str, None] = {}
        self._spacings: dict[str, float] = {}

    def set_spacing(self, host: str, seconds: float) -> None:
        """Leave so many seconds between two starts for a host, if that is more than usual."""
        self._spacings.pop(host, None)
        if seconds > self._spacing:
            self._spacings[host] = seconds
            if len(self._spacings) > _REMEMBERED:
                del self._spacings[next(iter(self._spacings))]

    async def run(
        self,
        host: str,
        url: str,
        exchange: Callable[[], Awaitable[T]],
        *,
        own: Callable[[], bool],
        seconds: float,
    ) -> T:
        """Run the exchange when it is its turn; it may run twice.

        Args:
            host: Whose turn it is.
            url: Remembered when it is slow.
            exchange: What to run.
            own: Whether the host is the operator's.
            seconds: Limit of the exchange; waiting does not count.

        Raises:
            TimeoutError: It took longer.
        """
        while True:
            async with self._turn(host, url, own) as slot:
                try:
                    async with asyncio.timeout(seconds) as limit:
                        slot.limit = limit
                        return await exchange()
                except TimeoutError:
                    if not slot.broken_off:
                        raise

    def close(self) -> None:
        """Stop watching the slots."""
        self._slots.close()

    @asynccontextmanager
    async def _turn(self, host: str, url: str, own: Callable[[], bool]) -> AsyncIterator[Slot]:
        """Wait for the host first, then for a slot."""
        if own():
            slot = await self._slots.enter(slow=url in self._slow)
            try:
                yield slot
            finally:
                self._end(slot, url)
            return
        queue = self._hosts.setdefault(host, _Host())
        queue.users += 1
        try:
            async with queue.exchanges:
                async with queue.gate:
                    await self._wait(queue, self._spacings.get(host, self._spacing), own)
                    slot = await self._slots.enter(slow=url in self._slow)
                    queue.last_start = slot.started
                try:
                    yield slot
                finally:
                    self._end(slot, url)
        finally:
            queue.users -= 1
            self._forget()

    async def _wait(self, queue: _Host, spacing: float, own: Callable[[], bool]) -> None:
        wait = queue.last_start + spacing - self._monotonic()
        if wait > 0 and not own():
            await self._sleep(wait)

    def _end(self, slot: Slot, url: str) -> None:
        self._slow.pop(url, None)
        if slot.broken_off or self._monotonic() - slot.started > self._patience:
            self._slow[url] = None
            if len(self._slow) > _REMEMBERED:
                del self._slow[next(iter(self._slow))]
        self._slots.leave(slot)

    def _forget(self) -> None:
        """Drop hosts without requests, when they have become many."""
        if len(self._hosts) > _REMEMBERED:
            then = self._monotonic() - max(self._spacings.values(), default=self._spacing)
            self._hosts = {
                name: host
                for name, host in self._hosts.items()
                if host.users or host.last_start > then
            }
