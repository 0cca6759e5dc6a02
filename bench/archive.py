"""The archive beside SQLite FTS5 and tantivy, in the same run on the same articles.

python -m bench.archive [--articles 100000] [--data FOLDER] [--invented]

The articles are real texts, mixed so that no two are the same, if they are present; else those of
the invented corpus. The peers fold accents and know positions; the archive also knows exact forms,
compounds, parts, languages and feeds. Times are of the processor, so that a busy machine changes
them little. Each search returns the first fifty hits and the number of all.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from msgspec import Struct

from bench.archive_peers import Engine, Fts5, Ours, Tantivy
from bench.corpus import BEGINNING, Corpus
from bench.real_articles import DATA
from monitor.base.article import Article
from monitor.base.garbage import keep_freed
from monitor.storage.maintenance.indexer_process import GARBAGE_THRESHOLD

FEEDS = 1_000
STEP = 4_096
"""Articles that are added at once: the largest commit of the monitor's archive."""
SMALL, COMMITS = 20, 40
"""Articles of a small commit, and the number of small commits."""
ROUNDS = 15


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=DATA, help="where the real texts are")
    parser.add_argument("--invented", action="store_true", help="the invented corpus instead")
    options = parser.parse_args()
    gc.set_threshold(GARBAGE_THRESHOLD)  # as in the process of the indexer
    keep_freed()  # as in those that search
    count = options.articles + SMALL * COMMITS
    if options.invented or not options.data.exists():
        corpus, queries = invented_articles(count), invented_queries()
    else:
        from bench.generated_articles import mixed_articles

        corpus, queries = mixed_articles(options.data, count), real_queries(options.data)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = Ours(folder / "archive"), Fts5(folder / "fts.db"), Tantivy(folder / "tantivy")
        heading(engines)
        adding(engines, corpus, options.articles)
        commits(engines, list(corpus))
        searches(engines, queries)
        sizes = size(folder / "archive"), size(folder / "fts.db"), size(folder / "tantivy")
        print(f"{'size on disk, MB':40} " + " ".join(f"{megabytes:9.0f}" for megabytes in sizes))
        print(f"{'peak memory of this process':40} {peak():9.0f} MB")


# --- queries -----------------------------------------------------------------------------


class BenchQuery(Struct, frozen=True):
    """A query that all engines understand."""

    name: str
    query: str
    lang: str = ""


def invented_queries() -> list[BenchQuery]:
    """Return the queries for the invented corpus."""
    rare = next(term for term in Corpus(1, 1).watchlists["Watch 01"] if " " not in term)
    return _queries(rare, "selon", "avait", "avait selon", "de avait")


def real_queries(data: Path) -> list[BenchQuery]:
    """Return the queries for the real texts: the rare word is in one article of 5,800."""
    from bench.real_articles import articles

    counts = Counter(word for article in articles(data) for word in {*article.body.split()})
    rare = next(
        w for w in sorted(counts) if counts[w] == 1 and len(w) > 7 and w.isalpha() and w.islower()
    )
    return _queries(rare, "selon", "après", "premier ministre", "de la")


def _queries(rare: str, common: str, other: str, name: str, phrase: str) -> list[BenchQuery]:
    return [
        BenchQuery("a rare word", rare),
        BenchQuery("a common word", common),
        BenchQuery("two common words", f"{common} {other}"),
        BenchQuery("a phrase", f'"{name}"'),
        BenchQuery("a phrase of two very common words", f'"{phrase}"'),
        BenchQuery("two words near each other", name.replace(" ", " NEAR/5 ")),
        BenchQuery("two very common words so", phrase.replace(" ", " NEAR/3 ")),
        BenchQuery("a common word in French", common, "fr"),
        BenchQuery("that phrase in French", f'"{phrase}"', "fr"),
    ]


