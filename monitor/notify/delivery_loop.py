"""The loop that sends: what is due, to each channel in a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from index.article import Timestamp
from monitor.errors import StoreError
from monitor.model.config import Channel, DeliveryError, DeliveryFault, Networks
from monitor.model.delivery import Delivery, DeliveryAttempt
from monitor.notify import retry
from monitor.notify.notification import NotificationLoader, group_deliveries
from monitor.notify.senders import Sender, SenderFactory
from monitor.store.protocol import DeliveryQueue
from monitor.tasks import WorkerThread

log = logging.getLogger("tocsin")

LOOK = 2.0
"""Seconds between two looks at what another process may have put on its way."""
AT_ONCE = 100
"""Deliveries of a channel that are read at once."""
REST = 60.0
"""Seconds for which a channel that is down is left alone, whatever else waits for it."""
STREAK = 3
"""Messages in a row with which something went wrong: then it is the channel."""
GRACE = 3.0
"""Seconds for what is under way when the monitor ends."""


class DeliveryLoop:
    """Sends what waits. Delivered is only what a channel accepted, and that is noted at once."""

    def __init__(
        self,
        queue: DeliveryQueue,
        packing: NotificationLoader,
        thread: WorkerThread,
        senders: SenderFactory,
        *,
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._packing = packing
        self._thread = thread
        self._make = senders
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._channels: dict[str, tuple[Channel, Sender]] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, Timestamp] = {}
        self._streak: Counter[str] = Counter()
        self._failing: set[str] = set()
        self._woken = asyncio.Event()

    async def use(self, channels: Sequence[Channel], allow: Networks = ()) -> None:
        """Put channels in force; what waits for others is given up, and listed as such."""
        self._make.allow(allow)
        before, self._channels = self._channels, {}
        for channel in channels:
            known = before.get(channel.name)
            if known and known[0] == channel:
                self._channels[channel.name] = before.pop(channel.name)
            else:
                self._channels[channel.name] = channel, self._make(channel)
                self._resting.pop(channel.name, None)  # it may be mended
        for name, (_, sender) in before.items():
            if task := self._sending.pop(name, None):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await sender.close()
        self.wake()

    def wake(self) -> None:
        """Look at once: something was put on its way."""
        self._woken.set()

    async def ever(self, refused: Callable[[StoreError], None]) -> None:
        """Send what becomes due, until cancelled. Never raises otherwise."""
        while True:
            self._woken.clear()
            try:
                await self._begin()
            except StoreError as error:
                refused(error)
            except Exception:
                log.exception("nothing was sent this time; the monitor goes on")
            await self._wait()

    async def all(self) -> None:
        """Send what is due, each delivery tried once; return when all are. Raises StoreError."""
        while await self._begin():
            await asyncio.gather(*self._sending.values())

    async def close(self) -> None:
        """Let what is under way end, for a moment; then stop."""
        tasks = list(self._sending.values())
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, sender in self._channels.values():
            await sender.close()

    # --- one look ---

    async def _begin(self) -> bool:
        """Start sending to each channel that something is due for; tell whether any was."""
        now, began = self._clock(), False
        due = await self._thread(self._queue.channels_due, now)
        if any(name not in self._channels for name in due):
            await self._thread(self._queue.give_up_others, list(self._channels))
        for name in due:
            if name in self._channels and name not in self._sending and self._rested(name, now):
                self._sending[name] = asyncio.create_task(self._serve(name))
                self._sending[name].add_done_callback(partial(self._done, name))
                began = True
        return began

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        if self._sending.get(name) is task:
            del self._sending[name]
        if not task.cancelled() and (error := task.exception()):
            self._resting[name] = self._clock() + REST
            log.error("channel %s: %s", name, error)
        self.wake()  # something may have become due since its last look

    def _rested(self, name: str, now: Timestamp) -> bool:
        """Tell whether a channel may be asked; a clock that was set back keeps nobody waiting."""
        return not now < self._resting.get(name, 0.0) <= now + retry.HEEDED

    async def _wait(self) -> None:
        """Wait until woken, but no longer than a look may wait."""
        woken = asyncio.ensure_future(self._woken.wait())
        slept = asyncio.ensure_future(self._sleep(LOOK))
        try:
            await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            slept.cancel()

    # --- one channel ---

    async def _serve(self, name: str) -> None:
        """Send what is due for a channel, one message after the other."""
        _, sender = self._channels[name]
        while self._rested(name, self._clock()):
            due = await self._thread(
                self._queue.due, name, self._clock(), max(AT_ONCE, sender.most)
            )
            if not due:
                return
            for group in group_deliveries(due, sender.most):
                await self._send(name, sender, group)
                if not self._rested(name, self._clock()):
                    return

    async def _send(self, name: str, sender: Sender, group: Sequence[Delivery]) -> None:
        parcels = await asyncio.to_thread(self._packing.pack, group)  # not behind what is stored
        there = {parcel.delivery.id for parcel in parcels}
        if gone := [one.id for one in group if one.id not in there]:
            await self._save(
                DeliveryAttempt(delivery=id, error="its alert is no longer kept") for id in gone
            )
        if not parcels:
            return
        try:
            refusal = await sender.send(parcels)
        except Exception as error:
            log.exception("channel %s: a message cannot be made", name)
            words = f"cannot be told ({type(error).__name__})"  # the message may hold anything
            refusal = DeliveryError(reason=words, fault=DeliveryFault.MESSAGE)
        if refusal is None:
            await self._save(DeliveryAttempt(delivery=parcel.delivery.id) for parcel in parcels)
            self._well(name)
        else:
            await self._refused(name, [parcel.delivery for parcel in parcels], refusal)

    async def _refused(self, name: str, group: Sequence[Delivery], refusal: DeliveryError) -> None:
        now, jitter = self._clock(), self._jitter()
        await self._save(
            DeliveryAttempt(
                delivery=delivery.id,
                error=refusal.reason,
                retry_at=retry.next_try(delivery, refusal, now, jitter),
            )
            for delivery in group
        )
        if refusal.fault is DeliveryFault.MESSAGE:
            return
        self._streak[name] += 1
        if refusal.fault is DeliveryFault.CHANNEL or self._streak[name] >= STREAK:
            wait = min(refusal.retry_after or 0.0, retry.HEEDED)
            self._resting[name] = now + max(wait, REST)
            if name not in self._failing:
                self._failing.add(name)
                log.warning("✗ channel %s: %s; trying again", name, refusal.reason)

    async def _save(self, attempts: Iterable[DeliveryAttempt]) -> None:
        await self._thread(self._queue.save_attempts, list(attempts), self._clock())

    def _well(self, name: str) -> None:
        self._streak.pop(name, None)
        if name in self._failing:
            self._failing.discard(name)
            log.info("✓ channel %s accepts again", name)
