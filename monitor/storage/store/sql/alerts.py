"""Alerts: reading the facts for decisions about them, and writing the plans of the decisions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import astuple

from monitor.base.article import Timestamp
from monitor.base.translation import coded, shown
from monitor.judgement.alerts.escalation import touched_stories
from monitor.judgement.alerts.plan import (
    NO_FACTS,
    AlertFacts,
    AlertPlan,
    EndedSilence,
    KnownAlert,
    NewAlert,
    NewEscalation,
    Notify,
    StoredText,
    StoryAlert,
    StoryFacts,
    SuppressedCount,
)
from monitor.model import evidence
from monitor.model.alert import AlertState
from monitor.model.article import ArticleOrigin
from monitor.model.event_link import Surety
from monitor.model.evidence import Kind
from monitor.model.latency import ArticleTiming
from monitor.model.poll import Arrivals, Headline, RaisedAlert
from monitor.model.watchlist import FEED_HEALTH, Silence, Watchlist
from monitor.storage.store.database.connection import (
    Connection,
    StoreConnection,
    by_name,
    change_in,
    grouped,
    marks,
    rows_in,
    select_in,
    upsert,
    values_of,
)
from monitor.storage.store.sql.alert_views import ORIGIN, PUBLISHER, read_matches
from monitor.storage.store.sql.article_views import DATE

if TYPE_CHECKING:
    from monitor.storage.store.sql.evidence import EvidenceLog

_IN_STORY = "SELECT id FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
"""The query for the articles of a story."""


def read_alert_facts(sql: Connection, arrivals: Arrivals, now: Timestamp) -> AlertFacts:
    """Return the facts for the alerts of arrivals, whose articles are stored by now."""
    changes = arrivals.changes
    matched_ids = {change.article.id for change in changes if change.hits}
    watchlists = {hit.watchlist.name: hit.watchlist for c in changes for hit in c.hits}
    alerts = _known_alerts(sql, [change.article.id for change in changes if not change.new])
    raising_stories = {change.article.story for change in changes if change.hits}
    stories = {
        story: facts
        for story in touched_stories(arrivals)
        if (facts := _story(sql, story, is_raising=story in raising_stories))
    }
    if not (matched_ids or alerts or stories or arrivals.notices):
        return NO_FACTS
    names = [*watchlists, FEED_HEALTH] if arrivals.notices else [*watchlists]
    return AlertFacts(
        last_alert=sql.last_given("alerts"),
        texts=_stored_texts(sql, {*matched_ids, *alerts}),
        alerts=alerts,
        original_alerts=_of_originals(sql, {c.copy_of for c in changes if c.hits and c.copy_of}),
        last_notified=_last_notified(sql, watchlists, now),
        silences=_silences(sql, now),
        suppressed=_suppressed(sql, names),
        stories=stories,
    )


def read_silence_facts(sql: Connection, now: Timestamp) -> AlertFacts:
    """Return the silences that have ended and are not reported yet, and those in force."""
    rows = sql.execute(
        "SELECT id, watchlist, who, since, until FROM silences WHERE NOT reported AND until <= ?",
        (now,),
    ).fetchall()
    if not rows:
        return NO_FACTS
    return AlertFacts(
        silences=_silences(sql, now), ended_silences=tuple(_ended(sql, *row) for row in rows)
    )


def read_watchlist_facts(
    sql: Connection, watchlists: Collection[str], now: Timestamp
) -> AlertFacts:
    """Return the facts for alerts about watchlists themselves."""
    return AlertFacts(
        last_alert=sql.last_given("alerts"),
        silences=_silences(sql, now),
        suppressed=_suppressed(sql, watchlists),
    )


def _known_alerts(sql: Connection, articles: Collection[int]) -> dict[int, tuple[KnownAlert, ...]]:
    """Return the alerts of articles with their matches, by article."""
    query = "SELECT id, watchlist, article, merged_into FROM alerts WHERE article IN ({0})"
    rows = list(rows_in(sql, f"{query} ORDER BY id", articles))
    matches = read_matches(StoreConnection(sql), [row["id"] for row in rows])
    return grouped(
        (row["article"], KnownAlert(**row, matches=matches.get(row["id"], ()))) for row in rows
    )


def _stored_texts(sql: Connection, articles: Collection[int]) -> dict[int, StoredText]:
    return {
        id: StoredText(version, evidence.text_hash(title, summary, body))
        for id, version, title, summary, body in select_in(
            sql,
            "SELECT id, version, title, summary, body FROM articles WHERE id IN ({0})",
            articles,
        )
    }


def _of_originals(sql: Connection, originals: Collection[int]) -> dict[int, tuple[KnownAlert, ...]]:
    by_original = {}
    for original in originals:
        rows = sql.execute(
            "SELECT al.id, al.watchlist, a.id, al.merged_into, a.title, a.feed, a.outlet, a.url,"
            f" {DATE} FROM articles a JOIN alerts al ON al.article = a.id"
            " WHERE a.id = ?1 OR a.copy_of = ?1 ORDER BY al.id",
            (original,),
        )
        by_original[original] = tuple(
            KnownAlert(
                id=id, watchlist=watchlist, article=article, merged_into=merged_into,
                headline=Headline(title, feed, outlet, url, date),
            )
            for id, watchlist, article, merged_into, title, feed, outlet, url, date in rows
        )  # fmt: skip
    return by_original


def _last_notified(
    sql: Connection, watchlists: Mapping[str, Watchlist], now: Timestamp
) -> dict[str, Timestamp]:
    """Return the time of the last notification of each watchlist with a cooldown.

    Alerts older than the cooldown are not read, to save time; `alerts.routing` decides.
    """
    notified_at = {}
    for name, watchlist in watchlists.items():
        if watchlist.cooldown:
            ((last,),) = sql.execute(
                "SELECT max(raised_at) FROM alerts WHERE watchlist = ? AND suppressed = ''"
                " AND merged_into IS NULL AND article IS NOT NULL"
                " AND raised_at > ? AND raised_at <= ?",
                (name, now - watchlist.cooldown, now),
            )
            if last is not None:
                notified_at[name] = last
    return notified_at


def _silences(sql: Connection, now: Timestamp) -> dict[str, Timestamp]:
    rows = sql.execute(
        "SELECT watchlist, max(until) FROM silences"
        " WHERE NOT reported AND since <= ?1 AND until > ?1 GROUP BY watchlist",
        (now,),
    )
    return {watchlist.casefold(): until for watchlist, until in rows}


def _suppressed(sql: Connection, watchlists: Collection[str]) -> dict[str, SuppressedCount]:
    return {
        watchlist: SuppressedCount(count, since)
        for watchlist, count, since in select_in(
            sql,
            "SELECT watchlist, number, since FROM suppressed_counts WHERE watchlist IN ({0})",
            watchlists,
        )
    }


def _story(sql: Connection, story: int, *, is_raising: bool) -> StoryFacts | None:
    """Return the spread of a story; None if it has no alert and can raise none."""
    alerts = _story_alerts(sql, story)
    if not alerts and not is_raising:
        return None
    origins = f"SELECT {ORIGIN} FROM articles a JOIN feeds f ON f.number = a.feed WHERE a.id IN"
    linked = f"SELECT later FROM event_links WHERE surety = {Surety.SURE:d} AND earlier IN"
    members, links = (
        values_of(ArticleOrigin, by_name(sql.execute(f"{origins} ({ids}) ORDER BY a.id", (story,))))
        for ids in (_IN_STORY, f"{linked} ({_IN_STORY})")
    )
    return StoryFacts(alerts=alerts, members=tuple(members), links=tuple(links))


def _story_alerts(sql: Connection, story: int) -> tuple[StoryAlert, ...]:
    rows = by_name(
        sql.execute(
            "SELECT al.id, al.watchlist, al.severity, al.state, al.verdict, a.title, a.lang,"
            f" {PUBLISHER} AS feed, w.escalate_outlets AS outlets,"
            ' w.escalate_languages AS languages, w.escalate_to AS "to", w.notify_backfill,'
            f" (SELECT {sql.json_list('reason')} FROM escalations e WHERE e.alert = al.id)"
            " AS reasons FROM alerts al JOIN watchlists w ON w.name = al.watchlist"
            " JOIN articles a ON a.id = al.article JOIN feeds f ON f.number = a.feed"
            " WHERE al.id IN (SELECT min(id) FROM alerts WHERE merged_into IS NULL"
            f" AND article IN ({_IN_STORY}) GROUP BY watchlist) ORDER BY al.watchlist",
            (story,),
        )
    )
    nested = (
        {
            **row,
            "alert": row | {"backfill": False},
            "escalate": row,
            "reasons": json.loads(row["reasons"]),
        }
        for row in rows
    )
    return tuple(values_of(StoryAlert, nested))


def _ended(
    sql: Connection, id: int, watchlist: str, author: str, since: Timestamp, until: Timestamp
) -> EndedSilence:
    ((count, newest),) = sql.execute(
        "SELECT count(*), max(id) FROM alerts WHERE watchlist = ?"
        " AND suppressed = 'silence' AND raised_at BETWEEN ? AND ?",
        ("" if watchlist == FEED_HEALTH else watchlist, since, until),
    )
    rows = by_name(
        sql.execute(
            "SELECT al.id, al.watchlist, al.severity, coalesce(a.title, al.title) AS title,"
            f" coalesce({PUBLISHER}, '') AS feed, al.backfill, al.kind,"
            " coalesce(a.lang, '') AS lang FROM alerts al"
            " LEFT JOIN articles a ON a.id = al.article"
            " LEFT JOIN feeds f ON f.number = coalesce(al.feed, a.feed) WHERE al.id = ?",
            (newest,),
        )
    )
    named_rows = (
        row | {"watchlist": row["watchlist"] or FEED_HEALTH, "title": shown(row["title"])}
        for row in rows
    )
    return EndedSilence(
        id=id,
        silence=Silence(watchlist=watchlist, by=author, since=since, until=until, suppressed=count),
        newest=next(iter(values_of(RaisedAlert, named_rows)), None),
    )


_TABLES = (
    "matches", "escalations", "lost_terms", "deliveries", "notes", "alert_tags", "assignments",
    "decisions",
)  # fmt: skip


_ALERT_COLUMNS = (
    "id, severity, backfill, suppressed, kind, article, rule, article_version, merged_into,"
    " suppressed_until"
)
"""Columns of `alerts` that are fields of a `NewAlert`."""
_alert_values = attrgetter(*_ALERT_COLUMNS.split(", "), "about_feed")


def save_plan(sql: Connection, log: EvidenceLog, plan: AlertPlan) -> None:
    """Store a plan, within the transaction."""
    at = plan.at
    sql.insert(
        "alerts",
        f"{_ALERT_COLUMNS}, feed, raised_at, watchlist, title",
        [(*_alert_values(new), at, *_subject(new)) for new in plan.new],
    )
    sql.executemany("DELETE FROM matches WHERE alert = ?", [(alert,) for alert in plan.matches])
    matches = {new.id: new.matches for new in plan.new} | {**plan.matches}
    sql.insert(
        "matches",
        "alert, place, field, start, stop, text, term, concept, ambiguous",
        [
            (alert, place, *astuple(match))
            for alert, alert_matches in matches.items()
            for place, match in enumerate(alert_matches)
        ],
    )
    lost_terms = [(*alert_and_term, at) for alert_and_term in plan.terms_lost]
    sql.insert("lost_terms", "alert, term, at", lost_terms, or_ignore=True)
    sql.executemany("DELETE FROM lost_terms WHERE alert = ? AND term = ?", plan.terms_found)
    for escalation in plan.escalations:
        _escalate(sql, escalation, at)
    incidents = [(*astuple(incident), at) for incident in plan.incidents]
    sql.insert("incidents", "feed, kind, alert, started_at", incidents)
    unusual = [(*time, at) for time in plan.unusual]
    sql.insert("unusual", "watchlist, kind, alert, started_at", unusual)
    sql.executemany(
        "UPDATE unusual SET ended_at = ? WHERE watchlist = ? AND kind = ? AND ended_at IS NULL",
        [(at, *ended) for ended in plan.usual_again],
    )
    timings = [(*astuple(timing), at) for timing in plan.timings.values()]
    columns = ", ".join(ArticleTiming.__struct_fields__)
    sql.insert("latency", f"{columns}, matched", timings, or_ignore=True)
    for record in plan.records:
        log.add(record)
    _save_notifications(sql, plan)


def _subject(new: NewAlert) -> tuple[str, str]:
    """Return the values of the columns watchlist and title of an alert."""
    title = coded(new.title) if new.article is None else ""
    return "" if new.watchlist == FEED_HEALTH else new.watchlist, title


def regroup_alerts(sql: Connection, article: int) -> None:
    """Group the alerts of an article, and those grouped with them, by their present stories."""
    affected = "SELECT story_alert FROM alerts WHERE article = ?1"
    stories: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for id, first, story in sql.execute(
        f"SELECT al.id, al.story_alert, a.story FROM alerts al JOIN articles a ON a.id = al.article"
        f" WHERE al.story_alert IN ({affected}) OR al.story_alert IN (SELECT b.story_alert"
        " FROM articles n JOIN articles m ON (m.id = n.story AND m.story = m.id)"
        " OR (m.story = n.story AND m.story <> m.id)"
        " JOIN alerts b ON b.article = m.id WHERE n.id = ?1) ORDER BY al.id",
        (article,),
    ):
        stories[story].append((id, first))
    sql.executemany(
        "UPDATE alerts SET story_alert = ? WHERE id = ?",
        [
            (members[0][0], id)
            for members in stories.values()
            for id, first in members
            if first != members[0][0]
        ],
    )


def drop_alerts_of(sql: Connection, log: EvidenceLog, articles: Collection[int]) -> None:
    """Drop the alerts of articles with all their data except the evidence."""
    rows = select_in(sql, "SELECT id FROM alerts WHERE article IN ({0})", articles)
    alerts = sorted(id for (id,) in rows)
    for alert in alerts:
        log.append(Kind.DROPPED, alert, {})
    for table in _TABLES:
        change_in(sql, f"DELETE FROM {table} WHERE alert IN ({{0}})", alerts)
    change_in(sql, "DELETE FROM alerts WHERE id IN ({0})", alerts)


def _escalate(sql: Connection, escalation: NewEscalation, at: Timestamp) -> None:
    alert = escalation.alert
    before = escalation.severity_before
    sql.execute(
        "INSERT INTO escalations (alert, reason, at, outlets, article, severity, suppressed)"
        f" VALUES ({marks(7)})",
        (
            *(alert.id, escalation.reason, at, escalation.outlets, escalation.article),
            *(before, alert.suppressed),
        ),
    )
    sql.execute("UPDATE alerts SET severity = ? WHERE id = ?", (alert.severity, alert.id))
    if escalation.reopened_from is not None:
        _reopen(sql, alert.id, alert.escalation, escalation.reopened_from, at)


def _reopen(sql: Connection, alert: int, reason: str, state: AlertState, at: Timestamp) -> None:
    """Make an alert new again, and record tocsin as the author."""
    (act,) = sql.execute(
        "INSERT INTO acts (at, who, why) VALUES (?, '', ?) RETURNING id", (at, reason)
    ).fetchone()
    states = (json.dumps({"state": value}) for value in (state, AlertState.NEW))
    sql.execute("INSERT INTO decisions VALUES (?, ?, ?, ?)", (alert, act, *states))
    sql.execute("UPDATE alerts SET state = 'new' WHERE id = ?", (alert,))


_COUNT_SUPPRESSED = upsert("suppressed_counts", "watchlist, number, since", "watchlist")


def _save_notifications(sql: Connection, plan: AlertPlan) -> None:
    sql.insert(
        "deliveries",
        "alert, channel, occasion, why, key, due, reason, bundle, created_at",
        [
            (
                notification.alert,
                delivery.channel,
                notification.occasion,
                notification.why,
                _key(notification, delivery.channel, plan.at),
                delivery.due,
                coded(delivery.reason),
                delivery.bundle,
                plan.at,
            )
            for notification in plan.notify
            for delivery in notification.deliveries
        ],
        or_ignore=True,
    )
    for watchlist, count in plan.suppressed.items():
        if count is None:
            sql.execute("DELETE FROM suppressed_counts WHERE watchlist = ?", (watchlist,))
        else:
            sql.execute(_COUNT_SUPPRESSED, (watchlist, *count))
    sql.executemany(
        "UPDATE silences SET reported = TRUE WHERE id = ?", [(id,) for id in plan.ended_silences]
    )


def _key(notification: Notify, channel: str, now: Timestamp) -> str:
    """Return a unique name of a delivery: the time tells two newsrooms apart."""
    alert, occasion = notification.alert, notification.occasion
    name = f"tocsin {alert} {channel} {occasion} {notification.why} {now!r}"
    return str(uuid5(NAMESPACE_URL, name))
