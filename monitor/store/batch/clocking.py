"""When an article that raises an alert took which step."""

from __future__ import annotations

from index.article import Timestamp
from monitor.evidence import Via
from monitor.model import Arrival, Feed
from monitor.store.batch.proving import Came
from monitor.store.batch.transacted import Transacted


class Clocking(Transacted):
    """One row for each article that is news and rang; other articles cost nothing."""

    def _clock_in(self, arrival: Arrival, feed: Feed, came: Came, now: Timestamp) -> None:
        """Note when an article was published, seen and matched, once."""
        if arrival.backfill or came.via not in (Via.POLL, Via.PAGE):
            return
        seen = came.answered.received if came.answered else arrival.article.seen
        self._sql.execute(
            "INSERT OR IGNORE INTO latency (article, feed, published, seen, matched, edited)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                arrival.article.id,
                feed.number,
                arrival.article.published,
                min(seen, now),
                now,
                came.via is Via.POLL and not arrival.new,
            ),
        )
