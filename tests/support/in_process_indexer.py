"""An indexer for simulated time: it indexes in this process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from monitor.model.config import StoreAddress
from monitor.storage.maintenance import indexer
from monitor.storage.store.sql.store import Store
from support.simulated_time import NoIndexer


class HereIndexer(NoIndexer):
    """Indexes in this process, whenever it is asked for its progress."""

    def __init__(self, store: StoreAddress, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._woken = True

    def wake(self) -> None:
        self._woken = True

    def indexed(self) -> int:
        if not self._woken:
            return 0
        self._woken = False
        with closing(_Noting(self._store)) as store:
            indexer.catch_up(store)
        self.indexed_at = self._clock()
        return store.last


class _Noting(Store):
    """A store that leaves the outbox to the monitor."""

    last = 0

    def mark_indexed(self, upto: int, now: float | None = None) -> None:
        self.last = upto
