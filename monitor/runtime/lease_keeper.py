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
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Protocol

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.tasks import WorkerThread
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.model.lease import BUCKETS, Duty, Standing
from monitor.storage.fair_share import Change, bucket_of, decide
from monitor.storage.fencing import SOLE, Holding, Lease, under

log = logging.getLogger("tocsin")

EXPIRY = 30.0
"""Seconds after a heartbeat after which others may take the leases of a monitor."""
BEATS = 10
"""Heartbeats in this time."""
TRUSTED = 0.8
"""Part of this time for which a monitor trusts its leases: it stops before others begin."""
CLOCK_TOLERANCE = 60.0
"""Seconds that the clock of a monitor may differ from that of the database."""

Work = Callable[[], Coroutine[Any, Any, None]]

_NOTHING: nullcontext[None] = nullcontext()


class Leases(Protocol):
    """What a monitor holds of a store that several share; expiry is by the database's clock.

    For a thread of its own. Every method raises StoreError when the database does not answer.
    """

    def now(self) -> Timestamp:
        """Return the time of the database."""

    def beat(self) -> Standing:
        """Say that this monitor lives; return where it stands."""

    def take(self, most: int, *, forced: bool = False) -> dict[int, int]:
        """Take buckets that nobody holds; return their epochs.

        Args:
            most: How many.
            forced: Take those of others too: for one who knows that they are gone.
        """

    def take_duties(self, duties: Collection[Duty], *, forced: bool = False) -> dict[int, int]:
        """Take the duties among these that nobody has; return their epochs."""

    def release(self, leases: Iterable[int]) -> None:
        """Give leases back, but for those under which something is being stored."""

    def take_turns(self, spacings: Mapping[str, float]) -> dict[str, float]:
        """Take the turns of the hosts that may be asked now, among all monitors.

        Args:
            spacings: Seconds for which nobody may ask a host again, by host.

        Returns:
            Seconds to wait, by host that may not be asked yet.
        """

    def leave(self) -> None:
        """Give all leases back, and say goodbye."""

    def close(self) -> None:
        """Close the connection."""


class LeaseHolder(Protocol):
    """What the daemon asks before it does something that others may do as well."""

    monitor: int | None
    """The number of this monitor among those of a shared store; None for the only one."""

    async def start(self) -> None:
        """Take leases. Raises StoreError."""

    async def ever(self) -> None:
        """Keep the leases. Never raises: the monitor goes on."""

    def bucket(self, url: str) -> Lease | None:
        """Return the lease of the bucket of an address; None if this monitor does not ask there."""

    def duty(self, duty: Duty) -> Lease | None:
        """Return the lease of a duty; None if this monitor does not have it."""

    def using(self, lease: Lease) -> AbstractContextManager[None]:
        """Do something under a lease: it is not given back meanwhile."""

    async def while_held(self, duty: Duty, work: Work) -> None:
        """Run work whenever this monitor has a duty, until cancelled."""

    async def release_buckets(self) -> None:
        """Give all buckets back: nothing is polled any more. Never raises."""

    async def leave(self) -> None:
        """Give all leases back, and say goodbye. Never raises."""


class SoleMonitor:
    """See `LeaseHolder`: the only monitor of its store does everything."""

    monitor: int | None = None

    async def start(self) -> None:
        """Do nothing."""

    async def ever(self) -> None:
        """Do nothing."""

    def bucket(self, url: str) -> Lease | None:
        return SOLE

    def duty(self, duty: Duty) -> Lease | None:
        return SOLE

    def using(self, lease: Lease) -> AbstractContextManager[None]:
        return _NOTHING

    async def while_held(self, duty: Duty, work: Work) -> None:
        await work()

    async def release_buckets(self) -> None:
        """Do nothing."""

    async def leave(self) -> None:
        """Do nothing."""


