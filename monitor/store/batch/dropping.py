"""Dropping what the archive need not keep any longer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from index.article import Timestamp
from monitor.model import Expiring, Spared
from monitor.store.batch.proving import Proving
from monitor.store.chunks import marks

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
