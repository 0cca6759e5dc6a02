"""The archive beside SQLite FTS5, in the same run on the same articles.

python -m bench.archive [--articles 100000]

FTS5 folds accents and knows positions; the archive also knows exact forms, compounds, parts,
languages and feeds. Times are of the processor, so that a busy machine changes them little.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.corpus import BEGINNING, Corpus
from index.article import Article
from index.query import parse
from index.searcher import Archive
from index.writer import open_or_create

FEEDS = 1_000
SMALL, BATCHES = 20, 40
"""Articles of a small commit, and how many of those."""
ROUNDS = 7


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    count = parser.parse_args().articles
    articles = list(written(count + SMALL * BATCHES))
    with tempfile.TemporaryDirectory() as name:
        archive, fts = Path(name) / "archive", Path(name) / "fts.db"
        heading()
        bulk, rest = articles[:count], articles[count:]
        row(f"{count:,} articles", *(each(bulk) for each in (indexing(archive), inserting(fts))))
        print(f"{'peak memory of this process':34} {peak():7.0f} MB")
        commits(archive, fts, rest)
        searches(archive, fts)
        print(f"{'size on disk':34} {size(archive):7.1f} {size(fts):8.1f} MB")


def written(count: int) -> Iterator[Article]:
    """Yield articles of the corpus; the second half of each text is its body."""
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


def indexing(folder: Path) -> Callable[[list[Article]], float]:
    """Return what adds articles to the archive and tells the seconds it took."""
    return lambda articles: seconds(lambda: open_or_create(folder).add(articles))


def inserting(path: Path) -> Callable[[list[Article]], float]:
    """Return what adds articles to FTS5 and tells the seconds it took."""
    sql = sqlite3.connect(path)
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS a USING fts5"
        "(title, summary, body, content='', tokenize='unicode61 remove_diacritics 2')"
    )

    def insert(articles: list[Article]) -> None:
        with sql:
            sql.executemany(
                "INSERT INTO a (rowid, title, summary, body) VALUES (?, ?, ?, ?)",
                ((one.id, one.title, one.summary, one.body) for one in articles),
            )

    return lambda articles: seconds(lambda: insert(articles))


def commits(archive: Path, fts: Path, articles: list[Article]) -> None:
    """Measure small commits on top of what is there."""
    batches = [articles[at : at + SMALL] for at in range(0, len(articles), SMALL)]
    ours, theirs = (
        [add(batch) for batch in batches] for add in (indexing(archive), inserting(fts))
    )
    row(f"a commit of {SMALL}, median", median(ours), median(theirs))
    row(f"a commit of {SMALL}, worst", max(ours), max(theirs))


def searches(archive: Path, fts: Path) -> None:
    """Measure searches of every kind for the first fifty hits and the number of all."""
    row("open and search once", *first(archive, fts))
    opened, sql = Archive(archive), sqlite3.connect(fts)
    rare = next(term for term in Corpus(1, 1).watchlists["Watch 01"] if " " not in term)
    queries = {
        rare: rare,
        "selon": "selon",
        "selon avait": "selon AND avait",
        '"de avait"': '"de avait"',
        f"{rare[:4]}*": f"{rare[:4]}*",
    }
    for text, theirs in queries.items():
        for sort, order in {"date": "rowid DESC", "score": "rank"}.items():
            row(
                f"{text}, by {sort}",
                median(seconds(lambda: ask(opened, text, sort)) for _ in range(ROUNDS)),  # noqa: B023
                median(seconds(lambda: ask_fts(sql, theirs, order)) for _ in range(ROUNDS)),  # noqa: B023
            )


def first(archive: Path, fts: Path) -> tuple[float, float]:
    """Measure a first search."""
    return (
        seconds(lambda: ask(Archive(archive), "selon", "date")),
        seconds(lambda: ask_fts(sqlite3.connect(fts), "selon", "rowid DESC")),
    )


def ask(archive: Archive, text: str, sort: str) -> None:
    """Search the archive."""
    archive.search(parse(text), sort=sort, limit=50)


def ask_fts(sql: sqlite3.Connection, text: str, order: str) -> None:
    """Search FTS5."""
    sql.execute(
        f"SELECT rowid FROM a WHERE a MATCH ? ORDER BY {order} LIMIT 50", (text,)
    ).fetchall()
    sql.execute("SELECT count(*) FROM a WHERE a MATCH ?", (text,)).fetchone()


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of some work."""
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


def heading() -> None:
    """Name the columns."""
    print(f"{'':34} {'archive':>10} {'FTS5':>10} {'ratio':>7}")


def row(name: str, ours: float, theirs: float) -> None:
    """Print one measurement."""
    print(f"{name:34} {ours * 1e3:7.1f} ms {theirs * 1e3:7.1f} ms {ours / theirs:7.1f}", flush=True)


if __name__ == "__main__":
    main()
