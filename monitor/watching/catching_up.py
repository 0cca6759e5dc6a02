"""Looking through the archive for new rules, beside the watch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from monitor.errors import StoreError
from monitor.model import Feed, Watchlist
from monitor.plural import counted
from monitor.routing import Routing
from monitor.threads import Thread
from monitor.watching.backfill import Backfill
from monitor.watching.telling import Told

log = logging.getLogger("tocsin")

BREATH = 0.01
"""Seconds between two steps."""
REST = 30.0
"""Seconds without one after the store refused."""


class CatchingUp:
    """Matches rules that are new with the articles older than they, step by step."""

    def __init__(
        self, backfill: Backfill, thread: Thread, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._backfill = backfill
        self._thread = thread
        self._sleep = sleep
        self._wanted = asyncio.Event()

    async def begin(
        self,
        watchlists: Sequence[Watchlist],
        feeds: Sequence[Feed],
        routing: Routing = Routing(),
    ) -> None:
        """Take note of the rules in force from now on: what is older is to be looked through."""
        left = await self._thread(self._backfill.begin, watchlists, feeds, routing)
        for stand in left:
            log.info(
                "%s: looking through %s",
                stand.watchlist,
                counted(stand.until - stand.upto, "article"),
            )
        if left:
            self._wanted.set()

    async def ever(self, refused: Callable[[StoreError], None]) -> None:
        """Catch up whenever there is something to. Never raises: the watch goes on."""
        while True:
            await self._wanted.wait()
            try:
                await self.all()
            except StoreError as error:
                refused(error)
                await self._sleep(REST)
            except Exception:
                log.exception("this backfill failed; the watch goes on")
                self._wanted.clear()

    async def all(self) -> None:
        """Catch up to the end."""
        told = Told()
        self._wanted.clear()
        try:
            while step := await self._thread(self._backfill.step):
                told.take(step)
                await self._sleep(BREATH)
        except BaseException:
            self._wanted.set()
            raise