class LeaseKeeper:
    """See `LeaseHolder`: one of several monitors of a store."""

    def __init__(
        self,
        leases: Leases,
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
            leases: The leases of the store.
            thread: Their thread.
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
        self._held: dict[int, int] = {}
        self._users: Counter[int] = Counter()
        self._asked = -math.inf
        self._trouble = ""

    async def start(self) -> None:
        await self.beat()

    async def ever(self) -> None:
        while True:
            await self._sleep(self._expiry / BEATS)
            try:
                await self.beat()
            except StoreError as error:
                self._report(_("the leases cannot be renewed: {error}", error=error))
            except Exception:
                log.exception(_("the leases cannot be renewed; the monitor goes on"))

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
            await self._sleep(self._expiry / BEATS)

    async def release_buckets(self) -> None:
        buckets = [id for id in self._held if id < BUCKETS]
        self._forget(buckets)
        await self._last(self._leases.release, buckets)

    async def leave(self) -> None:
        self._held.clear()
        await self._last(self._leases.leave)

    async def beat(self) -> None:
        """Say that this monitor lives, and come nearer to its share. Raises StoreError."""
        asked = self._monotonic()
        off = self._clock() - await self._thread(self._leases.now)
        if abs(off) > CLOCK_TOLERANCE:
            await self._stand_back(off)
            return
        standing = await self._thread(self._leases.beat)
        self.monitor = standing.monitor
        change = self._decide(standing)
        self._forget(change.release)
        await self._thread(self._leases.release, change.release)
        held = {**standing.held, **await self._take(change, standing)}
        self._held = {id: epoch for id, epoch in held.items() if id not in change.release}
        self._asked = asked
        self._report("")

    def _decide(self, standing: Standing) -> Change:
        buckets = [id for id in standing.held if id < BUCKETS]
        if self._alone:
            return Change(take=BUCKETS - len(buckets))
        busy = [id for id, users in self._users.items() if users]
        return decide(standing.monitor, standing.live, buckets, busy)

    async def _take(self, change: Change, standing: Standing) -> dict[int, int]:
        """Take what is missing, as far as it is free; return the epochs."""
        missing = [duty for duty in self._duties if duty not in standing.held]
        taken: dict[int, int] = {}
        if change.take:
            take = partial(self._leases.take, change.take, forced=self._alone)
            taken |= await self._thread(take)
        if missing:
            take_duties = partial(self._leases.take_duties, missing, forced=self._alone)
            taken |= await self._thread(take_duties)
        return taken

    async def _stand_back(self, off: float) -> None:
        """Do nothing as long as the clock is wrong: what is stored would have wrong times."""
        self._held.clear()
        seconds = abs(round(off))
        if off < 0:
            trouble = ngettext(
                "the clock of this machine is {count} second behind that of the database;"
                " nothing is polled until it is set",
                "the clock of this machine is {count} seconds behind that of the database;"
                " nothing is polled until it is set",
                seconds,
            )
        else:
            trouble = ngettext(
                "the clock of this machine is {count} second ahead of that of the database;"
                " nothing is polled until it is set",
                "the clock of this machine is {count} seconds ahead of that of the database;"
                " nothing is polled until it is set",
                seconds,
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
                await self._sleep(self._expiry / BEATS)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _lease(self, id: int) -> Lease | None:
        epoch = self._held.get(id)
        lease = None if epoch is None else Lease(id, epoch)
        return lease if lease and self._is_held(lease) else None

    def _holding(self, lease: Lease) -> Holding:
        return Holding(lease, partial(self._is_held, lease))

    def _is_held(self, lease: Lease) -> bool:
        trusted = self._monotonic() - self._asked < TRUSTED * self._expiry
        return trusted and self._held.get(lease.id) == lease.epoch

    def _forget(self, leases: Collection[int]) -> None:
        for id in leases:
            self._held.pop(id, None)

    async def _last(self, call: Callable[..., None], *values: Any) -> None:
        try:
            await self._thread(call, *values)
        except StoreError as error:
            log.warning(_("the leases cannot be given back: {error}", error=error))
