"""Articles: their rows, written, queued, and dropped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from monitor.base.article import Article, Timestamp
from monitor.base.translation import coded
from monitor.model.event_link import EncodedBatch, EventLink, Surety
from monitor.storage.store.database.connection import (
    Connection,
    Row,
    change_in,
    select_in,
    upsert,
)

if TYPE_CHECKING:  # viewers do not need it, and it takes a tenth of a second to import
    from monitor.model.poll import ArticleChange, Entry, Sighting


_ARTICLE = (
    *("id", "url", "title", "summary", "body", "author", "lang", "published", "seen", "story"),
    "outlet",
)


_article_values = attrgetter(*_ARTICLE)
_change_values = attrgetter("entry.canonical", "entry.fingerprint", "copy_of", "outlet_url")


def article_columns(sql: Connection) -> str:
    """Return the columns of an article `a`, as `article_of` reads them."""
    carriers = f"SELECT {sql.joined('c.feed')} FROM carriers c WHERE c.article = a.id"
    return f"{', '.join(f'a.{name}' for name in _ARTICLE)}, a.feed, ({carriers}) AS carriers"


def article_of(row: Row) -> Article:
    """Return the article of a row with `article_columns`."""
    carriers = row["carriers"]
    carrier_feeds = () if carriers is None else tuple(map(int, str(carriers).split(",")))
    return Article(  # field by field: half the time of a mapping, where thousands are read
        id=row["id"],
        feeds=(row["feed"], *carrier_feeds),
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        author=row["author"],
        lang=row["lang"],
        published=row["published"],
        seen=row["seen"],
        story=row["story"],
        outlet=row["outlet"],
    )


def insert(sql: Connection, feed: int, changes: Sequence[ArticleChange]) -> None:
    """Store new articles of a feed, with their shingles and names; the index is updated later."""
    sql.insert(
        "articles",
        f"{', '.join(_ARTICLE)}, feed, canonical, fingerprint, copy_of, outlet_url, shingle_count",
        [
            (*_article_values(change.article), feed, *_change_values(change), len(change.shingles))
            for change in changes
        ],
    )
    sql.insert(
        "shingles",
        "shingle, article",
        [(shingle, change.article.id) for change in changes for shingle in change.shingles],
        or_ignore=True,
    )
    insert_names(sql, changes)
    queue_for_index(sql, [change.article.id for change in changes])


def insert_names(sql: Connection, changes: Iterable[ArticleChange]) -> None:
    """Store the names of new articles, and links to articles with the same names."""
    changes = list(changes)
    names_of = [(change.article.id, change.names) for change in changes if change.names.groups]
    sql.executemany(
        upsert("named", "article, lang, date, names", "article"),
        [(id, names.lang, names.date, names.encoded) for id, names in names_of],
    )
    sql.insert(
        "names",
        "name, lang, article",
        [(word, names.lang, id) for id, names in names_of for word in names.words],
        or_ignore=True,
    )
    save_links(
        sql,
        [
            EventLink(change.article.id, change.perhaps, Surety.NAMES)
            for change in changes
            if change.perhaps is not None
        ],
    )


def save_links(sql: Connection, links: Iterable[EventLink]) -> None:
    """Store links of articles; a stored link never becomes less sure."""
    sql.executemany(
        "INSERT INTO event_links VALUES (?, ?, ?)"
        " ON CONFLICT (later, earlier) DO UPDATE SET surety = excluded.surety"
        " WHERE excluded.surety > event_links.surety",
        links,
    )


def save_encoded(sql: Connection, batch: EncodedBatch) -> None:
    """Store vectors and links of articles that still exist.

    Links by names are dropped where both articles have a vector now: vectors are more reliable.
    """
    ids = [encoded.article for encoded in batch.articles]
    sql.executemany(
        "INSERT INTO vectors SELECT id, ?, ? FROM articles WHERE id = ? ON CONFLICT (article)"
        " DO UPDATE SET version = excluded.version, vector = excluded.vector",
        [(encoded.version, encoded.vector, encoded.article) for encoded in batch.articles],
    )
    change_in(
        sql,
        "DELETE FROM event_links WHERE surety = 0 AND (later IN ({0}) OR earlier IN ({0}))"
        " AND EXISTS (SELECT 1 FROM vectors WHERE article = later AND length(vector) > 0)"
        " AND EXISTS (SELECT 1 FROM vectors WHERE article = earlier AND length(vector) > 0)",
        ids,
    )
    stored_ids = {
        id
        for (id,) in select_in(
            sql,
            "SELECT id FROM articles WHERE id IN ({0})",
            {article for link in batch.links for article in (link.later, link.earlier)},
        )
    }
    save_links(sql, [link for link in batch.links if {link.later, link.earlier} <= stored_ids])


def insert_entries(sql: Connection, feed: int, entries: Iterable[tuple[int, Entry]]) -> None:
    """Store the entries of a feed, each with the id of its article."""
    sql.executemany(
        "INSERT INTO entries (feed, guid, article, fingerprint, parts) VALUES (?, ?, ?, ?, ?)"
        f" ON CONFLICT ({sql.entry_key}) DO UPDATE SET article = excluded.article,"
        " fingerprint = excluded.fingerprint, parts = excluded.parts",
        [(feed, entry.key, id, entry.fingerprint, entry.parts) for id, entry in entries],
    )


def insert_sighting(sql: Connection, feed: int, sighting: Sighting, now: Timestamp) -> None:
    """Store that a feed carries a known article, or carries it under a new id or link."""
    if sighting.reissued:
        sql.execute("DELETE FROM entries WHERE feed = ? AND article = ?", (feed, sighting.article))
    insert_entries(sql, feed, [(sighting.article, sighting.entry)])
    insert_link(sql, sighting.article, sighting.entry.canonical)
    if insert_carrier(sql, feed, sighting.article, now):
        queue_for_index(sql, [sighting.article])


def insert_carrier(sql: Connection, feed: int, article: int, now: Timestamp) -> bool:
    """Store that a feed carries an article of another feed; return whether that is new."""
    cursor = sql.execute(
        "INSERT INTO carriers SELECT id, ?, ? FROM articles WHERE id = ? AND feed <> ?"
        " ON CONFLICT DO NOTHING",
        (feed, now, article, feed),
    )
    return bool(cursor.rowcount > 0)


MAX_LINKS = 8
"""Most further addresses kept of an article: some feeds give it a new one at each poll."""


def insert_link(sql: Connection, article: int, canonical: str) -> None:
    """Store a further address of an article."""
    if canonical:
        sql.execute(
            "INSERT INTO links SELECT ?1, id FROM articles WHERE id = ?2"
            " AND canonical <> ?1 AND (SELECT count(*) FROM links WHERE article = ?2) < ?3"
            " ON CONFLICT DO NOTHING",
            (canonical, article, MAX_LINKS),
        )


def replace_text(sql: Connection, article: Article, now: Timestamp) -> None:
    """Store an edited text; the earlier text becomes a revision."""
    sql.execute(
        "INSERT INTO versions SELECT id, version, title, summary, body, ? FROM articles"
        " WHERE id = ?",
        (now, article.id),
    )
    sql.execute(
        "UPDATE articles SET url = ?, title = ?, summary = ?, body = ?, author = ?, lang = ?,"
        " version = version + 1 WHERE id = ?",
        (article.url, *article.texts, article.lang, article.id),
    )
    queue_for_index(sql, [article.id])


def set_aside(sql: Connection, changes: Iterable[ArticleChange], now: Timestamp) -> None:
    """Store the articles that were not matched; articles that are matched by now are removed."""
    changes = list(changes)
    sql.executemany(
        "DELETE FROM set_aside WHERE article = ? AND step = 'matching'",
        [(change.article.id,) for change in changes if not (change.new or change.unmatched)],
    )
    sql.executemany(
        upsert("set_aside", "article, step, reason, at", "article, step"),
        [
            (change.article.id, "matching", coded(change.unmatched), now)
            for change in changes
            if change.unmatched
        ],
    )


def queue_pages(
    sql: Connection,
    changes: Iterable[ArticleChange],
    now: Timestamp,
    bucket_of: Callable[[str], int],
) -> None:
    """Queue the pages of articles that need their text, each in the bucket of its own site."""
    sql.executemany(
        upsert("pages", "article, due, attempts, reason, backfill, bucket", "article"),
        [
            (change.article.id, now, 0, "", change.backfill, bucket_of(change.article.url))
            for change in changes
            if change.wants_page
        ],
    )


def save_page_text(sql: Connection, change: ArticleChange) -> None:
    """Store the headline and text of the page of an article, and its story with that text."""
    article, size = change.article, len(change.shingles)
    sql.execute(
        "UPDATE articles SET title = ?7, body = ?1, lang = ?2, story = ?3, copy_of = ?4,"
        " shingle_count = CASE WHEN shingle_count > ?5 THEN shingle_count ELSE ?5 END"
        " WHERE id = ?6",
        (
            *(article.body, article.lang, article.story, change.copy_of, size),
            *(article.id, article.title),
        ),
    )
    sql.execute("DELETE FROM pages WHERE article = ?", (article.id,))
    sql.execute("DELETE FROM unread_pages WHERE article = ?", (article.id,))
    sql.insert(
        "shingles",
        "shingle, article",
        [(shingle, article.id) for shingle in change.shingles],
        or_ignore=True,
    )
    queue_for_index(sql, [article.id])


def queue_for_index(sql: Connection, articles: Iterable[int]) -> None:
    """Queue articles for the index, to add them, or to remove those that were dropped."""
    rows = [(id,) for id in articles]
    sql.insert("outbox", "article", rows)
    if sql.is_shared:
        sql.executemany(
            "INSERT INTO index_changes SELECT article, max(ticket) FROM outbox WHERE article = ?"
            " GROUP BY article ON CONFLICT (article) DO UPDATE SET number = excluded.number",
            rows,
        )


def count(sql: Connection, feed: int, number: int) -> None:
    """Add to the number of articles of a feed."""
    sql.execute("UPDATE feeds SET articles = articles + ? WHERE number = ?", (number, feed))


# --- articles that expire ---

_TABLES = (
    *("versions", "pages", "unread_pages", "carriers", "named", "latency", "links"),
    *("vectors", "set_aside"),
)


def drop(sql: Connection, articles: Collection[int]) -> None:
    """Drop articles without alerts; their keys are kept, and the index is updated later."""
    change_in(
        sql,
        "INSERT INTO dropped SELECT id, feed, canonical, fingerprint FROM articles"
        " WHERE id IN ({0})",
        articles,
    )
    by_feed = select_in(
        sql, "SELECT feed, count(*) FROM articles WHERE id IN ({0}) GROUP BY feed", articles
    )
    for feed, number in list(by_feed):
        count(sql, feed, -number)
    for table in _TABLES:
        change_in(sql, f"DELETE FROM {table} WHERE article IN ({{0}})", articles)
    change_in(sql, "DELETE FROM event_links WHERE later IN ({0})", articles)
    change_in(sql, "DELETE FROM event_links WHERE earlier IN ({0})", articles)
    change_in(sql, "DELETE FROM articles WHERE id IN ({0})", articles)
    queue_for_index(sql, articles)
