"""One transaction of the monitor: recognise, then store what a poll brought."""

from __future__ import annotations

from collections.abc import Iterable

from index.article import Timestamp
from monitor.evidence import Kind, Via
from monitor.model import AlertKind, Arrival, Feed, Raised, Refresh
from monitor.store import rows
from monitor.store.batch.alerts import Came, Raising
from monitor.store.batch.articles import Storing
from monitor.store.batch.crossings import Crossing
from monitor.store.batch.deliveries import Delivering
from monitor.store.batch.dropping import Dropping
from monitor.store.batch.importing import Importing
from monitor.store.batch.losing import Losing
from monitor.store.batch.moving import Moving
from monitor.store.batch.muting import Muting
from monitor.store.batch.recognising import Recognising
from monitor.store.chunks import marks

__all__ = ["POLLS_KEPT", "SqliteBatch"]

POLLS_KEPT = 30


class SqliteBatch(
    Recognising,
    Crossing,
    Importing,
    Storing,
    Dropping,
    Losing,
    Moving,
    Raising,
    Delivering,
    Muting,
):
    """See `Batch`."""

    def save(self, refresh: Refresh) -> list[Raised]:
        """Store everything one poll changed; returns the alerts raised."""
        number, now = refresh.feed.number, refresh.poll.at
        if refresh.habit:
            self._sql.execute(
                "UPDATE feeds SET habit = ? WHERE number = ?",
                (rows.habit_value(refresh.habit), number),
            )
        if refresh.move:
            self._note_move(number, refresh.move)
        if refresh.missed:
            self._miss(number, *refresh.missed)
        new = [a for a in refresh.arrivals if a.new]
        self._save_state(refresh, len(new))
        self._insert(number, new)
        self._name(new)
        edited = [a.article for a in refresh.arrivals if not a.new]
        before = self._terms([article.id for article in edited])
        for article in edited:
            self._replace_text(article, now)
        self._want_pages(refresh.arrivals, now)
        self._enter(number, [(a.guid, a.article.id, a.fingerprint) for a in refresh.arrivals])
        for sighting in refresh.sightings:
            self._sight(number, sighting, now)
        came = Came(Via.POLL, refresh.answered)
        raised = [r for a in refresh.arrivals for r in self._raise(a, refresh.feed, now, came)]
        for article in edited:
            self._prove_read(Kind.EDITED, article.id, before, now)
        self._note_losses(before, self._terms([article.id for article in edited]), now)
        raised += self._escalate(refresh.arrivals, now)
        self._end_episodes(number, refresh.ended, now)
        return raised + [r for n in refresh.begun for r in self._notify(refresh.feed, n, now)]

    def save_page(self, arrival: Arrival, feed: Feed, now: Timestamp) -> list[Raised]:
        """Store an article that got its page's text; returns the alerts raised."""
        article = arrival.article
        before = self._terms([article.id])
        self._sql.execute(
            "UPDATE articles SET body = ?, lang = ?, story = ?, copy_of = ? WHERE id = ?",
            (article.body, article.lang, article.story, arrival.copy_of, article.id),
        )
        self._sql.execute("DELETE FROM pages WHERE article = ?", (article.id,))
        self._sql.execute("DELETE FROM unread_pages WHERE article = ?", (article.id,))
        self._shingle([arrival])
        self._queue([article.id])
        raised = self._raise(arrival, feed, now, Came(Via.PAGE))
        self._prove_read(Kind.PAGE, article.id, before, now)
        self._note_losses(before, self._terms([article.id]), now)
        return raised + self._escalate([arrival], now)

    def _end_episodes(self, number: int, kinds: Iterable[AlertKind], now: Timestamp) -> None:
        self._sql.executemany(
            "UPDATE episodes SET ended_at = ? WHERE feed = ? AND kind = ? AND ended_at IS NULL",
            [(now, number, kind) for kind in kinds],
        )

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
            " (feed, slot, at, outcome, entries, new, changed, reason, seconds, known, blind,"
            f" status, moved) VALUES ({marks(13)})",
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
                poll.known,
                poll.blind,
                poll.status,
                poll.moved,
            ),
        )
