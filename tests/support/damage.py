"""Damages a store as a failing disk does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def damage_store(store: Path) -> None:
    """Overwrite a page of the articles."""
    with closing(sqlite3.connect(store)) as sql:
        (page,) = sql.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'articles_by_seen'"
        ).fetchone()
        (size,) = sql.execute("PRAGMA page_size").fetchone()
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
