"""Stops monitors while they hold the writer's lock, and measures when the others write again.

PYTHONPATH=tests python -m support.writer_stops ADDRESS [--stops 200] [--expiry 30]

ADDRESS is that of an empty database on this machine. Three monitors store what twelve sites
publish. Every twentieth sleeper wakes only when its leases are lost; `tocsin status` must name it
meanwhile. At the end nothing may be lost or doubled.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

import psycopg
from msgspec import Struct

from monitor.model.config import StoreAddress
from monitor.runtime.lease_keeper import EXPIRY
from monitor.storage.store.database.postgresql import _KEY
from monitor.storage.store.sql.store import Store
from support.chaos import progress
from support.newsroom import Newsroom, until
from support.shared_newsroom import SharedMonitor, SharedNewsroom

PROMISE = 10.0
"""Seconds after which others must write again, while leases last for `EXPIRY` seconds."""
_WRITER = f"""
SELECT split_part(application_name, '/', 2)::int, state || ' ' || coalesce(wait_event, '')
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND application_name LIKE 'tocsin %'
AND datname = current_database()
AND (classid::bigint << 32 | objid::bigint) = {_KEY}
"""
"""The process that holds the writer's lock, and what its session does."""


class Stop(Struct, frozen=True):
    """A monitor that stood still with the lock."""

    monitor: SharedMonitor
    state: str
    """What its session did."""
    seconds: float
    """Seconds until another process wrote."""


class WriterStops:
    """Stops the monitors of a newsroom, one at a time."""

    def __init__(self, newsroom: SharedNewsroom) -> None:
        self._newsroom = newsroom
        self._sql = psycopg.connect(newsroom.address, autocommit=True)
        self._store = Store(StoreAddress(url=newsroom.address))

    def stop_a_writer(self) -> Stop:
        """Stop the next monitor that holds the lock; return when this process has written."""
        while True:
            pid, _state = until(self._writer)
            time.sleep(random.choice([0.0, random.uniform(0.0, 0.005)]))
            monitor = next(m for m in self._newsroom.monitors if m.pid == pid)
            monitor.stop()
            time.sleep(0.05)  # the server does what was sent before the stop
            if (writer := self._writer()) and writer[0] == pid:
                break
            monitor.go_on()
        began = time.monotonic()
        self._store.reschedule({})
        return Stop(monitor, writer[1], time.monotonic() - began)

    def close(self) -> None:
        self._sql.close()
        self._store.close()

    def _writer(self) -> tuple[int, str] | None:
        for _ in range(200):
            if row := self._sql.execute(_WRITER).fetchone():
                return row
        return None


def status_problems(newsroom: Newsroom, monitor: SharedMonitor, words: str) -> list[str]:
    """Return what is wrong with the status while a monitor stands still."""
    status = newsroom.here("status")
    is_told = any(f"/{monitor.pid} {words}" in line for line in status.stdout.splitlines())
    return [] if is_told and status.returncode == 1 else [f"{status.returncode}: {status.stdout}"]


def main() -> None:
    """Stop writers, print the figures, and exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="monitors that stop while they write")
    parser.add_argument("address")
    parser.add_argument("--stops", type=int, default=200)
    parser.add_argument("--expiry", type=float, default=EXPIRY, help="seconds")
    options = parser.parse_args()
    stops: list[Stop] = []
    problems: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        SharedNewsroom(Path(folder), options.address, expiry=options.expiry) as newsroom,
    ):
        desk = Newsroom(Path(folder), {"TOCSIN_STORE": options.address})
        for _ in range(3):
            newsroom.start()
        newsroom.settled(342, 341, 341)
        newsroom.begin()
        aimed = WriterStops(newsroom)
        for number in range(options.stops):
            stop = aimed.stop_a_writer()
            stops.append(stop)
            if number % 20 == 19:
                time.sleep(max(0.0, 12.0 - stop.seconds))
                problems += status_problems(desk, stop.monitor, "stands still")
                time.sleep(options.expiry)
                problems += status_problems(desk, stop.monitor, "is lost")
            stop.monitor.go_on()
            progress(f"{number + 1}: {stop.state}, {stop.seconds:.1f} s")
            time.sleep(random.uniform(0.0, 2.0))
        seconds = sorted(stop.seconds for stop in stops)
        print(Counter(stop.state for stop in stops))
        print(
            f"{len(stops)} stops; others wrote again after {median(seconds):.1f} s (median),"
            f" {seconds[-1]:.1f} s (longest)"
        )
        newsroom.finish()
        problems += newsroom.broken()
        articles, accepted = newsroom.count("articles"), len(newsroom.hook.accepted)
        print(f"{articles:,} articles, {accepted:,} messages accepted")
        aimed.close()
    late = sum(second > PROMISE * options.expiry / EXPIRY for second in seconds)
    problems += [f"{late} times others waited for longer than promised"] if late else []
    print("all promises held" if not problems else "broken:", *problems, sep="\n  ")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
