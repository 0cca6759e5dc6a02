"""A viewer's connection to the store, one for each of its threads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from monitor.store.sqlite.connection import open_store, read

TRIAGE_BUSY_MS = 2_000


class Connected:
    """Reads from a data folder. Each thread has its own connection."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._local = threading.local()

    @property
    def _sql(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = open_store(self._folder, create=False, busy_ms=TRIAGE_BUSY_MS)
            if self._read_only:
                connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
        return connection

    def _read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        return read(self._sql, query, values)

    def _one(self, query: str) -> int:
        ((value,),) = self._read(query)
        return int(value)
