"""A monitor in this process: real from tick to store, without a network, with a set clock."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar, cast

from msgspec.structs import replace

from monitor.base.errors import ConfigError, FetchError
from monitor.base.tasks import WorkerThread
from monitor.delivery.notify.delivery_loop import DeliveryLoop
from monitor.delivery.notify.notification import NotificationLoader, Sender
from monitor.delivery.notify.senders import Senders
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import Channel, Config, Networks, StoreAddress
from monitor.model.feed import FeedHealth
from monitor.model.poll import RunSummary
from monitor.model.status import MonitorPresence
from monitor.runtime.components import Components
from monitor.runtime.daemon import Daemon
from monitor.runtime.pipeline import Pipeline
from monitor.runtime.relocation import Relocation
from monitor.runtime.run_log import RunLog
from monitor.storage.monitor_lock import Heartbeat, MonitorLock, current_heartbeat
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from support import flow
from support.flow import FEEDS, START, WATCHLISTS, A, B, C, Press, edition
from support.newsroom import PATIENCE


class NoIndexer:
    """An indexer that never indexes anything."""

    failures = 0
    failing_since = 0.0
    trouble = ""
    is_repaired = True
    set_aside: ClassVar[dict[int, str]] = {}

    def start(self) -> None:
        """Start."""

    def indexed(self) -> int:
        """Return the last ticket that is indexed."""
        return 0

    def wake(self) -> None:
        """Do nothing."""

    def stop(self) -> int:
        """Stop."""
        return 0


class NoSenders:
    """Senders without channels."""

    def __call__(self, channel: Channel) -> Sender:
        """Return a sender."""
        raise LookupError(channel.name)

    def allow(self, networks: Networks) -> None:
        """Do nothing."""


@dataclass
class InProcessMonitor:
    """A monitor in this process: a press replaces the network, and a test sets the clock."""

    folder: Path
    press: Press
    now: float = START
    edits: int = 0
    reading: Callable[[], Config] | None = None
    """Replaces reading feeds.yaml."""
    indexer: NoIndexer = field(default_factory=NoIndexer)
    senders: Senders = field(default_factory=lambda: cast(Senders, NoSenders()))
    thread_type: type[WorkerThread] = WorkerThread
    languages: list[str] = field(default_factory=list)
    """The languages of feeds.yaml that were asked for."""
    logged: list[str] = field(default_factory=list)
    """The addresses of feeds, once for each poll in the log of the run."""
    waits: list[float] = field(default_factory=list)
    """The seconds that the monitor wanted to wait."""
    config: Config | ConfigError = field(init=False)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        feeds = tuple(replace(feed, every=60.0) for feed in FEEDS)
        self.config = Config(
            path=self.folder / "feeds.yaml", data=self.folder, feeds=feeds, watchlists=WATCHLISTS
        )

    def edit(self, config: Config | ConfigError) -> None:
        """Save another feeds.yaml."""
        self.config, self.edits = config, self.edits + 1

    @property
    def views(self) -> Views:
        """Return the views of its store."""
        return Views(StoreAddress(self.folder))

    def load(self) -> Config:
        if self.reading is not None:
            return self.reading()
        if isinstance(self.config, ConfigError):
            raise self.config
        return self.config

    def run(self, script: Callable[[InProcessMonitor], Awaitable[None]]) -> None:
        """Watch while a script runs."""

        async def life(daemon: Daemon) -> None:
            stop = asyncio.Event()
            task = asyncio.create_task(daemon.watch(stop))
            try:
                await script(self)
            finally:
                stop.set()
                await task

        asyncio.run(self._with(life))

    def once(self) -> RunSummary:
        """Poll once, as `tocsin run --once` does."""
        summaries: list[RunSummary] = []

        async def life(daemon: Daemon) -> None:
            summaries.append(await daemon.once(asyncio.Event(), everything=False))

        asyncio.run(self._with(life))
        return summaries[0]

    async def _with(self, life: Callable[[Daemon], Awaitable[None]]) -> None:
        self.store = Store(StoreAddress(self.folder))
        with (
            MonitorLock(self.folder) as lock,
            closing(self.store),
            ThreadPoolExecutor(1) as executor,
        ):
            self.store._connection.execute("PRAGMA busy_timeout = 30")
            await life(Daemon(self.load(), self._parts(lock, executor)))

    def _parts(self, lock: MonitorLock, executor: ThreadPoolExecutor) -> Components:
        ingester = Ingester(
            self.store, ActiveConfig(rules=WatchlistMatcher((), ())), lambda: self.now, lambda: 0.0
        )
        report = RunLog(lambda: self.now)

        def on_stored(outcome: BatchOutcome) -> None:
            report.batch_stored(outcome)
            self.logged += [feed.url for feed, _poll in outcome.polls]

        return Components(
            store=self.store,
            thread=self.thread_type(executor),
            client=cast(Any, self.press),
            ingester=ingester,
            pipeline=Pipeline(
                cast(Any, self.press),
                cast(Any, flow.Reader()),
                ingester,
                executor,
                lambda: self.now,
                on_stored,
                self._sleep,
            ),
            indexer=cast(Any, self.indexer),
            lock=lock,
            report=report,
            notifier=self._notifier(executor),
            relocation=Relocation(self.store, self.rewrite, lambda: self.now),
            load=self.load,
            stamp=lambda: self.edits,
            changes=self.store.stamp,
            use_language=self.languages.append,
            clock=lambda: self.now,
            stopwatch=lambda: 0.0,
            sleep=self._sleep,
            jitter=lambda: 0.0,
            zone=UTC,
            presence=MonitorPresence(pid=os.getpid(), since=START, config="", log=""),
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(min(seconds, 0.02))

    def _notifier(self, executor: ThreadPoolExecutor) -> DeliveryLoop:
        return DeliveryLoop(
            self.store.deliveries,
            NotificationLoader(Views(StoreAddress(self.folder))),
            WorkerThread(executor),
            self.senders,
            clock=lambda: self.now,
            monotonic=lambda: self.now,
            sleep=lambda seconds: asyncio.sleep(min(seconds, 0.02)),
            jitter=lambda: 0.0,
        )

    def rewrite(self, old: str, new: str) -> None:
        """Put another address into what `load` gives, as the program does with its file."""
        assert isinstance(self.config, Config)
        feeds = (replace(f, url=new) if f.url == old else f for f in self.config.feeds)
        self.edit(replace(self.config, feeds=tuple(feeds)))

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Let the monitor run until a condition holds."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def card(self) -> Heartbeat:
        """Return the heartbeat of the monitor; an empty one before the first."""
        absent = MonitorPresence(pid=0, since=0, config="", log="")
        return current_heartbeat(self.folder) or Heartbeat(absent, pulse=0.0)

    def polls(self, url: str) -> int:
        return len(Views(StoreAddress(self.folder)).feeds.polls(url))

    def health(self, url: str) -> FeedHealth:
        from monitor.runtime.viewing import open_service

        return next(row for row in open_service(self.folder).health.feeds() if row.feed.url == url)


def press_of(**editions: list[bytes | FetchError]) -> Press:
    plain: list[bytes | FetchError] = [edition()]
    by_url = {A: editions.get("a", plain), B: editions.get("b", plain), C: editions.get("c", plain)}
    press = Press(by_url)
    press.allow = lambda networks: None  # type: ignore[attr-defined]
    return press
