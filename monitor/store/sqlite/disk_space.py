"""How much disk space a store takes; compaction."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import StoreError
from monitor.store.sqlite.connection import FILE, open_store, reading

TICK = 100_000
"""Instructions of SQLite's virtual machine between two checks for an interrupt."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes on the disk."""

    taken: int
    free: int
    """Bytes of `taken` that are unused."""


def room(folder: Path) -> Room:
    """Return what the store of a data folder takes. Raises StoreError."""
    with closing(open_store(folder, create=False)) as connection, reading(connection) as sql:
        (size,) = sql.execute("PRAGMA page_size").fetchone()
        (pages,) = sql.execute("PRAGMA page_count").fetchone()
        (free,) = sql.execute("PRAGMA freelist_count").fetchone()
    return Room(size * pages, size * free)


def compact(folder: Path) -> None:
    """Rewrite the store without unused space; nothing else may write meanwhile.

    It is as it was if this is interrupted. Raises StoreError when the disk lacks the room
    for a second copy, and KeyboardInterrupt.
    """
    needed = room(folder).taken - room(folder).free
    spare = shutil.disk_usage(folder).free
    if spare < 2 * needed:  # once for the copy, once for its way through the log
        raise StoreError(
            f"{folder / FILE}: compacting it needs {2 * needed >> 20} MB of free disk,"
            f" there are {spare >> 20} MB; nothing was lost"
        )
    with closing(open_store(folder, create=False)) as connection:
        connection.set_progress_handler(lambda: 0, TICK)  # lets ^C through
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            raise StoreError(f"{folder / FILE}: {error}; it is as it was") from error
