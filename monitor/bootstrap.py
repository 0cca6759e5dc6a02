"""The only wiring, the only clock, the only randomness."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor import presence
from monitor.errors import MonitorError

if TYPE_CHECKING:
    import asyncio

    from monitor.model import Config, Networks, Summary
    from monitor.prospect import Prospector
    from monitor.report import Progress
    from monitor.service import Service

log = logging.getLogger("tocsin")

START_SECONDS = 20.0
STOP_SECONDS = 45.0
CARD_SECONDS = 5.0
"""For a monitor that is just starting to say its pid."""


def clock() -> Timestamp:
    """Return the time."""
    return time.time()


def local_zone() -> tzinfo:
    """Return the zone of the wall clock, summer time included where its name is known."""
    from tzlocal import get_localzone

    try:
        return get_localzone()
    except (LookupError, ValueError, OSError):  # TZ=CET-1CEST has rules and no name
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None
        return zone


def open_service(data: Path) -> Service:
    """Return the service of a data folder; raises StoreError if there is no archive."""
    from monitor.counting import Counting
    from monitor.search import Search
    from monitor.service import Service
    from monitor.store.views import SqliteViews

    views, zone = SqliteViews(data), local_zone()
    search = Search(data, views, clock, zone)
    return Service(data, views, search, Counting(search, views, clock, zone), clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a monitor is to run."""

    once: bool = False
    """Poll what is due, then end."""
    everything: bool = False
    """With `once`: poll all, due or not."""
    seconds: float | None = None
    """End after that long; None waits for a signal."""
    log_file: str = ""
    progress: Progress | None = None


async def run_monitor(path: Path, data: Path | None, orders: Orders) -> Summary:
    """Watch the newsroom of a `feeds.yaml`; return what came of it.

    Raises ConfigError, AlreadyRunningError, StoreError.
    """
    import asyncio

    from monitor.config import load

    config = load(path, data=data)
    with presence.Presence(config.data) as held:
        stop = asyncio.Event()
        _stop_on_signals(stop)
        if orders.seconds is not None:
            asyncio.get_running_loop().call_later(orders.seconds, stop.set)
        return await _watch(config, data, held, stop, orders)


async def _watch(
    config: Config,
    data: Path | None,
    held: presence.Presence,
    stop: asyncio.Event,
    orders: Orders,
) -> Summary:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from monitor.answers import Settled, Watch
    from monitor.config import load
    from monitor.daemon import Daemon, Parts
    from monitor.fetch import Client
    from monitor.indexer_process import IndexerProcess
    from monitor.match import Rules
    from monitor.model import MonitorPresence
    from monitor.pipeline import Pipeline
    from monitor.report import Report
    from monitor.settle import Settler
    from monitor.store.sqlite import SqliteStore
    from monitor.config.readdressing import move
    from monitor.workers import Parser

    store = SqliteStore(config.data)
    thread = ThreadPoolExecutor(1, thread_name_prefix="store")
    parser = Parser()
    client = Client(
    from monitor.relocation import Relocation
        config.allow,
        user_agent=user_agent(config.contact),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
    )
    settler = Settler(store, Watch(rules=Rules((), ())), clock, random.random)
    report = Report(time.monotonic, orders.progress)
    indexer = IndexerProcess(config.data)

    def settled(what: Settled) -> None:
        report.settled(what)
        if what.queued:
            indexer.wake()

    pipeline = Pipeline(client, parser, settler, thread, clock, settled)
    me = MonitorPresence(
        pid=os.getpid(), since=clock(), config=str(config.path.resolve()), log=orders.log_file
    )
    daemon = Daemon(
        config,
        Parts(
            store=store,
            thread=thread,
            client=client,
            settler=settler,
            pipeline=pipeline,
            indexer=indexer,
            presence=held,
            report=report,
            load=lambda: load(config.path, data=data),
            stamp=lambda: _stamp(config.path),
            clock=clock,
            sleep=asyncio.sleep,
            me=me,
        ),
    )
    try:
        async with client:
            relocation=Relocation(store, partial(move, config.path, data=data), clock),
            if orders.once:
                return await daemon.once(stop, everything=orders.everything)
            await daemon.watch(stop)
            return report.summary()
    finally:
        await asyncio.to_thread(parser.close)
        thread.shutdown()
        store.close()


@asynccontextmanager
async def prospecting(allow: Networks = (), contact: str = "") -> AsyncIterator[Prospector]:
    """Read feeds without subscribing to them; `allow` and `contact` as in the configuration."""
    import asyncio

    from monitor.fetch import Client
    from monitor.prospect import Prospector
    from monitor.workers import Parser

    parser = Parser()
    client = Client(
        allow, user_agent=user_agent(contact), monotonic=time.monotonic, sleep=asyncio.sleep
    )
    try:
        async with client:
            yield Prospector(client, parser, time.monotonic)
    finally:
        await asyncio.to_thread(parser.close)


def start_monitor(path: Path, data: Path) -> bool:
    """Start a monitor in the background unless one runs; return whether one was started.

    Raises MonitorError with what it said if it ends at once.
    """
    if presence.present(data):
        return False
    import subprocess

    command = [sys.executable, "-m", "monitor", "-c", str(path), "--data", str(data)]
    started = subprocess.Popen(
        [*command, "run", "--background"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if card := presence.present(data):  # ours, or one that somebody else started meanwhile
            assert started.stderr is not None
            started.stderr.close()
            return card.presence.pid == started.pid
        if started.poll() is not None:
            assert started.stderr is not None
            said = started.stderr.read().decode(errors="replace").strip()
            raise MonitorError(said or f"the monitor ended at once (exit {started.returncode})")
        time.sleep(0.02)
    raise MonitorError(f"the monitor did not start within {START_SECONDS:g} s; see {data}")


def stop_monitor(data: Path) -> int | None:
    """End the monitor of a data folder, return its pid; None if there is none.

    Raises MonitorError if it does not end, or belongs to another user.
    """
    deadline = time.monotonic() + CARD_SECONDS
    while (card := presence.present(data)) is None:
        if not presence.taken(data) or time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    try:
        os.kill(card.presence.pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended by itself
        pass
    except PermissionError as error:
        raise MonitorError(
            f"the monitor (pid {card.presence.pid}) belongs to another user; who started it ends it"
        ) from error
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if presence.present(data) is None:
            return card.presence.pid
        time.sleep(0.02)
    raise MonitorError(
        f"the monitor (pid {card.presence.pid}) is still at work after {STOP_SECONDS:g} s"
    )


def pause(seconds: float) -> None:
    """Wait between two looks at the store."""
    time.sleep(seconds)


def user_agent(contact: str) -> str:
    """Return how we introduce ourselves: version, and the operator's contact if he gave one."""
    from importlib.metadata import version

    return f"tocsin/{version('tocsin')} ({f'+{contact}' if contact else 'news monitor'})"


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _stop_on_signals(stop: asyncio.Event) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
