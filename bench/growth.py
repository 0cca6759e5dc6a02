"""How the archive grows: bulk, commits of 20, and how soon what is stored can be searched.

python -m bench.growth [--articles 1000000] [--seconds 120] [--folder FOLDER]

The store is a real one and so is the indexer's process. Times are of the processor, but for
the last lines: those are what a person waits. FOLDER keeps what was built, for the next time.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from statistics import median, quantiles

from bench.archive import written
from bench.measure import kept_or_temporary, peak_of
from index import open_archive, open_archive_writer
from index.archive import Archive, ArchiveWriter
from index.article import Article
from index.query.parser import parse_query
from monitor.files import ARCHIVE_FOLDER
from monitor.maintenance.indexer_process import IndexerProcess
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange
from monitor.store.sql.store import SqlStore

DISTINCT = 50_000
"""Articles of the corpus; each further round of them gets words of its own."""
STEP = 2_048
SMALL, COMMITS = 20, 40
"""Articles of a small commit, and how many of those are measured at each size."""
RATE = 20
"""Articles that arrive in a second."""


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with kept_or_temporary(asked.folder) as folder:
        grow(folder, asked.articles)
        arrive(folder, asked.seconds)


# --- growing ---------------------------------------------------------------------------


def endless() -> Iterator[Article]:
    """Yield articles without end, no two alike."""
    distinct = list(written(DISTINCT))
    for round in count():
        for one in distinct:
            id = round * DISTINCT + one.id
            own = f" {one.title.split()[0]}{round} n{id}" if round else ""
            yield replace(one, id=id, title=one.title + own, url=f"{one.url}/{round}", story=id)


def grow(folder: Path, articles: int) -> None:
    """Fill store and index, measuring small commits at each power of ten on the way."""
    with closing(SqlStore(folder)) as store:
        (feed,) = store.subscribe([Feed(url="https://bench.example/rss", name="Bench")], [])
        writer = open_archive_writer(folder / ARCHIVE_FOLDER)
        source = endless()
        next(islice(source, writer.article_count, writer.article_count), None)
        print(f"{'articles':>10} {'bulk, /s CPU':>13} {'commit of 20, ms':>17} {'worst':>7}"
              f" {'segments':>9} {'memory, MB':>11}", flush=True)  # fmt: skip
        size = 1_000
        while size <= articles:
            cpu, added = fill(store, feed, writer, source, size)
            times = commits(store, feed, writer, source)
            segments = len(list((folder / ARCHIVE_FOLDER).glob("*.lists")))
            speed = f"{added / cpu:13,.0f}" if cpu else f"{'-':>13}"
            print(
                f"{writer.article_count:10,} {speed} {1e3 * median(times):17.0f}"
                f" {1e3 * max(times):7.0f}"
                f" {segments:9} {peak():11.0f}",
                flush=True,
            )
            size *= 10


def fill(
    store: SqlStore, feed: Feed, writer: ArchiveWriter, source: Iterator[Article], size: int
) -> tuple[float, int]:
    """Add articles up to a size; return the processor's seconds in the index, and how many."""
    seconds, added = 0.0, 0
    while (missing := size - writer.article_count) > 0:
        batch = list(islice(source, min(STEP, missing)))
        keep(store, feed, batch)
        start = time.process_time()
        writer.add(batch)
        seconds += time.process_time() - start
        added += len(batch)
    return seconds, added


def commits(
    store: SqlStore, feed: Feed, writer: ArchiveWriter, source: Iterator[Article]
) -> list[float]:
    """Return the processor's seconds of small commits."""
    times = []
    for _ in range(COMMITS):
        batch = list(islice(source, SMALL))
        keep(store, feed, batch)
        start = time.process_time()
        writer.add(batch)
        times.append(time.process_time() - start)
    return times


def keep(store: SqlStore, feed: Feed, articles: list[Article]) -> None:
    """Store articles that are in the index already, or are put there at once."""
    queue(store, feed, articles)
    store.mark_indexed(1 << 62)


def queue(store: SqlStore, feed: Feed, articles: list[Article]) -> None:
    """Store articles; they are on their way to the index."""
    arrivals = [
        ArticleChange(
            article=replace(article, feeds=(feed.number,)),
            new=True,
            guid=article.url,
            fingerprint=article.url.encode(),
            canonical=article.url,
        )
        for article in articles
    ]
    with store.batch() as batch:
        batch.save_imported(feed, arrivals)


# --- arriving ----------------------------------------------------------------------------


def arrive(folder: Path, seconds: int) -> None:
    """Let articles arrive, and measure how soon each second's are found."""
    with closing(SqlStore(folder)) as store:
        (feed,) = store.subscribe([Feed(url="https://bench.example/rss", name="Bench")], [])
        source = endless()
        there = len(store.article_ids())
        next(islice(source, there, there), None)
        process = IndexerProcess(folder, time.time)
        started = time.monotonic()
        process.start()
        waits = []
        archive = open_archive(folder / ARCHIVE_FOLDER)
        for number in range(seconds):
            waits.append(until_found(store, feed, source, process, archive, number))
            time.sleep(max(0.0, 1.0 - waits[-1]))
        memory = memory_of(process)
        process.stop()
    print(f"\n{RATE} articles a second for {time.monotonic() - started:.0f} s: searchable after")
    first, *waits = waits
    print(f"  {first:.2f} s while the indexer starts and compares index and store, then")
    tenths = quantiles(waits, n=10)
    print(f"  {median(waits):.2f} s in the middle, {tenths[8]:.2f} s nine times in ten,"
          f" {max(waits):.2f} s at worst")  # fmt: skip
    print(f"memory of the indexer at its highest {memory:.0f} MB")


def until_found(
    store: SqlStore,
    feed: Feed,
    source: Iterator[Article],
    process: IndexerProcess,
    archive: Archive,
    number: int,
) -> float:
    """Store a second's articles; return after how many seconds the last of them is found."""
    word = f"arrived{number}t{time.time_ns()}"
    batch = [replace(one, title=f"{one.title} {word}") for one in islice(source, RATE)]
    queue(store, feed, batch)
    stored = time.monotonic()
    process.wake()
    while archive.search(parse_query(word)).total < RATE:
        if done := process.indexed():
            store.mark_indexed(done)
        time.sleep(0.02)
    return time.monotonic() - stored


def memory_of(process: IndexerProcess) -> float:
    """Return the most memory the indexer's process has had, in MB."""
    child = process._process
    assert child is not None
    return peak_of(child.pid) / 2**20


def peak() -> float:
    """Return the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
