"""The minimal work of any program of this kind, to tell a slow machine from a slow program.

    python -m bench.baseline SITE FILE    reads all feeds of a folder, indexes them in SQLite

It uses plain feedparser and plain FTS5, in one process and one transaction: no network, no
cleaning, no recognition, no matching, no state of the feeds.
"""

from __future__ import annotations

import io
import sqlite3
import sys
from pathlib import Path

import feedparser


def main(site: Path, file: Path) -> None:
    """Index every feed, and print the number of entries."""
    sql = sqlite3.connect(file)
    sql.execute("CREATE VIRTUAL TABLE articles USING fts5 (title, text)")
    for document in sorted(site.glob("*.xml")):
        entries = feedparser.parse(io.BytesIO(document.read_bytes())).entries
        rows = [(entry.title, entry.summary) for entry in entries]
        sql.executemany("INSERT INTO articles VALUES (?, ?)", rows)
    sql.commit()
    print(sql.execute("SELECT count(*) FROM articles").fetchone()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
