"""What viewers and the monitor read of articles: texts, stories, vectors, revisions, details."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from index.analysis.tokenizer import MAX_WORDS, readable
from monitor.base.article import PARTS, Article, Timestamp
from monitor.base.translation import gettext as _, mark, number, shown
from monitor.model.alert import NOBODY_ELSE, EscalatedAlert
from monitor.model.article import ArticleDetails, ArticleOrigin, Version
from monitor.model.config import ExpiringArticle, RetentionExceptions
from monitor.model.event_link import LEAD, StoredVector, Unencoded
from monitor.storage.store.database.connection import UNBOUNDED, StoreConnection, StoreViews, marks
from monitor.storage.store.sql.alert_views import (
    ORIGIN,
    AlertViews,
    story_timelines,
    watchlist_names,
)
from monitor.storage.store.sql.articles import article_columns, article_of

DATE = "CASE WHEN a.published < a.seen THEN a.published ELSE a.seen END"
"""The date of an article: that of its publisher, unless it lies after its arrival."""
_VECTOR = (
    f"a.id, a.story, a.lang, {DATE}, coalesce(nullif(a.outlet_url, ''), a.url), f.url, v.vector,"
    " coalesce(n.names, '[]')"
    " FROM articles a JOIN feeds f ON f.number = a.feed LEFT JOIN vectors v ON v.article = a.id"
    " LEFT JOIN named n ON n.article = a.id"
)


class ArticleViews(StoreViews):
    """Articles by id or by their alerts, and their revisions."""

    def get(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        articles = {
            row["id"]: article_of(row)
            for row in self._connection.rows_in(
                f"SELECT {article_columns(self._connection.sql)} FROM articles a"
                " WHERE a.id IN ({0})",
                ids,
            )
        }
        return [articles[id] for id in ids if id in articles]

    def linked(self, ids: Sequence[int]) -> set[int]:
        """Return the articles that are linked to these as one event, or tell the same story."""
        rows = self._connection.rows_in(
            "SELECT later AS id FROM event_links WHERE earlier IN ({0})"
            " UNION SELECT earlier FROM event_links WHERE later IN ({0})"
            " UNION SELECT id FROM articles WHERE story IN"
            " (SELECT story FROM articles WHERE id IN ({0}))",
            ids,
        )
        return {row["id"] for row in rows}

    def origins(self, ids: Sequence[int]) -> list[ArticleOrigin]:
        """Return the origins of these articles in the order asked; unknown ids are left out."""
        origins = {
            row["article"]: ArticleOrigin(**row)
            for row in self._connection.rows_in(
                f"SELECT {ORIGIN} FROM articles a JOIN feeds f ON f.number = a.feed"
                " WHERE a.id IN ({0})",
                ids,
            )
        }
        return [origins[id] for id in ids if id in origins]

    def between(self, after: int, last_id: int, *, limit: int) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy.

        Their ids are above `after`, and at most `last_id`.
        """
        rows = self._connection.rows(
            f"SELECT a.copy_of, {article_columns(self._connection.sql)} FROM articles a"
            " WHERE a.id > ? AND a.id <= ? ORDER BY a.id LIMIT ?",
            (after, last_id, limit),
        )
        return [(article_of(row), row["copy_of"]) for row in rows]

    def dates(self, since: Timestamp | None) -> dict[int, Timestamp]:
        """Return the dates of all articles, or of those dated since then, by id."""
        first = float("-inf") if since is None else since
        return dict(
            self._connection.read(
                f"SELECT id, {DATE} FROM articles a WHERE seen >= ?1 AND {DATE} >= ?1", (first,)
            )
        )

    def seen_since(self, since: Timestamp) -> int:
        """Return the lowest id of the articles first seen since then; without any, an id above all.

        All articles dated since then are among them.
        """
        ((oldest,),) = self._connection.read(
            f"SELECT coalesce(min(id), {UNBOUNDED}) FROM articles"
            f" {self._connection.sql.indexed_by('articles_by_seen')}"
            " WHERE seen >= ?",
            (since,),
        )
        return int(oldest)

    def arrived(self, since: Timestamp) -> int:
        """Return the number of articles first seen since then."""
        query = "SELECT count(*) FROM articles WHERE seen >= ?"
        ((count,),) = self._connection.read(query, (since,))
        return int(count)

    def without_alert(
        self, *, after: int = 0, before: int = UNBOUNDED, limit: int = UNBOUNDED
    ) -> list[EscalatedAlert]:
        """Return the newest articles between two ids that raised no alert, the oldest first.

        Each has its place among the alerts: above those that there were when it was first seen.
        """
        rows = self._connection.read(
            "SELECT coalesce((SELECT n.id FROM alerts n WHERE n.raised_at <= a.seen"
            "  ORDER BY n.raised_at DESC, n.id DESC LIMIT 1), 0), a.id, -a.id"
            " FROM articles a WHERE a.id > ? AND a.id < ?"
            " AND NOT EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id)"
            " ORDER BY a.id DESC LIMIT ?",
            (after, before, limit),
        )
        return [EscalatedAlert(*row) for row in rows][::-1]

    def unencoded(
        self, limit: int = 0, *, since: float = 0.0, before: int = 0, apart: Sequence[int] = ()
    ) -> list[Unencoded]:
        """Return articles without a vector of their present text, the newest first.

        They are first seen since a time, have an id below `before`, and are not of feeds set apart;
        0 is no bound. Those whose page is still to be read, or that were not matched, are left out.
        """
        oldest = self.seen_since(since) if since else 0
        rows = self._connection.read(
            "SELECT a.id, a.version, a.title,"
            f" substr(CASE a.summary WHEN '' THEN a.body ELSE a.summary END, 1, {LEAD}), a.feed"
            " FROM articles a LEFT JOIN vectors v ON v.article = a.id"
            " WHERE a.id >= ? AND a.id < ? AND (v.article IS NULL OR v.version <> a.version)"
            " AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.article = a.id)"
            " AND NOT EXISTS (SELECT 1 FROM set_aside s WHERE s.article = a.id"
            " AND s.step = 'matching')"
            f" AND a.feed NOT IN ({marks(1 + len(apart))}) ORDER BY a.id DESC LIMIT ?",
            (oldest, before or UNBOUNDED, 0, *apart, limit or UNBOUNDED),
        )
        return [Unencoded(*row) for row in rows]

    def vectors(self, ids: Collection[int], *, since: Timestamp, limit: int) -> list[StoredVector]:
        """Return articles dated since then with their vectors, in the order of their ids.

        Args:
            ids: Articles to include even without a vector.
            since: The earliest date.
            limit: The most articles with a vector; older ones are left out.
        """
        dated = f"a.seen >= ?1 AND {DATE} >= ?1"
        rows = self._connection.read(
            f"SELECT {_VECTOR} WHERE {dated} AND length(v.vector) > 0 ORDER BY a.id DESC LIMIT ?2",
            (since, limit),
        )
        vectors = {row[0]: StoredVector(*row) for row in rows}
        for row in self._connection.select_in(f"SELECT {_VECTOR} WHERE a.id IN ({{0}})", ids):
            if row[3] >= since:
                vectors[row[0]] = StoredVector(*row)
        return [vectors[article] for article in sorted(vectors)]

    def expiring(
        self,
        kept_time: tuple[Timestamp, Timestamp],
        exceptions: RetentionExceptions,
        after: tuple[Timestamp, int],
        limit: int,
    ) -> list[ExpiringArticle]:
        """Return articles first seen before a time and behind `after`, sorted by that time and id.

        An article whose own date is in this time was first seen with a wrong clock.
        """
        before, now = kept_time
        condition, values = _exemption(exceptions, before)
        return self._connection.values(
            ExpiringArticle,
            "SELECT a.id, a.seen,"
            " length(a.title) + length(a.summary) + length(a.body) AS characters,"
            f" coalesce({condition}, FALSE) AS spared FROM articles a"
            " WHERE (a.seen, a.id) > (?, ?) AND a.seen < ?"
            " AND coalesce(a.published, 0) NOT BETWEEN ? AND ? ORDER BY a.seen, a.id LIMIT ?",
            (*values, *after, before, before, now, limit),
        )

    def every_vector(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the next articles above an id that have a vector, with their vectors."""
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
        """Return ids of the articles that satisfy all given conditions, of which there must be one.

        Args:
            watchlist: A watchlist that raised an alert for them.
            severity: The severity of an alert that they raised.
            story: The number of their story.
            has: `alert`, `body` or `author`.
            merged: Whether their alert was merged into that of another article.
        """
        parts, values = [], list[str | int]()
        if watchlist is not None or severity is not None or has == "alert":
            part = "SELECT article FROM alerts WHERE article IS NOT NULL"
            if severity is not None:
                part += " AND severity = ?"
                values.append(severity)
            if watchlist is not None:
                names = watchlist_names(self._connection, [watchlist])
                part += f" AND watchlist IN ({marks(len(names))})"
                values += names
            parts.append(part)
        if story is not None:
            parts.append("SELECT id FROM articles WHERE id = ? OR (story = ? AND story <> id)")
            values += [story, story]
        if has in ("body", "author"):
            parts.append(f"SELECT id FROM articles WHERE {has} <> ''")
        if merged:
            parts.append("SELECT article FROM alerts WHERE merged_into IS NOT NULL")
        return {id for (id,) in self._connection.read(" INTERSECT ".join(parts), values)}

    def details(self, article: int) -> ArticleDetails | None:
        """Return an article with all details of it, None for an unknown id."""
        from monitor.storage.store.sql.deliveries import DeliveryViews
        from monitor.storage.store.sql.triage import TriageViews

        connection = self._connection
        details = next(self.with_alerts([article]), None)
        if details is None:
            return None
        carriers = _carriers(connection, details.article)
        timelines = story_timelines(connection, [article])
        trouble, retry = _page_trouble(connection, article)
        alert_ids = [alert.id for alert in details.alerts]
        decisions = {id: TriageViews(connection).decisions(id) for id in alert_ids}
        return replace(
            details,
            others=carriers if len(carriers) > 1 else (),
            timeline=timelines.get(article, NOBODY_ELSE),
            merged=AlertViews(connection).merged(alert_ids),
            page_trouble=trouble,
            page_retry=retry,
            limits=tuple(_limits(connection, details.article)),
            decisions={id: history[-1] for id, history in decisions.items() if history},
            deliveries=DeliveryViews(connection).of_alerts(alert_ids),
        )

    def with_alerts(self, ids: Iterable[int]) -> Iterator[ArticleDetails]:
        """Yield articles with their alerts and matches; unknown ids are left out."""
        connection, alerts = self._connection, AlertViews(self._connection)
        for id in ids:
            for row in connection.rows(
                f"SELECT a.version, f.name AS feed_name, {article_columns(connection.sql)}"
                " FROM articles a LEFT JOIN feeds f ON f.number = a.feed WHERE a.id = ?",
                (id,),
            ):
                alert_rows = connection.read(
                    "SELECT id FROM alerts WHERE article = ? ORDER BY id", (id,)
                )
                yield ArticleDetails(
                    article=article_of(row),
                    feed=row["feed_name"] or "?",
                    alerts=tuple(alerts.get([alert for (alert,) in alert_rows], matches=True)),
                    versions=row["version"],
                )

    def revisions(self, article: int) -> list[Version]:
        """Return all versions of the text of an article, the oldest first."""
        texts = "version AS number, title, summary, body"
        return self._connection.values(
            Version,
            f"SELECT {texts}, until FROM versions WHERE article = ?1"
            f" UNION ALL SELECT {texts}, NULL FROM articles WHERE id = ?1 ORDER BY number",
            (article,),
        )


_NOT_MATCHED = mark("not matched: {reason}")
_NOT_SEARCHED = mark("its text is not searched: {reason}")
_CUT = {
    "title": mark("only the first {most} words of its title are matched and searched"),
    "summary": mark("only the first {most} words of its summary are matched and searched"),
    "body": mark("only the first {most} words of its body are matched and searched"),
    "author": mark("only the first {most} words of its author are matched and searched"),
}


def _carriers(connection: StoreConnection, article: Article) -> tuple[tuple[str, Timestamp], ...]:
    """Return the feeds that carried the story of an article, and when, the first one first."""
    rows = connection.read(
        "SELECT coalesce(nullif(x.outlet, ''), f.name), min(x.seen) FROM ("
        " SELECT feed, seen, outlet FROM articles"
        "  WHERE id = ?1 OR (story = ?1 AND story <> id)"
        " UNION ALL SELECT c.feed, c.seen, '' FROM carriers c WHERE c.article = ?2"
        ") x JOIN feeds f ON f.number = x.feed GROUP BY 1 ORDER BY 2, min(f.number)",
        (article.story, article.id),
    )
    return tuple((name, seen_at) for name, seen_at in rows)


def _limits(connection: StoreConnection, article: Article) -> Iterator[str]:
    """Yield a sentence for each part of an article that is not matched or not searched."""
    messages = {"matching": _NOT_MATCHED, "indexing": _NOT_SEARCHED}
    for step, reason in connection.read(
        "SELECT step, reason FROM set_aside WHERE article = ? ORDER BY step DESC", (article.id,)
    ):
        yield _(messages[step], reason=shown(reason))
    for part in PARTS:
        if len(readable(article.part(part))) < len(article.part(part)):
            yield _(_CUT[part], most=number(MAX_WORDS))


def _page_trouble(connection: StoreConnection, article: int) -> tuple[str, Timestamp | None]:
    """Return the reason why the page of an article was not read, and the time of the next try."""
    rows = connection.read(
        "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
        " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
        (article,),
    )
    return next(((shown(reason), due) for reason, due in rows), ("", None))


def _exemption(exceptions: RetentionExceptions, before: Timestamp) -> tuple[str, list[Any]]:
    """Return the SQL condition for articles to keep, and its values."""
    feeds = sorted(exceptions.feeds)
    conditions = [
        f"a.feed IN ({marks(len(feeds))})",
        "EXISTS (SELECT 1 FROM carriers c WHERE c.article = a.id"
        f" AND c.feed IN ({marks(len(feeds))}))",
    ]
    values: list[Any] = [*feeds, *feeds]
    if exceptions.alerts:
        conditions.append("EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id)")
    else:
        names = sorted(exceptions.watchlists)
        conditions.append(
            "EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id AND (al.starred"
            f" OR al.watchlist IN ({marks(len(names))}) OR EXISTS (SELECT 1 FROM alerts m"
            " JOIN articles copy ON copy.id = m.article"
            " WHERE m.merged_into = al.id AND copy.seen >= ?)))"
        )
        values += [*names, before]
    return " OR ".join(conditions), values
