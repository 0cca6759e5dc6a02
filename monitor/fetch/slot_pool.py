"""The slots that all exchanges share, of which slow exchanges get few.

An exchange that is much slower than the others, while some wait for a slot, is broken off
and runs again as a slow one. Slow exchanges hold few slots as long as somebody waits, and never
more than `SLOW_SLOTS`. Otherwise 300 tarpits of 30 s each keep all 32 slots busy for five
minutes; a patience of 2 s for each would still cost everybody 20 s.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from statistics import median

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
"""The usual exchange is the median of the last so many that began, ended or not: of those
that end first, most are quick."""
_UNWIND = 0.05
"""Seconds that an exchange which was broken off gets to leave its slot."""


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
        self._watch: asyncio.Task[None] | None = None
        self._begun: deque[Slot] = deque(maxlen=_SAMPLE)

    async def enter(self, *, slow: bool) -> Slot:
        """Wait for a slot."""
        if self._available(slow):
            self._take(slow)
        else:
            await self._wait(slow)
        slot = Slot(self._monotonic(), slow=slow)
        if not slow:
            self._fast[slot] = None
            self._begun.append(slot)
        return slot

    def leave(self, slot: Slot) -> None:
        """Give a slot back."""
        self._fast.pop(slot, None)
        slot.ended = self._monotonic()
        self._give(slot.slow)

    def close(self) -> None:
        """Stop watching."""
        if self._watch:
            self._watch.cancel()

    def _available(self, slow: bool) -> bool:
        reserved = SLOW_SLOTS - _SLOW_SLOTS_WHILE_WAITED if self._waiting[False] else 0
        return self._free[False] > 0 and (not slow or self._free[True] > reserved)

    def _take(self, slow: bool) -> None:
        """Take one of all slots, and one of the slow ones if it is for a slow exchange."""
        self._free[False] -= 1
        self._free[True] -= slow

    def _give(self, slow: bool) -> None:
        self._free[False] += 1
        self._free[True] += slow
        for kind in (True, False, True):  # slow ones get their share, then what is left
            while self._waiting[kind] and self._available(kind):
                turn = self._waiting[kind].popleft()
                if not turn.cancelled():
                    self._take(kind)
                    turn.set_result(None)

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
            elif turn in self._waiting[slow]:
                self._waiting[slow].remove(turn)
            raise

    def _limit(self) -> float:
        """Return the seconds after which an exchange is slow, compared with the last ones."""
        now = self._monotonic()
        took = [(now if one.ended is None else one.ended) - one.started for one in self._begun]
        usual = median(took) if len(took) == _SAMPLE else self._patience
        return min(self._patience, max(_MIN_PATIENCE, _SLOWER * usual))

    async def _break_off_slow_ones(self) -> None:
        """While somebody waits, free the slots of exchanges that have become slow."""
        while waiting := len(self._waiting[False]):
            late = self._monotonic() - self._limit()
            for slot in list(islice(self._fast, waiting)):  # the oldest first
                if slot.started > late:
                    break
                del self._fast[slot]
                slot.break_off()
            oldest = next(iter(self._fast), None)
            left = oldest.started - late if oldest else 0.0
            await self._rest(min(max(_UNWIND, left), _MIN_PATIENCE))

    async def _rest(self, seconds: float) -> None:
        """Wait; if we come back late, nobody was served meanwhile, and it was no server's fault."""
        due = self._monotonic() + seconds
        await self._sleep(seconds)
        late = max(0.0, self._monotonic() - due)
        for slot in self._fast:
            slot.started += late
