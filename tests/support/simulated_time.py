"""Simulated time: days of the real monitor in seconds, against a server in the same loop.

    world = World()
    town = Town(world, web)            every name is a public host, served by the scripted server
    world.watch(feeds_yaml, town, Stay(...))   `tocsin run`, until it is stopped or killed

The loop's clock stands still while anything can be done, and jumps to the next timer when
nothing can. Everything between `runtime.wiring` and the wire is the real one, except what needs
other processes: documents are read here, and nothing is indexed unless the world has an indexer.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import selectors
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

from monitor.delivery.notify import briefing_schedule, delivery_loop
from monitor.intake.fetch import address_guard, client
from monitor.runtime import wiring
from monitor.storage.maintenance import retention
from monitor.storage.store.database.postgresql import numbered
from monitor.storage.store.sql.leases import NOW
from monitor.storage.store.sql.store import Store
from support.flow import Reader
from support.scripted_server import Web

START = 1_700_000_000.0


class _Selector(selectors.DefaultSelector):
    """Never waits: when nothing is to be read, the loop's clock jumps."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[Any]:
        if ready := super().select(0):
            return ready
        if timeout is None:
            if ready := super().select(10):  # for a late signal or byte of the kernel
                return ready
            raise RuntimeError("everybody waits for ever")
        self._jump(max(0.0, timeout))
        return []


