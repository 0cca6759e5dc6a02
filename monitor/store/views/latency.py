"""What viewers read of how long articles and alerts took."""

from __future__ import annotations

from index.article import Timestamp
from monitor import model
from monitor.store.views.connected import Connected


class LatencyViews(Connected):
    """See `Timed`."""

    def clocked(self, since: Timestamp) -> list[model.Clocked]:
        """Return the articles whose first alert was raised since then, the first one first."""
        found = self._read(
            "SELECT article, feed, published, seen, matched, searchable, edited FROM latency"
            " WHERE matched >= ? ORDER BY matched, article",
            (since,),
        )
        return [
            model.Clocked(article, feed, published, seen, matched, searchable, bool(edited))
            for article, feed, published, seen, matched, searchable, edited in found
        ]

    def carried(self, since: Timestamp) -> list[model.Carried]:
        """Return the deliveries of alerts raised since then that a channel accepted."""
        return self._carried("al.raised_at >= ?", since)

    def sent_after(self, moment: Timestamp) -> list[model.Carried]:
        """Return what channels accepted after a moment, of alerts just raised."""
        return self._carried("d.sent_at > ?", moment)

    def _carried(self, condition: str, moment: Timestamp) -> list[model.Carried]:
        found = self._read(
            "SELECT d.id, d.channel, al.raised_at, d.sent_at, d.bundle <> ''"
            " FROM deliveries d JOIN alerts al ON al.id = d.alert"
            f" WHERE {condition} AND d.state = 'sent' AND d.occasion = ?"
            " AND d.sent_at IS NOT NULL ORDER BY d.id",
            (moment, model.Occasion.RAISED),
        )
        return [
            model.Carried(id, channel, raised_at, sent_at, bool(held))
            for id, channel, raised_at, sent_at, held in found
        ]
