"""The record of alerts that are untriaged again because they became louder."""

from __future__ import annotations

import json
import sqlite3

from index.article import Timestamp


def record_reopening(sql: sqlite3.Connection, alert: int, why: str, now: Timestamp) -> None:
    """Record that an alert is about to be new again, unless it is, or is called noise."""
    before = sql.execute(
        "SELECT state FROM alerts WHERE id = ? AND state <> 'new' AND verdict <> 'noise'", (alert,)
    ).fetchone()
    if before is None:
        return
    act = sql.execute("INSERT INTO acts (at, who, why) VALUES (?, '', ?)", (now, why)).lastrowid
    states = (json.dumps({"state": state}) for state in (before[0], "new"))
    sql.execute("INSERT INTO decisions VALUES (?, ?, ?, ?)", (alert, act, *states))
