"""What viewers read of feeds and their polls."""

from __future__ import annotations

from typing import Any

from index.article import Timestamp
from monitor.model.feed import Feed, FeedState, Former, Gap, GapKind, Move, Outcome, Poll
from monitor.store.sqlite import rows
from monitor.store.sqlite.connection import transaction
from monitor.store.sqlite.viewer_connection import Connected


class FeedViews(Connected):
    """Subscriptions, their state, their log."""

    def feeds(self) -> list[tuple[Feed, FeedState, int]]:
        """Return subscribed feeds with their state and number of articles."""
        found = self._read(
            f"SELECT articles, {rows.FEED}, {rows.STATE} FROM feeds"
            " WHERE subscribed ORDER BY number"
        )
        return [(rows.feed(row[:6]), rows.state(row[6:]), articles) for articles, *row in found]

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return [rows.feed(row) for row in self._read(f"SELECT {rows.FEED} FROM feeds")]

    def feed_name(self, number: int) -> str:
        """Return the name of a feed, `?` if there never was one of that number."""
        found = self._read("SELECT name FROM feeds WHERE number = ?", (number,))
        return next((str(name) for (name,) in found), "?")

    def moves(self) -> dict[int, Move]:
        """Return where permanent redirects of feeds lead, by number."""
        found = self._read("SELECT feed, moved_to, since, latest, times FROM moves")
        return {feed: Move(*move) for feed, *move in found}

    def former(self) -> dict[int, Former]:
        """Return the last address that feeds had before they moved, by number."""
        found = self._read("SELECT feed, url, until FROM former_addresses ORDER BY until")
        return {feed: Former(*former) for feed, *former in found}

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""
        found = self._read(
            "SELECT at, outcome, entries, new, changed, reason, seconds, known, blind, status,"
            " moved FROM polls WHERE feed = (SELECT number FROM feeds WHERE url = ?)"
            " ORDER BY at DESC",
            (url,),
        )
        return [_poll(row) for row in found]

    def gaps(self, since: Timestamp, until: Timestamp) -> list[Gap]:
        """Return the gaps of subscribed feeds that reach into an interval, the earliest first.

        A feed that is not read for longer than it should be by `until` has an open one.
        """
        found = self._read(
            f"SELECT g.start, g.until, 'blind', {rows.FEED} FROM gaps g"
            " JOIN feeds ON number = g.feed WHERE subscribed AND g.until > ?1 AND g.start < ?2"
            f" UNION ALL SELECT last_ok, NULL, 'down', {rows.FEED} FROM feeds"
            " WHERE subscribed AND enabled AND ?2 > last_ok + delay + max(delay, 60)"
            " ORDER BY 1, 8",
            (since, until),
        )
        return [
            Gap(feed=rows.feed(feed), start=start, end=end, kind=GapKind(kind))
            for start, end, kind, *feed in found
        ]

    def poll_now(self, url: str | None) -> None:
        """Make one feed due at once, a gone one too, or all that are watched and not gone."""
        with transaction(self._sql) as sql:
            sql.execute(
                "UPDATE feeds SET next_due = 0, gone = 0"
                " WHERE subscribed AND (url = ?1 OR ?1 IS NULL AND NOT gone)",
                (url,),
            )


def _poll(row: tuple[Any, ...]) -> Poll:
    return Poll(
        at=row[0],
        outcome=Outcome(row[1]),
        entries=row[2],
        new=row[3],
        changed=row[4],
        reason=row[5],
        seconds=row[6],
        known=row[7],
        blind=bool(row[8]),
        status=row[9],
        moved=row[10],
    )
