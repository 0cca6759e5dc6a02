"""Taking in articles that no poll brought."""

from __future__ import annotations

from collections.abc import Sequence

from index.article import Timestamp
from monitor.evidence import Via
from monitor.model import Arrival, Feed, Raised
from monitor.store import rows
from monitor.store.batch.alerts import Came, Raising
from monitor.store.batch.articles import Storing

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

    def take_in(self, arrivals: Sequence[Arrival], feed: Feed, now: Timestamp) -> list[Raised]:
        """Store new articles that no poll brought; returns the alerts raised."""
        self._insert(feed.number, arrivals)
        self._enter(feed.number, [(a.guid, a.article.id, a.fingerprint) for a in arrivals])
        self._sql.execute(
            "UPDATE feeds SET articles = articles + ? WHERE number = ?",
            (len(arrivals), feed.number),
        )
        came = Came(Via.IMPORT)
        return [one for arrival in arrivals for one in self._raise(arrival, feed, now, came)]
