"""Dropping what is too old, beside the watch: a few articles at a time, while no feed is read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from index.article import Timestamp
from monitor.errors import StoreError
from monitor.model import FOR_EVER, Retention
from monitor.plural import counted
from monitor.store import Store
from monitor.threads import Thread
from monitor.upkeep.keeping import Sweep, Swept

log = logging.getLogger("tocsin")

EVERY = 3600.0
"""Seconds between two sweeps."""
LOOK = 10.0
"""Seconds between two looks whether one is due."""
PAUSE = 0.25
"""Seconds between two steps of a sweep."""
PATIENCE = 20
"""Pauses for which a step waits for a quiet moment; a thousand feeds leave none."""
REST = 30.0
"""Seconds without a step after the store refused."""


class Tidying:
    """Keeps the archive to what `archive:` says, as it says at the time."""

    def __init__(
        self,
        store: Store,
        thread: Thread,
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
        retention: Callable[[], Retention],
        busy: Callable[[], bool],
    ) -> None:
        self._store = store
        self._thread = thread
        self._clock = clock
        self._sleep = sleep
        self._retention = retention
        self._busy = busy

    async def ever(self, refused: Callable[[StoreError], None]) -> None:
        """Sweep every hour, and when the rule changes. Never raises: the watch goes on."""
        swept, rule = float("-inf"), FOR_EVER
        while True:
            await self._sleep(LOOK)
            now, asked = self._clock(), self._retention()
            if asked == rule and now - swept < EVERY:
                continue
            swept, rule = now, asked
            try:
                await self.all(self._quiet)
            except StoreError as error:
                refused(error)
                swept = now - EVERY
                await self._sleep(REST)
            except Exception:
                log.exception("nothing more was dropped; the watch goes on")

    async def all(self, between: Callable[[], Awaitable[None]] | None = None) -> None:
        """Drop all that is too old now. Raises StoreError."""
        retention = self._retention()
        if retention.keep is None:
            return
        sweep = await self._thread(Sweep, self._store, retention, self._clock())
        found = Swept()
        while (step := await self._thread(sweep.step)) != Swept():
            found += step
            await (between or self._breathe)()
        if found.articles:
            log.info("older than the archive keeps them: %s", counted(found.articles, "article"))

    async def _quiet(self) -> None:
        """Wait for a moment in which no feed is being read, but not for ever."""
        for _ in range(PATIENCE):
            await self._sleep(PAUSE)
            if not self._busy():
                return

    async def _breathe(self) -> None:
        await self._sleep(0)
