"""What viewers and the monitor read of articles: texts, stories, vectors, revisions, details."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from index.analysis.tokenizer import MAX_WORDS, readable
from monitor.base.article import PARTS, Article, Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, number
from monitor.model.alert import NOBODY_ELSE
from monitor.model.article import ArticleDetails, ArticleOrigin, Version
from monitor.model.config import ExpiringArticle, RetentionExceptions
from monitor.model.event_link import StoredVector, Unencoded
from monitor.storage.store.database.connection import EVERY, StoreConnection, StoreViews, marks
from monitor.storage.store.sql.alert_views import AlertViews, story_timelines, watchlist_names
from monitor.storage.store.sql.articles import article_columns, article_of

_ORIGIN = "coalesce(nullif(a.outlet_url, ''), a.url), f.url"
DATE = "CASE WHEN a.published < a.seen THEN a.published ELSE a.seen END"
"""When an article is dated: a publisher's date that lies after its arrival is none."""
_VECTOR = (
    f"a.id, a.story, a.lang, {DATE}, {_ORIGIN}, v.vector"
    " FROM articles a JOIN feeds f ON f.number = a.feed LEFT JOIN vectors v ON v.article = a.id"
)


class ArticleViews(StoreViews):
    """Articles by id, by what they raised, and their revisions."""

    def get(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        found = {
            row["id"]: article_of(row)
            for row in self._connection.rows_in(
                f"SELECT {article_columns(self._connection.sql)} FROM articles a"
                " WHERE a.id IN ({0})",
                ids,
            )
        }
        return [found[id] for id in ids if id in found]

    def origins(self, ids: Sequence[int]) -> list[ArticleOrigin]:
        """Return where these articles were published, in the order asked, without unknown ids."""
        found = {
            row[0]: ArticleOrigin(*row)
            for row in self._connection.select_in(
                f"SELECT a.id, {_ORIGIN} FROM articles a JOIN feeds f ON f.number = a.feed"
                " WHERE a.id IN ({0})",
                ids,
            )
        }
        return [found[id] for id in ids if id in found]

    def between(self, after: int, upto: int, *, limit: int) -> list[tuple[Article, int | None]]:
        """Return articles in ingestion order, each with the article of which it is a copy.

        Args:
            after: Above this id.
            upto: Up to this id.
            limit: How many at the most.
        """
        found = self._connection.rows(
            f"SELECT a.copy_of, {article_columns(self._connection.sql)} FROM articles a"
            " WHERE a.id > ? AND a.id <= ? ORDER BY a.id LIMIT ?",
            (after, upto, limit),
        )
        return [(article_of(row), row["copy_of"]) for row in found]

    def dates(self, since: Timestamp | None) -> dict[int, Timestamp]:
        """Return the date of every article, or of those dated since then, by id."""
        first = float("-inf") if since is None else since
        return dict(
            self._connection.read(
                f"SELECT id, {DATE} FROM articles a WHERE seen >= ?1 AND {DATE} >= ?1", (first,)
            )
        )

    def seen_since(self, since: Timestamp) -> int:
        """Return the lowest id of the articles first seen since then, beyond all if there are none.

        All articles dated since then are among them.
        """
        ((oldest,),) = self._connection.read(
            f"SELECT coalesce(min(id), {EVERY}) FROM articles"
            f" {self._connection.sql.indexed_by('articles_by_seen')}"
            " WHERE seen >= ?",
            (since,),
        )
        return int(oldest)

    def unencoded(
        self, limit: int, *, since: Timestamp | None = None, before: int | None = None
    ) -> list[Unencoded]:
        """Return articles without a vector of their present text, the newest first.

        Those whose page is still to be read are left out.

        Args:
            limit: How many at the most.
            since: First seen since then.
            before: Below this id.
        """
        oldest = 0 if since is None else self.seen_since(since)
        found = self._connection.read(
            "SELECT a.id, a.version, a.title, CASE a.summary WHEN '' THEN a.body ELSE a.summary END"
            " FROM articles a LEFT JOIN vectors v ON v.article = a.id"
            " WHERE a.id >= ? AND a.id < ? AND (v.article IS NULL OR v.version <> a.version)"
            " AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.article = a.id)"
            " ORDER BY a.id DESC LIMIT ?",
            (oldest, EVERY if before is None else before, limit),
        )
        return [Unencoded(*row) for row in found]

    def vectors(self, also: Collection[int], *, since: Timestamp, limit: int) -> list[StoredVector]:
        """Return articles dated since then with their vectors, in the order of their ids.

        Args:
            also: Ids of articles that are among them without a vector too.
            since: When they are dated.
            limit: How many articles with a vector at the most, the newest.
        """
        dated = f"a.seen >= ?1 AND {DATE} >= ?1"
        found = self._connection.read(
            f"SELECT {_VECTOR} WHERE {dated} AND length(v.vector) > 0 ORDER BY a.id DESC LIMIT ?2",
            (since, limit),
        )
        rows = {row[0]: StoredVector(*row) for row in found}
        for row in self._connection.select_in(f"SELECT {_VECTOR} WHERE a.id IN ({{0}})", also):
            if row[3] >= since:
                rows[row[0]] = StoredVector(*row)
        return [rows[article] for article in sorted(rows)]

    def expiring(
        self,
        before: Timestamp,
        spared: RetentionExceptions,
        after: tuple[Timestamp, int],
        limit: int,
    ) -> list[ExpiringArticle]:
        """Return articles first seen before then, from `after` on: by when, then by id."""
        condition, values = _is_spared(spared, before)
        return self._connection.values(
            ExpiringArticle,
            "SELECT a.id, a.seen,"
            " length(a.title) + length(a.summary) + length(a.body) AS characters,"
            f" coalesce({condition}, FALSE) AS spared FROM articles a"
            " WHERE (a.seen, a.id) > (?, ?) AND a.seen < ? ORDER BY a.seen, a.id LIMIT ?",
            (*values, *after, before, limit),
        )

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
        """Return ids of the articles for which all that is given holds; something must be given.

        Args:
            watchlist: One that raised an alert for them.
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
        """Return an article with all that is known of it, None if there is none of that id."""
        from monitor.storage.store.sql.deliveries import DeliveryViews
        from monitor.storage.store.sql.triage import TriageViews

        connection = self._connection
        found = next(self.with_alerts([article]), None)
        if found is None:
            return None
        others = _others(connection, found.article)
        timelines = story_timelines(connection, [article])
        trouble, retry = _page_trouble(connection, article)
        raised = [alert.id for alert in found.alerts]
        decisions = {id: TriageViews(connection).decisions(id) for id in raised}
        return replace(
            found,
            others=others if len(others) > 1 else (),
            timeline=timelines.get(article, NOBODY_ELSE),
            merged=AlertViews(connection).merged(raised),
            page_trouble=trouble,
            page_retry=retry,
            limits=tuple(_limits(connection, found.article)),
            decisions={id: made[-1] for id, made in decisions.items() if made},
            deliveries=DeliveryViews(connection).of_alerts(raised),
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
                raised = connection.read(
                    "SELECT id FROM alerts WHERE article = ? ORDER BY id", (id,)
                )
                yield ArticleDetails(
                    article=article_of(row),
                    feed=row["feed_name"] or "?",
                    alerts=tuple(alerts.get([alert for (alert,) in raised], matches=True)),
                    versions=row["version"],
                )

    def revisions(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; the last is its own."""
        found = self._connection.read(
            "SELECT version, title, summary, body, until FROM versions WHERE article = ?1"
            " UNION ALL SELECT version, title, summary, body, NULL FROM articles WHERE id = ?1"
            " ORDER BY version",
            (article,),
        )
        return [Version(*row) for row in found]


_NOT_MATCHED = mark("not matched: {reason}")
_NOT_SEARCHED = mark("its text is not searched: {reason}")
_CUT = {
    "title": mark("only the first {most} words of its title are matched and searched"),
    "summary": mark("only the first {most} words of its summary are matched and searched"),
    "body": mark("only the first {most} words of its body are matched and searched"),
    "author": mark("only the first {most} words of its author are matched and searched"),
}


def _others(connection: StoreConnection, article: Article) -> tuple[tuple[str, Timestamp], ...]:
    """Return the feeds that had the same story and when, the first one first."""
    found = connection.read(
        "SELECT coalesce(nullif(x.outlet, ''), f.name), min(x.seen) FROM ("
        " SELECT feed, seen, outlet FROM articles"
        "  WHERE id = ?1 OR (story = ?1 AND story <> id)"
        " UNION ALL SELECT c.feed, c.seen, '' FROM carriers c WHERE c.article = ?2"
        ") x JOIN feeds f ON f.number = x.feed GROUP BY 1 ORDER BY 2, min(f.number)",
        (article.story, article.id),
    )
    return tuple((name, seen) for name, seen in found)


def _limits(connection: StoreConnection, article: Article) -> Iterator[str]:
    """Yield what of an article is not matched or not searched."""
    named = {"matching": _NOT_MATCHED, "indexing": _NOT_SEARCHED}
    for step, reason in connection.read(
        "SELECT step, reason FROM set_aside WHERE article = ? ORDER BY step DESC", (article.id,)
    ):
        yield _(named[step], reason=reason)
    for part in PARTS:
        if len(readable(article.part(part))) < len(article.part(part)):
            yield _(_CUT[part], most=number(MAX_WORDS))


def _page_trouble(connection: StoreConnection, article: int) -> tuple[str, Timestamp | None]:
    """Return why an article's page was not read, and when it is tried again (None: never)."""
    found = connection.read(
        "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
        " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
        (article,),
    )
    return next(((reason, due) for reason, due in found), ("", None))


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
