"""What viewers read of articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from index.article import Article, Timestamp
from monitor.model.alert import NOBODY_ELSE
from monitor.model.article import ArticleDetails, Version
from monitor.store.sqlite import rows
from monitor.store.sqlite.alert_views import SqliteAlertViews, watchlist_names
from monitor.store.sqlite.connection import ViewerConnection, marks
from monitor.store.sqlite.story_timelines import story_timelines


class SqliteArticleViews:
    """See `ArticleViews`."""

    def __init__(self, connection: ViewerConnection, alerts: SqliteAlertViews) -> None:
        self._connection = connection
        self._alerts = alerts

    def get(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        found = {
            row[0]: rows.article(row)
            for row in self._connection.in_chunks(
                f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id IN ({{0}})", ids
            )
        }
        return [found[id] for id in ids if id in found]

    def between(self, after: int, upto: int, since: Timestamp | None) -> list[Article]:
        """Return the articles with ids above `after`, up to `upto`, dated since then."""
        found = self._connection.read(
            f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id > ? AND a.id <= ?"
            " AND min(coalesce(a.published, a.seen), a.seen) >= ? ORDER BY a.id",
            (after, upto, float("-inf") if since is None else since),
        )
        return [rows.article(row) for row in found]

    def ids(
        self,
        *,
        watchlist: str | None = None,
        severity: str | None = None,
        story: int | None = None,
        has: str | None = None,
    ) -> set[int]:
        """Return ids of the articles for which all that is given holds; something must be given."""
        found = []
        if watchlist is not None or severity is not None or has == "alert":
            found.append(self._with_alert(watchlist, severity))
        if story is not None:
            found.append(self._selected("id = ?1 OR (story = ?1 AND story <> id)", story))
        if has in ("body", "author"):
            found.append(self._selected(f"{has} <> ''"))
        return set.intersection(*found)

    def details(self, article: int) -> ArticleDetails | None:
        """Return an article with all that is known of it, None if there is none of that id."""
        found = next(self.with_alerts([article]), None)
        if found is None:
            return None
        others = self._others(found.article)
        timelines = story_timelines(self._connection, [article])
        trouble, retry = self._page_trouble(article)
        return ArticleDetails(
            article=found.article,
            feed=found.feed,
            alerts=found.alerts,
            versions=found.versions,
            others=others if len(others) > 1 else (),
            telling=timelines.get(article, NOBODY_ELSE),
            page_trouble=trouble,
            page_retry=retry,
        )

    def with_alerts(self, ids: Iterable[int]) -> Iterator[ArticleDetails]:
        """Yield articles with their alerts and matches; unknown ids are left out."""
        for id in ids:
            for version, feed, *row in self._connection.read(
                f"SELECT a.version, coalesce(f.name, '?'), {rows.ARTICLE} FROM articles a"
                " LEFT JOIN feeds f ON f.number = a.feed WHERE a.id = ?",
                (id,),
            ):
                raised = self._connection.read("SELECT id FROM alerts WHERE article = ?", (id,))
                yield ArticleDetails(
                    article=rows.article(row),
                    feed=feed,
                    alerts=tuple(self._alerts.get([alert for (alert,) in raised], matches=True)),
                    versions=version,
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
            "SELECT f.name, min(x.seen) FROM ("
            " SELECT feed, seen FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
            " UNION ALL SELECT c.feed, c.seen FROM carriers c WHERE c.article = ?2"
            ") x JOIN feeds f ON f.number = x.feed GROUP BY f.number ORDER BY 2, f.number",
            (article.story, article.id),
        )
        return tuple((name, seen) for name, seen in found)

    def _page_trouble(self, article: int) -> tuple[str, Timestamp | None]:
        """Return why an article's page was not read, and when it is tried again (None: never)."""
        found = self._connection.read(
            "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
            " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
            (article,),
        )
        return next(((reason, due) for reason, due in found), ("", None))
