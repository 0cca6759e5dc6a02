"""Puts the parts of the monitor together; gives them clocks, sleep and randomness."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing, nullcontext, suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from monitor.base import fork_server, language
from monitor.base.errors import StoreError
from monitor.base.garbage import collect_rarely, share_one_heap
from monitor.base.tasks import WorkerThread
from monitor.config.checks import load_and_test
from monitor.config.file_edit import move_feed
from monitor.config.loading import config_views, files_signature, signature
from monitor.config.location import shared_store
from monitor.delivery.notify.briefing_schedule import BriefingScheduler
from monitor.delivery.notify.delivery_loop import DeliveryLoop
from monitor.delivery.notify.notification import NotificationLoader
from monitor.intake.fetch.host_limiter import TakeTurn, always_free
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.intake.parse.workers import Parser
from monitor.intake.similar.encoding_process import EncodingProcess
from monitor.intake.similar.event_linker import EventLinker
from monitor.intake.witness_search import find_news_sitemap
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import Config, Listening, StoreAddress
from monitor.model.event_link import EncodedBatch, why_no_vectors
from monitor.model.lease import Duty
from monitor.model.poll import RunSummary
from monitor.model.status import MonitorPresence, Progress
from monitor.runtime.components import Components
from monitor.runtime.daemon import Daemon
from monitor.runtime.lease_keeper import HostTurns, LeaseKeeper, SoleMonitor
from monitor.runtime.machine import clock, local_zone, server_connections, uptime
from monitor.runtime.network import http_client, senders
from monitor.runtime.pipeline import Pipeline
from monitor.runtime.relocation import Relocation
from monitor.runtime.run_log import RunLog
from monitor.runtime.viewing import QUIET_SECONDS, open_service
from monitor.storage.maintenance.indexer_process import IndexerProcess
from monitor.storage.monitor_lock import MonitorLock
from monitor.storage.store import open_store, open_views
from monitor.storage.store.sql.leases import SqlLeases
from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin")


class RunOptions(Struct, frozen=True, kw_only=True):
    """The options of a run of a monitor."""

    once: bool = False
    """Poll the feeds that are due, then end."""
    everything: bool = False
    """With `once`: poll all feeds, due or not."""
    seconds: float | None = None
    """Seconds after which to end; None waits for a signal."""
    log_file: str = ""
    progress: Progress = lambda *_: None
    metrics: Listening | None = None
    """Address of the metrics; None leaves it to `feeds.yaml`."""
    lease_seconds: float = 30.0
    """Seconds without a heartbeat after which other monitors of a shared store take over."""


async def run_monitor(path: Path, data: Path | None, options: RunOptions) -> RunSummary:
    """Run the monitor of a `feeds.yaml`; return the summary of the run.

    Raises:
        ConfigError: The file has problems.
        AlreadyRunningError: Another monitor runs on the data folder, or the store is in use.
        StoreError: The store cannot be opened or written.
    """
    collect_rarely()
    share_one_heap()
    has_changed = _edited_since_now(path)
    config = load_and_test(path, data=data)
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        lock = stack.enter_context(MonitorLock(config.data))
        _stop_on_signals(stop)
        if options.seconds is not None:
            asyncio.get_running_loop().call_later(options.seconds, stop.set)
        parts = _parts(config, data, lock, options, has_changed, stack)
        parts.store.claim(alone=options.once)
        await stack.enter_async_context(parts.client)
        daemon = Daemon(config, parts)
        if options.once:
            return await daemon.once(stop, everything=options.everything)
        async with _metrics(options.metrics or config.metrics, config.store, parts, daemon):
            await daemon.watch(stop)
        return parts.report.summary()


def _metrics(
    address: Listening | None, store: StoreAddress, parts: Components, daemon: Daemon
) -> AbstractAsyncContextManager[None]:
    """Return the server of the metrics of a watch; it serves none without an address."""
    if address is None:
        return nullcontext()
    # prometheus_client takes 0.2 s to import.
    from monitor.delivery.export.prometheus import EventCounters, figures, serving

    registry = figures(open_views(store), clock, version("tocsin"), lambda: daemon.heartbeat)
    parts.listeners.append(EventCounters(registry).batch_stored)
    return serving(registry, address, clock, server_connections())


def _parts(
    config: Config,
    data: Path | None,
    lock: MonitorLock,
    options: RunOptions,
    has_changed: Callable[[], bool],
    stack: AsyncExitStack,
) -> Components:
    """Return the components of a monitor; `stack` closes them."""
    store = stack.enter_context(closing(open_store(config.store)))
    executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="store"))
    thread = WorkerThread(executor)
    parser = _parser(config, stack)
    indexer = IndexerProcess(config.store, clock)
    fork_server.forking()
    notifier = _notifier(store, thread, config)
    ingester = Ingester(
        store, ActiveConfig(rules=WatchlistMatcher((), ())), clock, random.random, time.thread_time
    )
    report = RunLog(time.monotonic, options.progress, once=options.once)
    linker: EventLinker | None = None

    def wake(outcome: BatchOutcome) -> None:
        if outcome.queued:
            indexer.wake()
            if linker is not None:
                linker.wake()
        if outcome.planned:
            notifier.wake()

    listeners: list[Callable[[BatchOutcome], None]] = [report.batch_stored, wake]

    def publish(outcome: BatchOutcome) -> None:
        for listen in listeners:
            listen(outcome)

    def save_encoded(batch: EncodedBatch) -> BatchOutcome:
        outcome = ingester.save_encoded(batch)
        if outcome.raised:
            loop.call_soon_threadsafe(publish, outcome)
        return outcome

    loop = asyncio.get_running_loop()
    if not why_no_vectors(is_enabled=True):
        encoding = EncodingProcess(config.store)
        linker = EventLinker(store, thread, encoding, save_encoded, clock, asyncio.sleep)
    leases, take_turn = _leases(config, options, stack, vectors=linker is not None)
    client = http_client(config.allow, config.contact, take_turn)
    stamp, changes = _stamps(config.path, store)
    return Components(
        store=store,
        thread=thread,
        client=client,
        ingester=ingester,
        pipeline=Pipeline(client, parser, ingester, executor, clock, publish, asyncio.sleep),
        indexer=indexer,
        lock=lock,
        report=report,
        listeners=listeners,
        notifier=notifier,
        briefings=_briefings(config, store, thread, notifier),
        linker=linker,
        seek=lambda home, feed: find_news_sitemap(client, parser, home, feed, clock()),
        leases=leases,
        relocation=Relocation(store, partial(move_feed, config.path, data=data), clock),
        load=lambda: load_and_test(config.path, data=data),
        stamp=stamp,
        changes=changes,
        edited=has_changed,
        use_language=lambda code: language.use(code, os.environ),
        clock=clock,
        stopwatch=time.thread_time,
        sleep=asyncio.sleep,
        jitter=random.random,
        zone=local_zone(),
        presence=MonitorPresence(
            pid=os.getpid(), since=clock(), config=str(config.path.resolve()), log=options.log_file
        ),
    )


def _parser(config: Config, stack: AsyncExitStack) -> Parser:
    parser = Parser(expects_pages=any(feed.full_text for feed in config.feeds))
    stack.push_async_callback(asyncio.to_thread, parser.close)
    return parser


def _edited_since_now(path: Path) -> Callable[[], bool]:
    """Return a function that tells whether the configuration has changed since this call."""

    def now() -> object:
        with suppress(StoreError):  # nothing was applied yet: whoever reads it says so
            return signature(path)
        return None

    first = now()
    return lambda: now() != first


def _stamps(path: Path, store: Store) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return functions whose values change with the configuration, and with the store."""
    url = shared_store(path, os.environ)
    if not url:
        return lambda: files_signature(path), store.stamp
    versions = config_views(url)
    numbers, commits = [versions.number()], [0]

    def listen() -> None:
        listener = open_views(StoreAddress(url=url)).listener()
        while listener is not None:
            if listener.wait(QUIET_SECONDS):
                commits[0] += 1
                with suppress(StoreError):
                    numbers[0] = versions.number()

    threading.Thread(target=listen, name="tocsin-commits", daemon=True).start()
    return lambda: (files_signature(path), numbers[0]), lambda: commits[0]


