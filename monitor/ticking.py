"""The tick, from APScheduler, made to stand a clock that is set.

Its own interval counts every tick that a jump forward skipped, a year of them for minutes,
and sleeps through a jump back until the old time comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from types import TracebackType

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from index.article import Timestamp


class _Every(BaseTrigger):  # type: ignore[misc]
    """Fires so long after it was looked at last."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return when to fire next, as the scheduler asks."""
        return now + self._interval


class _Executor(AsyncIOExecutor):  # type: ignore[misc]
    """Says nothing of a tick that was cancelled before it had begun."""

    def _run_job_error(
        self, job_id: str, exc: BaseException, traceback: TracebackType | None = None
    ) -> None:
        if not isinstance(exc, asyncio.CancelledError):
            super()._run_job_error(job_id, exc, traceback)


class Ticker:
    """Ticks every so many seconds until its end; a tick that lasts longer takes the next one's."""

    def __init__(self, tick: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._every = _Every(timedelta(seconds=seconds))
        self._scheduler = AsyncIOScheduler(timezone="UTC", executors={"default": _Executor()})
        self._job = self._scheduler.add_job(
            self._quietly, self._every, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    async def keep(
        self, clock: Callable[[], Timestamp], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Go on ticking when the clock is set back."""
        before = clock()
        while True:
            await sleep(self._seconds)
            if (now := clock()) < before:
                self._job.reschedule(self._every)
            before = now

    def end(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    async def _quietly(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # at the end; it would be logged
            await self._tick()
