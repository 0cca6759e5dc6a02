"""The articles of outlets that are compared with a sitemap: who showed them, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from monitor.base.article import Timestamp
from monitor.model.recall import ShownArticle
from monitor.storage.store.database.connection import UNBOUNDED, StoreViews


class ComparedOutlet(NamedTuple):
    """An outlet whose feeds and sitemap are compared."""

    outlet: str
    since: Timestamp
    """When a feed and the sitemap had been read, both."""
    until: Timestamp
    """When the sitemap was last read."""


class ShownArticles(StoreViews):
    """Reads what feeds and sitemaps showed."""

    def outlets(self) -> list[ComparedOutlet]:
        """Return the outlets whose sitemap was read."""
        rows = self._connection.read(
            "SELECT outlet, coalesce(min(CASE WHEN kind <> 'sitemap' THEN first_ok END), 0),"
            " coalesce(min(CASE WHEN kind = 'sitemap' THEN first_ok END), 0),"
            " max(CASE WHEN kind = 'sitemap' THEN last_ok END)"
            " FROM feeds WHERE subscribed AND outlet <> '' GROUP BY outlet ORDER BY outlet"
        )
        return [
            ComparedOutlet(outlet, max(fed, mapped), until)
            for outlet, fed, mapped, until in rows
            if until is not None
        ]

    def since(self, since: Timestamp) -> Iterator[ShownArticle]:
        """Yield the articles of these outlets that are dated since then.

        Not those that were imported: they were seen when they were published.
        """
        rows = self._connection.read(
            "SELECT a.title, a.published, min(CASE WHEN f.kind <> 'sitemap' THEN s.seen END),"
            " min(CASE WHEN f.kind = 'sitemap' THEN s.seen END), f.outlet, s.article"
            " FROM (SELECT id AS article, feed, seen FROM articles WHERE seen >= ?1"
            " UNION ALL SELECT article, feed, seen FROM carriers WHERE article >= ?2) s"
            " JOIN feeds f ON f.number = s.feed JOIN articles a ON a.id = s.article"
            " WHERE f.subscribed AND f.outlet <> '' AND a.published >= ?1 AND s.seen <> a.published"
            " GROUP BY f.outlet, s.article, a.title, a.published",
            (since, self._first(since)),
        )
        return map(ShownArticle._make, rows)

    def matched(self, since: Timestamp) -> Iterator[tuple[str, int, bool]]:
        """Yield watchlists with the articles of this time that they match.

        And whether the headline matches: it is all that a sitemap shows.
        """
        rows = self._connection.read(
            "SELECT al.watchlist, al.article, max(CASE m.field WHEN 'title' THEN 1 ELSE 0 END)"
            " FROM alerts al LEFT JOIN matches m ON m.alert = al.id"
            " WHERE al.article >= ? GROUP BY al.watchlist, al.article",
            (self._first(since),),
        )
        return ((watchlist, article, bool(title)) for watchlist, article, title in rows)

    def _first(self, since: Timestamp) -> int:
        """Return the lowest id of the articles first seen since then."""
        ((first,),) = self._connection.read(
            f"SELECT coalesce(min(id), {UNBOUNDED}) FROM articles WHERE seen >= ?", (since,)
        )
        return int(first)
