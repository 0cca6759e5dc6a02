"""The delivery loop: sends the deliveries that are due, one task per channel."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import LeaseLostError, StoreError
from monitor.base.tasks import WorkerThread, event_or
from monitor.base.translation import gettext as _
from monitor.delivery.notify.notification import NotificationLoader, Sender, deliveries_of
from monitor.delivery.notify.senders import Senders
from monitor.model.config import Channel, DeliveryError, DeliveryFault, Networks
from monitor.model.delivery import Delivery, DeliveryAttempt
from monitor.storage.fencing import require_lease
from monitor.storage.store.sql.deliveries import DeliveryQueue

log = logging.getLogger("tocsin")

CHECK_SECONDS, IDLE_SECONDS = 2.0, 60.0
"""Seconds between two checks for what is due, while deliveries wait, and while none does."""
BATCH = 100
"""Deliveries of a channel that are read together."""
PAUSE_SECONDS = 60.0
"""Seconds without a try after a channel failed."""
MAX_FAILURES = 3
"""Failed messages in a row after which the channel counts as failing."""
CLOSE_SECONDS = 3.0
"""Seconds that messages may take when the monitor ends."""


class DeliveryLoop:
    """Sends queued deliveries. A delivery counts as sent once the channel has accepted it."""

    def __init__(
        self,
        queue: DeliveryQueue,
        loader: NotificationLoader,
        thread: WorkerThread,
        senders: Senders,
        *,
        clock: Callable[[], Timestamp],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        """Send nothing yet.

        Args:
            queue: The deliveries.
            loader: Reads the alerts and briefings of deliveries.
            thread: The thread of the store.
            senders: Makes the sender of a channel.
            clock: The time.
            monotonic: Seconds, by a clock that nobody sets.
            sleep: Waits.
            jitter: Returns a random number from 0 to 1.
        """
        self._queue = queue
        self._loader = loader
        self._thread = thread
        self._senders = senders
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter
        self._channels: dict[str, tuple[Channel, Sender]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._paused_until: dict[str, float] = {}
        """Times of `monotonic`: a clock that is set back does not prolong a pause."""
        self._failures: Counter[str] = Counter()
        self._reported: set[str] = set()
        self._wake_event = asyncio.Event()

    async def use(self, channels: Sequence[Channel], allow: Networks = ()) -> None:
        """Use these channels; deliveries to other channels are given up."""
        self._senders.allow(allow)
        former, self._channels = self._channels, {}
        for channel in channels:
            current = former.get(channel.name)
            if current and current[0] == channel:
                self._channels[channel.name] = former.pop(channel.name)
            else:
                self._channels[channel.name] = channel, self._senders(channel)
                self._paused_until.pop(channel.name, None)  # the edit may have repaired it
        for name, (_channel, sender) in former.items():
            if task := self._tasks.pop(name, None):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await sender.close()
        self.wake()

    def wake(self) -> None:
        """Check at once, because a delivery was queued."""
        self._wake_event.set()

    async def run_forever(self, on_refusal: Callable[[StoreError], None]) -> None:
        """Send what becomes due, until cancelled; report store errors to `on_refusal`."""
        while True:
            self._wake_event.clear()
            seconds = CHECK_SECONDS
            try:
                await self._begin()
                if not await self._thread(self._queue.is_waiting):
                    seconds = IDLE_SECONDS
            except StoreError as error:
                on_refusal(error)
            except Exception:
                log.exception(_("nothing was sent this time; the monitor goes on"))
            await event_or(self._wake_event, self._sleep(seconds))

    async def all(self) -> None:
        """Try each delivery that is due once; raises StoreError."""
        while await self._begin():
            await asyncio.gather(*self._tasks.values())

    async def close(self) -> None:
        """Wait a moment for messages that are being sent, then stop."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _channel, sender in self._channels.values():
            await sender.close()

    async def _begin(self) -> bool:
        """Start sending to each channel with due deliveries; return whether there was one."""
        now, started = self._clock(), False
        due = await self._thread(self._queue.channels_due, now)
        if any(name not in self._channels for name in due):
            await self._thread(self._queue.give_up_others, list(self._channels))
        for name in due:
            if name in self._channels and name not in self._tasks and self._is_available(name):
                self._tasks[name] = asyncio.create_task(self._serve(name))
                self._tasks[name].add_done_callback(partial(self._done, name))
                started = True
        return started

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, LeaseLostError):
                return
            self._paused_until[name] = self._monotonic() + PAUSE_SECONDS
            log.error(_("channel {channel}: {error}", channel=name, error=error))
        self.wake()  # a delivery may have become due since the last check

    def _is_available(self, name: str) -> bool:
        """Return whether the pause of a channel is over."""
        return self._monotonic() >= self._paused_until.get(name, 0.0)

    async def _serve(self, name: str) -> None:
        """Send the due deliveries of a channel, one message after the other."""
        _channel, sender = self._channels[name]
        while self._is_available(name):
            due = await self._thread(self._queue.due, name, self._clock(), max(BATCH, sender.limit))
            if not due:
                return
            for group in group_deliveries(due, sender.limit):
                await self._send(name, sender, group)
                if not self._is_available(name):
                    return

    async def _send(self, name: str, sender: Sender, group: Sequence[Delivery]) -> None:
        # In another thread than the writes of the store, which may queue for long.
        message = await asyncio.to_thread(self._loader.load, group)
        deliveries = deliveries_of(message)
        loaded = {delivery.id for delivery in deliveries}
        if missing := [delivery.id for delivery in group if delivery.id not in loaded]:
            notice = _("its alert is no longer kept")
            await self._save(DeliveryAttempt(delivery=id, error=notice) for id in missing)
        if not deliveries:
            return
        require_lease()
        try:
            error = await sender.send(message)
        except Exception as exception:
            log.exception(_("channel {channel}: a message cannot be made", channel=name))
            # Only the type: the text of the exception may hold anything of the message.
            kind = type(exception).__name__
            reason = _("the message cannot be made ({error})", error=kind)
            error = DeliveryError(reason=reason, fault=DeliveryFault.MESSAGE)
        if error is None:
            await self._save(DeliveryAttempt(delivery=delivery.id) for delivery in deliveries)
            self._note_accepted(name)
        else:
            await self._note_failed(name, deliveries, error)

    async def _note_failed(
        self, name: str, group: Sequence[Delivery], error: DeliveryError
    ) -> None:
        now, jitter = self._clock(), self._jitter()
        await self._save(
            DeliveryAttempt(
                delivery=delivery.id,
                error=error.reason,
                retry_at=next_try(delivery, error, now, jitter),
            )
            for delivery in group
        )
        if error.fault is DeliveryFault.MESSAGE:
            return
        self._failures[name] += 1
        if error.fault is DeliveryFault.CHANNEL or self._failures[name] >= MAX_FAILURES:
            wait = min(error.retry_after or 0.0, MAX_RETRY_AFTER)
            self._paused_until[name] = self._monotonic() + max(wait, PAUSE_SECONDS)
            if name not in self._reported:
                self._reported.add(name)
                message = _(
                    "channel {channel}: {error}; trying again", channel=name, error=error.reason
                )
                log.warning("%s %s", signs.FAILED, message)

    async def _save(self, attempts: Iterable[DeliveryAttempt]) -> None:
        await self._thread(self._queue.save_attempts, list(attempts), self._clock())

    def _note_accepted(self, name: str) -> None:
        self._failures.pop(name, None)
        if name in self._reported:
            self._reported.discard(name)
            log.info("%s %s", signs.OK, _("channel {channel} accepts again", channel=name))


