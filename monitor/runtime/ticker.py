"""The tick of the monitor, which a clock that is set neither stops nor hurries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _

log = logging.getLogger("tocsin")

CLOCK_SECONDS = 30.0
"""Seconds between two looks whether the clock was set back."""


class TickTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires an interval, which may change, after now.

    The interval trigger of APScheduler counts from the last time it fired, one interval at a
    time: a clock that is set forward by a month (a machine without a battery, once NTP answers)
    costs 2.6 million steps, 4 s and 160 MB before the next tick; a year costs twelve times that.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now + timedelta(seconds=self._seconds())


class Ticker:
    """Calls each of some functions every few seconds until it ends, in one wake-up of the process.

    A call that lasts longer skips the next one of its function.
    """

    def __init__(
        self, ticks: Sequence[Callable[[], Awaitable[None]]], seconds: Callable[[], float]
    ) -> None:
        self._trigger = TickTrigger(seconds)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        # A tick reports its own errors; APScheduler would log one that is cancelled at the end.
        logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
        self._jobs = [
            self._scheduler.add_job(
                fire, self._trigger, (tick,),
                max_instances=1, coalesce=True, misfire_grace_time=None,
            )
            for tick in ticks
        ]  # fmt: skip
        self._scheduler.start()

    async def keep(
        self, clock: Callable[[], Timestamp], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Go on ticking when the clock is set back."""
        previous = clock()
        while True:
            await sleep(CLOCK_SECONDS)
            if (now := clock()) < previous:
                for job in self._jobs:
                    job.reschedule(self._trigger)
            previous = now

    def end(self) -> None:
        self._scheduler.shutdown(wait=False)


async def fire(tick: Callable[[], Awaitable[None]]) -> None:
    """Tick once. An error is logged, and the next tick comes all the same."""
    try:
        await tick()
    except asyncio.CancelledError:  # at the end
        pass
    except Exception:
        log.exception(_("this tick failed; the monitor goes on"))
