"""What viewers count: who carried what first, what alerts a set of articles raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from index.article import Timestamp
from monitor.store.sqlite.connection import CHUNK, marks
from monitor.store.sqlite.viewer_connection import Connected

FEW = 5_000
"""Articles up to which their alerts are looked up one by one: the whole table is read faster."""


class CountViews(Connected):
    """Counts over articles and alerts."""

    def first_seen(self, first: Mapping[int, int]) -> dict[int, Timestamp]:
        """Return when each feed had the article given with it; unknown ones are left out."""
        found: dict[int, Timestamp] = {}
        ids = sorted(set(first.values()))
        for at in range(0, len(ids), CHUNK // 2):
            chunk = ids[at : at + CHUNK // 2]
            for feed, article, seen in self._read(
                f"SELECT feed, id, seen FROM articles WHERE id IN ({marks(len(chunk))}) UNION ALL"
                f" SELECT feed, article, seen FROM carriers WHERE article IN ({marks(len(chunk))})",
                chunk * 2,
            ):
                if first.get(feed) == article:
                    found[feed] = seen
        return found

    def left(self) -> dict[int, Timestamp]:
        """Return when feeds that are polled no more were last read, by number."""
        return dict(
            self._read(
                "SELECT number, last_ok FROM feeds"
                " WHERE last_ok IS NOT NULL AND (gone OR NOT subscribed OR NOT enabled)"
            )
        )

    def watchlists_of(self, articles: Collection[int]) -> Counter[str]:
        """Return how many of some articles each watchlist raised an alert for."""
        raised = "SELECT watchlist, article FROM alerts WHERE watchlist <> ''"
        if len(articles) > FEW:
            wanted = frozenset(articles)
            return Counter(name for name, article in self._read(raised) if article in wanted)
        found: Counter[str] = Counter()
        ids = sorted(articles)
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            found.update(
                n for n, _ in self._read(f"{raised} AND article IN ({marks(len(chunk))})", chunk)
            )
        return found

    def watched_since(self) -> dict[str, Timestamp]:
        """Return since when each rule in force has been watched, as far as articles tell."""
        return dict(
            self._read(
                "SELECT w.name, coalesce(a.seen, (SELECT seen FROM articles ORDER BY id LIMIT 1))"
                " FROM watchlists w LEFT JOIN backfills b ON b.watchlist = w.name"
                " LEFT JOIN articles a ON a.id = b.until"
                " WHERE EXISTS (SELECT 1 FROM articles)"
            )
        )

    def arrived(self, windows: Sequence[tuple[Timestamp, Timestamp]]) -> list[bool]:
        """Tell for each of some stretches of time whether any article was first seen in it."""
        return [start <= self._first_from(start) < end for start, end in windows]

    def _first_from(self, moment: Timestamp) -> Timestamp:
        """Return when the first article from a moment on was seen; infinity if there is none.

        Articles are numbered as they are seen, so that halving finds it: 20 looks in a million.
        """
        low = self._one("SELECT coalesce(min(id), 1) FROM articles")  # both at once would read all
        high = self._one("SELECT coalesce(max(id), 0) FROM articles")
        found = float("inf")
        while low <= high:
            middle = (low + high) // 2
            ((id, seen),) = self._read(
                "SELECT id, seen FROM articles WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
            )
            if seen >= moment:
                found, high = seen, middle - 1
            else:
                low = id + 1
        return found

    def raised(self, windows: Sequence[tuple[Timestamp, Timestamp]]) -> list[Counter[str]]:
        """Return how many alerts each watchlist raised in each of some stretches of time.

        Those for what was there before, and those that count with another, are left out.
        """
        return [
            Counter(
                dict(
                    self._read(
                        "SELECT watchlist, count(*) FROM alerts WHERE raised_at >= ?"
                        " AND raised_at < ? AND watchlist <> '' AND NOT backfill"
                        " AND merged_into IS NULL GROUP BY watchlist",
                        window,
                    )
                )
            )
            for window in windows
        ]
