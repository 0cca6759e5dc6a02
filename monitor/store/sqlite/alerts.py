"""Alerts, written as a plan says; and dropped."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from index.article import Timestamp
from monitor.alerts.plan import AlertPlan, NewAlert, NewEscalation, Notify
from monitor.audit.evidence import Kind
from monitor.model.alert import AlertState, Match
from monitor.model.watchlist import FEED_HEALTH
from monitor.store.sqlite.connection import change_in, marks
from monitor.store.sqlite.evidence import EvidenceLog

_TABLES = (
    "matches", "escalations", "lost_terms", "deliveries", "notes", "alert_tags", "decisions"
)  # fmt: skip


def save_plan(sql: sqlite3.Connection, log: EvidenceLog, plan: AlertPlan) -> None:
    """Write everything that a plan says, within the transaction."""
    for new in plan.new:
        _insert(sql, new, plan.at)
    sql.executemany("DELETE FROM matches WHERE alert = ?", [(alert,) for alert in plan.matches])
    _insert_matches(sql, {one.alert.id: one.matches for one in plan.new} | {**plan.matches})
    sql.executemany(
        "INSERT OR IGNORE INTO lost_terms VALUES (?, ?, ?)",
        [(*lost, plan.at) for lost in plan.terms_lost],
    )
    sql.executemany("DELETE FROM lost_terms WHERE alert = ? AND term = ?", plan.terms_found)
    for escalation in plan.escalations:
        _escalate(sql, escalation, plan.at)
    sql.executemany(
        "INSERT INTO episodes (feed, kind, started_at, alert) VALUES (?, ?, ?, ?)",
        [(one.feed, one.kind, plan.at, one.alert) for one in plan.incidents],
    )
    sql.executemany(
        "INSERT OR IGNORE INTO latency (article, feed, published, seen, matched, edited)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (one.article, one.feed, one.published, one.seen, plan.at, one.edited)
            for one in plan.timings
        ],
    )
    for record in plan.records:
        log.add(record)
    _save_notifications(sql, plan)


def drop_alerts(sql: sqlite3.Connection, log: EvidenceLog, alerts: Collection[int]) -> None:
    """Drop alerts and everything about them but their records."""
    for alert in alerts:
        log.append(Kind.DROPPED, alert, {})
    for table in _TABLES:
        change_in(sql, f"DELETE FROM {table} WHERE alert IN ({{}})", alerts)
    change_in(sql, "DELETE FROM alerts WHERE id IN ({})", alerts)


def _insert(sql: sqlite3.Connection, new: NewAlert, at: Timestamp) -> None:
    alert = new.alert
    sql.execute(
        "INSERT INTO alerts (id, watchlist, article, severity, backfill, raised_at, merged_into,"
        f" rule, held, held_until, article_version, kind, feed, title) VALUES ({marks(14)})",
        (
            alert.id,
            "" if alert.watchlist == FEED_HEALTH else alert.watchlist,
            new.article,
            alert.severity,
            alert.backfill,
            at,
            new.duplicate_of,
            new.rule,
            alert.suppressed,
            new.suppressed_until,
            new.article_version,
            alert.kind,
            new.feed,
            "" if new.feed is None else alert.title,
        ),
    )


def _insert_matches(sql: sqlite3.Connection, matches: Mapping[int, Sequence[Match]]) -> None:
    sql.executemany(
        f"INSERT INTO matches VALUES ({marks(7)})",
        [
            (alert, place, match.field, match.start, match.end, match.text, match.term)
            for alert, found in matches.items()
            for place, match in enumerate(found)
        ],
    )


def _escalate(sql: sqlite3.Connection, escalation: NewEscalation, at: Timestamp) -> None:
    alert = escalation.alert
    sql.execute(
        "INSERT INTO escalations (alert, reason, at, outlets, article, severity, held)"
        f" VALUES ({marks(7)})",
        (
            alert.id,
            escalation.reason,
            at,
            escalation.outlets,
            escalation.article,
            escalation.severity_before,
            alert.suppressed,
        ),
    )
    sql.execute("UPDATE alerts SET severity = ? WHERE id = ?", (alert.severity, alert.id))
    if escalation.reopened_from is not None:
        _reopen(sql, alert.id, alert.escalation, escalation.reopened_from, at)


def _reopen(
    sql: sqlite3.Connection, alert: int, why: str, state: AlertState, at: Timestamp
) -> None:
    """Make an alert new again, and record that tocsin did it."""
    act = sql.execute("INSERT INTO acts (at, who, why) VALUES (?, '', ?)", (at, why)).lastrowid
    states = (json.dumps({"state": one}) for one in (state, AlertState.NEW))
    sql.execute("INSERT INTO decisions VALUES (?, ?, ?, ?)", (alert, act, *states))
    sql.execute("UPDATE alerts SET state = 'new' WHERE id = ?", (alert,))


def _save_notifications(sql: sqlite3.Connection, plan: AlertPlan) -> None:
    sql.executemany(
        "INSERT OR IGNORE INTO deliveries"
        " (alert, channel, occasion, why, key, due, reason, bundle, created_at)"
        f" VALUES ({marks(9)})",
        [
            (
                one.alert,
                delivery.channel,
                one.occasion,
                one.why,
                _key(one, delivery.channel, plan.at),
                delivery.due,
                delivery.reason,
                delivery.bundle,
                plan.at,
            )
            for one in plan.notify
            for delivery in one.deliveries
        ],
    )
    for watchlist, count in plan.suppressed.items():
        if count is None:
            sql.execute("DELETE FROM holding WHERE watchlist = ?", (watchlist,))
        else:
            sql.execute("INSERT OR REPLACE INTO holding VALUES (?, ?, ?)", (watchlist, *count))
    sql.executemany("UPDATE mutes SET told = 1 WHERE id = ?", [(id,) for id in plan.ended_silences])


def _key(one: Notify, channel: str, now: Timestamp) -> str:
    """Return a name of a delivery that no other has: the time tells two newsrooms apart."""
    name = f"tocsin {one.alert} {channel} {one.occasion} {one.why} {now!r}"
    return str(uuid5(NAMESPACE_URL, name))