def group_deliveries(due: Sequence[Delivery], limit: int) -> Iterator[list[Delivery]]:
    """Yield the deliveries of each message: a briefing, a bundle, or at most `limit` others."""
    bundles: dict[str, list[Delivery]] = {}
    singles: list[Delivery] = []
    for delivery in due:
        if delivery.briefing is not None:
            yield [delivery]
        elif delivery.bundle:
            bundles.setdefault(delivery.bundle, []).append(delivery)
        else:
            singles.append(delivery)
    for start in range(0, len(singles), limit):
        yield singles[start : start + limit]
    yield from bundles.values()


# --- when to try again ------------------------------------------------------------------

FIRST_PAUSE = 60.0
MAX_PAUSE = 6 * 3600.0
"""Seconds between two tries: FIRST_PAUSE, doubled each time, at most MAX_PAUSE."""
JITTER = 0.2
"""Largest random share added to a pause, so that retries spread out."""
GIVE_UP_SECONDS = 7 * 86_400.0
"""Seconds after the first failed try until a delivery is given up."""
MAX_TRIES = 3
"""Tries of a message that the server refuses as invalid."""
MAX_RETRY_AFTER = 86_400.0
"""Longest Retry-After that is followed, in seconds."""


def next_try(
    delivery: Delivery, error: DeliveryError, now: Timestamp, jitter: float
) -> Timestamp | None:
    """Return the time of the next try; None to give up.

    `jitter` is a random number from 0 to 1.
    """
    since = now if delivery.failing is None else delivery.failing
    if now - since >= GIVE_UP_SECONDS:
        return None
    if error.fault is DeliveryFault.MESSAGE and delivery.attempts + 1 >= MAX_TRIES:
        return None
    pause: float = min(FIRST_PAUSE * 2.0 ** min(delivery.attempts, 20), MAX_PAUSE) * (
        1 + JITTER * jitter
    )
    return now + max(pause, min(error.retry_after or 0.0, MAX_RETRY_AFTER))
