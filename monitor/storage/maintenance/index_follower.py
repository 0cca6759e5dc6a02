"""Keeps the index of a machine that shares a store and runs no monitor in line with the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import resource_tracker
from pathlib import Path

from filelock import FileLock, Timeout

from monitor.model.config import StoreAddress
from monitor.storage import monitor_lock
from monitor.storage.maintenance import indexer
from monitor.storage.maintenance.indexer import Progress
from monitor.storage.maintenance.indexer_process import Clock, FollowedStore, IndexerProcess

LOCK = "index.lock"
"""Lock of the one follower of a data folder; a monitor of the folder has its own indexer."""
STEP_SECONDS, IDLE_SECONDS = 2.0, 10.0
"""Seconds between two checks whether this process is to follow, while it does and while not."""


@contextmanager
def follower_lock(data: Path) -> Iterator[bool]:
    """Hold the lock of the followers; yield whether it was free."""
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(data / LOCK, timeout=0))
        except (Timeout, OSError):
            yield False
            return
        yield True


def is_followed(data: Path) -> bool:
    """Return whether a monitor or a follower keeps the index of a data folder in line."""
    if monitor_lock.is_locked(data):
        return True
    if not data.exists():
        return False
    with follower_lock(data) as is_free:
        return not is_free


class IndexFollower:
    """Runs an indexer while a viewer runs, unless a monitor or another viewer does."""

    def __init__(self, store: StoreAddress, clock: Clock) -> None:
        self._store, self._data = store, store.folder
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tocsin-follower", daemon=True)

    def start(self) -> None:
        """Start following, in a thread."""
        resource_tracker.ensure_running()  # while `sys.stderr` is a file: a dashboard has none
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following after the current batch."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.0):
            if not monitor_lock.is_locked(self._data):
                with follower_lock(self._data) as is_free:
                    if is_free:
                        self._follow()
            self._ended.wait(IDLE_SECONDS)

    def _follow(self) -> None:
        from monitor.storage.store.database.postgresql import PostgresqlCommitListener

        process = IndexerProcess(self._store, self._clock)
        try:
            with closing(PostgresqlCommitListener(self._store.url)) as listener:
                while not self._ended.wait(0.0) and not monitor_lock.is_locked(self._data):
                    process.start()
                    process.indexed()
                    if listener.wait(STEP_SECONDS):
                        process.wake()
        finally:
            process.stop()


def update_index(store: StoreAddress, progress: Progress) -> int:
    """Bring the index in line with a shared store; return its number of articles.

    Raises:
        StoreError: The store cannot be read.
        ArchiveError: Another program writes to the index.
    """
    with closing(FollowedStore(store)) as followed:
        return indexer.catch_up(followed, progress, every_byte=False)


def lag(store: StoreAddress) -> int:
    """Return an upper bound of the articles that an index lacks; raises StoreError."""
    with closing(FollowedStore(store)) as followed:
        return followed.lag()
