"""Feeds: the writes of polls, incidents, gaps, redirects; and the reads of viewers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import convert
from msgspec.structs import astuple

from monitor.base.article import Timestamp
from monitor.base.translation import coded, shown
from monitor.model.alert import AlertKind, FeedIncident
from monitor.model.feed import (
    Feed,
    FeedState,
    FormerAddress,
    Gap,
    GapKind,
    PermanentRedirect,
    Poll,
    PublicationRate,
    Source,
    SourceKind,
    SubscribedFeed,
)
from monitor.model.poll import FeedHistory, PollOutcome
from monitor.storage.store.database.connection import (
    Connection,
    Row,
    StoreViews,
    by_name,
    marks,
    select_in,
    transaction,
    upsert,
)

STATE = ", ".join(FeedState.__struct_fields__)
FEED = "url, kind, name, tags, enabled, number, every, outlet, is_found"
IMPORTED = "import:"
"""Beginning of the address of a feed without subscription: its articles were imported."""
POLL = ", ".join(Poll.__struct_fields__)
POLLS_KEPT = 30
"""Polls of a feed that are remembered."""
_SAVE_POLL = upsert("polls", f"feed, slot, {POLL}", "feed, slot").replace(
    "(?, ?,", f"(?1, (SELECT polls % {POLLS_KEPT} FROM feeds WHERE number = ?1),"
)
"""The statement that stores a poll; its values are all but the slot."""


def feed_named(sql: Connection, name: str) -> Feed:
    """Return the feed with a name, a subscribed one first; make it if there is none."""
    rows = sql.execute(f"SELECT {FEED} FROM feeds ORDER BY subscribed DESC, number")
    for feed in map(feed_of, list(by_name(rows))):
        if feed.name.casefold() == name.casefold():
            return feed
    (number,) = sql.execute(
        "INSERT INTO feeds (url, name, subscribed) VALUES (?, ?, FALSE) RETURNING number",
        (IMPORTED + name, name),
    ).fetchone()
    return Feed(url=IMPORTED + name, name=name, number=int(number))


def read_histories(sql: Connection, feeds: Iterable[Feed]) -> dict[int, FeedHistory]:
    """Return the histories of feeds, which are not in their polling state, by number."""
    numbers = [feed.number for feed in feeds]
    incidents: dict[int, dict[AlertKind, FeedIncident]] = defaultdict(dict)
    for number, kind, started, ended in select_in(
        sql,
        "SELECT feed, kind, started_at, ended_at FROM incidents WHERE feed IN ({0})"
        " ORDER BY started_at",
        numbers,
    ):
        incidents[number][AlertKind(kind)] = FeedIncident(started_at=started, ended_at=ended)
    rows = select_in(
        sql,
        "SELECT number, habit, d.articles, arrivals, moved_to, since, latest, times FROM feeds"
        " LEFT JOIN moves m ON m.feed = number LEFT JOIN last_documents d ON d.feed = number"
        " WHERE number IN ({0})",
        numbers,
    )
    return {
        number: FeedHistory(
            habit=habit_of(habit),
            move=PermanentRedirect(*move) if move[0] is not None else None,
            incidents=incidents[number],
            last_articles=frozenset(json.loads(articles or "[]")),
            last_arrivals=frozenset(json.loads(arrivals or "[]")),
        )
        for number, habit, articles, arrivals, *move in rows
    }


def save_poll(sql: Connection, outcome: PollOutcome) -> None:
    """Store the changes of a feed by a poll, except those that `save_states` stores."""
    number, now = outcome.feed.number, outcome.poll.at
    if outcome.habit:
        sql.execute(
            "UPDATE feeds SET habit = ? WHERE number = ?", (habit_value(outcome.habit), number)
        )
    if outcome.move:
        _save_move(sql, number, outcome.move)
    if outcome.missed:
        _save_gap(sql, number, *outcome.missed)
    if outcome.articles:
        sql.execute(
            upsert("last_documents", "feed, articles, arrivals", "feed"),
            (number, *(json.dumps(sorted(s)) for s in (outcome.articles, outcome.new_articles))),
        )
    if outcome.ended:
        _end_incidents(sql, number, outcome.ended, now)


def save_states(sql: Connection, outcomes: Sequence[PollOutcome]) -> None:
    """Store polls, and the polling states of their feeds after them, in two statements."""
    sql.executemany(
        f"UPDATE feeds SET ({STATE}) = ({marks(len(FeedState.__struct_fields__))}),"
        " polls = polls + 1, articles = articles + ? WHERE number = ?",
        [
            (*map(coded, astuple(o.state)), sum(change.new for change in o.changes), o.feed.number)
            for o in outcomes
        ],
    )
    sql.executemany(_SAVE_POLL, [(o.feed.number, *map(coded, astuple(o.poll))) for o in outcomes])


def _end_incidents(
    sql: Connection, number: int, kinds: Iterable[AlertKind], now: Timestamp
) -> None:
    sql.executemany(
        "UPDATE incidents SET ended_at = ? WHERE feed = ? AND kind = ? AND ended_at IS NULL",
        [(now, number, kind) for kind in kinds],
    )


def _save_gap(sql: Connection, number: int, start: Timestamp, end: Timestamp) -> None:
    """Store a coverage gap; where another gap ends at its start, extend that gap instead."""
    cursor = sql.execute(
        "UPDATE gaps SET until = ? WHERE feed = ? AND until = ?", (end, number, start)
    )
    if not cursor.rowcount:
        sql.execute(upsert("gaps", "feed, start, until", "feed, start"), (number, start, end))


def _save_move(sql: Connection, number: int, move: PermanentRedirect) -> None:
    """Store the permanent redirect of a feed; delete it if it leads nowhere."""
    if move.to:
        sql.execute(
            upsert("moves", "feed, moved_to, since, latest, times", "feed"),
            (number, move.to, move.since, move.latest, move.times),
        )
    else:
        sql.execute("DELETE FROM moves WHERE feed = ?", (number,))


def feed_of(row: Row) -> Feed:
    """Return the feed of a row with the columns `FEED`."""
    return Feed(
        url=row["url"], source=Source(kind=SourceKind(row["kind"])), name=row["name"],
        tags=_tags(row["tags"]), every=row["every"], enabled=bool(row["enabled"]),
        number=row["number"], outlet=row["outlet"], is_found=bool(row["is_found"]),
    )  # fmt: skip


@lru_cache(1_000)
def _tags(text: str) -> tuple[str, ...]:
    """Return the tags of a JSON list; cached, since hundreds of feeds share a few tags."""
    return tuple(json.loads(text))


def state_of(row: Row) -> FeedState:
    """Return the polling state of a row with the columns `STATE`."""
    words = {name: shown(row[name]) for name in ("reason", "breach")}
    return convert(row | words, FeedState, strict=False)


def habit_of(text: str) -> PublicationRate | None:
    """Return the habit of a `habit` column, None if there is none yet."""
    if not text:
        return None
    fields = zip(PublicationRate.__struct_fields__, json.loads(text), strict=True)
    return convert(dict(fields), PublicationRate)


def habit_value(value: PublicationRate) -> str:
    """Return a habit as the value of the `habit` column."""
    return json.dumps(astuple(value))


class FeedViews(StoreViews):
    """Subscriptions, their polls and their gaps."""

    def subscribed(self) -> list[SubscribedFeed]:
        """Return subscribed feeds with their state, articles and addresses."""
        read = self._connection.read
        moves = {
            feed: PermanentRedirect(*move)
            for feed, *move in read("SELECT feed, moved_to, since, latest, times FROM moves")
        }
        former_addresses = {
            feed: FormerAddress(*address)
            for feed, *address in read(
                "SELECT feed, url, until FROM former_addresses ORDER BY until"
            )
        }
        rows = self._connection.rows(
            f"SELECT articles, barrier, barred, {FEED}, {STATE} FROM feeds WHERE subscribed"
            " ORDER BY number"
        )
        return [
            SubscribedFeed(
                feed=(feed := feed_of(row)),
                state=state_of(row),
                articles=row["articles"],
                move=moves.get(feed.number),
                former=former_addresses.get(feed.number),
                barrier=shown(row["barrier"]),
                barred=row["barred"],
            )
            for row in rows
        ]

    def titles(self) -> dict[str, str]:
        """Return the titles of the documents of subscribed feeds, by address, where known."""
        return dict(
            self._connection.read("SELECT url, title FROM feeds WHERE subscribed AND title <> ''")
        )

    def found(self) -> list[str]:
        """Return the addresses of the sitemaps that were found beside feeds."""
        rows = self._connection.read("SELECT url FROM feeds WHERE is_found ORDER BY url")
        return [url for (url,) in rows]

    def unsought(self, before: Timestamp) -> dict[str, str]:
        """Return the feeds beside which no sitemap was sought since then, or brought anything.

        Those that can be read are among them, with the address of the site that they name.
        """
        return dict(
            self._connection.read(
                "SELECT url, link FROM feeds f WHERE subscribed AND enabled AND NOT is_found"
                " AND last_ok IS NOT NULL AND coalesce(sought_at, 0) < ?1 AND NOT EXISTS"
                " (SELECT 1 FROM feeds s WHERE s.is_found AND s.outlet = f.outlet"
                " AND s.published >= ?1) ORDER BY number",
                (before,),
            )
        )

    def every(self) -> list[Feed]:
        """Return all feeds, former ones too: their articles stay."""
        return [
            feed_of(row)
            for row in self._connection.rows(f"SELECT {FEED} FROM feeds ORDER BY number")
        ]

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""
        return self._connection.values(
            Poll,
            f"SELECT {POLL} FROM polls WHERE feed = (SELECT number FROM feeds WHERE url = ?)"
            " ORDER BY at DESC",
            (url,),
        )

    def gaps(self, since: Timestamp, until: Timestamp) -> list[Gap]:
        """Return the gaps of subscribed feeds that overlap an interval, the earliest first.

        A feed that is overdue at `until` has an open gap.
        """
        rows = self._connection.rows(
            f"SELECT g.start, g.until, 'blind' AS gap, {FEED} FROM gaps g"
            " JOIN feeds ON number = g.feed WHERE subscribed AND g.until > ?1 AND g.start < ?2"
            f" UNION ALL SELECT last_ok, NULL, 'down', {FEED} FROM feeds"
            " WHERE subscribed AND enabled AND ?2 > last_ok + delay"
            " + CASE WHEN delay > 60 THEN delay ELSE 60 END"
            " ORDER BY start, number",
            (since, until),
        )
        return [
            Gap(feed=feed_of(row), start=row["start"], end=row["until"], kind=GapKind(row["gap"]))
            for row in rows
        ]

    def lifetimes(
        self, first_articles: Mapping[int, int]
    ) -> dict[int, tuple[Timestamp | None, Timestamp | None]]:
        """Return the time of the first article of feeds, and of the last poll of former feeds.

        Args:
            first_articles: The first article of each feed, by the number of the feed.

        Returns:
            Both times by feed; None for a feed without first article, or that is still polled.
        """
        starts: dict[int, Timestamp] = {}
        for feed, article, seen_at in self._connection.select_in(
            "SELECT feed, id, seen FROM articles WHERE id IN ({0}) UNION ALL"
            " SELECT feed, article, seen FROM carriers WHERE article IN ({0})",
            sorted(set(first_articles.values())),
        ):
            if first_articles.get(feed) == article:
                starts[feed] = seen_at
        ends = dict(
            self._connection.read(
                "SELECT number, last_ok FROM feeds"
                " WHERE last_ok IS NOT NULL AND (gone OR NOT subscribed OR NOT enabled)"
            )
        )
        return {feed: (starts.get(feed), ends.get(feed)) for feed in {**starts, **ends}}

    def poll_now(self, url: str | None = None) -> None:
        """Make one feed due at once, even a gone one, or all subscribed feeds that are not gone."""
        with transaction(self._connection.sql) as sql:
            sql.execute(
                "UPDATE feeds SET next_due = 0, gone = FALSE WHERE subscribed"
                " AND (url = ?1 OR cast(?1 AS TEXT) IS NULL AND NOT gone)",
                (url,),
            )
