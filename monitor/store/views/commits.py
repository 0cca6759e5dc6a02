"""Whether anything was committed, without reading what."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from monitor.store.connection import open_store, read
from monitor.store.views.connected import TRIAGE_BUSY_MS, Connected


class CommitViews(Connected):
    """SQLite tells a connection of the commits of others: here one that never commits itself."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        super().__init__(folder, read_only=read_only)
        self._listening = threading.Lock()
        self._listener: sqlite3.Connection | None = None

    def commits(self) -> int:
        """Return a number that is another one after each commit, by whatever connection."""
        with self._listening:
            if self._listener is None:
                self._listener = open_store(self._folder, create=False, busy_ms=TRIAGE_BUSY_MS)
            ((version,),) = read(self._listener, "PRAGMA data_version")
        return int(version)
