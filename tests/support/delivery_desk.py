"""A newsroom and the loop that sends its deliveries, with a clock that tests set."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.base.tasks import WorkerThread
from monitor.delivery.notify.delivery_loop import DeliveryLoop
from monitor.delivery.notify.notification import Message, NotificationLoader, Sender
from monitor.delivery.notify.senders import Senders
from monitor.intake.fetch.address_guard import AddressGuard
from monitor.judgement.alerts.plan import AlertPlan, Notify
from monitor.model.config import Channel, ChannelKind, DeliveryError, Networks, StoreAddress
from monitor.model.delivery import (
    Delivery,
    DeliveryState,
    Occasion,
    PlannedDelivery,
)
from monitor.model.search import Filter
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from support import flow
from support.flow import START
from support.newsroom import PATIENCE

NOW = START + 1_000_000
LOOPBACK: Networks = (ip_network("127.0.0.0/8"),)
DAY = 86_400.0


def webhook(url: str, name: str = "hook", **options: Any) -> Channel:
    return Channel(name=name, kind=ChannelKind.WEBHOOK, target=(url,), **options)


def lines(path: Path, name: str = "log") -> Channel:
    return Channel(name=name, kind=ChannelKind.FILE, target=(str(path),))


def command(*words: str, name: str = "script") -> Channel:
    return Channel(name=name, kind=ChannelKind.COMMAND, target=words)


@dataclass
class DeliveryDesk:
    """A newsroom with alerts, and the loop that sends them; tests set the clock."""

    folder: Path
    now: float = NOW
    set_back: float = 0.0
    """Seconds by which the clock was set back."""
    allow: Networks = LOOPBACK
    after: Callable[[], None] = lambda: None
    """Called when a sender has sent, before the store notes it."""
    open_store: Callable[[StoreAddress], Store] = Store

    @property
    def views(self) -> Views:
        return Views(StoreAddress(self.folder))

    def plan(self, alerts: Sequence[int], *channels: str, **fields: Any) -> None:
        """Put alerts on their way."""
        planned = [PlannedDelivery(channel=c, **{"due": self.now, **fields}) for c in channels]
        with closing(Store(StoreAddress(self.folder))) as store, store.batch() as batch:
            notify = [Notify(alert, Occasion.RAISED, "", tuple(planned)) for alert in alerts]
            batch.save_alerts(AlertPlan(at=self.now, notify=tuple(notify)))

    def send(self, *channels: Channel) -> None:
        """Send what is due once, as `run --once` does."""
        self.live(channels, lambda notifier: notifier.all())

    def live(
        self,
        channels: Sequence[Channel],
        life: Callable[[DeliveryLoop], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Have a notifier for these channels, and end it."""
        asyncio.run(self._live(channels, life, sleep))

    async def _live(
        self,
        channels: Sequence[Channel],
        life: Callable[[DeliveryLoop], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        store = self.open_store(StoreAddress(self.folder))
        with closing(store), ThreadPoolExecutor(1) as executor:
            thread = WorkerThread(executor)
            packing = NotificationLoader(self.views)
            making = Senders(
                guard=AddressGuard(), loader=packing, trust=lambda: pytest.fail("no TLS here"),
                clock=lambda: self.now, user_agent="tocsin/test", environ=os.environ,
            )  # fmt: skip
            notifier = DeliveryLoop(
                store.deliveries, packing, thread, cast(Senders, _Watched(making, self)),
                clock=lambda: self.now, monotonic=lambda: self.now + self.set_back,
                sleep=sleep, jitter=lambda: 0.0,
            )  # fmt: skip
            try:
                await notifier.use(channels, self.allow)
                await life(notifier)
            finally:
                await notifier.close()

    def found(self, channel: str | None = None) -> list[Delivery]:
        return self.views.deliveries.newest(list(DeliveryState), channel=channel)

    def states(self, channel: str | None = None) -> list[str]:
        return [str(record.state) for record in self.found(channel)]


@dataclass
class _Watched:
    """Senders that call the test when they have sent."""

    making: Senders
    desk: DeliveryDesk

    def __call__(self, channel: Channel) -> Sender:
        return _Sending(self.making(channel), self.desk)

    def allow(self, networks: Networks) -> None:
        self.making.allow(networks)


class _Sending(Sender):
    def __init__(self, sender: Sender, desk: DeliveryDesk) -> None:
        super().__init__(sender.channel)
        self.limit = sender.limit
        self._sender, self._desk = sender, desk

    async def send(self, message: Message) -> DeliveryError | None:
        refusal = await self._sender.send(message)
        self._desk.after()
        return refusal

    async def close(self) -> None:
        await self._sender.close()


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsroom that has alerts."""
    folder = tmp_path_factory.mktemp("lived")
    flow.life(folder).live(flow.ROUNDS)
    with closing(Store(StoreAddress(folder))) as store:
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def desk(lived: Path, tmp_path: Path) -> DeliveryDesk:
    (tmp_path / "newsroom.db").write_bytes((lived / "newsroom.db").read_bytes())
    return DeliveryDesk(tmp_path)


def alerts(desk: DeliveryDesk, count: int) -> list[int]:
    """Return the first alerts about articles."""
    raised = desk.views.alerts.get(list(desk.views.alerts.ids(Filter())))
    return [alert.id for alert in raised if alert.article][:count]


async def becomes(true: Callable[[], object]) -> None:
    """Let the tasks run until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
