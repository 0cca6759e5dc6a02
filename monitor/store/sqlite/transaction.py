"""One transaction of the monitor: what a poll brought, stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.article import Timestamp
from monitor.audit.evidence import Kind, Via
from monitor.model.alert import AlertKind
from monitor.model.feed import Feed, Move
from monitor.model.poll import ArticleChange, PollOutcome, RaisedAlert
from monitor.store.sqlite import rows
from monitor.store.sqlite.alert_writes import Raising
from monitor.store.sqlite.article_writes import Dropping, Losing, Storing
from monitor.store.sqlite.connection import marks
from monitor.store.sqlite.delivery_writes import Delivering, Muting
from monitor.store.sqlite.evidence_writes import Came
from monitor.store.sqlite.recognition import Crossing, Recognising, Transacted

ELSEWHERE = "import:"
"""What the address of a feed begins with that nobody ever subscribed to."""


class Importing(Storing, Raising):
    """Articles from elsewhere, and the feeds they are of."""

    def feed_called(self, name: str) -> Feed:
        """Return the feed of that name, one that is subscribed to first; made if there is none."""
        found = self._sql.execute(
            f"SELECT {rows.FEED} FROM feeds ORDER BY subscribed DESC, number"
        ).fetchall()
        for row in found:
            feed = rows.feed(row)
            if feed.name.casefold() == name.casefold():
                return feed
        made = self._sql.execute(
            "INSERT INTO feeds (url, name, subscribed) VALUES (?, ?, 0) RETURNING number",
            (ELSEWHERE + name, name),
        ).fetchone()
        return Feed(url=ELSEWHERE + name, name=name, number=int(made[0]))

    def take_in(
        self, arrivals: Sequence[ArticleChange], feed: Feed, now: Timestamp
    ) -> list[RaisedAlert]:
        """Store new articles that no poll brought; returns the alerts raised."""
        self._insert(feed.number, arrivals)
        self._enter(feed.number, [(a.guid, a.article.id, a.fingerprint) for a in arrivals])
        self._sql.execute(
            "UPDATE feeds SET articles = articles + ? WHERE number = ?",
            (len(arrivals), feed.number),
        )
        came = Came(Via.IMPORT)
        return [one for arrival in arrivals for one in self._raise(arrival, feed, now, came)]


class Moving(Transacted):
    """Permanent redirects."""

    def move(self, feed: Feed) -> Move | None:
        """Return where permanent redirects of a feed lead, None if there are none."""
        found = self._sql.execute(
            "SELECT moved_to, since, latest, times FROM moves WHERE feed = ?", (feed.number,)
        ).fetchone()
        return Move(*found) if found else None

    def _note_move(self, number: int, move: Move) -> None:
        """Note where a feed is sent on to; nowhere is forgotten."""
        if move.to:
            self._sql.execute(
                "INSERT OR REPLACE INTO moves VALUES (?, ?, ?, ?, ?)",
                (number, move.to, move.since, move.latest, move.times),
            )
        else:
            self._sql.execute("DELETE FROM moves WHERE feed = ?", (number,))


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

    def save(self, refresh: PollOutcome) -> list[RaisedAlert]:
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

    def save_page(self, arrival: ArticleChange, feed: Feed, now: Timestamp) -> list[RaisedAlert]:
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

    def _save_state(self, refresh: PollOutcome, new: int) -> None:
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
