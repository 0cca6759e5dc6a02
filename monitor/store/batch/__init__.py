"""One transaction of the monitor: recognise, then store what a poll brought."""

from __future__ import annotations

from index.article import Timestamp
from monitor.model import Arrival, Feed, Raised, Refresh
from monitor.store import rows
from monitor.store.batch.alerts import Raising
from monitor.store.batch.articles import Storing
from monitor.store.batch.recognising import Recognising
from monitor.store.chunks import marks

__all__ = ["POLLS_KEPT", "SqliteBatch"]

POLLS_KEPT = 30


class SqliteBatch(Recognising, Storing, Raising):
    """See `Batch`."""

    def save(self, refresh: Refresh) -> list[Raised]:
        """Store everything one poll changed; returns the alerts raised."""
        number, now = refresh.feed.number, refresh.poll.at
        if refresh.missed:
            self._miss(number, *refresh.missed)
        new = [a for a in refresh.arrivals if a.new]
        self._save_state(refresh, len(new))
        self._insert(number, new)
        for edited in refresh.arrivals:
            if not edited.new:
                self._replace_text(edited.article, now)
        self._want_pages([a.article.id for a in refresh.arrivals if a.wants_page], now)
        self._enter(number, [(a.guid, a.article.id, a.fingerprint) for a in refresh.arrivals])
        for sighting in refresh.sightings:
            self._sight(number, sighting, now)
        return [raised for a in refresh.arrivals for raised in self._raise(a, refresh.feed, now)]

    def save_page(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Store an article that got its page's text; returns the alerts raised."""
        article = arrival.article
        self._sql.execute(
            "UPDATE articles SET body = ?, lang = ?, story = ?, copy_of = ? WHERE id = ?",
            (article.body, article.lang, article.story, arrival.copy_of, article.id),
        )
        self._sql.execute("DELETE FROM pages WHERE article = ?", (article.id,))
        self._shingle([arrival])
        self._queue([article.id])
        return self._raise(arrival, feed, now)

    def _miss(self, number: int, start: Timestamp, end: Timestamp) -> None:
        """Note a gap; one that begins where another ends makes it longer."""
        longer = self._sql.execute(
            "UPDATE gaps SET until = ? WHERE feed = ? AND until = ?", (end, number, start)
        )
        if not longer.rowcount:
            self._sql.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?)", (number, start, end))

    def _save_state(self, refresh: Refresh, new: int) -> None:
        poll, number = refresh.poll, refresh.feed.number
        (polls,) = self._sql.execute(
            f"UPDATE feeds SET ({rows.STATE}) = ({marks(19)}), polls = polls + 1,"
            " articles = articles + ? WHERE number = ? RETURNING polls",
            (*rows.state_values(refresh.state), new, number),
        ).fetchone()
        self._sql.execute(
            "INSERT OR REPLACE INTO polls"
            " (feed, slot, at, outcome, entries, new, changed, reason, seconds)"
            f" VALUES ({marks(9)})",
            (
                number,
                polls % POLLS_KEPT,
                poll.at,
                poll.outcome,
                poll.entries,
                poll.new,
                poll.changed,
                poll.reason,
                poll.seconds,
            ),
        )
