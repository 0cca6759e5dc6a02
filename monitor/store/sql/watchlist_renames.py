"""Watchlists that were renamed in `feeds.yaml`: what is stored under the old name goes along."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.audit.evidence import Kind
from monitor.model.config import Watchlist
from monitor.model.watchlist import renamed_watchlists
from monitor.store.sql.connection import Connection
from monitor.store.sql.evidence import EvidenceLog

_TABLES = ("alerts", "counts", "mutes", "holding", "unusual", "backfills")
"""Tables that name a watchlist, without the one of those in force."""
_ONE_ROW = ("counts", "holding")
"""Those of them that may have a row of a watchlist without alerts."""


def rename_watchlists(sql: Connection, watchlists: Sequence[Watchlist]) -> None:
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
