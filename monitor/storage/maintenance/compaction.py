"""The disk space that the SQLite file of a store takes, and giving back what is unused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.model.config import STORE_FILE
from monitor.storage.store.database.connection import reading
from monitor.storage.store.database.sqlite import TICK, open_database


class Room(Struct, frozen=True):
    """Bytes on the disk."""

    taken: int
    free: int
    """Bytes of `taken` that are unused."""


def room(folder: Path) -> Room:
    """Return what the store of a data folder takes. Raises StoreError."""
    with closing(open_database(folder, create=False)) as connection, reading(connection) as sql:
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
            _(
                "{file}: compacting it needs {needed} MB of free disk, there are {spare} MB;"
                " nothing was lost",
                file=folder / STORE_FILE,
                needed=2 * needed >> 20,
                spare=spare >> 20,
            )
        )
    with closing(open_database(folder, create=False)) as connection:
        connection.set_progress_handler(lambda: 0, TICK)  # lets ^C through
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            raise StoreError(
                _("{file}: {error}; it is as it was", file=folder / STORE_FILE, error=error)
            ) from error
