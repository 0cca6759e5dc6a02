"""The indexer: a process that follows the outbox of the store into the index.

An alert never waits for it. The store is the truth: an index that is missing, damaged or
different from the store is repaired (see `index_repair`) while new articles are indexed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from index import ArchiveFolder
from index.errors import ArchiveDamaged, ArchiveError
from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.storage.data_folder import archive_path
from monitor.storage.maintenance import index_repair
from monitor.storage.maintenance.index_repair import (
    MOST_CHARACTERS,
    IndexRepair,
    Progress,
)

if TYPE_CHECKING:
    from index import ArchiveWriter
    from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin.indexer")

BATCH = 2048
"""Most articles of one commit: larger ones are hardly faster and take more memory."""
LINGER, MORE = 0.3, 4
"""Seconds to wait for more when woken, and how often: articles cost a third more in commits
of 500 than of 2,000."""
LOOK = 5.0
"""Seconds after which the outbox and the folder are checked without a wake-up."""
WAITS = {"waits": True}
"""Marks the log lines that say that indexing has to wait."""
SCRUB = 12
"""Checks between two segments that are read whole, to find damage by a failing disk."""
REST = 5.0
"""Seconds before a second try after an error of the disk, the store or another writer."""


def run(
    store: Store,
    data: Path,
    wake: Connection,
    progress: Progress = lambda *_: None,
    mended: Callable[[], None] = lambda: None,
) -> None:
    """Index the outbox until the pipe ends; the current step is finished.

    Args:
        store: Where the articles come from.
        data: The data folder of the index.
        wake: The pipe from the monitor. A message means "look"; its end means "stop", also when the
            monitor dies.
        progress: Called while the index is repaired.
        mended: Called when every byte of the index was checked and it is in line with the store.
    """
    wait, whole = 0.0, False
    follower: _OutboxFollower | None = None
    while not _ended(wake, wait):
        wait = 0.0
        try:
            follower = follower or _OutboxFollower(store, data, progress, mended, whole=whole)
            follower.follow(wake)
            return
        except ArchiveDamaged as error:
            if whole:
                log.error(_("indexing has to wait: {error}", error=error), extra=WAITS)
            else:
                log.error(_("{error}; mending it", error=error))
            wait, follower, whole = (REST if whole else 0.0), None, True
        except (ArchiveError, StoreError, OSError) as error:
            log.error(_("indexing has to wait: {error}", error=error), extra=WAITS)
            wait = REST


def catch_up(
    store: Store,
    data: Path,
    progress: Progress = lambda *_: None,
    *,
    whole: bool = True,
) -> int:
    """Bring the index in line with the store; return how many articles it has.

    Not for use while an indexer runs on the index.

    Args:
        store: Where the articles come from.
        data: The data folder of the index.
        progress: Called while the index is repaired.
        whole: Check every byte of the index first.
    """
    follower = _OutboxFollower(store, data, progress, lambda: None, whole=whole)
    while follower.work():
        pass
    return follower.writer.article_count


def reindex(store: Store, data: Path, progress: Progress = lambda *_: None) -> int:
    """Rebuild the index beside the old one, then replace it; return its number of articles.

    Searches go on during the rebuild. Not for use while an indexer runs on the index.
    """
    last = store.outbox().last
    with ArchiveFolder(archive_path(data)).rebuild() as writer:
        for _step in IndexRepair(store, writer, data, progress).steps(everything=True):
            pass
        articles = writer.article_count
    store.mark_indexed(last)
    return articles


class _OutboxFollower:
    """Follows the outbox; between two batches it repairs the index, step by step."""

    def __init__(
        self,
        store: Store,
        data: Path,
        progress: Progress,
        mended: Callable[[], None],
        *,
        whole: bool,
    ) -> None:
        self._store = store
        self._mended: Callable[[], None] | None = mended
        self._address = archive_path(data)
        self._data = data
        index_repair.is_suspect(self._data)  # the check happens now
        self.writer: ArchiveWriter = index_repair.usable_writer(self._address)
        repair = IndexRepair(store, self.writer, data, progress, whole=whole)
        self._guarded = repair.guarded
        self._repairing: Iterator[None] = repair.steps()
        self._last = 0
        self._looks = 0
        self._scrubbing = self.writer.verify_steps()

    def follow(self, wake: Connection) -> None:
        """Work until the pipe ends. Raises ArchiveDamaged where the index must be repaired."""
        self.writer.background_merges = True
        while True:
            if self.work():
                if _ended(wake, 0.0):
                    return
                continue
            if _woken(wake):
                return
            self.writer.run_merges()
            self._scrub()
            if self.writer.changed_elsewhere():
                raise ArchiveDamaged(
                    _("{folder}: files were changed from outside", folder=self._address)
                )
            if index_repair.is_suspect(self._data):
                raise ArchiveDamaged(_("{folder}: a search found it damaged", folder=self._address))

    def _scrub(self) -> None:
        """Check a whole segment from time to time; raises ArchiveDamaged for a changed bit."""
        self._looks += 1
        if self._looks % SCRUB == 0 and next(self._scrubbing, self) is self:
            self._scrubbing = self.writer.verify_steps()

    def work(self) -> bool:
        """Do the next step; return whether there was one."""
        if batch := self._store.unindexed(BATCH, self._last, MOST_CHARACTERS):
            self._guarded.add(entry.article for entry in batch if entry.article)
            self.writer.remove({entry.id for entry in batch if not entry.article})
            self._last = batch[-1].number
            self._store.mark_indexed(self._last)
            return True
        if next(self._repairing, self) is not self:
            return True
        if self._mended:
            self._mended()
            self._mended = None
        return False


def _ended(wake: Connection, seconds: float) -> bool:
    """Wait for a wake-up for at most `seconds`; return whether the pipe has ended."""
    try:
        while wake.poll(seconds):
            wake.recv_bytes()
            seconds = 0.0
    except (EOFError, OSError):
        return True
    return False


def _woken(wake: Connection) -> bool:
    """Wait for a wake-up, then a little for more articles; return whether the pipe has ended."""
    ended = _ended(wake, LOOK)
    for _look in range(MORE):
        if ended or not wake.poll(LINGER):
            break
        ended = _ended(wake, 0.0)
    return ended
