"""Tasks: what is due again, calls in a thread, and one task at a time for each key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.base.url import redact

T = TypeVar("T")


def is_due(last: Timestamp, interval: float, now: Timestamp) -> bool:
    """Tell whether something is due again; it is when the clock was set back, too.

    `last` is minus infinity where it was never done.
    """
    return not 0.0 <= now - last < interval


async def event_or(event: asyncio.Event, nap: Awaitable[None]) -> None:
    """Wait until an event is set, or a nap ends; raise what the nap raises."""
    tasks = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(nap)]
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


class WorkerThread:
    """A thread that runs one call after the other, as the store needs it."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    async def __call__(self, call: Callable[..., T], *args: Any) -> T:
        """Return the result of a call, once its turn has come."""
        bound = partial(copy_context().run, call, *args)  # under the lease of the task that asks
        return await asyncio.get_running_loop().run_in_executor(self._executor, bound)

    async def drained(self) -> None:
        """Wait until all earlier calls have returned."""
        await self(lambda: None)


K = TypeVar("K", str, int)
log = logging.getLogger("tocsin")


class KeyedTasks(Generic[K]):
    """Tasks by key. `on_refusal` is called with the StoreError of a task."""

    def __init__(self, on_refusal: Callable[[StoreError], None]) -> None:
        self._on_refusal = on_refusal
        self._tasks: dict[K, asyncio.Task[None]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, key: K, work: Coroutine[Any, Any, None]) -> None:
        """Start a task unless one with this key runs; its errors are logged."""
        task = asyncio.create_task(work)
        self._tasks[key] = task
        task.add_done_callback(partial(self._done, key))

    async def drained(self, breathe: Callable[[], Awaitable[None]]) -> None:
        """Wait until no task runs, including those that start meanwhile."""
        while self._tasks:
            # The last one: to wait for each of thousands, time after time, takes long.
            await asyncio.wait([next(reversed(self._tasks.values()))])
            await breathe()

    def cancel(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()

    def _done(self, key: K, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, StoreError):
            self._on_refusal(error)
        else:
            message = _("{what}: unexpected trouble", what=redact(str(key)))
            log.error(message, exc_info=error)
