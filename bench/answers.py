"""The same random queries on the archives in a folder, in memory and in OpenSearch.

python -m bench.answers [URL…] [--queries 3000] [--articles 20000] [--data FOLDER]

Words and rows of words are drawn from real articles, put together as the query language allows.
Folder and memory, which reads every article for every query, are compared in the articles of each
query; folder and cluster also in their order of date and in the best twenty. Prints each query with
a difference, and how many there are of each kind.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.archive import STEP
from bench.real_articles import arguments, articles, published
from index.archive import Archive, archive_engine, open_archive
from index.errors import QueryError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster
from index.query.ast import Facet
from index.query.parser import Query, parse_query, score
from index.search import DocumentFilter
from monitor.base.article import PARTS, Article
from tests.support.memory_archive import MemoryArchive

SEED = 1815
BEST = 20
MOST = 1_500
"""Most articles of a query whose order is compared whole; else the newest of them are."""
_WORD = re.compile(r"\w[\w'’.&-]*\w|\w")
_FACETS = ("lang:fr", "lang:en", "feed:20000", "since:1502", "until:1503")


def main() -> None:
    """Ask, and print what differs."""
    parser = arguments(__doc__ or "")
    parser.add_argument("urls", nargs="*", metavar="URL")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=3_000)
    options = parser.parse_args()
    everything = [*published(options.data), *articles(options.data)][: options.articles]
    corpus = [
        replace(article, id=id, story=id, seen=1.5e9 + 600.0 * id)
        for id, article in enumerate(everything, 1)
    ]
    memory = MemoryArchive(corpus)
    queries = islice(Queries(corpus), options.queries)
    with tempfile.TemporaryDirectory() as folder:
        if not options.urls:
            compare(queries, _filled(Path(folder) / "archive", corpus), memory, None)
            return
        place = ClusterAddress(urls=tuple(options.urls), index="answers")
        try:
            whoosh, cluster = _filled(Path(folder) / "archive", corpus), _filled(place, corpus)
            compare(queries, whoosh, memory, cluster)
        finally:
            Cluster(place).call("DELETE", "answers-*")


def _filled(place: Path | ClusterAddress, corpus: Sequence[Article]) -> Archive:
    writer = archive_engine(place).open_writer()
    for start in range(0, len(corpus), STEP):
        writer.add(corpus[start : start + STEP])
    return open_archive(place)


def compare(
    queries: Iterable[Query], folder: Archive, memory: Archive, cluster: Archive | None
) -> None:
    """Ask all archives; print what differs, and the number of each difference."""
    counts = Counter[str]()

    def told(kind: str, query: Query) -> None:
        counts[kind] += 1
        print(f"{kind}: {query.text}", flush=True)

    for number, query in enumerate(queries, 1):
        hits = folder.search(query, NAMED, limit=0).hits
        if sorted(hit.id for hit in hits) != memory.ids(query, NAMED):
            told("other articles in memory", query)
        if cluster:
            limit = 0 if len(hits) <= MOST else MOST
            page = cluster.search(query, NAMED, limit=limit)
            if page.total != len(hits):
                told("other articles in the cluster", query)
            elif [hit.id for hit in page.hits] != [hit.id for hit in hits[: limit or None]]:
                told("another order of date in the cluster", query)
            best_in = [
                [hit.id for hit in archive.search(query, NAMED, sort="score", limit=BEST).hits]
                for archive in (folder, cluster)
            ]
            if best_in[0] != best_in[1]:
                told(f"other best {BEST} in the cluster", query)
        if number % 100 == 0:
            print(f"{number} queries, {dict(counts)}", flush=True)
    print(f"differences: {dict(counts) or 'none'}")


def _documents(facet: Facet) -> DocumentFilter:
    """Return what a filter of `_FACETS` means; times are in millions of seconds."""
    value = facet.value
    match facet.name:
        case "lang":
            return DocumentFilter(langs=[value])
        case "feed":
            return DocumentFilter(feeds=[int(value)])
        case "since":
            return DocumentFilter(since=float(value) * 1e6)
        case _:
            return DocumentFilter(until=float(value) * 1e6)


NAMED = DocumentFilter(resolve=_documents)


class Queries:
    """Random queries without end, the same every time."""

    def __init__(self, corpus: Sequence[Article]) -> None:
        self._corpus, self._rng = corpus, random.Random(SEED)

    def __iter__(self) -> Iterator[Query]:
        while True:
            with suppress(QueryError):  # words may mean something in the query language
                yield self._query()

    def _query(self) -> Query:
        rng = self._rng
        if rng.random() < 0.06:
            weights = {self._row(1)[0]: rng.choice([1, 2, 3, 0.1, 0.25]) for _ in range(4)}
            return score(weights, rng.choice([1, 2, 3]))
        return parse_query(self._text(0))

    def _text(self, depth: int) -> str:
        kind = 0.0 if depth > 1 else self._rng.random()
        if kind < 0.45:
            return self._leaf()
        parts = [f"({self._text(depth + 1)})" for _ in range(3)]
        if kind > 0.92:
            return f"2 OF ({', '.join(parts)})"
        operator = "AND" if kind < 0.65 else "OR" if kind < 0.82 else "NOT"
        return f"{parts[0]} {operator} {parts[1]}"

    def _leaf(self) -> str:
        rng = self._rng
        row = self._row(rng.randint(2, 6))
        word, last, distance = row[0], row[-1], rng.randint(1, 12)
        long = self._row(5)
        return rng.choice(
            [
                word, word, word, f"={word}", f"{word}~", f"{word[: max(2, len(word) - 2)]}*",
                f"{word[0]}?{word[2:]}" if len(word) > 3 else word, f'"{" ".join(row[:4])}"',
                f'"{" ".join(row[:2])}"', f"{word} NEAR/{distance} {last}",
                f"{word}~ W/{distance} {last}", f"{rng.choice(PARTS[:3])}:{word}",
                f'"{long[0]} {long[1]}" NEAR/5 {long[2]}',
                f"({long[0]} NEAR/6 {long[2]} NEAR/6 {long[4]})", rng.choice(_FACETS),
                f'({long[0]} OR "{long[1]} {long[2]}") NEAR/4 {long[3]}',
            ]
        )  # fmt: skip

    def _row(self, count: int) -> list[str]:
        """Return words that stand in a row in an article."""
        while True:
            article = self._rng.choice(self._corpus)
            text = self._rng.choice(article.texts[:3]) or article.title
            if len(words := _WORD.findall(text)) >= count:
                start = self._rng.randrange(len(words) - count + 1)
                return words[start : start + count]


if __name__ == "__main__":
    main()
