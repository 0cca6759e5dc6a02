"""Articles, written: new ones, edits, pages, stories, names; and dropped."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from index.article import Article, Timestamp
from monitor.model.config import ExpiringArticle, RetentionExceptions
from monitor.model.poll import ArticleChange, Sighting
from monitor.store.sqlite.alerts import drop_alerts
from monitor.store.sqlite.connection import change_in, marks, select_in
from monitor.store.sqlite.evidence import EvidenceLog


def insert(sql: sqlite3.Connection, feed: int, changes: Sequence[ArticleChange]) -> None:
    """Store new articles of a feed, with their shingles and names; the index is updated later."""
    sql.executemany(
        "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
        " author, lang, published, seen, story, copy_of, shingle_count)"
        f" VALUES ({marks(15)})",
        [
            (
                change.article.id,
                feed,
                change.article.url,
                change.canonical,
                change.fingerprint,
                change.article.title,
                change.article.summary,
                change.article.body,
                change.article.author,
                change.article.lang,
                change.article.published,
                change.article.seen,
                change.article.story,
                change.copy_of,
                len(change.shingles),
            )
            for change in changes
        ],
    )
    sql.executemany(
        "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
        [(shingle, change.article.id) for change in changes for shingle in change.shingles],
    )
    insert_names(sql, changes)
    queue_for_index(sql, [change.article.id for change in changes])


def insert_names(sql: sqlite3.Connection, changes: Iterable[ArticleChange]) -> None:
    """Store the names of new articles, and which articles they tell again."""
    changes = list(changes)
    named = [(change.article.id, change.names) for change in changes if change.names.groups]
    sql.executemany(
        "INSERT OR REPLACE INTO named VALUES (?, ?, ?, ?)",
        [
            (id, names.lang, names.date, json.dumps([sorted(group) for group in names.groups]))
            for id, names in named
        ],
    )
    sql.executemany(
        "INSERT OR IGNORE INTO names VALUES (?, ?, ?)",
        [(word, id, names.lang) for id, names in named for word in names.words],
    )
    sql.executemany(
        "INSERT OR IGNORE INTO crossings VALUES (?, ?)",
        [(change.article.id, change.crosses) for change in changes if change.crosses is not None],
    )


def insert_entries(
    sql: sqlite3.Connection, feed: int, entries: Iterable[tuple[str, int, bytes]]
) -> None:
    """Store under which id a feed published which article: (guid, article, fingerprint)."""
    sql.executemany(
        "INSERT INTO entries VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET article = excluded.article,"
        " fingerprint = excluded.fingerprint",
        [(feed, *entry) for entry in entries],
    )


def insert_sighting(sql: sqlite3.Connection, feed: int, sighting: Sighting, now: Timestamp) -> None:
    """Store that a feed carries a known article, or carries it under a new id."""
    if sighting.reissued:
        sql.execute("DELETE FROM entries WHERE feed = ? AND article = ?", (feed, sighting.article))
    insert_entries(sql, feed, [(sighting.guid, sighting.article, sighting.fingerprint)])
    carried = sql.execute(
        "INSERT OR IGNORE INTO carriers SELECT id, ?, ? FROM articles WHERE id = ? AND feed <> ?",
        (feed, now, sighting.article, feed),
    )
    if carried.rowcount:
        queue_for_index(sql, [sighting.article])


def replace_text(sql: sqlite3.Connection, article: Article, now: Timestamp) -> None:
    """Store an edited text; the earlier one becomes a revision."""
    sql.execute(
        "INSERT INTO versions SELECT id, version, title, summary, body, ? FROM articles"
        " WHERE id = ?",
        (now, article.id),
    )
    sql.execute(
        "UPDATE articles SET title = ?, summary = ?, body = ?, author = ?, lang = ?,"
        " version = version + 1 WHERE id = ?",
        (
            article.title,
            article.summary,
            article.body,
            article.author,
            article.lang,
            article.id,
        ),
    )
    queue_for_index(sql, [article.id])


def queue_pages(sql: sqlite3.Connection, changes: Iterable[ArticleChange], now: Timestamp) -> None:
    """Queue the pages of articles that want their text."""
    sql.executemany(
        "INSERT OR REPLACE INTO pages (article, due, backfill) VALUES (?, ?, ?)",
        [(change.article.id, now, change.backfill) for change in changes if change.wants_page],
    )


def save_page_text(sql: sqlite3.Connection, change: ArticleChange) -> None:
    """Store the text of an article's page, and the story that it tells with it."""
    article = change.article
    sql.execute(
        "UPDATE articles SET body = ?, lang = ?, story = ?, copy_of = ?,"
        " shingle_count = max(shingle_count, ?) WHERE id = ?",
        (
            article.body,
            article.lang,
            article.story,
            change.copy_of,
            len(change.shingles),
            article.id,
        ),
    )
    sql.execute("DELETE FROM pages WHERE article = ?", (article.id,))
    sql.execute("DELETE FROM unread_pages WHERE article = ?", (article.id,))
    sql.executemany(
        "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
        [(shingle, article.id) for shingle in change.shingles],
    )
    queue_for_index(sql, [article.id])


