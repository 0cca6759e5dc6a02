"""Opens a store by its address."""

from __future__ import annotations

import threading
from typing import Any

from monitor.base.errors import requires_extra
from monitor.base.translation import gettext as _
from monitor.model.config import StoreAddress
from monitor.storage.store.database import sqlite
from monitor.storage.store.database.connection import (
    BUSY_MS,
    TRIAGE_BUSY_MS,
    Connection,
    StoreConnection,
)


def open_database(
    address: StoreAddress, *, create: bool, busy_ms: int = BUSY_MS, read_only: bool = False
) -> Connection:
    """Return a connection to the store at an address.

    Args:
        address: Where the store is.
        create: Whether to make a store where there is none.
        busy_ms: Milliseconds to wait for another writer.
        read_only: Whether to refuse to write.

    Raises:
        StoreError: It does not exist, is lost, not a store, or of another version.
        MonitorError: With `create`: others can write to the folder.
    """
    if address.is_shared:
        with requires_extra("postgresql", _("a store in PostgreSQL")):
            from monitor.storage.store.database import postgresql

        return postgresql.open_database(
            address.url, create=create, busy_ms=busy_ms, read_only=read_only
        )
    return sqlite.open_database(address, create=create, busy_ms=busy_ms, read_only=read_only)


class ViewerConnection(StoreConnection):
    """A viewer's connections to a store: one for each of its threads."""

    def __init__(
        self, address: StoreAddress, *, read_only: bool = False, busy_ms: int = TRIAGE_BUSY_MS
    ) -> None:
        self._address = address
        self._read_only = read_only
        self._busy_ms = busy_ms
        self._local = threading.local()
        self._listen_lock = threading.Lock()
        self._listener: Connection | None = None

    @property
    def sql(self) -> Connection:
        """The connection of this thread."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.is_outdated:
            connection = self._open(read_only=self._read_only)
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close the connection of this thread: Python ends without closing what it refers to."""
        if connection := self._local.__dict__.pop("connection", None):
            connection.close()

    def free_memory(self) -> None:
        """Close the files of idle threads: each keeps pages of its own."""
        if not self._address.is_shared:
            self._local = threading.local()  # a running read keeps its own

    def listen(self, query: str) -> tuple[int, tuple[Any, ...]]:
        """Return a number that changes with each commit, and the one row of a query.

        The connection itself never commits.
        """
        with self._listen_lock:
            if self._listener is None or self._listener.is_outdated:
                self._listener = self._open(read_only=True)
            listener = StoreConnection(self._listener)
            ((commits,),) = listener.read(self._listener.commits)
            ((*row,),) = listener.read(query)
            return int(commits), tuple(row)

    def _open(self, *, read_only: bool) -> Connection:
        return open_database(
            self._address, create=False, busy_ms=self._busy_ms, read_only=read_only
        )