def _leases(
    config: Config, options: RunOptions, stack: AsyncExitStack, *, vectors: bool
) -> tuple[SoleMonitor, TakeTurn]:
    """Return the leases of this monitor, and a function that takes the turns of hosts."""
    if not config.store.is_shared:
        return SoleMonitor(), always_free
    host, folder, expiry = socket.gethostname(), str(config.data.resolve()), options.lease_seconds
    leases = SqlLeases(config.store, host=host, pid=os.getpid(), folder=folder, expiry=expiry)
    stack.enter_context(closing(leases))
    executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="leases"))
    thread = WorkerThread(executor)
    is_possible = {Duty.VECTORS: vectors, Duty.ARCHIVE: config.cluster is not None}
    duties = [duty for duty in Duty if is_possible.get(duty, True)]
    return LeaseKeeper(
        leases, thread, clock=clock, monotonic=uptime, sleep=asyncio.sleep,
        expiry=expiry, alone=options.once, duties=duties,
    ), HostTurns(leases.take_turns, thread).take  # fmt: skip


def _briefings(
    config: Config, store: Store, thread: WorkerThread, notifier: DeliveryLoop
) -> BriefingScheduler:
    service = cache(partial(open_service, config.data, store=config.store, read_only=True))
    return BriefingScheduler(
        store.briefings, thread,
        lambda since, names: service().briefing(since, watchlists=names),
        notifier.wake, clock=clock, sleep=asyncio.sleep, zone=local_zone(),
    )  # fmt: skip


def _notifier(store: Store, thread: WorkerThread, config: Config) -> DeliveryLoop:
    loader = NotificationLoader(open_views(config.store))
    return DeliveryLoop(
        store.deliveries, loader, thread, senders(config, loader),
        clock=clock, monotonic=uptime, sleep=asyncio.sleep, jitter=random.random,
    )  # fmt: skip


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(signum, stop.set)
