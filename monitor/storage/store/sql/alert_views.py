"""What viewers read of alerts: the ids that a filter selects, their fields, their outlets."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import convert
from msgspec.structs import replace

from monitor.base.translation import shown
from monitor.model.alert import (
    NOBODY_ELSE,
    Alert,
    ArticleAlert,
    EscalatedAlert,
    Escalation,
    LostTerm,
    MergedAlert,
    Outlet,
    StoryAlerts,
    StoryTimeline,
)
from monitor.model.event_link import Surety
from monitor.model.shown_names import describe_escalation, written_list_name
from monitor.model.watchlist import FEED_HEALTH, Match
from monitor.storage.store.database.connection import (
    UNBOUNDED,
    Connection,
    Row,
    StoreConnection,
    StoreViews,
    grouped,
    marks,
    values_of,
)
from monitor.storage.store.sql.feeds import FeedViews

if TYPE_CHECKING:
    from monitor.model.search import Filter

PUBLISHER = "coalesce(nullif(a.outlet, ''), f.name)"
"""The publisher of an article: the outlet that an aggregator names, else the feed."""
ORIGIN = (
    f"a.id AS article, a.lang, {PUBLISHER} AS publisher,"
    " coalesce(nullif(a.outlet_url, ''), a.url) AS url, f.url AS feed_url"
)
"""The columns of an `ArticleOrigin`."""
_MEMBER = "(a.id IN ({0}) OR (a.story IN ({0}) AND a.story <> a.id))"
_OUTLETS = f"""
SELECT x.story, coalesce(nullif(x.outlet, ''), f.name), x.id, x.seen, x.published, x.lang, x.copied
FROM (
    SELECT a.story, a.feed, a.id, a.seen, a.published, a.lang, (a.copy_of IS NOT NULL) AS copied,
        a.outlet
    FROM articles a WHERE {_MEMBER}
    UNION ALL
    SELECT a.story, c.feed, a.id, c.seen, NULL, a.lang, TRUE, a.outlet
    FROM articles a JOIN carriers c ON c.article = a.id WHERE {_MEMBER}
) x JOIN feeds f ON f.number = x.feed ORDER BY x.seen, x.id
"""
_LINKED = f"""
SELECT a.story, b.story, l.surety FROM articles a JOIN event_links l ON l.later = a.id
JOIN articles b ON b.id = l.earlier WHERE {_MEMBER} AND a.story <> b.story
UNION
SELECT a.story, b.story, l.surety FROM articles a JOIN event_links l ON l.earlier = a.id
JOIN articles b ON b.id = l.later WHERE {_MEMBER} AND a.story <> b.story
"""


def story_timelines(
    connection: StoreConnection, articles: Collection[int]
) -> dict[int, StoryTimeline]:
    """Return the timeline of the story of each of these articles."""
    stories = dict(
        connection.select_in("SELECT a.id, a.story FROM articles a WHERE a.id IN ({0})", articles)
    )
    links: dict[int, dict[int, int]] = defaultdict(dict)
    for story, linked, surety in connection.select_in(_LINKED, set(stories.values())):
        links[story][linked] = max(surety, links[story].get(linked, surety))
    linked_stories = {story for stories_of in links.values() for story in stories_of}
    outlets = _outlets(connection, {*stories.values(), *linked_stories})
    return {
        article: StoryTimeline(
            outlets.get(story, ()),
            tuple(
                sorted(
                    (
                        replace(outlet, perhaps=surety == Surety.NAMES)
                        for linked, surety in links[story].items()
                        for outlet in outlets.get(linked, ())
                    ),
                    key=lambda outlet: (outlet.seen, outlet.article),
                )
            ),
        )
        for article, story in stories.items()
    }


def _outlets(
    connection: StoreConnection, stories: Collection[int]
) -> Mapping[int, tuple[Outlet, ...]]:
    by_story: dict[int, dict[str, Outlet]] = defaultdict(dict)
    for story, name, article, seen_at, published, lang, copied in connection.select_in(
        _OUTLETS, stories
    ):
        outlets = by_story[story]
        first = next(iter(outlets.values()), None)
        outlet = Outlet(
            name=name, article=article, seen=seen_at, published=published, lang=lang,
            lag=seen_at - first.seen if first else 0.0, copied=bool(copied) and first is not None,
        )  # fmt: skip
        outlets.setdefault(name, outlet)
    return {story: tuple(outlets.values()) for story, outlets in by_story.items()}


_ALERTS = (
    "alerts al LEFT JOIN articles a ON a.id = al.article"
    " LEFT JOIN feeds f ON f.number = coalesce(al.feed, a.feed)"
)
_ESCALATIONS = "escalations e CROSS JOIN"
"""Stands before the tables of alerts; else SQLite would scan all alerts: 50 ms for 100,000."""
_SUPPRESSED = (
    "(al.suppressed <> '' OR al.merged_into IS NOT NULL OR"
    " EXISTS (SELECT 1 FROM escalations e WHERE e.alert = al.id AND e.suppressed <> ''))"
)


def _alert_columns(sql: Connection) -> str:
    return (
        "al.id, al.watchlist, al.article, al.severity, al.state, al.verdict, al.starred,"
        " al.backfill, al.raised_at, coalesce(a.title, al.title) AS title,"
        " coalesce(a.url, f.link, '') AS url, coalesce(f.name, '') AS feed,"
        " coalesce(a.lang, '') AS lang, a.published, (SELECT count(*) FROM articles s"
        "  WHERE s.story = a.story AND s.story <> s.id) AS copies, al.kind, al.rule,"
        " al.article_version, al.suppressed, al.suppressed_until, al.merged_into,"
        " coalesce((SELECT text FROM notes n WHERE n.alert = al.id), '') AS note,"
        f" (SELECT {sql.json_list('tag')} FROM alert_tags t WHERE t.alert = al.id) AS tags,"
        " coalesce(a.outlet, '') AS outlet, al.story_alert,"
        " coalesce(f.is_found AND a.id IS NOT NULL AND NOT EXISTS"
        "  (SELECT 1 FROM carriers c WHERE c.article = a.id), FALSE) AS unlisted,"
        " coalesce((SELECT assignee FROM assignments w WHERE w.alert = al.id), '') AS assignee"
    )


SORTED_BY = {
    "signs": "al.severity",
    "published": "a.published",
    "watchlist": "al.watchlist",
    "headline": "coalesce(a.title, al.title)",
    "outlet": f"coalesce({PUBLISHER}, '')",
    "others": "(SELECT count(*) FROM articles s WHERE s.story = a.story AND s.story <> s.id)",
}
"""The columns of the dashboard by which alerts can be sorted, and their values."""
LOOKUP_LIMIT = 5_000
"""Look alerts up one by one up to this number of articles; above it a full scan is faster."""


class AlertViews(StoreViews):
    """Alerts by filter, by id, by article."""

    def ids(
        self, filter: Filter, *, after: int = 0, before: int = UNBOUNDED, limit: int | None = None
    ) -> array[int]:
        """Return the newest `limit` ids of alerts between two ids, in ascending order.

        Duplicates are among them only where the filter asks for merged or suppressed alerts.
        """
        tables, clause, values = self._selection(filter)
        rows = self._connection.read(
            f"SELECT al.id FROM {tables} WHERE al.id > ? AND al.id < ?{clause}"
            " ORDER BY al.id DESC LIMIT ?",
            (after, before, *values, UNBOUNDED if limit is None else limit),
        )
        ids = array("q", (id for (id,) in rows))
        ids.reverse()
        return ids

    def escalated(
        self, filter: Filter, *, after: int = 0, limit: int | None = None
    ) -> list[EscalatedAlert]:
        """Return alerts that escalated, each with its last escalation above `after`.

        The newest `limit` of them, the oldest first; noise is left out.
        """
        tables, clause, values = self._selection(filter)
        rows = self._connection.read(
            "SELECT coalesce((SELECT n.id FROM alerts n"
            "  WHERE n.raised_at <= e.at ORDER BY n.raised_at DESC, n.id DESC LIMIT 1), 0),"
            f" e.id, e.alert FROM {_ESCALATIONS} {tables}"
            f" WHERE al.id = e.alert AND e.id > ? AND al.verdict <> 'noise'{clause}"
            " AND NOT EXISTS (SELECT 1 FROM escalations l WHERE l.alert = e.alert AND l.id > e.id)"
            " ORDER BY e.id DESC LIMIT ?",
            (after, *values, UNBOUNDED if limit is None else limit),
        )
        return [EscalatedAlert(*row) for row in rows][::-1]

    def get(
        self, ids: Sequence[int], *, matches: bool = False, timelines: bool = False
    ) -> list[Alert]:
        """Return these alerts in the order asked; unknown ids are left out.

        With `matches` they have their matches, with `timelines` the timelines of their stories.
        """
        read = self._connection.rows_in
        columns = _alert_columns(self._connection.sql)
        rows = {
            row["id"]: row
            for row in read(f"SELECT {columns} FROM {_ALERTS} WHERE al.id IN ({{0}})", ids)
        }
        alert_matches = read_matches(self._connection, ids) if matches else {}
        escalations = self._escalations(ids)
        lost_terms = self._lost(ids) if matches else {}
        by_article = {}
        if timelines:
            articles = {row["article"] for row in rows.values() if row["article"]}
            by_article = story_timelines(self._connection, articles)
        return [
            _alert(
                rows[id],
                matches=alert_matches.get(id, ()),
                escalations=escalations.get(id, ()),
                lost=lost_terms.get(id, ()),
                timeline=by_article.get(rows[id]["article"], NOBODY_ELSE),
            )
            for id in ids
            if id in rows
        ]

    def stories(
        self,
        ids: Sequence[int],
        *,
        matches: bool = False,
        timelines: bool = False,
        closed: bool = False,
        silenced: bool = False,
    ) -> list[StoryAlerts]:
        """Return the alerts of the stories of these alerts, in the order asked, each story once.

        Merged, closed and silenced alerts are among them only if `ids` names them. With `closed` or
        `silenced`, all closed or silenced alerts of the stories are among them.
        """
        story_of = dict(
            self._connection.select_in("SELECT id, story_alert FROM alerts WHERE id IN ({0})", ids)
        )
        members = self._connection.select_in(
            "SELECT id FROM alerts WHERE story_alert IN ({0}) AND merged_into IS NULL"
            + ("" if closed else " AND state <> 'closed'")
            + ("" if silenced else " AND suppressed <> 'silence'"),
            set(story_of.values()),
        )
        alert_ids = sorted({*story_of, *(id for (id,) in members)})
        alerts: dict[int, list[Alert]] = defaultdict(list)
        for alert in self.get(alert_ids, matches=matches, timelines=timelines):
            alerts[alert.story_alert].append(alert)
        stories = dict.fromkeys(story_of[id] for id in ids if id in story_of)
        return [StoryAlerts(tuple(alerts[story])) for story in stories]

    def later_of_stories(self, *, after: int = 0) -> tuple[array[int], array[int]]:
        """Return alerts above an id that are not the first of their story, and the first alerts.

        Both are in the order of the alerts' ids.
        """
        ids, firsts = array("q"), array("q")
        for id, first in self._connection.read(
            "SELECT id, story_alert FROM alerts WHERE id > ? AND story_alert <> id ORDER BY id",
            (after,),
        ):
            ids.append(id)
            firsts.append(first)
        return ids, firsts

    def merged(self, ids: Collection[int]) -> tuple[MergedAlert, ...]:
        """Return the alerts merged into these, and those that these were merged into, by id."""
        rows = self._connection.rows_in(
            "SELECT m.id AS alert, al.id AS partner, m.merged_into IS NULL AS stands, m.watchlist,"
            f" a.id AS article, a.title, {PUBLISHER} AS publisher, a.seen FROM alerts al"
            " JOIN alerts m ON m.merged_into = al.id OR m.id = al.merged_into"
            " JOIN articles a ON a.id = m.article JOIN feeds f ON f.number = a.feed"
            " WHERE al.id IN ({0}) ORDER BY m.id",
            ids,
        )
        return tuple(values_of(MergedAlert, rows))

    def of_articles(self, articles: Collection[int]) -> list[ArticleAlert]:
        """Return the alerts that these articles raised."""
        query = "SELECT id, article, watchlist, severity FROM alerts WHERE article"
        if len(articles) > LOOKUP_LIMIT:
            article_ids = frozenset(articles)
            all_rows = self._connection.read(f"{query} IS NOT NULL")
            rows = [row for row in all_rows if row[1] in article_ids]
        else:
            rows = sorted(self._connection.select_in(f"{query} IN ({{0}})", articles))
        return convert(rows, list[ArticleAlert], strict=False)

    def headlines(
        self, *, after: int = 0, before: int | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two ids, the newest first.

        A negative limit means no limit.
        """
        rows = self._connection.read(
            "SELECT al.id, coalesce(a.title, al.title) FROM alerts al"
            " LEFT JOIN articles a ON a.id = al.article"
            " WHERE al.id > ? AND al.id < ? ORDER BY al.id DESC LIMIT ?",
            (after, UNBOUNDED if before is None else before, UNBOUNDED if limit < 0 else limit),
        )
        return [(alert, shown(title)) for alert, title in rows]

    def column_values(self, column: str) -> list[tuple[int, int, str, str | float | None]]:
        """Return (alert, first alert of its story, severity, value in a column of `SORTED_BY`).

        Merged alerts are left out.
        """
        rows = self._connection.read(
            f"SELECT al.id, al.story_alert, al.severity, {SORTED_BY[column]} FROM {_ALERTS}"
            " WHERE al.merged_into IS NULL"
        )
        return [
            (alert, story, severity, shown(value) if isinstance(value, str) else value)
            for alert, story, severity, value in rows
        ]

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of the raising of these alerts, by alert."""
        rows = self._connection.select_in(
            "SELECT alert, number, hash FROM evidence WHERE kind = 'raised' AND alert IN ({0})",
            alerts,
        )
        return {alert: (number, hash) for alert, number, hash in rows}

    def _selection(self, filter: Filter) -> tuple[str, str, list[Any]]:
        """Return a filter as SQL: the tables, a clause to append to a WHERE, and its values."""
        clause, values = _conditions(filter, watchlist_names(self._connection, filter.watchlists))
        if filter.assignees:
            condition, assignees = _assigned(self._connection, filter.assignees)
            clause += condition
            values += assignees
        if filter.feeds:
            numbers = f"({', '.join(map(str, self._feed_numbers(filter.feeds))) or 'NULL'})"
            clause += f" AND (f.number IN {numbers} OR EXISTS (SELECT 1 FROM carriers c"
            clause += f" WHERE c.article = a.id AND c.feed IN {numbers}))"
        return _ALERTS if filter.lang or filter.feeds else "alerts al", clause, values

    def _feed_numbers(self, selectors: Sequence[str]) -> list[int]:
        """Return the numbers of the feeds that any of these selectors names."""
        from index.query.filters import selects

        return [
            feed.number
            for feed in FeedViews(self._connection).every()
            if any(selects(s, feed.name, feed.address, feed.tags) for s in selectors)
        ]

    def _escalations(self, alerts: Collection[int]) -> dict[int, tuple[Escalation, ...]]:
        """Return the escalations of these alerts by alert, oldest first."""
        rows = self._connection.rows_in(
            "SELECT e.id, e.alert, e.reason, e.at, e.outlets, e.severity,"
            f" coalesce({PUBLISHER}, '') AS outlet, e.suppressed"
            " FROM escalations e LEFT JOIN articles a ON a.id = e.article"
            " LEFT JOIN feeds f ON f.number = a.feed WHERE e.alert IN ({0}) ORDER BY e.id",
            alerts,
        )
        escalations = (
            row | {"words": describe_escalation(row["reason"], row["outlets"], row["outlet"])}
            for row in rows
        )
        return grouped((e.alert, e) for e in values_of(Escalation, escalations))

    def _lost(self, alerts: Collection[int]) -> dict[int, tuple[LostTerm, ...]]:
        """Return the terms of each of these alerts that an edit removed."""
        rows = self._connection.select_in(
            "SELECT alert, term, at FROM lost_terms WHERE alert IN ({0}) ORDER BY at, term", alerts
        )
        return grouped((alert, LostTerm(*lost)) for alert, *lost in rows)


def read_matches(
    connection: StoreConnection, alerts: Collection[int]
) -> dict[int, tuple[Match, ...]]:
    """Return the matches of alerts by alert; alerts without matches are left out."""
    rows = connection.rows_in(
        'SELECT alert, field, start, stop AS "end", text, term, concept, ambiguous FROM matches'
        " WHERE alert IN ({0}) ORDER BY alert, place",
        alerts,
    )
    return grouped((row.pop("alert"), convert(row, Match, strict=False)) for row in rows)


def watchlist_names(connection: StoreConnection, names: Iterable[str]) -> list[str]:
    """Return the watchlists with alerts that have one of these names, in any case."""
    folded = {written_list_name(name).casefold() for name in names}
    rows = connection.read("SELECT watchlist FROM counts") if folded else ()
    return [name for (name,) in rows if (name or FEED_HEALTH).casefold() in folded]


def _assigned(connection: StoreConnection, names: Iterable[str]) -> tuple[str, list[str]]:
    """Return the SQL for alerts assigned to any of these people, in any case; "" is nobody."""
    folded = {name.casefold() for name in names}
    rows = connection.read("SELECT DISTINCT assignee FROM assignments")
    people = [name for (name,) in rows if name.casefold() in folded]
    assigned = "al.id IN (SELECT alert FROM assignments"
    alternatives = [f"{assigned} WHERE assignee IN ({marks(len(people))}))"]
    alternatives += [f"NOT {assigned})"] if "" in folded else []
    return f" AND ({' OR '.join(alternatives)})", people


def _conditions(filter: Filter, watchlists: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a filter as a clause to append to a WHERE, and its values."""
    clause = f" AND {_SUPPRESSED}" if filter.suppressed else ""
    if not (filter.suppressed or filter.merged):
        clause += " AND al.merged_into IS NULL"
    if not filter.silenced:
        clause += " AND al.suppressed <> 'silence'"
    if filter.state is None and not filter.closed:
        clause += " AND al.state <> 'closed'"
    if filter.noted is not None:
        clause += f" AND al.id {'' if filter.noted else 'NOT '}IN (SELECT alert FROM notes)"
    values: list[Any] = []
    for condition, value in (
        ("al.raised_at >= ?", filter.since),
        ("al.raised_at < ?", filter.until),
        ("al.state = ?", filter.state),
        ("al.verdict = ?", filter.verdict),
        ("al.starred = ?", filter.starred),
    ):
        if value is not None:
            clause += f" AND {condition}"
            values.append(value)
    for criterion, column, accepted in (
        (filter.watchlists, "al.watchlist", watchlists),
        (filter.lang, "a.lang", [lang.lower() for lang in filter.lang]),
        (filter.severities, "al.severity", filter.severities),
    ):
        if criterion:
            clause += f" AND {column} IN ({marks(len(accepted))})"
            values.extend(accepted)
    if filter.tags:
        clause += (
            f" AND al.id IN (SELECT alert FROM alert_tags WHERE tag IN ({marks(len(filter.tags))}))"
        )
        values.extend(filter.tags)
    return clause, values


def _alert(row: Row, **fields: Any) -> Alert:
    """Return the alert of a row with `_alert_columns`; `fields` are its other fields."""
    names = {"watchlist": row["watchlist"] or FEED_HEALTH, "title": shown(row["title"])}
    tags = {"tags": sorted(json.loads(row["tags"]))}
    return convert(row | fields | names | tags, Alert, strict=False)
