"""Politeness to each host, and no host in the way of another.

At most two exchanges and one start a second per host, in the order asked; the operator's
own hosts are not held back. Whoever waits for a host holds no slot. Where several monitors share a
store, the turn of a host is taken for all of them.

All exchanges share the slots. An exchange that takes longer than a second, while others wait for a
slot, is broken off and runs again as a slow one. Slow exchanges never hold more than `SLOW_SLOTS`.
Otherwise 300 tarpits of 30 s each keep all 32 slots busy for five minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import TypeVar

PER_HOST = 2
SPACING = 1.0
"""Seconds between two starts for one host."""
_REMEMBERED = 4096
"""Slow URLs, and hosts without requests, that are remembered."""
SLOTS = 32
SLOW_SLOTS = 16
PATIENCE = 1.0
"""Seconds after which an exchange is slow."""
_LOOK = 0.25
"""Seconds between two looks whether an exchange is slow. A stall of our own is one look late, and
no server's fault."""

TakeTurn = Callable[[str, float], Awaitable[float]]
"""Given a host and its spacing: takes the turn to ask it, or returns the seconds to wait."""

T = TypeVar("T")


async def always_free(host: str, spacing: float) -> float:
    """Take the turn of a host that nobody else asks."""
    return 0.0


class Slot:
    """One exchange that is going on."""

    def __init__(self, *, slow: bool) -> None:
        self.slow = slow
        self.broken_off = False
        self.next_look: asyncio.TimerHandle | None = None


class SlotPool:
    """Gives out the slots, first come, first served."""

    def __init__(self, patience: float) -> None:
        self._slots = asyncio.Semaphore(SLOTS)
        self._slow_slots = asyncio.Semaphore(SLOW_SLOTS)
        self._running = asyncio.Event()
        self._running.set()
        self._patience = patience
        self._waiting = 0
        """How many wait for a slot, the slow ones apart."""
        self._breaking_off = 0

    async def enter(self, *, slow: bool) -> Slot:
        if slow:
            await self._slow_slots.acquire()
        self._waiting += not slow
        try:
            await self._slots.acquire()
        except BaseException:
            if slow:
                self._slow_slots.release()
            raise
        finally:
            self._waiting -= not slow
        slot = Slot(slow=slow)
        try:
            await self._running.wait()
        except BaseException:
            self.leave(slot)
            raise
        return slot

    def leave(self, slot: Slot) -> None:
        if slot.next_look:
            slot.next_look.cancel()
        self._breaking_off -= slot.broken_off
        self._slots.release()
        if slot.slow:
            self._slow_slots.release()

    def pause(self, paused: bool) -> None:
        if paused:
            self._running.clear()
        else:
            self._running.set()

    def watch(self, slot: Slot, limit: asyncio.Timeout, seconds: float = 0.0) -> None:
        """Break off an exchange that is slow and in the way, by its time limit.

        Args:
            slot: Of the exchange.
            limit: Its time limit.
            seconds: For which it has been watched.
        """
        in_the_way = self._running.is_set() and self._waiting > self._breaking_off
        if not in_the_way or seconds < self._patience:
            look = asyncio.get_running_loop().call_later
            slot.next_look = look(_LOOK, self.watch, slot, limit, seconds + _LOOK)
        elif not limit.expired():
            slot.broken_off = True
            self._breaking_off += 1
            limit.reschedule(0.0)  # the loop's clock is always past that


class _Host:
    """The queue of one host."""

    def __init__(self) -> None:
        self.exchanges = asyncio.Semaphore(PER_HOST)
        self.gate = asyncio.Lock()
        self.last_start = float("-inf")
        self.users = 0


_NO_QUEUE: nullcontext[None] = nullcontext()
"""For the operator's own hosts."""


