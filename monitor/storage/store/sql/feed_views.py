"""What viewers read of feeds: which are subscribed, their polls and gaps."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.base.article import Timestamp
from monitor.model.feed import (
    Feed,
    FormerAddress,
    Gap,
    GapKind,
    Outcome,
    PermanentRedirect,
    Poll,
    SubscribedFeed,
)
from monitor.storage.store.database.connection import StoreConnection, transaction
from monitor.storage.store.sql.feeds import FEED, POLL, STATE, feed_of, state_of


class FeedViews:
    """Subscriptions, their polls and their gaps."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def subscribed(self) -> list[SubscribedFeed]:
        """Return subscribed feeds with their state, articles and addresses."""
        read = self._connection.read
        moves = {
            feed: PermanentRedirect(*move)
            for feed, *move in read("SELECT feed, moved_to, since, latest, times FROM moves")
        }
        former = {
            feed: FormerAddress(*address)
            for feed, *address in read(
                "SELECT feed, url, until FROM former_addresses ORDER BY until"
            )
        }
        found = self._connection.rows(
            f"SELECT articles, {FEED}, {STATE} FROM feeds WHERE subscribed ORDER BY number"
        )
        return [
            SubscribedFeed(
                feed=(feed := feed_of(row)),
                state=state_of(row),
                articles=row["articles"],
                move=moves.get(feed.number),
                former=former.get(feed.number),
            )
            for row in found
        ]

    def every(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return [
            feed_of(row)
            for row in self._connection.rows(f"SELECT {FEED} FROM feeds ORDER BY number")
        ]

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""
        found = self._connection.rows(
            f"SELECT {POLL} FROM polls WHERE feed = (SELECT number FROM feeds WHERE url = ?)"
            " ORDER BY at DESC",
            (url,),
        )
        return [
            Poll(**{**row, "outcome": Outcome(row["outcome"]), "blind": bool(row["blind"])})
            for row in found
        ]

    def gaps(self, since: Timestamp, until: Timestamp) -> list[Gap]:
        """Return the gaps of subscribed feeds that reach into an interval, the earliest first.

        A feed that is not read for longer than it should be by `until` has an open one.
        """
        found = self._connection.rows(
            f"SELECT g.start, g.until, 'blind' AS kind, {FEED} FROM gaps g"
            " JOIN feeds ON number = g.feed WHERE subscribed AND g.until > ?1 AND g.start < ?2"
            f" UNION ALL SELECT last_ok, NULL, 'down', {FEED} FROM feeds"
            " WHERE subscribed AND enabled AND ?2 > last_ok + delay"
            " + CASE WHEN delay > 60 THEN delay ELSE 60 END"
            " ORDER BY start, number",
            (since, until),
        )
        return [
            Gap(feed=feed_of(row), start=row["start"], end=row["until"], kind=GapKind(row["kind"]))
            for row in found
        ]

    def lifetimes(
        self, first: Mapping[int, int]
    ) -> dict[int, tuple[Timestamp | None, Timestamp | None]]:
        """Return when feeds had their first article, and when former ones were last read.

        Args:
            first: The first article of each feed, by the number of the feed.

        Returns:
            Both moments by feed; None where it has no first article, or is still polled.
        """
        begun: dict[int, Timestamp] = {}
        for feed, article, seen in self._connection.select_in(
            "SELECT feed, id, seen FROM articles WHERE id IN ({0}) UNION ALL"
            " SELECT feed, article, seen FROM carriers WHERE article IN ({0})",
            sorted(set(first.values())),
        ):
            if first.get(feed) == article:
                begun[feed] = seen
        ended = dict(
            self._connection.read(
                "SELECT number, last_ok FROM feeds"
                " WHERE last_ok IS NOT NULL AND (gone OR NOT subscribed OR NOT enabled)"
            )
        )
        return {feed: (begun.get(feed), ended.get(feed)) for feed in {**begun, **ended}}

    def poll_now(self, url: str | None = None) -> None:
        """Make one feed due at once, a gone one too, or all that are watched and not gone."""
        with transaction(self._connection.sql) as sql:
            sql.execute(
                "UPDATE feeds SET next_due = 0, gone = FALSE WHERE subscribed"
                " AND (url = ?1 OR cast(?1 AS TEXT) IS NULL AND NOT gone)",
                (url,),
            )
