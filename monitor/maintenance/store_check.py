"""The monitor reads every page of the store now and then: a disk that fails says nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from index.article import Timestamp
from monitor.errors import StoreError
from monitor.store.sqlite.connection import FILE, RESTORE, TICK, find_damage, open_database

log = logging.getLogger("tocsin")

EVERY = 86_400.0
"""Seconds between two checks."""
LOOK = 600.0
"""Seconds before the first check, and between two looks at the clock."""


class StoreCheckRunner:
    """Checks the store beside the monitor, in a thread, while others write."""

    def __init__(
        self,
        data: Path,
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._data = data
        self._clock = clock
        self._sleep = sleep
        self._ended = False
        self.damage = ""
        """What the last check found, with what to do; empty if the store is whole."""

    async def ever(self) -> None:
        """Check the store once a day. Never raises: the monitor goes on."""
        checked = float("-inf")
        while True:
            await self._sleep(LOOK)
            if self._clock() - checked < EVERY:
                continue
            checked = self._clock()
            try:
                await self.check()
            except asyncio.CancelledError:
                self._ended = True  # the thread ends at its next look
                raise
            except StoreError as error:
                log.error("the store cannot be checked: %s", error)

    async def check(self) -> None:
        """Check the store now. Raises StoreError if it cannot be opened."""
        found = await asyncio.to_thread(self._read)
        self.damage = f"{FILE} is damaged ({found}); {RESTORE}" if found else ""
        if found:
            log.error("%s: %s", self._data, self.damage)

    def _read(self) -> str:
        with closing(open_database(self._data, create=False)) as connection:
            connection.set_progress_handler(lambda: self._ended, TICK)
            return find_damage(connection)