def invented_articles(count: int) -> Iterator[Article]:
    """Yield articles of the invented corpus; the second half of each text is its body."""
    corpus = Corpus(FEEDS, -(-count // FEEDS))
    pieces = ((document, piece) for document in corpus.documents for piece in document.pieces)
    for id, (feed, piece) in zip(range(1, count + 1), pieces, strict=False):
        date = BEGINNING + 30.0 * id
        yield Article(
            id=id,
            feeds=(feed.number + 1,),
            url=f"https://{feed.name}.example/{id}",
            title=piece.title,
            summary=piece.paragraphs[0],
            body=piece.paragraphs[1],
            lang=feed.lang,
            published=date,
            seen=date,
            story=id,
        )


# --- measuring ---------------------------------------------------------------------------


def adding(engines: Sequence[Engine], corpus: Iterator[Article], count: int) -> None:
    """Measure filling empty archives."""
    spent = [0.0] * len(engines)
    remaining = count
    while batch := list(islice(corpus, min(STEP, remaining))):
        remaining -= len(batch)
        for number, engine in enumerate(engines):
            spent[number] += seconds(lambda: engine.add(batch))  # noqa: B023
    row(f"{count:,} articles, s", spent, 1)
    print(f"{'articles in a second':40} " + " ".join(f"{count / cpu:9,.0f}" for cpu in spent))


def commits(engines: Sequence[Engine], articles: list[Article]) -> None:
    """Measure small commits to the filled archives."""
    batches = [articles[i : i + SMALL] for i in range(0, len(articles), SMALL)]
    spent = [[seconds(lambda: e.add(b)) for b in batches] for e in engines]  # noqa: B023
    row(f"a commit of {SMALL}, median, ms", [median(times) for times in spent])
    row(f"a commit of {SMALL}, worst, ms", [max(times) for times in spent])


def searches(engines: Sequence[Engine], queries: Sequence[BenchQuery]) -> None:
    """Measure searches of every kind, and print the number of articles that each engine finds."""
    first = queries[1]

    def opened(engine: Engine) -> float:
        start = time.perf_counter()
        engine.reopen()
        ask(engine, first, best=False)
        return time.perf_counter() - start

    row(f"open, and {first.query}, ms", [opened(engine) for engine in engines])
    for query in queries:
        counts = [ask(engine, query, best=False) for engine in engines]
        print(f"{query.query + ' ' + query.lang:40} " + " ".join(f"{n:9,}" for n in counts))
        for best in (False, True):
            turns = [
                [seconds(lambda: ask(engine, query, best=best)) for engine in engines]  # noqa: B023
                for _ in range(ROUNDS)
            ]
            spent = [median(times) for times in zip(*turns, strict=True)]
            row(f"  {query.name}, {'best' if best else 'newest'} 50, ms", spent)


def ask(engine: Engine, query: BenchQuery, *, best: bool) -> int:
    """Run a query on an engine, and return the number of articles."""
    return engine.find(query.query, best=best, lang=query.lang)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of a function, in all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak() -> float:
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size(path: Path) -> float:
    """Return the size of a file or a folder, in MB."""
    files = path.iterdir() if path.is_dir() else path.parent.glob(path.name + "*")
    return sum(file.stat().st_size for file in files) / 1e6


def heading(engines: Sequence[Engine]) -> None:
    """Print the columns; the last ones are the archive's times divided by those of the peers."""
    names = " ".join(f"{engine.name:>9}" for engine in engines)
    ratios = " ".join(f"{'/ ' + engine.name:>9}" for engine in engines[1:])
    print(f"{'':40} {names}   {ratios}")


def row(name: str, spent: Sequence[float], unit: float = 1e3) -> None:
    """Print one measurement."""
    ours, *theirs = spent
    times = " ".join(f"{cpu * unit:9.1f}" for cpu in spent)
    ratios = " ".join(f"{ours / max(cpu, 1e-9):9.1f}" for cpu in theirs)
    print(f"{name:40} {times}   {ratios}", flush=True)


if __name__ == "__main__":
    main()
