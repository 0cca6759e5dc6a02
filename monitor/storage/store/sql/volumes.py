"""Volumes: the stories of watchlists, the times in which the monitor watched, unusual times."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import overload

from monitor.base.article import Article, Timestamp
from monitor.judgement.alerts.plan import AlertFacts
from monitor.judgement.alerts.unusual_volume import Interval, Story
from monitor.model.alert import AlertKind, UnusualTime
from monitor.model.feed import Outcome
from monitor.storage.store.database.connection import Connection, grouped, rows_in
from monitor.storage.store.sql.alerts import read_watchlist_facts
from monitor.storage.store.sql.articles import article_columns, article_of

_FIRST = (
    "al.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM alerts b"
    " WHERE b.story_alert = al.story_alert AND b.watchlist = al.watchlist AND b.id < al.id)"
)
"""The condition that an alert is the first of its watchlist about its story."""
_AT = "CASE WHEN al.backfill THEN a.seen ELSE al.raised_at END"
"""When a story began: a backfill raises its alert later."""
FIRST_READ = 3_600.0
"""Seconds from an article to its backfilled alert; less are of the first document of a feed."""
RECOVERED = 7_200.0
"""Most seconds between the recovery of a feed and the note of it."""


class _StoryColumns(Sequence[Story]):
    """Stories in columns, which take 24 bytes each instead of 150."""

    def __init__(self) -> None:
        self._at = array("d")
        self._feeds = array("q")
        self._alerts = array("q")

    def append(self, at: Timestamp, feed: int, alert: int) -> None:
        """Add a story."""
        self._at.append(at)
        self._feeds.append(feed)
        self._alerts.append(alert)

    @overload
    def __getitem__(self, place: int) -> Story: ...
    @overload
    def __getitem__(self, place: slice) -> list[Story]: ...
    def __getitem__(self, place: int | slice) -> Story | list[Story]:
        if isinstance(place, slice):
            columns = self._at[place], self._feeds[place], self._alerts[place]
            return list(map(Story, *columns))
        return Story(self._at[place], self._feeds[place], self._alerts[place])

    def __iter__(self) -> Iterator[Story]:
        return map(Story, self._at, self._feeds, self._alerts)

    def __len__(self) -> int:
        return len(self._at)


class VolumeViews:
    """The stories of watchlists, and the times in which the monitor watched."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql

    def stories(self, since: Timestamp, after: int = 0) -> Mapping[str, Sequence[Story]]:
        """Return the stories of each watchlist that began since then, the oldest first.

        Args:
            since: The earliest time of their first alert, or of its article if it is older.
            after: The id above which their first alert is.
        """
        stories: dict[str, _StoryColumns] = defaultdict(_StoryColumns)
        for watchlist, at, feed, id in self._sql.execute(
            f"SELECT al.watchlist, {_AT}, a.feed, al.id"
            f" FROM alerts al {self._sql.indexed_by('alerts_by_time')}"
            " JOIN articles a ON a.id = al.article"
            f" WHERE al.raised_at >= ?1 AND al.id > ?2 AND {_AT} >= ?1"
            f" AND (NOT al.backfill OR a.seen < al.raised_at - {FIRST_READ}) AND {_FIRST}"
            " ORDER BY 2, al.id",
            (since, after),
        ):
            stories[watchlist].append(at, feed, id)
        return stories

    def rule_changes(self, since: Timestamp) -> dict[str, Timestamp]:
        """Return when an earlier rule of each edited watchlist raised its last alert since then."""
        query = (
            "SELECT al.watchlist, max(al.raised_at)"
            f" FROM alerts al {self._sql.indexed_by('alerts_by_time')}"
            " JOIN backfills b ON b.watchlist = al.watchlist AND b.meaning <> al.rule"
            " WHERE al.raised_at >= ? AND al.article IS NOT NULL GROUP BY al.watchlist"
        )
        return dict(self._sql.execute(query, (since,)))

    def articles_of(self, alerts: Collection[int]) -> list[Article]:
        """Return the articles of alerts, the newest alert first."""
        rows = rows_in(
            self._sql,
            f"SELECT al.id AS alert, {article_columns(self._sql)} FROM alerts al"
            " JOIN articles a ON a.id = al.article WHERE al.id IN ({0})",
            alerts,
        )
        newest_first = sorted(rows, key=lambda row: row["alert"], reverse=True)
        return [article_of(row) for row in newest_first]

    def watched(self, since: Timestamp) -> list[Interval]:
        """Return the intervals in which the monitor watched that end after a moment."""
        query = "SELECT start, until FROM watched WHERE until > ? ORDER BY start"
        return [*self._sql.execute(query, (since,))]

    def unusual(self, since: Timestamp) -> list[UnusualTime]:
        """Return the unusual times that ended after a moment, or still last, in their order."""
        rows = self._sql.execute(
            "SELECT watchlist, kind, started_at, ended_at FROM unusual"
            " WHERE ended_at IS NULL OR ended_at > ? ORDER BY started_at",
            (since,),
        )
        return [UnusualTime(name, AlertKind(kind), *times) for name, kind, *times in rows]

    def read_since(self) -> dict[int, Timestamp]:
        """Return the time at which the first article of each feed was seen; 0 if it was dropped."""
        return dict(
            self._sql.execute(
                "SELECT e.feed, coalesce(a.seen, 0) FROM"
                " (SELECT feed, min(article) AS article FROM entries GROUP BY feed) e"
                " LEFT JOIN articles a ON a.id = e.article"
            )
        )

    def unread(self) -> dict[int, tuple[Interval, ...]]:
        """Return the past intervals in which feeds could not be read, by feed."""
        rows = self._sql.execute("SELECT feed, start, until FROM unread")
        return grouped((feed, (start, until)) for feed, start, until in rows)

    def recovered(self, since: Timestamp) -> list[tuple[int, Timestamp, Timestamp]]:
        """Return feeds that recovered since a moment: feed, last read before, first read after.

        Only the polls that are remembered of each feed count.
        """
        intervals: list[tuple[int, Timestamp, Timestamp]] = []
        last_read: dict[int, Timestamp] = {}
        failed: set[int] = set()
        for feed, at, outcome in self._sql.execute(
            "SELECT feed, at, outcome FROM polls WHERE feed IN"
            " (SELECT feed FROM polls WHERE outcome = ?1 AND at > ?2) ORDER BY feed, at",
            (Outcome.FAILED, since),
        ):
            if outcome == Outcome.FAILED:
                failed.add(feed)
                last_read.setdefault(feed, at)
                continue
            if feed in failed and at > since:
                intervals.append((feed, last_read[feed], at))
            failed.discard(feed)
            last_read[feed] = at
        return intervals

    def facts(self, watchlists: Collection[str], now: Timestamp) -> AlertFacts:
        """Return the facts for alerts about these watchlists themselves."""
        return read_watchlist_facts(self._sql, watchlists, now)

    def note_watched(self, now: Timestamp, patience: float, oldest: Timestamp) -> None:
        """Extend the interval in which the monitor watches, or begin a new one after a pause.

        Also store the intervals in which feeds that recovered could not be read for long.

        Args:
            now: The time.
            patience: Seconds after which the monitor was away, or a feed unread for long.
            oldest: The time before which intervals are deleted.
        """
        self._sql.execute("DELETE FROM watched WHERE until < ? OR start > ?", (oldest, now))
        cursor = self._sql.execute(
            "UPDATE watched SET until = CASE WHEN until > ?1 THEN until ELSE ?1 END WHERE start ="
            " (SELECT max(start) FROM watched) AND until >= ?1 - ?2",
            (now, patience),
        )
        if not cursor.rowcount:
            self._sql.execute("INSERT INTO watched VALUES (?1, ?1)", (now,))
        self._sql.execute("DELETE FROM unread WHERE until < ?", (oldest,))
        self._sql.insert(
            "unread",
            "feed, start, until",
            [gap for gap in self.recovered(now - RECOVERED) if gap[2] - gap[1] > patience],
            or_ignore=True,
        )
