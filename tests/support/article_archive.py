"""An archive made of articles that a test gives: the store, and the index beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from index.archive import open_archive, open_archive_writer
from index.query.parser import parse_query
from index.search import EVERYTHING, DocumentFilter
from monitor.base.article import Article
from monitor.model.config import ARCHIVE_FOLDER, STORE_FILE, StoreAddress
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store

FEEDS = tuple(Feed(url=f"https://{name}.example/rss", name=name) for name in ("A", "B", "C", "D"))
"""The feeds of an archive; their numbers are 1 to 4."""


def article(
    id: int,
    title: str,
    *,
    date: float,
    feeds: tuple[int, ...] = (1,),
    lang: str = "fr",
    body: str = "",
    story: int = 0,
    published: float | None = None,
) -> Article:
    """Return an article first seen at a date."""
    return Article(
        id=id,
        feeds=feeds,
        url=f"https://x.example/{id}",
        title=title,
        summary="",
        body=body,
        lang=lang,
        published=published,
        seen=date,
        story=story or id,
    )


def fill(
    folder: Path, articles: Iterable[Article], watchlists: Sequence[Watchlist] = ()
) -> list[Article]:
    """Store and index articles of `FEEDS`, as a monitor would have; return them."""
    stored = sorted(articles, key=lambda row: row.id)
    with closing(Store(StoreAddress(folder))) as store:
        store.subscribe(FEEDS, watchlists)
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        sql.executemany(
            "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
            " author, lang, published, seen, story)"
            " VALUES (?, ?, ?, '', x'', ?, ?, ?, '', ?, ?, ?, ?)",
            [
                (a.id, a.feeds[0], a.url, a.title, a.summary, a.body, a.lang, a.published, a.seen,
                 a.story)
                for a in stored
            ],
        )  # fmt: skip
        sql.executemany(
            "INSERT INTO carriers VALUES (?, ?, ?)",
            [(a.id, feed, a.seen) for a in stored for feed in a.feeds[1:]],
        )
        sql.execute(
            "UPDATE feeds SET last_ok = 1e12, articles ="
            " (SELECT count(*) FROM articles WHERE feed = feeds.number)"
        )
    open_archive_writer(folder / ARCHIVE_FOLDER).add(stored)
    return stored


def searchable_ids(folder: Path) -> set[int]:
    """Return the ids of all articles that the archive of a folder can find."""
    match_all = parse_query("since:1970")
    return set(open_archive(folder).ids(match_all, DocumentFilter(resolve=lambda _: EVERYTHING)))


def blind(folder: Path, feed: int, start: float, end: float) -> None:
    """Store a coverage gap of a feed."""
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        sql.execute("INSERT INTO gaps VALUES (?, ?, ?)", (feed, start, end))


def ring(folder: Path, watchlist: str, moments: Iterable[float], *, backfill: bool = False) -> None:
    """Raise alerts of a watchlist for articles that need not be there."""
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        (last,) = sql.execute("SELECT coalesce(max(article), 1000000) FROM alerts").fetchone()
        sql.executemany(
            "INSERT INTO alerts (watchlist, article, severity, backfill, raised_at)"
            " VALUES (?, ?, 'high', ?, ?)",
            [(watchlist, last + n, backfill, at) for n, at in enumerate(moments, 1)],
        )


def leave(folder: Path, feed: int, at: float) -> None:
    """Unsubscribe a feed that was last read at a time."""
    with closing(sqlite3.connect(folder / STORE_FILE)) as sql, sql:
        sql.execute("UPDATE feeds SET subscribed = 0, last_ok = ? WHERE number = ?", (at, feed))
