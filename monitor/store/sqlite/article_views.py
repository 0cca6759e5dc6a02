"""What viewers read of articles."""

from __future__ import annotations

from collections.abc import Sequence

from index.article import Article, Timestamp
from monitor.model.article import Version
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import CHUNK
from monitor.store.sqlite.viewer_connection import Connected


class ArticleViews(Connected):
    """Articles, their versions and stories."""

    def article(self, id: int) -> Article | None:
        """Return an article."""
        found = self.articles([id])
        return found[0] if found else None

    def articles(self, ids: Sequence[int]) -> list[Article]:
        """Return these articles, in the order asked; unknown ids are left out."""
        found: dict[int, Article] = {}
        for at in range(0, len(ids), CHUNK):
            chunk = list(ids[at : at + CHUNK])
            marks = ", ".join("?" * len(chunk))
            for row in self._read(
                f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id IN ({marks})", chunk
            ):
                found[row[0]] = rows.article(row)
        return [found[id] for id in ids if id in found]

    def newest_article(self) -> int:
        """Return the id of the newest article, 0 without any."""
        return self._one("SELECT coalesce(max(id), 0) FROM articles")

    def articles_between(self, after: int, upto: int, since: Timestamp | None) -> list[Article]:
        """Return the articles with ids above `after`, up to `upto`, dated since then."""
        found = self._read(
            f"SELECT {rows.ARTICLE} FROM articles a WHERE a.id > ? AND a.id <= ?"
            " AND min(coalesce(a.published, a.seen), a.seen) >= ? ORDER BY a.id",
            (after, upto, float("-inf") if since is None else since),
        )
        return [rows.article(row) for row in found]

    def others(self, article: Article) -> list[tuple[str, Timestamp]]:
        """Return the feeds that had the same story and when, the first one first."""
        found = self._read(
            "SELECT f.name, min(x.seen) FROM ("
            " SELECT feed, seen FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
            " UNION ALL SELECT c.feed, c.seen FROM carriers c WHERE c.article = ?2"
            ") x JOIN feeds f ON f.number = x.feed GROUP BY f.number ORDER BY 2, f.number",
            (article.story, article.id),
        )
        return [(name, seen) for name, seen in found]

    def page_trouble(self, article: int) -> tuple[str, Timestamp | None]:
        """Return why an article's page was not read, and when it is tried again (None: never)."""
        found = self._read(
            "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
            " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
            (article,),
        )
        for reason, due in found:
            return reason, due
        return "", None

    def texts(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; the last is its own."""
        found = self._read(
            "SELECT version, title, summary, body, until FROM versions WHERE article = ?1"
            " UNION ALL SELECT version, title, summary, body, NULL FROM articles WHERE id = ?1"
            " ORDER BY version",
            (article,),
        )
        return [Version(*row) for row in found]

    def versions(self, article: int) -> int:
        """Return how many texts an article has had."""
        found = self._read("SELECT version FROM articles WHERE id = ?", (article,))
        return next((int(version) for (version,) in found), 0)

    def having(self, part: str) -> set[int]:
        """Return ids of the articles that have a body, or an author."""
        column = {"body": "body", "author": "author"}[part]
        return {id for (id,) in self._read(f"SELECT id FROM articles WHERE {column} <> ''")}

    def of_story(self, story: int) -> set[int]:
        """Return ids of the articles that tell one story."""
        found = self._read(
            "SELECT id FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)", (story,)
        )
        return {id for (id,) in found}

    def totals(self) -> tuple[int, int, int, int]:
        """Return articles, articles on their way to the index, alerts, untriaged alerts."""
        ((alerts, untriaged),) = self._read(
            "SELECT coalesce(sum(total), 0), coalesce(sum(untriaged), 0) FROM counts"
        )
        return (
            self._one("SELECT coalesce(sum(articles), 0) FROM feeds"),
            self._one(
                "SELECT count(*) FROM (SELECT DISTINCT o.article FROM outbox o"
                " JOIN articles a ON a.id = o.article)"
            ),
            int(alerts),
            int(untriaged),
        )
