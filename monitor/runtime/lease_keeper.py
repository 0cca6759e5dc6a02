"""The leases of this monitor: kept by heartbeats, given back, and trusted for a limited time.

A monitor of a store in a data folder is the only one, and needs none (`SoleMonitor`). The monitors
of a shared store each have a `LeaseKeeper`: they poll the feeds of the buckets that they hold, and
one of them has each duty.

What a monitor believes of its leases spares servers a second poll; it decides nothing. Each
transaction under a lease makes sure of it in the store.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.formatting import span
from monitor.base.tasks import WorkerThread, event_or
from monitor.base.translation import gettext as _
from monitor.model.lease import BUCKETS, Duty, Standing
from monitor.storage.fencing import SOLE, Holding, Lease, bucket_of, under

if TYPE_CHECKING:
    from monitor.storage.store.sql.leases import SqlLeases

log = logging.getLogger("tocsin")

EXPIRY = 30.0
"""Seconds after a heartbeat after which others may take the leases of a monitor."""
BEATS = 10
"""Heartbeats in `EXPIRY` seconds."""
TRUSTED = 0.8
"""Part of `EXPIRY` for which a monitor trusts its leases: it stops before others begin."""
CLOCK_TOLERANCE = 60.0
"""Seconds that the clock of a monitor may differ from that of the database."""

Work = Callable[[], Coroutine[Any, Any, None]]

_NOTHING: nullcontext[None] = nullcontext()


class SoleMonitor:
    """The leases of the only monitor of a store, which may do everything."""

    monitor: int | None = None
    """The number of this monitor among those of a shared store; None for the only one."""

    @property
    def held(self) -> object:
        """Another value once this monitor has other leases."""
        return None

    async def beat(self) -> None:
        """Take leases, and keep them. Raises StoreError."""

    async def run_forever(self) -> None:
        """Keep the leases. Never raises: the monitor goes on."""

    def bucket(self, url: str) -> Lease | None:
        """Return the lease of the bucket of an address; None if others poll it."""
        return SOLE

    def duty(self, duty: Duty) -> Lease | None:
        """Return the lease of a duty; None if this monitor does not have it."""
        return SOLE

    def using(self, lease: Lease) -> AbstractContextManager[None]:
        """Do something under a lease: it is not given back meanwhile."""
        return _NOTHING

    async def while_held(self, duty: Duty, work: Work) -> None:
        """Run work whenever this monitor has a duty, until cancelled."""
        await work()

    async def release_buckets(self) -> None:
        """Give all buckets back: nothing is polled any more. Never raises."""

    async def leave(self) -> None:
        """Give all leases back, and say goodbye. Never raises."""


def share(monitor: int, live: Sequence[int]) -> int:
    """Return the number of buckets for a monitor; those of two differ by one at most.

    `live` has the numbers of all monitors that are heard of, ascending.
    """
    quota, remainder = divmod(BUCKETS, len(live))
    return quota + (live.index(monitor) < remainder)


class LeaseKeeper(SoleMonitor):
    """One of several monitors of a store."""

    def __init__(
        self,
        leases: SqlLeases,
        thread: WorkerThread,
        *,
        clock: Callable[[], Timestamp],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        expiry: float = EXPIRY,
        alone: bool = False,
        duties: Collection[Duty] = tuple(Duty),
    ) -> None:
        """Hold nothing yet.

        Args:
            leases: The leases of the store, which expire by the clock of the database.
            thread: The thread that calls them.
            clock: The clock, which is compared with that of the database.
            monotonic: Seconds that go on while this process is stopped, or its machine sleeps.
            sleep: Waits.
            expiry: Seconds after a heartbeat after which others may take the leases.
            alone: Whether there can be no other monitor; it takes everything.
            duties: What this monitor can do.
        """
        self.monitor: int | None = None
        self._leases = leases
        self._thread = thread
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._expiry = expiry
        self._alone = alone
        self._duties = duties
        self._epochs: dict[int, int] = {}
        self._users: Counter[int] = Counter()
        self._beat_at = -math.inf
        self._beaten = asyncio.Event()
        self._trouble = ""

    @property
    def held(self) -> object:
        return frozenset(self._epochs.items())

    async def run_forever(self) -> None:
        while True:
            await self._sleep(self._expiry / BEATS)
            try:
                await self.beat()
            except StoreError as error:
                self._report(_("the leases cannot be renewed: {error}", error=error))
            except Exception:
                log.exception(_("the leases cannot be renewed; the monitor goes on"))
            self._beaten.set()  # duties look in the same wake-up
            self._beaten = asyncio.Event()

    def bucket(self, url: str) -> Lease | None:
        return self._lease(bucket_of(url))

    def duty(self, duty: Duty) -> Lease | None:
        return self._lease(duty)

    @contextmanager
    def using(self, lease: Lease) -> Iterator[None]:
        self._users[lease.id] += 1
        try:
            with under(self._holding(lease)):
                yield
        finally:
            self._users[lease.id] -= 1

    async def while_held(self, duty: Duty, work: Work) -> None:
        while True:
            if (lease := self.duty(duty)) is not None:
                await self._run(lease, work)
            await event_or(self._beaten, self._sleep(TRUSTED * self._expiry))

    async def release_buckets(self) -> None:
        buckets = [id for id in self._epochs if id < BUCKETS]
        self._forget(buckets)
        await self._final_call(self._leases.release, buckets)

    async def leave(self) -> None:
        self._epochs.clear()
        await self._final_call(self._leases.leave)

    async def beat(self) -> None:
        """Send a heartbeat, and take or give back leases as its share asks. Raises StoreError."""
        beat_at = self._monotonic()
        clock_offset, standing = await self._thread(self._stand)
        if standing is None:
            await self._stand_back(clock_offset)
            return
        self.monitor = standing.monitor
        surplus, missing = self._balance(standing)
        self._forget(surplus)
        if surplus:
            await self._thread(self._leases.release, surplus)
        epochs = {**standing.epochs, **await self._take(missing, standing)}
        self._epochs = {id: epoch for id, epoch in epochs.items() if id not in surplus}
        self._beat_at = beat_at
        self._report("")

    def _stand(self) -> tuple[float, Standing | None]:
        """Return how wrong the clock is in seconds, and the standing unless it is too wrong."""
        standing = self._leases.beat() if self._epochs else None
        offset = self._clock() - (standing.now if standing else self._leases.now())
        return offset, (standing or self._leases.beat()) if abs(offset) <= CLOCK_TOLERANCE else None

    def _balance(self, standing: Standing) -> tuple[list[int], int]:
        """Return the buckets to give back and the number to take; busy ones are kept for now."""
        buckets = {id for id in standing.epochs if id < BUCKETS}
        goal = BUCKETS if self._alone else share(standing.monitor, standing.live)
        excess = len(buckets) - goal
        idle = [id for id in sorted(buckets, reverse=True) if not self._users[id]]
        return idle[: max(0, excess)], max(0, -excess)

    async def _take(self, buckets: int, standing: Standing) -> dict[int, int]:
        """Take what is missing, as far as it is free; return the epochs."""
        missing_duties = [duty for duty in self._duties if duty not in standing.epochs]
        epochs: dict[int, int] = {}
        if buckets:
            take = partial(self._leases.take, buckets, forced=self._alone)
            epochs |= await self._thread(take)
        if missing_duties:
            take_duties = partial(self._leases.take_duties, missing_duties, forced=self._alone)
            epochs |= await self._thread(take_duties)
        return epochs

    async def _stand_back(self, clock_offset: float) -> None:
        """Do nothing as long as the clock is wrong: what is stored would have wrong times."""
        self._epochs.clear()
        trouble = _(
            "the clock of this machine differs by {time} from that of the database;"
            " nothing is polled until it is set",
            time=span(abs(clock_offset)),
        )
        self._report(trouble)
        await self._thread(self._leases.leave)

    def _report(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.error("%s", trouble)
        self._trouble = trouble

    async def _run(self, lease: Lease, work: Work) -> None:
        with under(self._holding(lease)):
            task = asyncio.create_task(work())
        try:
            while self._is_held(lease) and not task.done():
                trusted = self._beat_at + TRUSTED * self._expiry - self._monotonic()
                await event_or(self._beaten, self._sleep(max(0.0, trusted)))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _lease(self, id: int) -> Lease | None:
        epoch = self._epochs.get(id)
        lease = None if epoch is None else Lease(id, epoch)
        return lease if lease and self._is_held(lease) else None

    def _holding(self, lease: Lease) -> Holding:
        return Holding(lease, partial(self._is_held, lease))

    def _is_held(self, lease: Lease) -> bool:
        is_trusted = self._monotonic() - self._beat_at < TRUSTED * self._expiry
        return is_trusted and self._epochs.get(lease.id) == lease.epoch

    def _forget(self, leases: Collection[int]) -> None:
        for id in leases:
            self._epochs.pop(id, None)

    async def _final_call(self, call: Callable[..., None], *values: Any) -> None:
        try:
            await self._thread(call, *values)
        except StoreError as error:
            log.warning(_("the leases cannot be given back: {error}", error=error))


class HostTurns:
    """The turns of hosts, taken for all monitors of a store, and for all that wait at once.

    One monitor polls all feeds of a site, but a redirect may lead to a host that another one asks
    as well. So each request takes the turn of its host in the store before it is sent.
    """

    def __init__(
        self, take_turns: Callable[[Mapping[str, float]], dict[str, float]], thread: WorkerThread
    ) -> None:
        """Ask for nothing yet.

        Args:
            take_turns: Takes the turns of hosts in the store (see `SqlLeases.take_turns`).
            thread: The thread in which it is called.
        """
        self._take_turns = take_turns
        self._thread = thread
        self._spacings: dict[str, float] = {}
        self._waits: dict[str, float] = {}
        self._lock = asyncio.Lock()

    async def take(self, host: str, spacing: float) -> float:
        """Take the turn of a host and return 0, or return the seconds to wait. Raises StoreError.

        Args:
            host: The host; it is asked for once at a time.
            spacing: Seconds for which no monitor may ask it again.
        """
        self._waits.pop(host, None)  # for a task that no longer waits
        self._spacings[host] = spacing
        async with self._lock:
            if host not in self._waits:
                await self._ask({**self._spacings, host: spacing})
            return self._waits.pop(host)

    async def _ask(self, spacings: dict[str, float]) -> None:
        self._spacings = {}
        waits = await self._thread(self._take_turns, spacings)
        self._waits |= {host: waits.get(host, 0.0) for host in spacings}
