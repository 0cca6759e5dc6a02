"""The archive beside SQLite FTS5 and tantivy, in the same run on the same articles.

python -m bench.archive [--articles 100000] [--data FOLDER] [--invented]

On real texts, mixed so that no two are the same, where they are at hand; else on the invented
corpus. The peers fold accents and know positions; the archive also knows exact forms,
compounds, parts, languages and feeds. Times are of the processor, so that a busy machine
changes them little. Each search is for the first fifty and the number of all.
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
"""Articles added at once: the monitor's archive takes no more in one commit."""
SMALL, COMMITS = 20, 40
"""Articles of a small commit, and how many of those."""
ROUNDS = 15


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=DATA, help="where the real texts are")
    parser.add_argument("--invented", action="store_true", help="the invented corpus instead")
    asked = parser.parse_args()
    gc.set_threshold(GARBAGE_THRESHOLD)  # as in the process of the indexer
    keep_freed()  # as in those that search
    count = asked.articles + SMALL * COMMITS
    if asked.invented or not asked.data.exists():
        corpus, queries = written(count), of_the_invented()
    else:
        from bench.generated_articles import varied

        corpus, queries = varied(asked.data, count), of_the_real(asked.data)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = Ours(folder / "archive"), Fts5(folder / "fts.db"), Tantivy(folder / "tantivy")
        heading(engines)
        adding(engines, corpus, asked.articles)
        commits(engines, list(corpus))
        searches(engines, queries)
        sizes = size(folder / "archive"), size(folder / "fts.db"), size(folder / "tantivy")
        print(f"{'size on disk, MB':40} " + " ".join(f"{each:9.0f}" for each in sizes))
        print(f"{'peak memory of this process':40} {peak():9.0f} MB")


# --- what is searched for ----------------------------------------------------------------


class Wanted(Struct, frozen=True):
    """A query that all engines understand."""

    what: str
    query: str
    lang: str = ""


def of_the_invented() -> list[Wanted]:
    """Return the queries for the invented corpus."""
    rare = next(term for term in Corpus(1, 1).watchlists["Watch 01"] if " " not in term)
    return _wanted(rare, "selon", "avait", "avait selon", "de avait")


def of_the_real(data: Path) -> list[Wanted]:
    """Return the queries for the real one: the rare word is in one article of 5,800."""
    from bench.real_articles import articles

    found = Counter(word for one in articles(data) for word in {*one.body.split()})
    rare = next(
        w for w in sorted(found) if found[w] == 1 and len(w) > 7 and w.isalpha() and w.islower()
    )
    return _wanted(rare, "selon", "après", "premier ministre", "de la")


def _wanted(rare: str, common: str, other: str, name: str, phrase: str) -> list[Wanted]:
    return [
        Wanted("a rare word", rare),
        Wanted("a common word", common),
        Wanted("two common words", f"{common} {other}"),
        Wanted("a phrase", f'"{name}"'),
        Wanted("a phrase of two very common words", f'"{phrase}"'),
        Wanted("two words near each other", name.replace(" ", " NEAR/5 ")),
        Wanted("two very common words so", phrase.replace(" ", " NEAR/3 ")),
        Wanted("a common word in French", common, "fr"),
        Wanted("that phrase in French", f'"{phrase}"', "fr"),
    ]


def written(count: int) -> Iterator[Article]:
    """Yield articles of the invented corpus; the second half of each text is its body."""
    corpus = Corpus(FEEDS, -(-count // FEEDS))
    pieces = ((each, piece) for each in corpus.documents for piece in each.pieces)
    for id, (feed, piece) in zip(range(1, count + 1), pieces, strict=False):
        when = BEGINNING + 30.0 * id
        yield Article(
            id=id,
            feeds=(feed.number + 1,),
            url=f"https://{feed.name}.example/{id}",
            title=piece.title,
            summary=piece.paragraphs[0],
            body=piece.paragraphs[1],
            lang=feed.lang,
            published=when,
            seen=when,
            story=id,
        )


# --- measuring ---------------------------------------------------------------------------


def adding(engines: Sequence[Engine], corpus: Iterator[Article], count: int) -> None:
    """Measure a first filling."""
    spent = [0.0] * len(engines)
    left = count
    while batch := list(islice(corpus, min(STEP, left))):
        left -= len(batch)
        for at, engine in enumerate(engines):
            spent[at] += seconds(lambda: engine.add(batch))  # noqa: B023
    row(f"{count:,} articles, s", spent, 1)
    print(f"{'articles in a second':40} " + " ".join(f"{count / each:9,.0f}" for each in spent))


def commits(engines: Sequence[Engine], articles: list[Article]) -> None:
    """Measure small commits on top of what is there."""
    batches = [articles[at : at + SMALL] for at in range(0, len(articles), SMALL)]
    spent = [[seconds(lambda: e.add(b)) for b in batches] for e in engines]  # noqa: B023
    row(f"a commit of {SMALL}, median, ms", [median(each) for each in spent])
    row(f"a commit of {SMALL}, worst, ms", [max(each) for each in spent])


def searches(engines: Sequence[Engine], queries: Sequence[Wanted]) -> None:
    """Measure searches of every kind, and print how many articles each engine finds."""
    first = queries[1]

    def opened(engine: Engine) -> float:
        return seconds(lambda: (engine.reopen(), ask(engine, first, best=False)))

    row(f"open, and {first.query}, ms", [opened(engine) for engine in engines])
    for wanted in queries:
        found = [ask(engine, wanted, best=False) for engine in engines]
        print(f"{wanted.query + ' ' + wanted.lang:40} " + " ".join(f"{n:9,}" for n in found))
        for best in (False, True):
            turns = [
                [seconds(lambda: ask(engine, wanted, best=best)) for engine in engines]  # noqa: B023
                for _ in range(ROUNDS)
            ]
            spent = [median(times) for times in zip(*turns, strict=True)]
            row(f"  {wanted.what}, {'best' if best else 'newest'} 50, ms", spent)


def ask(engine: Engine, wanted: Wanted, *, best: bool) -> int:
    """Search."""
    return engine.find(wanted.query, best=best, lang=wanted.lang)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of some work, of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak() -> float:
    """Return the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size(path: Path) -> float:
    """Return the size of a file or a folder, in MB."""
    files = path.iterdir() if path.is_dir() else path.parent.glob(path.name + "*")
    return sum(file.stat().st_size for file in files) / 1e6


def heading(engines: Sequence[Engine]) -> None:
    """Name the columns; the last ones are how many times as long the archive takes."""
    names = " ".join(f"{engine.name:>9}" for engine in engines)
    ratios = " ".join(f"{'/ ' + engine.name:>9}" for engine in engines[1:])
    print(f"{'':40} {names}   {ratios}")


def row(name: str, spent: Sequence[float], unit: float = 1e3) -> None:
    """Print one measurement."""
    ours, *theirs = spent
    times = " ".join(f"{each * unit:9.1f}" for each in spent)
    ratios = " ".join(f"{ours / max(each, 1e-9):9.1f}" for each in theirs)
    print(f"{name:40} {times}   {ratios}", flush=True)


if __name__ == "__main__":
    main()
