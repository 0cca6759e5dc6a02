"""What is under way: tasks by key, each of them once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from monitor.errors import StoreError
from monitor.fetch.url import redact

K = TypeVar("K", str, int)
log = logging.getLogger("tocsin")


class UnderWay(Generic[K]):
    """Tasks by key. `refused` is told when the store refuses what one of them brings."""

    def __init__(self, refused: Callable[[StoreError], None]) -> None:
        self._refused = refused
        self._tasks: dict[K, asyncio.Task[None]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, key: K, work: Coroutine[Any, Any, None]) -> None:
        """Begin some work; whatever goes wrong with it goes into the log."""
        task = asyncio.create_task(work)
        self._tasks[key] = task
        task.add_done_callback(lambda task: self._done(key, task))

    async def drained(self, breathe: Callable[[], Awaitable[None]]) -> None:
        """Wait until nothing is under way, also of what begins meanwhile."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await breathe()

    def cancel(self) -> None:
        """Give up all of it."""
        for task in list(self._tasks.values()):
            task.cancel()

    def _done(self, key: K, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, StoreError):
            self._refused(error)
        else:
            log.error("%s: unexpected trouble", redact(str(key)), exc_info=error)
