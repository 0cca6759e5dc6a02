"""Articles: written, dropped, and what viewers read of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from index.article import PARTS, Article, Timestamp
from monitor.model.alert import NOBODY_ELSE
from monitor.model.article import ArticleDetails, Version
from monitor.model.event_link import EventLink, StoredVector, Surety, Unencoded
from monitor.store.sqlite.alert_views import SqliteAlertViews, story_timelines, watchlist_names
from monitor.store.sqlite.connection import StoreConnection, change_in, marks, select_in

if TYPE_CHECKING:  # what viewers do not need takes a tenth of a second to import
    from monitor.model.config import ExpiringArticle, RetentionExceptions
    from monitor.model.event_link import EncodedBatch
    from monitor.model.poll import ArticleChange, Sighting

ARTICLE = (
    "a.id, a.feed, a.url, a.title, a.summary, a.body, a.author, a.lang, a.published, a.seen,"
    " a.story, (SELECT group_concat(c.feed) FROM carriers c WHERE c.article = a.id), a.outlet"
)


def insert(sql: sqlite3.Connection, feed: int, changes: Sequence[ArticleChange]) -> None:
    """Store new articles of a feed, with their shingles and names; the index is updated later."""
    sql.executemany(
        "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
        " author, lang, published, seen, story, copy_of, shingle_count, outlet, outlet_url)"
        f" VALUES ({marks(17)})",
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
                change.article.outlet,
                change.outlet_url,
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
    save_links(
        sql,
        [
            EventLink(change.article.id, change.perhaps, Surety.NAMES)
            for change in changes
            if change.perhaps is not None
        ],
    )


def save_links(sql: sqlite3.Connection, links: Iterable[EventLink]) -> None:
    """Store links of articles; one that is there already gets no less sure."""
    sql.executemany(
        "INSERT INTO event_links VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET surety = max(surety, excluded.surety)",
        links,
    )


def save_encoded(sql: sqlite3.Connection, batch: EncodedBatch) -> None:
    """Store vectors and links of articles that are still there.

    Links by names are dropped where both articles have a vector now: vectors know better.
    """
    ids = [one.article for one in batch.articles]
    sql.executemany(
        "INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM articles WHERE id = ?",
        [(one.version, one.vector, one.article) for one in batch.articles],
    )
    change_in(
        sql,
        "DELETE FROM event_links WHERE surety = 0 AND (later IN ({0}) OR earlier IN ({0}))"
        " AND EXISTS (SELECT 1 FROM vectors WHERE article = later AND vector <> x'')"
        " AND EXISTS (SELECT 1 FROM vectors WHERE article = earlier AND vector <> x'')",
        ids,
    )
    there = {
        id
        for (id,) in select_in(
            sql,
            "SELECT id FROM articles WHERE id IN ({0})",
            {article for link in batch.links for article in (link.later, link.earlier)},
        )
    }
    save_links(sql, [one for one in batch.links if {one.later, one.earlier} <= there])


def insert_entries(
    sql: sqlite3.Connection, feed: int, entries: Iterable[tuple[str, int, bytes, bytes]]
) -> None:
    """Store under which id a feed published which article: (guid, article, fingerprint, parts)."""
    sql.executemany(
        "INSERT INTO entries (feed, guid, article, fingerprint, parts) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET article = excluded.article,"
        " fingerprint = excluded.fingerprint, parts = excluded.parts",
        [(feed, *entry) for entry in entries],
    )


def insert_sighting(sql: sqlite3.Connection, feed: int, sighting: Sighting, now: Timestamp) -> None:
    """Store that a feed carries a known article, or carries it under a new id or link."""
    if sighting.reissued:
        sql.execute("DELETE FROM entries WHERE feed = ? AND article = ?", (feed, sighting.article))
    said = (sighting.guid, sighting.article, sighting.fingerprint, sighting.parts)
    insert_entries(sql, feed, [said])
    insert_link(sql, sighting.article, sighting.canonical)
    if insert_carrier(sql, feed, sighting.article, now):
        queue_for_index(sql, [sighting.article])


def insert_carrier(sql: sqlite3.Connection, feed: int, article: int, now: Timestamp) -> bool:
    """Store that a feed carries an article of another one; return whether that is new."""
    carried = sql.execute(
        "INSERT OR IGNORE INTO carriers SELECT id, ?, ? FROM articles WHERE id = ? AND feed <> ?",
        (feed, now, article, feed),
    )
    return carried.rowcount > 0


MOST_LINKS = 8
"""Further links of an article that are kept: some feeds give it another one at each poll."""


def insert_link(sql: sqlite3.Connection, article: int, canonical: str) -> None:
    """Store a further link of an article."""
    if canonical:
        sql.execute(
            "INSERT OR IGNORE INTO links SELECT ?1, id FROM articles WHERE id = ?2"
            " AND canonical <> ?1 AND (SELECT count(*) FROM links WHERE article = ?2) < ?3",
            (canonical, article, MOST_LINKS),
        )


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


def set_aside(sql: sqlite3.Connection, changes: Iterable[ArticleChange], now: Timestamp) -> None:
    """Store which articles were not matched; one that is matched now is set aside no more."""
    changes = list(changes)
    sql.executemany(
        "DELETE FROM set_aside WHERE article = ? AND step = 'matching'",
        [(change.article.id,) for change in changes if not (change.new or change.unmatched)],
    )
    sql.executemany(
        "INSERT OR REPLACE INTO set_aside VALUES (?, 'matching', ?, ?)",
        [(change.article.id, change.unmatched, now) for change in changes if change.unmatched],
    )


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

_TABLES = (
    *("versions", "pages", "unread_pages", "carriers", "named", "latency", "links"),
    *("vectors", "set_aside"),
)


def select_expiring(
    sql: sqlite3.Connection,
    before: Timestamp,
    spared: RetentionExceptions,
    after: tuple[Timestamp, int],
    limit: int,
) -> list[ExpiringArticle]:
    """Return articles first seen before then, from `after` on: by when, then by id."""
    from monitor.model.config import ExpiringArticle

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


def drop(sql: sqlite3.Connection, articles: Collection[int]) -> None:
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


_VECTOR = (
    "a.id, a.story, a.lang, min(coalesce(a.published, a.seen), a.seen),"
    " coalesce(nullif(a.outlet_url, ''), a.url), f.url, coalesce(v.vector, x'')"
    " FROM articles a JOIN feeds f ON f.number = a.feed LEFT JOIN vectors v ON v.article = a.id"
)


class SqliteArticleViews:
    """See `ArticleViews`."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._alerts = SqliteAlertViews(connection)

    def get(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        found = {
            row[0]: article_of(row)
            for row in self._connection.select_in(
                f"SELECT {ARTICLE} FROM articles a WHERE a.id IN ({{0}})", ids
            )
        }
        return [found[id] for id in ids if id in found]

    def between(
        self, after: int, upto: int, *, since: Timestamp | None = None, limit: int | None = None
    ) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy."""
        found = self._connection.read(
            f"SELECT a.copy_of, {ARTICLE} FROM articles a WHERE a.id > ? AND a.id <= ?"
            " AND min(coalesce(a.published, a.seen), a.seen) >= ? ORDER BY a.id LIMIT ?",
            (
                after,
                upto,
                float("-inf") if since is None else since,
                -1 if limit is None else limit,
            ),
        )
        return [(article_of(row), copy_of) for copy_of, *row in found]

    def unencoded(
        self, limit: int, *, since: Timestamp | None = None, before: int | None = None
    ) -> list[Unencoded]:
        """Return articles without a vector of their present text, the newest first."""
        oldest = 0
        if since is not None:
            ((oldest,),) = self._connection.read(
                "SELECT coalesce(min(id), 1 << 62) FROM articles INDEXED BY articles_by_seen"
                " WHERE seen >= ?",
                (since,),
            )
        found = self._connection.read(
            "SELECT a.id, a.version, a.title, CASE a.summary WHEN '' THEN a.body ELSE a.summary END"
            " FROM articles a LEFT JOIN vectors v ON v.article = a.id"
            " WHERE a.id >= ? AND a.id < ? AND (v.article IS NULL OR v.version <> a.version)"
            " AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.article = a.id)"
            " ORDER BY a.id DESC LIMIT ?",
            (oldest, 1 << 62 if before is None else before, limit),
        )
        return [Unencoded(*row) for row in found]

    def vectors(self, also: Collection[int], *, since: Timestamp, limit: int) -> list[StoredVector]:
        """Return the newest articles dated since then that have a vector, or are among some."""
        dated = "a.seen >= ?1 AND min(coalesce(a.published, a.seen), a.seen) >= ?1"
        found = self._connection.read(
            f"SELECT {_VECTOR} WHERE {dated} AND v.vector <> x'' ORDER BY a.id DESC LIMIT ?2",
            (since, limit),
        )
        rows = {row[0]: StoredVector(*row) for row in found}
        for row in self._connection.select_in(f"SELECT {_VECTOR} WHERE a.id IN ({{0}})", also):
            if row[3] >= since:
                rows[row[0]] = StoredVector(*row)
        return [rows[article] for article in sorted(rows)]

    def every_vector(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the next articles above an id that have a vector, with the vectors."""
        return list(
            self._connection.read(
                "SELECT article, vector FROM vectors WHERE article > ? ORDER BY article LIMIT ?",
                (after, limit),
            )
        )

    def ids(
        self,
        *,
        watchlist: str | None = None,
        severity: str | None = None,
        story: int | None = None,
        has: str | None = None,
        merged: bool = False,
    ) -> set[int]:
        """Return ids of the articles for which all that is given holds; something must be given."""
        found = []
        if watchlist is not None or severity is not None or has == "alert":
            found.append(self._with_alert(watchlist, severity))
        if story is not None:
            found.append(self._selected("id = ?1 OR (story = ?1 AND story <> id)", story))
        if has in ("body", "author"):
            found.append(self._selected(f"{has} <> ''"))
        if merged:
            merged_articles = self._connection.read(
                "SELECT article FROM alerts WHERE merged_into IS NOT NULL"
            )
            found.append({id for (id,) in merged_articles})
        return set.intersection(*found)

    def details(self, article: int) -> ArticleDetails | None:
        """Return an article with all that is known of it, None if there is none of that id."""
        found = next(self.with_alerts([article]), None)
        if found is None:
            return None
        from monitor.store.sqlite.deliveries import SqliteDeliveryViews
        from monitor.store.sqlite.triage import SqliteTriageViews

        others = self._others(found.article)
        timelines = story_timelines(self._connection, [article])
        trouble, retry = self._page_trouble(article)
        raised = [alert.id for alert in found.alerts]
        decisions = {id: SqliteTriageViews(self._connection).decisions(id) for id in raised}
        return ArticleDetails(
            article=found.article,
            feed=found.feed,
            alerts=found.alerts,
            versions=found.versions,
            others=others if len(others) > 1 else (),
            telling=timelines.get(article, NOBODY_ELSE),
            merged=self._alerts.merged([alert.id for alert in found.alerts]),
            page_trouble=trouble,
            page_retry=retry,
            limits=tuple(self._limits(found.article)),
            decisions={id: made[-1] for id, made in decisions.items() if made},
            deliveries=SqliteDeliveryViews(self._connection).of_alerts(raised),
        )

    def with_alerts(self, ids: Iterable[int]) -> Iterator[ArticleDetails]:
        """Yield articles with their alerts and matches; unknown ids are left out."""
        for id in ids:
            for version, feed, *row in self._connection.read(
                f"SELECT a.version, coalesce(f.name, '?'), {ARTICLE} FROM articles a"
                " LEFT JOIN feeds f ON f.number = a.feed WHERE a.id = ?",
                (id,),
            ):
                raised = self._connection.read("SELECT id FROM alerts WHERE article = ?", (id,))
                yield ArticleDetails(
                    article=article_of(row),
                    feed=feed,
                    alerts=tuple(self._alerts.get([alert for (alert,) in raised], matches=True)),
                    versions=version,
                )

    def set_aside(self) -> int:
        """Return how many articles exceeded the limits of matching or indexing."""
        return self._connection.number("SELECT count(DISTINCT article) FROM set_aside")

    def revisions(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; the last is its own."""
        found = self._connection.read(
            "SELECT version, title, summary, body, until FROM versions WHERE article = ?1"
            " UNION ALL SELECT version, title, summary, body, NULL FROM articles WHERE id = ?1"
            " ORDER BY version",
            (article,),
        )
        return [Version(*row) for row in found]

    def _with_alert(self, watchlist: str | None, severity: str | None) -> set[int]:
        query, values = "SELECT article FROM alerts WHERE article IS NOT NULL", list[str]()
        if severity is not None:
            query += " AND severity = ?"
            values.append(severity)
        if watchlist is not None:
            names = watchlist_names(self._connection, [watchlist])
            query += f" AND watchlist IN ({marks(len(names))})"
            values += names
        return {id for (id,) in self._connection.read(query, values)}

    def _selected(self, condition: str, *values: int) -> set[int]:
        found = self._connection.read(f"SELECT id FROM articles WHERE {condition}", values)
        return {id for (id,) in found}

    def _others(self, article: Article) -> tuple[tuple[str, Timestamp], ...]:
        """Return the feeds that had the same story and when, the first one first."""
        found = self._connection.read(
            "SELECT coalesce(nullif(x.outlet, ''), f.name), min(x.seen) FROM ("
            " SELECT feed, seen, outlet FROM articles"
            "  WHERE id = ?1 OR (story = ?1 AND story <> id)"
            " UNION ALL SELECT c.feed, c.seen, '' FROM carriers c WHERE c.article = ?2"
            ") x JOIN feeds f ON f.number = x.feed GROUP BY 1 ORDER BY 2, f.number",
            (article.story, article.id),
        )
        return tuple((name, seen) for name, seen in found)

    def _limits(self, article: Article) -> Iterator[str]:
        """Yield what of an article is not matched or not searched."""
        from index.analysis.tokenizer import MAX_WORDS, readable

        named = {"matching": "not matched", "indexing": "its text is not searched"}
        for step, reason in self._connection.read(
            "SELECT step, reason FROM set_aside WHERE article = ? ORDER BY step DESC", (article.id,)
        ):
            yield f"{named[step]}: {reason}"
        for part in PARTS:
            if len(readable(article.part(part))) < len(article.part(part)):
                yield f"only the first {MAX_WORDS:,} words of its {part} are matched and searched"

    def _page_trouble(self, article: int) -> tuple[str, Timestamp | None]:
        """Return why an article's page was not read, and when it is tried again (None: never)."""
        found = self._connection.read(
            "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
            " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
            (article,),
        )
        return next(((reason, due) for reason, due in found), ("", None))


def article_of(row: Sequence[Any]) -> Article:
    """Return the article of a row of `ARTICLE` columns."""
    others = () if row[11] is None else tuple(map(int, str(row[11]).split(",")))
    return Article(
        id=row[0],
        feeds=(row[1], *others),
        url=row[2],
        title=row[3],
        summary=row[4],
        body=row[5],
        author=row[6],
        lang=row[7],
        published=row[8],
        seen=row[9],
        story=row[10],
        outlet=row[12],
    )