@dataclass
class World:
    """Return the simulated time."""

    elapsed: float = 0.0
    """Seconds; on top of the epoch's, timers would be lost in rounding."""
    offset: float = 0.0
    """The seconds by which the wall clock is wrong."""
    seed: int = 1
    indexer: Callable[..., Any] | None = None
    """Makes the indexer; None for none."""
    store: type[Store] = Store
    _stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    @property
    def now(self) -> float:
        """Return the time of the wall clock, in seconds since 1970."""
        return START + self.elapsed + self.offset

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in simulated time."""
        with self.runner() as runner:
            runner.run(work)

    def runner(self) -> asyncio.Runner:
        """Return a runner of coroutines in simulated time; between them time stands still."""
        loop = asyncio.SelectorEventLoop(_Selector(self.jump))
        loop.time = lambda: self.elapsed  # type: ignore[method-assign]
        loop.set_default_executor(_Inline())
        return asyncio.Runner(loop_factory=lambda: loop)

    def watch_together(
        self,
        config: Path,
        folders: Sequence[Path],
        town: Town,
        leave: Callable[[], Awaitable[bool]],
        tick: float,
        lease_seconds: float,
    ) -> None:
        """Run a monitor of a shared store in each folder until `leave` returns, then stop them.

        The clock of the database is that of this world.
        """
        stops: list[asyncio.Event] = []
        now = partial(_in_this_time, self)

        async def life() -> None:
            options = wiring.RunOptions(lease_seconds=lease_seconds)
            tasks = [
                asyncio.create_task(wiring.run_monitor(config, folder, options))
                for folder in folders
            ]
            leaving = asyncio.ensure_future(leave())
            await asyncio.wait({*tasks, leaving}, return_when=asyncio.FIRST_COMPLETED)
            assert not any(task.done() for task in tasks), tasks
            await leaving
            for stop in stops:
                stop.set()
            await asyncio.gather(*tasks)

        with (
            self.wired(town, tick),
            patch("monitor.runtime.wiring._stop_on_signals", stops.append),
            patch("monitor.storage.store.database.postgresql.numbered", now),
        ):
            self.run(life())

    def watch(
        self, config: Path, town: Town, leave: Callable[[], Awaitable[bool]], tick: float = 1.0
    ) -> None:
        """Run the monitor until `leave` returns: True stops it, False kills it."""

        async def life() -> None:
            with self.wired(town, tick):
                orders = wiring.RunOptions()
                task = asyncio.create_task(wiring.run_monitor(config, None, orders))
                leaving = asyncio.ensure_future(leave())
                await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
                assert not task.done(), task
                if await leaving:
                    os.kill(os.getpid(), signal.SIGTERM)
                    await task
                else:
                    await self.kill(task, town)

        self.run(life())

    async def kill(self, task: asyncio.Task[Any], town: Town) -> None:
        """End a monitor without letting it store or send anything more."""
        for store in self._stores:
            store.close()
        task.cancel()
        with suppress(BaseException):
            await task
        town.hang_up()

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += seconds

    @contextmanager
    def wired(self, town: Town, tick: float) -> Iterator[None]:
        """Put a monitor that starts in the block into this world."""
        self._stores.clear()
        time = SimpleNamespace(
            time=lambda: self.now, monotonic=lambda: self.elapsed, thread_time=lambda: 0.0
        )
        world = self

        class Client(client.Client):
            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, **named, resolve=town.resolve, dial=town.dial)

        class Guard(address_guard.AddressGuard):
            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, **named, resolve=town.resolve, dial=town.dial)

        class Store(self.store):  # type: ignore[name-defined, misc]
            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, **named)
                world._stores.append(self)

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Clock:
                return cls.fromtimestamp(world.now, tz)

        with ExitStack() as stack:
            for name, substitute in {
                "monitor.runtime.wiring.time": time,
                "monitor.runtime.machine.time": time,
                "monitor.runtime.wiring.random": self._dice,
                "monitor.runtime.wiring.uptime": lambda: world.elapsed,
                "httpcore._async.http11.time": time,
                "monitor.runtime.network.Client": Client,
                "monitor.runtime.network.AddressGuard": Guard,
                "monitor.storage.store.sql.store.Store": Store,
                "monitor.runtime.wiring.Parser": InlineReader,
                "monitor.runtime.wiring.IndexerProcess": self.indexer or NoIndexer,
                "monitor.runtime.wiring.ThreadPoolExecutor": _Inline,
                "monitor.runtime.wiring.why_no_vectors": lambda **_: "it takes real time",
                "monitor.runtime.daemon.TICK": tick,
                "monitor.delivery.notify.delivery_loop.CHECK_SECONDS": max(
                    delivery_loop.CHECK_SECONDS, tick
                ),
                "monitor.delivery.notify.briefing_schedule.CHECK_SECONDS": max(
                    briefing_schedule.CHECK_SECONDS,
                    min(tick, 60.0),  # a briefing says to the minute when it was made
                ),
                "monitor.storage.maintenance.retention.CHECK_SECONDS": max(
                    retention.CHECK_SECONDS, tick
                ),
                "apscheduler.schedulers.base.datetime": Clock,
                "apscheduler.triggers.interval.datetime": Clock,
            }.items():
                stack.enter_context(patch(name, substitute))
            yield


def _in_this_time(world: World, query: str) -> str:
    """Return a statement for PostgreSQL, with the time of a world for that of the database."""
    return numbered(query).replace(NOW, f"{world.now!r}::float8")


@dataclass
class Town:
    """Hosts by name, all served by one scripted server; `homes` are on the loopback network."""

    world: World
    web: Web
    homes: frozenset[str] = frozenset()
    unreachable: bool = False
    """Whether the network is down."""
    on_wire: Callable[[str], None] = lambda event: None
    """Called before a connection, and before whatever either side sends."""
    _addresses: dict[str, str] = field(default_factory=dict)

    _ends: set[_End] = field(default_factory=set)
    """Those that are open, whoever has forgotten them: a kill closes what a request left."""

    def __post_init__(self) -> None:
        self.web.date = lambda: self.world.now - self.world.offset

    def hang_up(self) -> None:
        """Close every connection, as the kernel does when a process is killed."""
        for end in list(self._ends):
            end.close()

    async def wait(self, seconds: float) -> None:
        """Wait for some seconds of simulated time."""
        await asyncio.sleep(seconds)

    async def wait_until(self, moment: float) -> None:
        """Wait until a simulated time."""
        await asyncio.sleep(moment - self.world.now)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Return the address of a name: public, unless it is one of the homes."""
        number = len(self._addresses) + 1
        network = "127.9" if host in self.homes else "8.8"
        address = f"{network}.{number // 256}.{number % 256}"
        return [self._addresses.setdefault(host, address)]

    async def dial(
        self, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the scripted server, within the loop."""
        self.on_wire("connect")
        if self.unreachable:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        client_end, server_end = _End(self.on_wire, "request"), _End(self.on_wire, "answer")
        client_end.peer, server_end.peer = server_end, client_end
        self._ends = {end for end in self._ends if not end.is_closing()} | {client_end, server_end}
        task = asyncio.ensure_future(self.web.serve(*server_end.streams()))
        server_end.task = task
        return client_end.streams()


class _End(asyncio.Transport):
    """One end of a connection in memory."""

    peer: _End
    task: asyncio.Future[None] | None = None  # a reference keeps it alive

    def __init__(self, on_wire: Callable[[str], None], event: str) -> None:
        super().__init__()
        self._on_wire, self._event = on_wire, event
        self._loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(loop=self._loop)
        self._protocol = asyncio.StreamReaderProtocol(self._reader, loop=self._loop)
        self._closed = False

    def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._protocol.connection_made(self)
        self._writer = asyncio.StreamWriter(self, self._protocol, self._reader, self._loop)
        return self._reader, self._writer

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closed:
            self._on_wire(self._event)
            self._loop.call_soon(self.peer._take, bytes(data))

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        if not self._closed:
            self._lose()
            self._loop.call_soon(self.peer._lose)

    abort = close

    def _take(self, data: bytes) -> None:
        if not self._closed:
            self._protocol.data_received(data)

    def _lose(self) -> None:
        if not self._closed:
            self._closed = True
            self._protocol.eof_received()
            self._loop.call_soon(self._protocol.connection_lost, None)


class _Inline(ThreadPoolExecutor):
    """An executor that runs each call at once, in this thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **named))
        except BaseException as error:
            done.set_exception(error)
        return done


class InlineReader(Reader):
    def __init__(self, **choices: object) -> None:
        """Read in this process, whatever the workers of the real one would be."""

    def close(self) -> None:
        """Nothing is running."""


class NoIndexer:
    """An indexer that never indexes anything."""

    failures = 0
    trouble = ""
    indexed_at = START
    is_repaired = True
    set_aside: ClassVar[dict[int, str]] = {}

    def __init__(self, *args: object, **named: object) -> None:
        pass

    def start(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def indexed(self) -> int:
        return 0

    def stop(self) -> int:
        return 0
