"""What a filter of alerts looks through as one types: their headlines, and which came again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from monitor.store.views.selecting import LOUDER, Selecting

if TYPE_CHECKING:
    from monitor.model import Filter


class HeadlineViews(Selecting):
    """Headlines in bulk, and alerts that became louder with their place in the stream."""

    def headlines(self, after: int, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` above `after` and below `before`.

        The newest first; copies that another alert speaks for are left out.
        """
        return list(
            self._read(
                "SELECT al.id, coalesce(a.title, al.title) FROM alerts al"
                " LEFT JOIN articles a ON a.id = al.article"
                " WHERE al.id > ?1 AND (?2 IS NULL OR al.id < ?2) AND al.merged_into IS NULL"
                " ORDER BY al.id DESC LIMIT ?3",
                (after, before, limit),
            )
        )

    def stirred(
        self, filter: Filter, feeds: Collection[int] | None, after: int
    ) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of escalations above `after`.

        Each alert once, by the last that made it louder; the oldest first. Noise is left out.
        """
        joined, where, values = self._selected(filter, feeds)
        return list(
            self._read(
                "SELECT max(e.id), e.alert, coalesce((SELECT n.id FROM alerts n"
                "  WHERE n.raised_at <= e.at ORDER BY n.raised_at DESC, n.id DESC LIMIT 1), 0)"
                f" FROM {LOUDER} {joined}"
                " WHERE al.id = e.alert AND e.id > ?"
                f" AND al.merged_into IS NULL AND al.verdict <> 'noise'{where}"
                " GROUP BY e.alert ORDER BY max(e.id)",
                (after, *values),
            )
        )
