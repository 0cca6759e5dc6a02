"""The facts that decisions about alerts are made from, read in their transaction."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Mapping

from index.article import Timestamp
from monitor.alerts.escalation import touched_stories
from monitor.alerts.facts import (
    NO_FACTS,
    AlertFacts,
    Arrivals,
    EndedSilence,
    KnownAlert,
    StoredText,
    StoryAlert,
    StoryCrossing,
    StoryFacts,
    StoryMember,
    SuppressedCount,
)
from monitor.audit import evidence
from monitor.model.alert import AlertKind, AlertState, Match, Verdict
from monitor.model.config import Escalate, Watchlist
from monitor.model.poll import RaisedAlert
from monitor.model.severity import Severity
from monitor.model.watchlist import FEED_HEALTH, Silence
from monitor.store.sqlite.connection import select_in

_IN_STORY = "SELECT id FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
"""The articles of a story."""


def read_alert_facts(sql: sqlite3.Connection, arrivals: Arrivals, now: Timestamp) -> AlertFacts:
    """Return what the store knows that matters for arrivals, once their articles are stored."""
    changes = arrivals.changes
    matched = {change.article.id for change in changes if change.hits}
    watchlists = {hit.watchlist.name: hit.watchlist for c in changes for hit in c.hits}
    alerts = _known_alerts(sql, [change.article.id for change in changes if not change.new])
    story_of = _story_of(sql, {c.crosses for c in changes if c.crosses is not None})
    raising = {change.article.story for change in changes if change.hits}
    stories = {
        story: facts
        for story in touched_stories(arrivals, story_of)
        if (facts := _story(sql, story, raising=story in raising))
    }
    if not (matched or alerts or stories or arrivals.notices):
        return NO_FACTS
    names = [*watchlists, FEED_HEALTH] if arrivals.notices else [*watchlists]
    return AlertFacts(
        last_alert=_last_alert(sql),
        texts=_texts(sql, {*matched, *alerts}),
        alerts=alerts,
        of_originals=_of_originals(sql, {c.copy_of for c in changes if c.hits and c.copy_of}),
        last_notified=_last_notified(sql, watchlists, now),
        silences=_silences(sql, now),
        suppressed=_suppressed(sql, names),
        stories=stories,
        story_of=story_of,
    )


def read_silence_facts(sql: sqlite3.Connection, now: Timestamp) -> AlertFacts:
    """Return the silences that have ended and are not reported yet, and who is to be notified."""
    over = sql.execute(
        "SELECT id, watchlist, who, since, until FROM mutes WHERE told = 0 AND until <= ?", (now,)
    ).fetchall()
    if not over:
        return NO_FACTS
    return AlertFacts(
        silences=_silences(sql, now), ended_silences=tuple(_ended(sql, *row) for row in over)
    )


def read_matches(sql: sqlite3.Connection, alerts: Collection[int]) -> dict[int, tuple[Match, ...]]:
    """Return where alerts match, by alert; those that match nowhere are left out."""
    found: dict[int, list[Match]] = defaultdict(list)
    for alert, field, start, stop, text, term in select_in(
        sql,
        "SELECT alert, field, start, stop, text, term FROM matches WHERE alert IN ({})"
        " ORDER BY alert, place",
        alerts,
    ):
        found[alert].append(Match(field=field, start=start, end=stop, text=text, term=term))
    return {alert: tuple(matches) for alert, matches in found.items()}


def _last_alert(sql: sqlite3.Connection) -> int:
    row = sql.execute("SELECT seq FROM main.sqlite_sequence WHERE name = 'alerts'").fetchone()
    return int(row[0]) if row else 0


def _known_alerts(
    sql: sqlite3.Connection, articles: Collection[int]
) -> dict[int, tuple[KnownAlert, ...]]:
    """Return the alerts of articles with their matches, by article."""
    rows = list(
        select_in(
            sql,
            "SELECT id, watchlist, article, merged_into FROM alerts WHERE article IN ({})"
            " ORDER BY id",
            articles,
        )
    )
    matches = read_matches(sql, [id for id, *_ in rows])
    found: dict[int, list[KnownAlert]] = defaultdict(list)
    for id, watchlist, article, duplicate_of in rows:
        found[article].append(
            KnownAlert(
                id=id,
                watchlist=watchlist,
                article=article,
                duplicate_of=duplicate_of,
                matches=matches.get(id, ()),
            )
        )
    return {article: tuple(alerts) for article, alerts in found.items()}


def _texts(sql: sqlite3.Connection, articles: Collection[int]) -> dict[int, StoredText]:
    return {
        id: StoredText(version, evidence.text_hash(title, summary, body))
        for id, version, title, summary, body in select_in(
            sql, "SELECT id, version, title, summary, body FROM articles WHERE id IN ({})", articles
        )
    }


def _of_originals(
    sql: sqlite3.Connection, originals: Collection[int]
) -> dict[int, tuple[KnownAlert, ...]]:
    return {
        original: tuple(
            KnownAlert(id=id, watchlist=watchlist, article=article, duplicate_of=duplicate_of)
            for id, watchlist, article, duplicate_of in sql.execute(
                "SELECT id, watchlist, article, merged_into FROM alerts WHERE article IN"
                " (SELECT ?1 UNION SELECT id FROM articles WHERE copy_of = ?1) ORDER BY id",
                (original,),
            )
        )
        for original in originals
    }


def _last_notified(
    sql: sqlite3.Connection, watchlists: Mapping[str, Watchlist], now: Timestamp
) -> dict[str, Timestamp]:
    found = {}
    for name, watchlist in watchlists.items():
        if watchlist.cooldown:
            ((last,),) = sql.execute(
                "SELECT max(raised_at) FROM alerts WHERE watchlist = ? AND held = ''"
                " AND merged_into IS NULL AND raised_at > ? AND raised_at <= ?",
                (name, now - watchlist.cooldown, now),
            )
            if last is not None:
                found[name] = last
    return found


def _silences(sql: sqlite3.Connection, now: Timestamp) -> dict[str, Timestamp]:
    found = sql.execute(
        "SELECT watchlist, max(until) FROM mutes WHERE told = 0 AND since <= ?1 AND until > ?1"
        " GROUP BY watchlist",
        (now,),
    )
    return {watchlist.casefold(): until for watchlist, until in found}


def _suppressed(sql: sqlite3.Connection, watchlists: Collection[str]) -> dict[str, SuppressedCount]:
    return {
        watchlist: SuppressedCount(count, since)
        for watchlist, count, since in select_in(
            sql, "SELECT watchlist, held, since FROM holding WHERE watchlist IN ({})", watchlists
        )
    }


def _story_of(sql: sqlite3.Connection, articles: Collection[int]) -> dict[int, int]:
    return dict(select_in(sql, "SELECT id, story FROM articles WHERE id IN ({})", articles))


def _story(sql: sqlite3.Connection, story: int, *, raising: bool) -> StoryFacts | None:
    """Return how far a story has spread; None if no alert is or may be raised about it."""
    alerts = _story_alerts(sql, story)
    if not alerts and not raising:
        return None
    members = sql.execute(
        "SELECT a.id, a.url, f.url FROM articles a JOIN feeds f ON f.number = a.feed"
        f" WHERE a.id IN ({_IN_STORY})",
        (story,),
    ).fetchall()
    crossings = sql.execute(
        "SELECT c.later, a.lang, f.name FROM crossings c JOIN articles a ON a.id = c.later"
        f" JOIN feeds f ON f.number = a.feed WHERE c.earlier IN ({_IN_STORY}) ORDER BY c.later",
        (story,),
    )
    return StoryFacts(
        alerts=alerts,
        members=tuple(map(StoryMember._make, members)),
        crossings=tuple(map(StoryCrossing._make, crossings)),
    )


def _story_alerts(sql: sqlite3.Connection, story: int) -> tuple[StoryAlert, ...]:
    found = sql.execute(
        "SELECT min(al.id), al.watchlist, al.severity, al.state, al.verdict, a.title, a.lang,"
        " f.name, w.outlets, w.crossing, w.louder, w.notify_backfill,"
        " (SELECT group_concat(reason) FROM escalations e WHERE e.alert = al.id)"
        " FROM alerts al JOIN watchlists w ON w.name = al.watchlist"
        " JOIN articles a ON a.id = al.article JOIN feeds f ON f.number = a.feed"
        f" WHERE al.merged_into IS NULL AND al.article IN ({_IN_STORY}) GROUP BY al.watchlist",
        (story,),
    )
    return tuple(
        StoryAlert(
            id=id,
            watchlist=watchlist,
            severity=Severity(severity),
            state=AlertState(state),
            verdict=Verdict(verdict),
            title=title,
            lang=lang,
            feed=feed,
            escalate=Escalate(
                outlets=outlets, languages=bool(crossing), to=Severity(to) if to else None
            ),
            notify_backfill=bool(notify_backfill),
            reasons=frozenset((reasons or "").split(",")) - {""},
        )
        for (
            id, watchlist, severity, state, verdict, title, lang, feed, outlets, crossing, to,
            notify_backfill, reasons,
        ) in found
    )  # fmt: skip


def _ended(
    sql: sqlite3.Connection,
    id: int,
    watchlist: str,
    who: str,
    since: Timestamp,
    until: Timestamp,
) -> EndedSilence:
    ((count, newest),) = sql.execute(
        "SELECT count(*), max(id) FROM alerts WHERE watchlist = ?"
        " AND held = 'muted' AND raised_at BETWEEN ? AND ?",
        ("" if watchlist == FEED_HEALTH else watchlist, since, until),
    )
    row = sql.execute(
        "SELECT al.id, al.watchlist, al.severity, coalesce(a.title, al.title), f.name,"
        " al.backfill, al.kind, coalesce(a.lang, '') FROM alerts al"
        " LEFT JOIN articles a ON a.id = al.article"
        " JOIN feeds f ON f.number = coalesce(al.feed, a.feed) WHERE al.id = ?",
        (newest,),
    ).fetchone()
    return EndedSilence(
        id=id,
        silence=Silence(watchlist=watchlist, by=who, since=since, until=until, suppressed=count),
        newest=row
        and RaisedAlert(
            id=row[0],
            watchlist=row[1] or FEED_HEALTH,
            severity=Severity(row[2]),
            title=row[3],
            feed=row[4],
            backfill=bool(row[5]),
            kind=AlertKind(row[6]),
            lang=row[7],
        ),
    )