class HostLimiter:
    """Lets exchanges begin when it is their turn."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        owns: Callable[[str], bool],
        spacing: float = SPACING,
        patience: float = PATIENCE,
        take_turn: TakeTurn = always_free,
    ) -> None:
        """Let exchanges begin.

        Args:
            monotonic: Seconds.
            sleep: Waits.
            owns: Whether a host is the operator's.
            spacing: Seconds between two starts for one host.
            patience: Seconds after which an exchange is slow.
            take_turn: Takes the turn of a host for all monitors.
        """
        self._monotonic, self._sleep, self._spacing = monotonic, sleep, spacing
        self._owns = owns
        self._take_turn = take_turn
        self._patience = patience
        self._slots = SlotPool(patience)
        self._hosts: dict[str, _Host] = {}
        self._slow: dict[str, None] = {}
        self._spacings: dict[str, float] = {}

    def set_spacing(self, host: str, seconds: float) -> None:
        """Leave so many seconds between two starts for a host, if that is more than usual."""
        self._spacings.pop(host, None)
        if seconds > self._spacing:
            _remember(self._spacings, host, seconds)

    async def run(
        self,
        host: str,
        url: str,
        exchange: Callable[[], Awaitable[T]],
        seconds: float,
    ) -> T:
        """Run the exchange when it is its turn; it may run twice.

        Args:
            host: Whose turn it is.
            url: Remembered when it is slow.
            exchange: What to run.
            seconds: Limit of the exchange; waiting does not count.

        Raises:
            TimeoutError: It took longer.
        """
        while True:
            async with _NO_QUEUE if self._owns(host) else self._queue(host) as queue:
                slot = await self._begin(queue, host, url)
                started = self._monotonic()
                try:
                    async with asyncio.timeout(seconds) as limit:
                        if not slot.slow:
                            self._slots.watch(slot, limit)
                        return await exchange()
                except TimeoutError:
                    if not slot.broken_off:
                        raise
                finally:
                    self._slow.pop(url, None)
                    if slot.broken_off or self._monotonic() - started > self._patience:
                        _remember(self._slow, url, None)
                    self._slots.leave(slot)

    def pause(self, paused: bool) -> None:
        """Let no exchange begin while it is paused; those that have begun go on."""
        self._slots.pause(paused)

    @asynccontextmanager
    async def _queue(self, host: str) -> AsyncIterator[_Host]:
        """Wait until the host may be asked once more."""
        queue = self._hosts.setdefault(host, _Host())
        queue.users += 1
        try:
            async with queue.exchanges:
                yield queue
        finally:
            queue.users -= 1
            self._forget()

    async def _begin(self, queue: _Host | None, host: str, url: str) -> Slot:
        """Wait for the host first, then for a slot."""
        if queue is None:
            return await self._slots.enter(slow=url in self._slow)
        async with queue.gate:
            return await self._enter(queue, host, url)

    async def _enter(self, queue: _Host, host: str, url: str) -> Slot:
        """Wait for a slot at a moment at which no other monitor asks the host."""
        while True:
            spacing = self._spacings.get(host, self._spacing)
            wait = queue.last_start + spacing - self._monotonic()
            if wait > 0 and not self._owns(host):
                await self._sleep(wait)
            slot = await self._slots.enter(slow=url in self._slow)
            try:
                wait = 0.0 if self._owns(host) else await self._take_turn(host, spacing)
            except BaseException:
                self._slots.leave(slot)
                raise
            queue.last_start = self._monotonic()
            if not wait:
                return slot
            self._slots.leave(slot)
            queue.last_start += wait - spacing

    def _forget(self) -> None:
        """Drop hosts without requests, when they have become many."""
        if len(self._hosts) > _REMEMBERED:
            then = self._monotonic() - max(self._spacings.values(), default=self._spacing)
            self._hosts = {
                name: host
                for name, host in self._hosts.items()
                if host.users or host.last_start > then
            }


def _remember(known: dict[str, T], key: str, value: T) -> None:
    """Add what is not known yet; the oldest of too many is forgotten."""
    known[key] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
