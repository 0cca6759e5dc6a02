"""The places that all exchanges share, and the slow lane among them.

An exchange that is much slower than the others, while some wait for a place, is broken
off, to be asked again in the slow lane, which has few of the places as long as somebody
waits and never more than `SLOW`. Otherwise 300 tarpits of 30 s each keep all 32 places
busy for five minutes; a patience of 2 s for each would still cost everybody 20 s.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from statistics import median

PLACES = 32
SLOW = 16
SLOW_WHILE_WAITED = 2
"""Places of the slow lane while others wait."""
PATIENCE = 2.0
"""Seconds after which an exchange is slow, whatever the others take."""
_LEAST_PATIENCE = 0.15
_SLOWER = 4
"""Times the usual exchange, which makes one slow."""
_JUDGED = 32
"""The last so many that began tell what is usual: of those that end, most are quick ones."""
_UNWIND = 0.05
"""Seconds that an exchange which was broken off gets to leave its place."""


class Place:
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
        self._begun: deque[Place] = deque(maxlen=_JUDGED)

    async def enter(self, *, slow: bool) -> Place:
        """Wait for a place."""
        if self._available(slow):
            self._take(slow)
        else:
            await self._wait(slow)
        place = Place(self._monotonic(), slow=slow)
        if not slow:
            self._fast[place] = None
            self._begun.append(place)
        return place

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._fast.pop(place, None)
        place.ended = self._monotonic()
        self._give(place.slow)

    def close(self) -> None:
        """Stop watching."""
        if self._watch:
            self._watch.cancel()

    def _available(self, slow: bool) -> bool:
        reserved = SLOW - SLOW_WHILE_WAITED if self._waiting[False] else 0
        return self._free[False] > 0 and (not slow or self._free[True] > reserved)

    def _take(self, slow: bool) -> None:
        """Take one of all places, and one of the slow lane's if it is for that."""
        self._free[False] -= 1
        self._free[True] -= slow

    def _give(self, slow: bool) -> None:
        self._free[False] += 1
        self._free[True] += slow
        for lane in (True, False, True):  # the slow lane takes its share, and what is left
            while self._waiting[lane] and self._available(lane):
                turn = self._waiting[lane].popleft()
                if not turn.cancelled():
                    self._take(lane)
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

    def _enough(self) -> float:
        """Return the seconds after which an exchange is slow, compared with the last ones."""
        now = self._monotonic()
        took = [(now if one.ended is None else one.ended) - one.started for one in self._begun]
        usual = median(took) if len(took) == _JUDGED else self._patience
        return min(self._patience, max(_LEAST_PATIENCE, _SLOWER * usual))

    async def _break_off_slow_ones(self) -> None:
        """While somebody waits, free the places of exchanges that have become slow."""
        while waiting := len(self._waiting[False]):
            late = self._monotonic() - self._enough()
            for place in list(islice(self._fast, waiting)):  # the oldest first
                if place.started > late:
                    break
                del self._fast[place]
                place.break_off()
            oldest = next(iter(self._fast), None)
            left = oldest.started - late if oldest else 0.0
            await self._rest(min(max(_UNWIND, left), _LEAST_PATIENCE))

    async def _rest(self, seconds: float) -> None:
        """Wait; if we come back late, nobody was served meanwhile, and it was no server's fault."""
        due = self._monotonic() + seconds
        await self._sleep(seconds)
        late = max(0.0, self._monotonic() - due)
        for place in self._fast:
            place.started += late
