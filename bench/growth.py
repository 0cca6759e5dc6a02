"""Measures how cost grows with the archive: bulk, commits, disk, searches, starts, retention.

python -m bench.growth [--articles 1000000] [--seconds 120] [--folder FOLDER] [--json FILE]

It prints one line of JSON at each half power of ten of articles, then how soon stored articles can
be searched. The store and the indexer's process are real. Times are of the processor; those of the
last lines are the times that a person waits. FOLDER keeps store and index for the next time.
`python -m bench.growth_chart FILE FOLDER` draws the curves of the documentation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import count, islice
from pathlib import Path
from statistics import median, quantiles

from msgspec import Struct
from msgspec.structs import asdict, replace

from bench.archive import invented_articles, invented_queries
from bench.measure import cost, kept_or_temporary, peak_of
from index.archive import Archive, ArchiveWriter, open_archive, open_archive_writer
from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.model.feed import Feed
from monitor.model.poll import NO_ENTRY, ArticleChange
from monitor.storage.maintenance.indexer_process import IndexerProcess
from monitor.storage.store.sql.store import Store

DISTINCT = 50_000
"""Articles of the corpus; in each further round they get additional words."""
STEP = 2_048
SMALL, COMMITS = 20, 40
"""Articles of a small commit, and the number of commits that are measured at each size."""
RATE = 20
"""Articles that arrive in a second."""
ROUNDS = 15
STARTS = 5
DROPPED = 200
TOCSIN = str(Path(sys.executable).with_name("tocsin"))


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=120, help="how long articles arrive")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path, help="append a line for each size")
    options = parser.parse_args()
    if options.seconds < 2:
        parser.error("--seconds: at least 2, so that there is a distribution")

    def tell(step: GrowthStep) -> None:
        line = json.dumps(asdict(step))
        print(line, flush=True)
        if options.json:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with kept_or_temporary(options.folder) as folder:
        grow(folder, options.articles, tell)
        arrive(StoreAddress(folder), options.seconds)


# --- growing ---------------------------------------------------------------------------


def endless_articles() -> Iterator[Article]:
    """Yield articles without end, no two alike."""
    distinct = list(invented_articles(DISTINCT))
    for round in count():
        for item in distinct:
            id = round * DISTINCT + item.id
            tail = f" {item.title.split()[0]}{round} n{id}" if round else ""
            yield replace(item, id=id, title=item.title + tail, url=f"{item.url}/{round}", story=id)


def grow(folder: Path, articles: int, report: Callable[[GrowthStep], None]) -> None:
    """Fill store and index, and report the cost at each size."""
    with closing(Store(StoreAddress(folder))) as store:
        (feed,) = store.subscribe([Feed(url="https://bench.example/rss", name="Bench")], [])
        writer = open_archive_writer(folder / ARCHIVE_FOLDER)
        source = endless_articles()
        next(islice(source, writer.article_count, writer.article_count), None)
        for size in steps(articles):
            cpu, added = fill(store, feed, writer, source, size)
            times = commits(store, feed, writer, source)
            step = GrowthStep(
                articles=writer.article_count,
                bulk=added / cpu if cpu else None,
                commit=1e3 * median(times),
                worst_commit=1e3 * max(times),
                segments=len(list((folder / ARCHIVE_FOLDER).glob("*.lists"))),
                memory=peak(),
                index=megabytes((folder / ARCHIVE_FOLDER).iterdir()),
                store=megabytes(folder.glob("newsroom.db*")),
                retention=1e3 * drop(store),
                searches=searches(folder / ARCHIVE_FOLDER),
                starts=starts(folder),
            )
            report(step)


def steps(limit: int) -> Iterator[int]:
    """Yield the half powers of ten from a thousand on."""
    size = 1_000
    while size <= limit:
        yield size
        if 3 * size <= limit:
            yield 3 * size
        size *= 10


class GrowthStep(Struct, frozen=True, kw_only=True):
    """The cost of an archive of some size; times are of the processor."""

    articles: int
    bulk: float | None
    """Articles indexed in a second up to this size; None if they were indexed already."""
    commit: float
    """Milliseconds of a commit of 20 articles, the median of 40."""
    worst_commit: float
    segments: int
    memory: float
    """MB of this process, with the corpus."""
    index: float
    """MB on disk."""
    store: float
    """MB on disk, with the write-ahead log."""
    retention: float
    """Milliseconds to drop the oldest 200 articles."""
    searches: dict[str, float]
    """Milliseconds of a search for the newest 50, by the kind of query."""
    starts: dict[str, float]
    """Seconds of a command, from the shell to its end."""


def searches(folder: Path) -> dict[str, float]:
    """Return the median milliseconds of each kind of search."""
    archive = open_archive(folder)

    def once(query: str) -> float:
        start = time.process_time()
        archive.search(parse_query(query), limit=50)
        return time.process_time() - start

    return {
        case.name: 1e3 * median(once(case.query) for _ in range(ROUNDS))
        for case in invented_queries()
        if not case.lang
    }


def starts(folder: Path) -> dict[str, float]:
    """Return the processor seconds of commands, the best of five."""
    (folder / "feeds.yaml").write_text(
        "feeds: [{url: 'https://bench.example/rss', name: Bench}]\nwatchlists: []\n",
        encoding="utf-8",
    )
    newsroom = ["-c", str(folder / "feeds.yaml"), "--data", str(folder)]
    common = invented_queries()[1].query
    commands = {"search": ["search", common], "status": ["status"], "alerts": ["alerts"]}
    return {
        name: min(cost([TOCSIN, *newsroom, *words], check=False).cpu for _ in range(STARTS))
        for name, words in commands.items()
    }


def drop(store: Store) -> float:
    """Return the processor seconds to drop the oldest articles, and restore them."""

    class Undone(Exception):
        """Ends the transaction."""

    oldest = sorted(store.article_ids())[:DROPPED]
    start = time.process_time()
    with suppress(Undone), store.batch() as batch:
        batch.drop(oldest)
        raise Undone
    return time.process_time() - start


def megabytes(files: Iterable[Path]) -> float:
    """Return the size of files, in MB."""
    return sum(file.stat().st_size for file in files) / 1e6


def fill(
    store: Store, feed: Feed, writer: ArchiveWriter, source: Iterator[Article], size: int
) -> tuple[float, int]:
    """Add articles up to a size; return the processor seconds in the index, and their number."""
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
    store: Store, feed: Feed, writer: ArchiveWriter, source: Iterator[Article]
) -> list[float]:
    """Return the processor seconds of small commits."""
    times = []
    for _ in range(COMMITS):
        batch = list(islice(source, SMALL))
        keep(store, feed, batch)
        start = time.process_time()
        writer.add(batch)
        times.append(time.process_time() - start)
    return times


def keep(store: Store, feed: Feed, articles: list[Article]) -> None:
    """Store articles that are in the index already, or are added to it at once."""
    queue(store, feed, articles)
    store.mark_indexed(1 << 62)


def queue(store: Store, feed: Feed, articles: list[Article]) -> None:
    """Store articles, and put them into the outbox."""
    arrivals = [
        ArticleChange(
            article=replace(article, feeds=(feed.number,)),
            entry=replace(
                NO_ENTRY, key=article.url, fingerprint=article.url.encode(), canonical=article.url
            ),
            new=True,
        )
        for article in articles
    ]
    with store.batch() as batch:
        batch.save_imported(feed, arrivals)


# --- arriving ----------------------------------------------------------------------------


def arrive(address: StoreAddress, seconds: int) -> None:
    """Let articles arrive, and measure how soon those of each second are found."""
    with closing(Store(address)) as store:
        (feed,) = store.subscribe([Feed(url="https://bench.example/rss", name="Bench")], [])
        source = endless_articles()
        article_count = len(store.article_ids())
        next(islice(source, article_count, article_count), None)
        process = IndexerProcess(address, time.time)
        started = time.monotonic()
        process.start()
        starting: list[float] = []
        waits: list[float] = []
        archive = open_archive(address.archive)
        while len(waits) < seconds:
            target = waits if process.is_repaired else starting
            number = len(starting) + len(waits)
            target.append(until_found(store, feed, source, process, archive, number))
            time.sleep(max(0.0, 1.0 - target[-1]))
        memory = memory_of(process)
        process.stop()
    print(f"\n{RATE} articles a second for {time.monotonic() - started:.0f} s: searchable after")
    print(f"  {max(starting):.2f} s at worst in the {len(starting)} s in which the indexer starts,"
          " compares index and store and reads all files, then")  # fmt: skip
    tenths = quantiles(waits, n=10)
    print(f"  {median(waits):.2f} s in the middle, {tenths[8]:.2f} s nine times in ten,"
          f" {max(waits):.2f} s at worst")  # fmt: skip
    print(f"memory of the indexer at its highest {memory:.0f} MB")


def until_found(
    store: Store,
    feed: Feed,
    source: Iterator[Article],
    process: IndexerProcess,
    archive: Archive,
    number: int,
) -> float:
    """Store the articles of a second; return the seconds until the last one is found."""
    word = f"arrived{number}t{time.time_ns()}"
    batch = [replace(article, title=f"{article.title} {word}") for article in islice(source, RATE)]
    queue(store, feed, batch)
    stored = time.monotonic()
    process.wake()
    while archive.search(parse_query(word)).total < RATE:
        if done := process.indexed():
            store.mark_indexed(done)
        time.sleep(0.02)
    return time.monotonic() - stored


def memory_of(process: IndexerProcess) -> float:
    """Return the peak memory of the indexer's process, in MB."""
    child = process._process
    assert child is not None and child.pid is not None
    return peak_of(child.pid) / 2**20


def peak() -> float:
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
