"""Articles and what is known of their entries, written and dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from index.article import Article, Timestamp
from monitor.model.config import Expiring, Spared
from monitor.model.poll import ArticleChange, Sighting
from monitor.store.sqlite.connection import marks
from monitor.store.sqlite.evidence_writes import Proving
from monitor.store.sqlite.recognition import Transacted


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

    def _insert(self, number: int, arrivals: Sequence[ArticleChange]) -> None:
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

    def _want_pages(self, arrivals: Iterable[ArticleChange], now: Timestamp) -> None:
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

    def _shingle(self, arrivals: Sequence[ArticleChange]) -> None:
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


_OF_ARTICLE = ("versions", "pages", "unread_pages", "carriers", "named", "latency")
_OF_ALERT = (
    "matches", "escalations", "lost_terms", "deliveries", "notes", "alert_tags", "decisions"
)  # fmt: skip
_ALERTS_OF = "SELECT id FROM alerts WHERE article IN ({})"


class Dropping(Proving):
    """Old articles, and what is known of them."""

    def expiring(
        self, before: Timestamp, spared: Spared, after: tuple[Timestamp, int], limit: int
    ) -> list[Expiring]:
        """Return articles first seen before then, from `after` on: by when, then by id."""
        conditions, values = _conditions(spared, before)
        found = self._sql.execute(
            "SELECT a.id, a.seen, length(a.title) + length(a.summary) + length(a.body),"
            f" {conditions} FROM articles a WHERE (a.seen, a.id) > (?, ?) AND a.seen < ?"
            " ORDER BY a.seen, a.id LIMIT ?",
            (*values, *after, before, limit),
        )
        return [
            Expiring(id=id, seen=seen, characters=characters, spared=bool(is_spared))
            for id, seen, characters, is_spared in found
        ]

    def drop(self, articles: Collection[int]) -> None:
        """Drop articles, with their alerts; their names are kept, and the index is told."""
        self._each(
            "INSERT INTO dropped SELECT id, feed, canonical, fingerprint FROM articles"
            " WHERE id IN ({})",
            articles,
        )
        for feed, count in list(
            self._select(
                "SELECT feed, count(*) FROM articles WHERE id IN ({}) GROUP BY feed", articles
            )
        ):
            self._sql.execute(
                "UPDATE feeds SET articles = articles - ? WHERE number = ?", (count, feed)
            )
        self._drop_alerts([id for (id,) in self._select(_ALERTS_OF, articles)])
        for table in _OF_ARTICLE:
            self._each(f"DELETE FROM {table} WHERE article IN ({{}})", articles)
        self._each("DELETE FROM crossings WHERE later IN ({})", articles)
        self._each("DELETE FROM articles WHERE id IN ({})", articles)
        self._sql.executemany("INSERT INTO outbox (article) VALUES (?)", [(i,) for i in articles])

    def _drop_alerts(self, alerts: Collection[int]) -> None:
        self._prove_dropped(alerts)
        for table in _OF_ALERT:
            self._each(f"DELETE FROM {table} WHERE alert IN ({{}})", alerts)
        self._each("DELETE FROM alerts WHERE id IN ({})", alerts)

    def _each(self, statement: str, values: Collection[Any]) -> None:
        for _ in self._select(statement, values):
            pass


def _conditions(spared: Spared, before: Timestamp) -> tuple[str, list[Any]]:
    """Return as an expression whether an article is to be kept, and its values."""
    feeds = sorted(spared.feeds)
    said = [f"a.feed IN ({marks(len(feeds))})"]
    said.append(
        "EXISTS (SELECT 1 FROM carriers c WHERE c.article = a.id"
        f" AND c.feed IN ({marks(len(feeds))}))"
    )
    values: list[Any] = [*feeds, *feeds]
    if spared.alerts:
        said.append("EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id)")
    else:
        names = sorted(spared.watchlists)
        said.append(
            "EXISTS (SELECT 1 FROM alerts al WHERE al.article = a.id AND (al.starred"
            f" OR al.watchlist IN ({marks(len(names))}) OR EXISTS (SELECT 1 FROM alerts m"
            " JOIN articles copy ON copy.id = m.article"
            " WHERE m.merged_into = al.id AND copy.seen >= ?)))"
        )
        values += [*names, before]
    return " OR ".join(said), values


class Losing(Transacted):
    """What matched before an edit and does not any more is noted with the alert."""

    def _terms(self, articles: Collection[int]) -> dict[int, set[str]]:
        """Return the terms that each alert of these articles matches by."""
        found: dict[int, set[str]] = defaultdict(set)
        for alert, term in self._select(
            "SELECT al.id, m.term FROM alerts al LEFT JOIN matches m ON m.alert = al.id"
            " WHERE al.article IN ({})",
            articles,
        ):
            found[alert] |= {term} if term is not None else set()
        return found

    def _note_losses(
        self, before: Mapping[int, set[str]], after: Mapping[int, set[str]], now: Timestamp
    ) -> None:
        """Note the terms that are gone since `before`, and forget that others ever were."""
        self._sql.executemany(
            "INSERT OR IGNORE INTO lost_terms VALUES (?, ?, ?)",
            [
                (alert, term, now)
                for alert, terms in before.items()
                for term in terms - after.get(alert, set())
            ],
        )
        self._sql.executemany(
            "DELETE FROM lost_terms WHERE alert = ? AND term = ?",
            [(alert, term) for alert, terms in after.items() for term in terms],
        )
