"""The indexer in a process of its own: started, woken, restarted when it dies."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import multiprocessing
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from monitor import indexer
from monitor.store.sqlite import SqliteStore

log = logging.getLogger("tocsin")

FOLDER = "index"
"""Name of the archive's folder, in the data folder."""
PATIENCE = 30.0
"""Seconds an indexer may take to finish its batch when the watch ends."""


class IndexerProcess:
    """The indexer of a data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._wake: Connection | None = None

    def start(self) -> None:
        """Start it, or start it again if it died."""
        if self._process is not None:
            if self._process.is_alive():
                return
            log.warning(
                "the indexer died (exit code %s); starting it again", self._process.exitcode
            )
        reading, self._wake = self._context.Pipe(duplex=False)
        level = log.getEffectiveLevel()
        self._process = self._context.Process(
            target=_index, args=(self._data, reading, level), name="tocsin indexer", daemon=True
        )
        self._process.start()
        reading.close()

    def wake(self) -> None:
        """Tell it that there is something to index."""
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake.send_bytes(b".")

    def stop(self) -> None:
        """End it after the batch at hand."""
        if self._wake is not None:
            self._wake.close()
        if self._process is not None:
            self._process.join(PATIENCE)
            if self._process.is_alive():
                self._process.kill()


def _index(data: Path, wake: Connection, level: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the whole group
    logging.basicConfig(level=level, format="%(message)s")
    store = SqliteStore(data)
    try:
        indexer.run(store, data / FOLDER, wake, _tell)
    finally:
        store.close()


def _tell(done: int, total: int) -> None:
    log.info("building the archive again: %d of %d articles", done, total)
