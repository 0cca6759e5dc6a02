"""The watchlists in force, as feeds.yaml has them; what is stored goes along with a new name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.model.evidence import Kind
from monitor.model.watchlist import Watchlist, renamed_watchlists
from monitor.storage.store.database.connection import Connection
from monitor.storage.store.sql.evidence import EvidenceLog

_COLUMNS = (
    "name, place, severity, feeds, escalate_outlets, escalate_languages, escalate_to,"
    " cooldown, notify_backfill"
)
_TABLES = ("alerts", "counts", "silences", "suppressed_counts", "unusual", "backfills")
"""Tables that name a watchlist, without the one of those in force."""
_ONE_ROW = ("counts", "suppressed_counts")
"""Those of them that may have a row of a watchlist without alerts."""


def save_watchlists(sql: Connection, watchlists: Sequence[Watchlist]) -> None:
    """Make these watchlists the active ones. One that was renamed keeps what it has."""
    _rename_watchlists(sql, watchlists)
    rows = [_values(place, w) for place, w in enumerate(watchlists)]
    stored = sql.execute(f"SELECT {_COLUMNS} FROM watchlists ORDER BY place").fetchall()
    if rows != [tuple(row) for row in stored]:
        sql.execute("DELETE FROM watchlists")
        sql.insert("watchlists", _COLUMNS, rows)


def _values(place: int, value: Watchlist) -> tuple[Any, ...]:
    """Return a watchlist, and its place in the file, as values of the columns."""
    return (
        value.name,
        place,
        value.severity,
        json.dumps(value.feeds),
        value.escalate.outlets,
        value.escalate.languages,
        value.escalate.to,
        value.cooldown,
        value.notify_backfill,
    )


def _rename_watchlists(sql: Connection, watchlists: Sequence[Watchlist]) -> None:
    """Rename in the store the watchlists that have another name than those in force so far.

    A name under which there are alerts already is that of another watchlist: nothing goes there.
    """
    before = dict(sql.execute("SELECT watchlist, meaning FROM backfills"))
    after = {watchlist.name: watchlist.rule for watchlist in watchlists}
    for old, new in renamed_watchlists(before, after).items():
        taken = sql.execute("SELECT 1 FROM alerts WHERE watchlist = ? LIMIT 1", (new,))
        if not taken.fetchone():
            _rename(sql, old, new)


def _rename(sql: Connection, old: str, new: str) -> None:
    for table in _ONE_ROW:
        sql.execute(f"DELETE FROM {table} WHERE watchlist = ?", (new,))
    for table in _TABLES:
        sql.execute(f"UPDATE {table} SET watchlist = ? WHERE watchlist = ?", (new, old))
    EvidenceLog(sql).append(Kind.RENAMED, None, {"watchlist": new, "before": old})
