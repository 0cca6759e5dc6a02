"""Storing articles and what is known of their entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.article import Article, Timestamp
from monitor.model import Arrival, Sighting
from monitor.store.batch.transacted import Transacted
from monitor.store.chunks import marks


class Storing(Transacted):
    """Articles, versions, pages, stories, the outbox."""

    def page_failed(self, article: int, reason: str, retry: Timestamp | None) -> None:
        """Note why an article's page could not be read, and when to try again (None: never)."""
        if retry is None:
            self._sql.execute("DELETE FROM pages WHERE article = ?", (article,))
            self._sql.execute(
                "INSERT OR REPLACE INTO unread_pages VALUES (?, ?)", (article, reason)
            )
        else:
            self._sql.execute(
                "UPDATE pages SET attempts = attempts + 1, due = ?, reason = ? WHERE article = ?",
                (retry, reason, article),
            )

    def page_later(self, article: int, reason: str, due: Timestamp) -> None:
        """Note why an article's page was not asked for yet, and when its turn is."""
        self._sql.execute(
            "UPDATE pages SET due = ?, reason = ? WHERE article = ?", (due, reason, article)
        )

    def _insert(self, number: int, arrivals: Sequence[Arrival]) -> None:
        self._sql.executemany(
            "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body,"
            " author, lang, published, seen, story, copy_of, shingle_count)"
            f" VALUES ({marks(15)})",
            [
                (
                    a.article.id,
                    number,
                    a.article.url,
                    a.canonical,
                    a.fingerprint,
                    a.article.title,
                    a.article.summary,
                    a.article.body,
                    a.article.author,
                    a.article.lang,
                    a.article.published,
                    a.article.seen,
                    a.article.story,
                    a.copy_of,
                    len(a.shingles),
                )
                for a in arrivals
            ],
        )
        self._sql.executemany(
            "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
            [(shingle, a.article.id) for a in arrivals for shingle in a.shingles],
        )
        self._queue([a.article.id for a in arrivals])

    def page_is_backfill(self, article: int) -> bool:
        """Tell whether an article with a page to be read was there before its feed was watched."""
        asked = "SELECT 1 FROM pages WHERE article = ? AND backfill"
        return self._sql.execute(asked, (article,)).fetchone() is not None

    def _want_pages(self, arrivals: Iterable[Arrival], now: Timestamp) -> None:
        self._sql.executemany(
            "INSERT OR REPLACE INTO pages (article, due, backfill) VALUES (?, ?, ?)",
            [(a.article.id, now, a.backfill) for a in arrivals if a.wants_page],
        )

    def _replace_text(self, article: Article, now: Timestamp) -> None:
        """Store an edited text; matches in the earlier one say nothing of it."""
        self._sql.execute(
            "DELETE FROM matches WHERE alert IN (SELECT id FROM alerts WHERE article = ?)",
            (article.id,),
        )
        self._sql.execute(
            "INSERT INTO versions SELECT id, version, title, summary, body, ? FROM articles"
            " WHERE id = ?",
            (now, article.id),
        )
        self._sql.execute(
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
        self._queue([article.id])

    def _shingle(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            id = arrival.article.id
            self._sql.executemany(
                "INSERT OR IGNORE INTO shingles VALUES (?, ?)",
                [(shingle, id) for shingle in arrival.shingles],
            )
            self._sql.execute(
                "UPDATE articles SET shingle_count = max(shingle_count, ?) WHERE id = ?",
                (len(arrival.shingles), id),
            )

    def _enter(self, number: int, entries: list[tuple[str, int, bytes]]) -> None:
        self._sql.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET article = excluded.article,"
            " fingerprint = excluded.fingerprint",
            [(number, *entry) for entry in entries],
        )

    def _sight(self, number: int, sighting: Sighting, now: Timestamp) -> None:
        if sighting.reissued:
            self._sql.execute(
                "DELETE FROM entries WHERE feed = ? AND article = ?", (number, sighting.article)
            )
        self._enter(number, [(sighting.guid, sighting.article, sighting.fingerprint)])
        carried = self._sql.execute(
            "INSERT OR IGNORE INTO carriers"
            " SELECT id, ?, ? FROM articles WHERE id = ? AND feed <> ?",
            (number, now, sighting.article, number),
        )
        if carried.rowcount:
            self._queue([sighting.article])

    def _queue(self, articles: Iterable[int]) -> None:
        self._sql.executemany(
            "INSERT INTO outbox (article) VALUES (?)", [(article,) for article in articles]
        )
