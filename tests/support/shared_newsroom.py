"""A store that several monitors share: real processes, many small sites, one webhook."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import psycopg
from msgspec.structs import replace

from index.opensearch.address import ClusterAddress
from support import ROOT
from support.feeds_and_webhook import Accepted, ScriptedFeed, ScriptedWebhook
from support.newsroom import Item, until
from support.newsroom_invariants import Promised, message_problems, store_problems
from support.publishers import words
from support.scripted_server import Reply, Request, Web
from support.separate_machines import Machine

SITES = 12
EVERY = 4.0
"""Seconds between two editions of a feed."""
EXPIRY = 3.0
"""Seconds without a heartbeat after which others take over: a tenth of what it really is."""
SHOWN = 100
"""Items of a feed: more than are published while nobody can store them."""
HUB = "hub.be"
"""A site to which some feeds of each monitor redirect."""
LED = 4
"""The number of feeds that redirect to the hub."""
SPACED = 0.9
"""Seconds between two requests of a site at the least; what is late on its way comes closer."""
IN_A_ROW, LATE = 6, 1.5
"""The hub is always being asked: of so many spans together one may be so many seconds shorter."""


class Site(ScriptedFeed):
    """A feed on a site of its own, with the last items that it published."""

    interval: float = EVERY
    edits: bool = False
    """Whether every second item changes when two others were published."""

    @property
    def host(self) -> str:
        """Its registered domain."""
        return f"{self.name}.be"

    def number(self) -> int:
        return int(self.clock() // self.interval)

    def items(self, number: int) -> tuple[Item, ...]:
        last = max(-1, number - SHOWN)
        return tuple(self._item(n, number) for n in range(number, last, -1))

    def published(self) -> tuple[Item, ...]:
        """Return all items that it has published."""
        return tuple(self._item(n, self.number()) for n in range(self.number() + 1))

    def _item(self, number: int, newest: int) -> Item:
        subject = ("Alibaba", "Un port")[number % 2]
        edit = " La douane confirme." if self.edits and number % 2 and newest > number + 1 else ""
        return Item(
            title=f"{subject} : dépêche {self.name}-{number}",
            text=f"{words(self.name, number)}.{edit}",
            link=f"https://press.example/{self.name}/{number}",
            guid=str(number),
        )


@dataclass
class SharedMonitor:
    """A monitor as a process, with a data folder of its own."""

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    machine: Machine | None = None
    log_start: int = 0
    """The number of characters in its log before it started."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self) -> None:
        """End the monitor as `tocsin stop` does, which ends one that has begun."""
        until(lambda: self.watches() or self.ended_before_it_began())
        if self.process.poll() is not None:  # it found no database
            return
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(120) == 0, self.log.read_text()

    def kill(self) -> None:
        """Kill it with its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop the monitor and its workers with a signal."""
        os.killpg(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Continue a stopped monitor."""
        os.killpg(self.pid, signal.SIGCONT)

    def set_clock(self, offset: float) -> None:
        """Set the offset of its clock, in seconds."""
        _write_clock(self.folder, offset)

    def ended_before_it_began(self) -> bool:
        """Tell whether the monitor ended before it watched. Fails if it ended after that."""
        if (code := self.process.poll()) is None:
            return False
        last = self.log.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]
        assert not self.watches(), f"a monitor ended by itself ({code}): {last}"
        return True

    def watches(self) -> bool:
        """Tell whether its start succeeded: the log says what it watches."""
        return self.has_logged(" feeds, 1 watchlist")

    def has_logged(self, text: str) -> bool:
        """Tell whether it wrote a text into its log."""
        return text in self.log.read_text(encoding="utf-8")[self.log_start :]


@dataclass
class SharedNewsroom:
    """The store, the sites, and the monitors."""

    folder: Path
    address: str
    expiry: float = EXPIRY
    interval: float = EVERY
    slowness: float = 0.0
    """Seconds that a site takes to answer, at the most."""
    has_workers: bool = False
    """Whether monitors have workers and an indexer, each in its process."""
    bug: str = ""
    """Which of `support.planted_bugs` the monitors have."""
    watched_at: str = ""
    """The address at which the test itself finds the store, if it is another."""
    web: Web = field(default_factory=Web)
    hook: ScriptedWebhook = field(default_factory=ScriptedWebhook)
    monitors: list[SharedMonitor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self._ended = math.inf
        self.sites = {
            site.host: site
            for site in (Site(f"press{n}", self._now, interval=self.interval) for n in range(SITES))
        }

    def __enter__(self) -> Self:
        self.web.__enter__()
        self.web.on("/feed", self.answer)
        for host in self.led:
            self.web.on(f"/feed/{host}", self.answer)
        self.web.on("/hook", self.hook.answer)
        self._write()
        return self

    def __exit__(self, *_: object) -> None:
        for monitor in self.monitors:
            monitor.kill()
        self.web.__exit__()

    def _now(self) -> float:
        return max(-1.0, min(time.monotonic(), self._ended) - self._began)

    def begin(self) -> None:
        """Let the sites publish once each was read: earlier items are no news."""
        until(lambda: self.sql("SELECT count(*) FROM feeds WHERE last_ok > 0") == [(SITES,)])
        self._began = time.monotonic()

    def finish(self) -> None:
        """Stop publishing, and wait until all items are delivered."""
        self._ended = time.monotonic()
        until(lambda: self.count("articles") >= len(self.promised().titles))
        until(lambda: not self.sql("SELECT 1 FROM deliveries WHERE state <> 'sent'"))

    @property
    def led(self) -> list[str]:
        """The sites that lead to the hub, where their feeds are."""
        return list(self.sites)[:LED]

    def answer(self, request: Request) -> Reply:
        """Answer as the site that is asked."""
        host = host_of(request)
        if host in self.led:
            reply = Reply(302, (("Location", f"http://{HUB}/feed/{host}"),))
        else:
            reply = self.sites[request.path.rpartition("/")[2] if host == HUB else host].answer(
                request
            )
        return replace(reply, delay=random.uniform(0.0, self.slowness))

    def start(self, offset: float = 0.0, machine: Machine | None = None) -> SharedMonitor:
        """Start a monitor whose clock has an offset, in seconds."""
        return self._run(self.folder / f"var{len(self.monitors)}", offset, machine)

    def start_again(self, monitor: SharedMonitor) -> SharedMonitor:
        """Start a monitor in the data folder of one that has ended."""
        return self._run(monitor.folder, 0.0, monitor.machine)

    def _run(self, folder: Path, offset: float, machine: Machine | None) -> SharedMonitor:
        folder.mkdir(exist_ok=True)
        _write_clock(folder, offset)
        log = folder.with_suffix(".log")
        log_start = len(log.read_text(encoding="utf-8")) if log.exists() else 0
        with log.open("ab") as file:
            process = subprocess.Popen(
                [
                    *(machine.within if machine else ()),
                    *(sys.executable, "-m", "support.shared_monitor", self.folder / "feeds.yaml"),
                    *(folder, f"{self.web.address}:{self.web.port}", str(self.expiry)),
                    *(_clock(folder), "whole" if self.has_workers else "alone", self.bug),
                ],
                env=self.environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self.monitors.append(SharedMonitor(process, folder, log, machine, log_start))
        return self.monitors[-1]

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the variables in which a command runs on a data folder."""
        return {
            **os.environ,
            "TOCSIN_STORE": self.address,
            "MONITOR": folder.name,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            "PYTHONWARNINGS": "ignore",
        }

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the store; none before there is a store."""
        with self._session() as session:
            try:
                return session.execute(query, values).fetchall()  # type: ignore[arg-type]
            except psycopg.errors.UndefinedTable:
                return []

    def _session(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.watched_at or self.address, autocommit=True)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Lock a table while the block runs."""
        with self._session() as session, session.transaction():
            session.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    def waiting(self, table: str) -> int:
        """Return the number of sessions that wait for a locked table."""
        query = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
        return int(self.sql(query, table)[0][0])

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return sum(number for (number,) in self.sql(f"SELECT count(*) FROM {table}"))

    def shares(self) -> list[int]:
        """Return the numbers of buckets of the monitors that hold any, in ascending order."""
        return sorted(self.held().values())

    def held(self) -> dict[int, int]:
        """Return the number of buckets of each process."""
        return dict(
            self.sql(
                "SELECT m.pid, count(*) FROM leases l JOIN monitors m ON m.id = l.holder"
                " WHERE l.id < 1024 GROUP BY m.pid"
            )
        )

    def settled(self, *shares: int) -> None:
        """Wait until the monitors hold these numbers of buckets."""
        until(lambda: self.shares() == sorted(shares), 120)

    def promised(self) -> Promised:
        """Return the articles, alerts and deliveries that must exist."""
        titles: dict[str, str] = {}
        alerts: set[tuple[str, str]] = set()
        for site in self.sites.values():
            for item in site.published():
                titles[item.link] = item.title
                if "Alibaba" in item.title:
                    alerts.add(("Alibaba", item.link))
        return Promised(titles, frozenset(alerts), frozenset(("desk", *alert) for alert in alerts))

    def broken(self) -> list[str]:
        """Return the broken promises as texts."""
        promised, accepted = self.promised(), list[Accepted](self.hook.accepted)
        with self._session() as sql:
            problems = list(store_problems(sql, promised))
        return [*problems, *message_problems(promised, accepted), *self.impolite()]

    def impolite(self) -> Iterator[str]:
        """Yield a text for each site that was asked too often."""
        times_by_host: dict[str, list[float]] = defaultdict(list)
        for request in self.web.requests:
            if request.path.startswith("/feed"):
                times_by_host[host_of(request)].append(request.at)
        hub = sorted(times_by_host.pop(HUB, []))
        spans = [b - a for a, b in zip(hub, hub[IN_A_ROW:], strict=False)]
        if spans and min(spans) < IN_A_ROW * SPACED - LATE:
            yield f"{HUB} was asked {IN_A_ROW + 1} times in {min(spans):.2f} s"
        for host, times in times_by_host.items():
            gaps = [b - a for a, b in pairwise(sorted(times))]
            if gaps and min(gaps) < SPACED:
                yield f"{host} was asked twice in {min(gaps):.2f} s"

    def keep_archive_in(self, cluster: ClusterAddress) -> None:
        """Keep the archive there; each monitor signs in with the name of its folder."""
        for site in self.sites.values():
            site.edits = True
        who = {"user": "env:MONITOR", "password": "env:MONITOR"}
        self._write(opensearch=cluster.urls, index=cluster.index, **who)

    def _write(self, **archive: object) -> None:
        settings = {
            "feeds": [
                {"url": f"http://{host}/feed", "name": site.name, "every": "1m", "lang": "fr"}
                for host, site in self.sites.items()
            ],
            "watchlists": [{"name": "Alibaba", "terms": ["Alibaba"]}],
            "channels": [{"name": "desk", "webhook": self.web.url("/hook")}],
            "network": {"allow": [f"{self.web.address}/32"]},
            "archive": {"vectors": False, **archive},
        }
        (self.folder / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")


def host_of(request: Request) -> str:
    """Return the host that a request is for."""
    return (request.header("host") or b"").decode().partition(":")[0]


def _clock(folder: Path) -> Path:
    """Return the file that says by how many seconds the clock of a monitor is wrong."""
    return folder.with_suffix(".clock")


def _write_clock(folder: Path, offset: float) -> None:
    fresh = folder.with_suffix(".clock.new")
    fresh.write_text(str(offset), encoding="ascii")
    fresh.replace(_clock(folder))