def queue_for_index(sql: sqlite3.Connection, articles: Iterable[int]) -> None:
    """Queue articles for the index: it adds them, or removes those that are gone."""
    sql.executemany("INSERT INTO outbox (article) VALUES (?)", [(id,) for id in articles])


def count(sql: sqlite3.Connection, feed: int, more: int) -> None:
    """Add to the number of articles of a feed."""
    sql.execute("UPDATE feeds SET articles = articles + ? WHERE number = ?", (more, feed))


# --- articles that expire ---

_TABLES = ("versions", "pages", "unread_pages", "carriers", "named", "latency")


def select_expiring(
    sql: sqlite3.Connection,
    before: Timestamp,
    spared: RetentionExceptions,
    after: tuple[Timestamp, int],
    limit: int,
) -> list[ExpiringArticle]:
    """Return articles first seen before then, from `after` on: by when, then by id."""
    condition, values = _is_spared(spared, before)
    found = sql.execute(
        "SELECT a.id, a.seen, length(a.title) + length(a.summary) + length(a.body),"
        f" {condition} FROM articles a WHERE (a.seen, a.id) > (?, ?) AND a.seen < ?"
        " ORDER BY a.seen, a.id LIMIT ?",
        (*values, *after, before, limit),
    )
    return [
        ExpiringArticle(id=id, seen=seen, characters=characters, spared=bool(is_spared))
        for id, seen, characters, is_spared in found
    ]


def drop(sql: sqlite3.Connection, log: EvidenceLog, articles: Collection[int]) -> None:
    """Drop articles with their alerts; their keys are kept, and the index is updated later."""
    change_in(
        sql,
        "INSERT INTO dropped SELECT id, feed, canonical, fingerprint FROM articles"
        " WHERE id IN ({})",
        articles,
    )
    by_feed = select_in(
        sql, "SELECT feed, count(*) FROM articles WHERE id IN ({}) GROUP BY feed", articles
    )
    for feed, number in list(by_feed):
        count(sql, feed, -number)
    alerts = select_in(sql, "SELECT id FROM alerts WHERE article IN ({})", articles)
    drop_alerts(sql, log, [id for (id,) in alerts])
    for table in _TABLES:
        change_in(sql, f"DELETE FROM {table} WHERE article IN ({{}})", articles)
    change_in(sql, "DELETE FROM crossings WHERE later IN ({})", articles)
    change_in(sql, "DELETE FROM articles WHERE id IN ({})", articles)
    queue_for_index(sql, articles)


def _is_spared(spared: RetentionExceptions, before: Timestamp) -> tuple[str, list[Any]]:
    """Return the expression that says whether an article is to be kept, and its values."""
    feeds = sorted(spared.feeds)
    conditions = [
        f"a.feed IN ({marks(len(feeds))})",
        "EXISTS (SELECT 1 FROM carriers c WHERE c.article = a.id"
        f" AND c.feed IN ({marks(len(feeds))}))",
    ]
    values: list[Any] = [*feeds, *feeds]
    if spared.alerts:
        conditions.append("EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id)")
    else:
        names = sorted(spared.watchlists)
        conditions.append(
            "EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id AND (al.starred"
            f" OR al.watchlist IN ({marks(len(names))}) OR EXISTS (SELECT 1 FROM alerts m"
            " JOIN articles copy ON copy.id = m.article"
            " WHERE m.merged_into = al.id AND copy.seen >= ?)))"
        )
        values += [*names, before]
    return " OR ".join(conditions), values
