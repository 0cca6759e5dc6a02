"""The archive in OpenSearch beside the one in a folder, in the same run on the same articles.

python -m bench.cluster URL… [--articles 20000] [--copies 5 50] [--seconds 60] [--data FOLDER]

`PYTHONPATH=tests python -m support.opensearch_nodes 3 700m` runs three nodes, prints their URLs.
The articles are those of `bench.archive`; then both archives get copies of all, the folder only
as many as the first of `--copies` says. A copy in the cluster is a clone of an index: as many
articles in a shard of its own, with the same days. So no shard can be left out of a search for
the newest, as those of other months are, and the files of a clone are on disk once. What was
written is deleted at the end. `wall` is what a person waits; `CPU` is of all processes, which
must be on this machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import mean, quantiles

from msgspec.structs import replace

from bench.archive import STEP, BenchQuery, ask, real_queries
from bench.archive_peers import Ours
from bench.generated_articles import mixed_articles
from bench.growth import arrive
from bench.measure import cpu_of
from bench.real_articles import arguments
from index.archive import ArchiveAddress, archive_engine
from index.errors import ArchiveError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster, Json
from monitor.base.article import Article
from monitor.base.garbage import keep_freed
from monitor.model.config import StoreAddress

ROUNDS = 5


def main() -> None:
    """Measure, and print each result when it is known."""
    parser = arguments(__doc__ or "")
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--copies", type=int, nargs="*", default=[5, 50], help="of all articles")
    parser.add_argument("--seconds", type=int, default=60, help="how long articles arrive")
    options = parser.parse_args()
    keep_freed()
    place = ClusterAddress(urls=tuple(options.urls), index="bench")
    cluster = Cluster(place)
    about = archive_engine(place).survey()[0]
    if not about or cluster.exists(place.index):
        parser.error(f"{place}: it does not answer, or has an archive already")
    print(f"{about}, {os.cpu_count()} cores", flush=True)
    corpus = mixed_articles(options.data, options.articles)
    with tempfile.TemporaryDirectory() as name:
        try:
            bench = Bench(cluster, Path(name), real_queries(options.data))
            bench.add(corpus)
            bench.copy_and_search(1)
            for copies in options.copies:
                bench.copy_and_search(copies, in_folder=copies == options.copies[0])
            if options.seconds:
                new_place = replace(place, index="arrivals")
                archive_engine(new_place).open_writer()
                arrive(StoreAddress(Path(name), cluster=new_place), options.seconds)
        finally:
            cluster.call("DELETE", f"{place.index}-*,arrivals-*")


class Bench:
    """Measures a folder and a cluster in turn; columns are in this order."""

    def __init__(self, cluster: Cluster, folder: Path, queries: Sequence[BenchQuery]) -> None:
        self._cluster, self._queries = cluster, queries
        nodes = cluster.call("GET", "_nodes/process")["nodes"].values()
        self._processes = {node["process"]["id"] for node in nodes}
        self._folder = folder / "archive"
        self._engines = Ours(self._folder), Ours(cluster.address)
        self._counts: list[int] = []
        """Number of articles of each query, without copies."""
        self._articles: list[Article] = []
        self._copies = 1

    def add(self, corpus: Iterator[Article]) -> None:
        """Fill the empty archives."""
        spent = [[0.0, 0.0], [0.0, 0.0]]
        while batch := list(islice(corpus, STEP)):
            self._articles += batch
            for engine, sums in zip(self._engines, spent, strict=True):
                wall, cpu = self._cost(engine, lambda: _add(engine, batch))  # noqa: B023
                sums[:] = sums[0] + wall, sums[1] + cpu
        count = len(self._articles)
        row(f"{count:,} articles: articles/s, wall", [count / wall for wall, _ in spent])
        row("CPU, ms an article", [1e3 * cpu / count for _, cpu in spent])

    def copy_and_search(self, copies: int, *, in_folder: bool = True) -> None:
        """Copy all articles until they are there so often; measure sizes and searches."""
        for number in range(self._copies, copies):
            for original in self._originals:
                self._clone(original, f"{original}-{number}")
            first = number * len(self._articles)
            for start in range(0, len(self._articles) if in_folder else 0, STEP):
                batch = self._articles[start : start + STEP]
                self._engines[0].add([replace(a, id=first + a.id) for a in batch])
        self._copies = copies
        engines = self._engines if in_folder else self._engines[1:]
        print(f"\n{copies * len(self._articles):,} articles", flush=True)
        places: list[ArchiveAddress] = [self._folder, self._cluster.address]
        row(
            "on disk, MB", [archive_engine(place).size() / 1e6 for place in places[-len(engines) :]]
        )
        self._search(engines)

    def _search(self, engines: Sequence[Ours]) -> None:
        """Measure searches for the first fifty and the number of all."""
        walls = [list[float]() for _ in engines]
        for engine in engines:
            engine.reopen()
        for number, query in enumerate(self._queries):
            counts = {ask(engine, query, best=False) for engine in engines}
            if number == len(self._counts):
                self._counts += counts
            expected = {self._counts[number] * self._copies}
            if counts != expected:
                raise SystemExit(f"{query.query}: {counts} articles in place of {expected}")
            for best in (False, True):
                costs = [
                    [
                        self._cost(engine, lambda: ask(engine, query, best=best))  # noqa: B023
                        for engine in engines
                    ]
                    for _ in range(ROUNDS)
                ]
                name = (
                    f"{query.query} {query.lang}({max(counts):,}), {'best' if best else 'newest'}"
                )
                columns = list(zip(*costs, strict=True))
                row(f"{name}: CPU, ms", [1e3 * mean(cpu for _, cpu in c) for c in columns])
                for times, column in zip(walls, columns, strict=True):
                    times.extend(wall for wall, _ in column)
        for name, part in (("p50", 49), ("p95", 94)):
            row(f"{name}, wall, ms", [1e3 * quantiles(times, n=100)[part] for times in walls])

    @property
    def _originals(self) -> list[str]:
        names = self._cluster.call("GET", f"{self._cluster.address.index}/_alias")
        return [name for name in names if name.count("-") == 3]  # bench-1-2011-03

    def _clone(self, original: str, copy: str) -> None:
        call, block = self._cluster.call, "index.blocks.write"
        call("PUT", f"{original}/_settings", {block: True})
        aliases: Json = {self._cluster.address.index: {}}
        settings = {block: None}
        call("POST", f"{original}/_clone/{copy}", {"settings": settings, "aliases": aliases})

    def _cost(self, engine: Ours, work: Callable[[], object]) -> tuple[float, float]:
        """Return the seconds of a function: until it returns, and of the processors."""
        nodes = self._processes if engine is self._engines[1] else ()
        cpu, wall = time.process_time() + sum(map(cpu_of, nodes)), time.perf_counter()
        work()
        wall = time.perf_counter() - wall
        return wall, time.process_time() + sum(map(cpu_of, nodes)) - cpu


def _add(engine: Ours, batch: Sequence[Article]) -> None:
    """Add articles; what takes too long is tried again in smaller requests, as by the indexer."""
    while True:
        try:
            return engine.add(batch)
        except ArchiveError as error:
            print(error, flush=True)


def row(name: str, figures: Sequence[float]) -> None:
    """Print a measurement."""
    columns = " ".join(f"{figure:10,.1f}" for figure in figures)
    print(f"{name:50} {columns}   load {os.getloadavg()[0]:.0f}", flush=True)


if __name__ == "__main__":
    main()
