"""The places that all exchanges share, and the slow lane among them.

An exchange that lasts longer than `PATIENCE` while others wait for a place is broken off,
to be asked again in the slow lane, which never has more than `SLOW` of the places.
Otherwise 300 tarpits of 30 s each keep all 32 places busy for five minutes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice

PLACES = 32
SLOW = 16
PATIENCE = 2.0
"""Seconds after which an exchange is slow."""
_UNWIND = 0.05
"""Seconds that an exchange which was broken off gets to leave its place."""


class Place:
    """One exchange that is going on."""

    def __init__(self, started: float, *, slow: bool) -> None:
        self.started, self.slow = started, slow
        self.limit: asyncio.Timeout | None = None
        self.broken_off = False

    def break_off(self) -> None:
        """End the exchange with a TimeoutError, unless it is ending anyway."""
        if self.limit and not self.limit.expired():
            self.broken_off = True
            self.limit.reschedule(0.0)  # the loop's clock is always past that


class Places:
    """Hands out the places, first come, first served in each lane."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        patience: float,
    ) -> None:
        self._monotonic, self._sleep, self._patience = monotonic, sleep, patience
        self._free = {False: PLACES, True: SLOW}
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {False: deque(), True: deque()}
        self._fast: dict[Place, None] = {}
        self._watch: asyncio.Task[None] | None = None

    async def enter(self, *, slow: bool) -> Place:
        """Wait for a place."""
        if self._available(slow):
            self._take(slow)
        else:
            await self._wait(slow)
        place = Place(self._monotonic(), slow=slow)
        if not slow:
            self._fast[place] = None
        return place

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._fast.pop(place, None)
        self._give(place.slow)

    def close(self) -> None:
        """Stop watching."""
        if self._watch:
            self._watch.cancel()

    def _available(self, slow: bool) -> bool:
        return self._free[False] > 0 and (not slow or self._free[True] > 0)

    def _take(self, slow: bool) -> None:
        """Take one of all places, and one of the slow lane's if it is for that."""
        self._free[False] -= 1
        self._free[True] -= slow

    def _give(self, slow: bool) -> None:
        self._free[False] += 1
        self._free[True] += slow
        for lane in (True, False):  # the slow lane first: it cannot take more than its share
            while self._waiting[lane] and self._available(lane):
                self._take(lane)
                self._waiting[lane].popleft().set_result(None)

    async def _wait(self, slow: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[slow].append(turn)
        if not slow and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._break_off_slow_ones())
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(slow)  # it was our turn already
            else:
                self._waiting[slow].remove(turn)
            raise

    async def _break_off_slow_ones(self) -> None:
        """While somebody waits, free the places of exchanges that have become slow."""
        while waiting := len(self._waiting[False]):
            late = self._monotonic() - self._patience
            for place in list(islice(self._fast, waiting)):  # the oldest first
                if place.started > late:
                    break
                del self._fast[place]
                place.break_off()
            oldest = next(iter(self._fast), None)
            await self._sleep(max(_UNWIND, oldest.started - late) if oldest else _UNWIND)
