"""Waits for the commits of others to a store in PostgreSQL."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, cast

import psycopg

from monitor.storage.store.database.postgresql import CHANNEL
from monitor.storage.store.database.postgresql_address import Address

RETRY = 2.0
"""Seconds between two attempts to connect."""


class PostgresqlCommitListener:
    """See `CommitListener`. It connects again by itself."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session: psycopg.Connection[Any] | None = None
        self._lost = False
        self._closed = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait for a commit, at most so long; return whether there may have been one.

        That is also so when the connection is lost, and when it is there again: what was
        committed meanwhile nobody has told.
        """
        try:
            if self._session is None:
                return self._connect()
            return self._is_notified(self._session, seconds)
        except psycopg.Error:
            self._hang_up()
            is_news, self._lost = not self._lost, True
            if not is_news:
                self._closed.wait(min(seconds, RETRY))
            return is_news

    def close(self) -> None:
        """Stop waiting."""
        self._closed.set()
        self._hang_up()

    def _connect(self) -> bool:
        self._session = psycopg.connect(autocommit=True, **cast(Any, self._address.parameters))
        self._session.execute(f"LISTEN {CHANNEL}")  # not a message
        self._lost = False
        return True

    def _is_notified(self, session: psycopg.Connection[Any], seconds: float) -> bool:
        for _told in session.notifies(timeout=seconds, stop_after=1):
            return True
        session.execute("SELECT 1")  # is anybody there? A connection may end without a word
        return False

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(psycopg.Error):
                session.close()
