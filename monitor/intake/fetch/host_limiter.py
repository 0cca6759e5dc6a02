"""Limits the requests to each host, so that no host delays another.

At most two exchanges and one start a second per host, in the order asked; the operator's
own hosts are not held back. Whoever waits for a host holds no slot. Where several monitors share a
store, the turn of a host is taken for all of them.

All exchanges share the slots. An exchange that is much slower than the others, while some wait
for a slot, is broken off and runs again as a slow one. Slow exchanges hold few slots as long as
somebody waits, and never more than `SLOW_SLOTS`. Otherwise 300 tarpits of 30 s each keep all 32
slots busy for five minutes; a patience of 2 s for each would still cost everybody 20 s.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from itertools import islice
from statistics import median
from typing import TypeVar

PER_HOST = 2
SPACING = 1.0
"""Seconds between two starts for one host."""
_REMEMBERED = 4096
"""Slow URLs, and hosts without requests, that are remembered."""
SLOTS = 32
SLOW_SLOTS = 16
_SLOW_SLOTS_WHILE_WAITED = 2
"""Slots for slow exchanges while others wait."""
PATIENCE = 2.0
"""Seconds after which an exchange is slow, whatever the others take."""
_MIN_PATIENCE = 0.15
_SLOWER = 4
"""An exchange is slow when it takes so many times the usual one."""
_SAMPLE = 32
"""Exchanges whose median is the usual one: the last that began, ended or not, since most of
those that end first are quick."""
_UNWIND = 0.05
"""Seconds that an exchange which was broken off gets to leave its slot."""

TakeTurn = Callable[[str, float], Awaitable[float]]
"""Takes the turn of a host with its spacing, or returns the seconds to wait."""

T = TypeVar("T")


async def always_free(host: str, spacing: float) -> float:
    """Take the turn of a host that nobody else asks."""
    return 0.0


class Slot:
    """One exchange that is going on."""

    def __init__(self, started: float, *, slow: bool) -> None:
        self.started, self.slow = started, slow
        self.ended: float | None = None
        self.limit: asyncio.Timeout | None = None
        self.broken_off = False

    def break_off(self) -> None:
        """End the exchange with a TimeoutError, unless it is ending anyway."""
        if self.limit and not self.limit.expired():
            self.broken_off = True
            self.limit.reschedule(0.0)  # the loop's clock is always past that


class SlotPool:
    """Gives out the slots, first come, first served among the slow and among the others."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        patience: float,
    ) -> None:
        self._monotonic, self._sleep, self._patience = monotonic, sleep, patience
        self._free = {False: SLOTS, True: SLOW_SLOTS}
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {False: deque(), True: deque()}
        self._fast: dict[Slot, None] = {}
        self._watch_task: asyncio.Task[None] | None = None
        self._recent: deque[Slot] = deque(maxlen=_SAMPLE)
        self._paused = False

    async def enter(self, *, slow: bool) -> Slot:
        if self._available(slow):
            self._take(slow)
        else:
            await self._wait(slow)
        slot = Slot(self._monotonic(), slow=slow)
        if not slow:
            self._fast[slot] = None
            self._recent.append(slot)
        return slot

    def leave(self, slot: Slot) -> None:
        self._fast.pop(slot, None)
        slot.ended = self._monotonic()
        self._give(slot.slow)

    def pause(self, paused: bool) -> None:
        self._paused = paused
        self._serve()

    def close(self) -> None:
        if self._watch_task:
            self._watch_task.cancel()

    def _available(self, slow: bool) -> bool:
        reserved = SLOW_SLOTS - _SLOW_SLOTS_WHILE_WAITED if self._waiting[False] else 0
        return (
            not self._paused and self._free[False] > 0 and (not slow or self._free[True] > reserved)
        )

    def _take(self, slow: bool) -> None:
        """Take one of all slots, and one of the slow ones for a slow exchange."""
        self._free[False] -= 1
        self._free[True] -= slow

    def _give(self, slow: bool) -> None:
        self._free[False] += 1
        self._free[True] += slow
        self._serve()

    def _serve(self) -> None:
        """Give the free slots to those who wait."""
        for kind in (True, False, True):  # slow ones get their share, then the rest
            while self._waiting[kind] and self._available(kind):
                turn = self._waiting[kind].popleft()
                if not turn.cancelled():
                    self._take(kind)
                    turn.set_result(None)

    async def _wait(self, slow: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[slow].append(turn)
        if not slow and (self._watch_task is None or self._watch_task.done()):
            self._watch_task = asyncio.create_task(self._break_off_slow_ones())
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(slow)  # it was our turn already
            elif turn in self._waiting[slow]:
                self._waiting[slow].remove(turn)
            raise

    def _limit(self) -> float:
        """Return the seconds after which an exchange is slow, compared with the last ones."""
        now = self._monotonic()
        times = [(now if s.ended is None else s.ended) - s.started for s in self._recent]
        usual = median(times) if len(times) == _SAMPLE else self._patience
        return min(self._patience, max(_MIN_PATIENCE, _SLOWER * usual))

    async def _break_off_slow_ones(self) -> None:
        """While somebody waits, free the slots of exchanges that have become slow."""
        while waiting := len(self._waiting[False]):
            newest_start = self._monotonic() - self._limit()
            count = 0 if self._paused else waiting
            for slot in list(islice(self._fast, count)):  # the oldest first
                if slot.started > newest_start:
                    break
                del self._fast[slot]
                slot.break_off()
            oldest = next(iter(self._fast), None)
            remaining = oldest.started - newest_start if oldest else 0.0
            await self._rest(min(max(_UNWIND, remaining), _MIN_PATIENCE))

    async def _rest(self, seconds: float) -> None:
        """Wait; do not count a delay of this program against the exchanges."""
        due = self._monotonic() + seconds
        await self._sleep(seconds)
        delay = max(0.0, self._monotonic() - due)
        for slot in self._fast:
            slot.started += delay


class _Host:
    """The queue of one host."""

    def __init__(self) -> None:
        self.exchanges = asyncio.Semaphore(PER_HOST)
        self.gate = asyncio.Lock()
        self.last_start = float("-inf")
        self.users = 0


_NO_QUEUE: nullcontext[None] = nullcontext()
"""The queue of the operator's own hosts."""


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
            monotonic: Returns seconds.
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
        self, host: str, url: str, exchange: Callable[[], Awaitable[T]], seconds: float
    ) -> T:
        """Run the exchange when it is its turn; it may run twice.

        Args:
            host: The host that is asked.
            url: The URL; it is remembered when it is slow.
            exchange: Makes the request.
            seconds: Limit of the exchange; waiting does not count.

        Raises:
            TimeoutError: It took longer.
        """
        while True:
            async with _NO_QUEUE if self._owns(host) else self._queue(host) as queue:
                slot = await self._begin(queue, host, url)
                try:
                    async with asyncio.timeout(seconds) as limit:
                        slot.limit = limit
                        return await exchange()
                except TimeoutError:
                    if not slot.broken_off:
                        raise
                finally:
                    self._end(slot, url)

    def pause(self, paused: bool) -> None:
        """Let no exchange begin while it is paused; those that have begun go on."""
        self._slots.pause(paused)

    def close(self) -> None:
        self._slots.close()

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
        """Wait for the host first, then for a slot while no other monitor asks the host."""
        if queue is None:
            return await self._slots.enter(slow=url in self._slow)
        async with queue.gate:
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
            cutoff = self._monotonic() - max(self._spacings.values(), default=self._spacing)
            self._hosts = {
                name: host
                for name, host in self._hosts.items()
                if host.users or host.last_start > cutoff
            }
