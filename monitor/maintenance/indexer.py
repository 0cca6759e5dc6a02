"""The indexer: a process of its own that follows the store's outbox into the archive.

An alert never waits for it. The store is the truth: an archive that is missing, damaged
or not what the store says is mended (see `mending`) while what comes in goes on.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from index.archive import ArchiveWriter
from index.errors import ArchiveDamaged, ArchiveError
from monitor.errors import StoreError
from monitor.maintenance import index_rebuild
from monitor.maintenance.index_repair import IndexRepair, Progress, RepairSource
from monitor.model.config import OutboxEntry, OutboxState

log = logging.getLogger("tocsin.indexer")

BATCH = 2048
"""Articles of one commit at most: larger ones are hardly faster and take more memory."""
LINGER, MORE = 0.3, 4
"""Seconds to wait for more when woken, and how often: articles cost a third more in commits
of 500 than of 2,000."""
LOOK = 5.0
"""Seconds after which the outbox and the folder are looked at without being woken."""
WAITS = "indexing has to wait"
SCRUB = 12
"""Looks between two segments that are read whole, to find what a failing disk has changed."""
REST = 5.0
"""Seconds before a second try when the disk, the store or another writer is in the way."""


class IndexSource(RepairSource, Protocol):
    """What the indexer needs of the store (see `monitor.store.protocol.Store`)."""

    def unindexed(self, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Return what is to be brought into the archive or taken out of it, oldest first."""

    def outbox(self) -> OutboxState:
        """Return how much is on its way."""

    def mark_indexed(self, upto: int) -> None:
        """Take the tickets up to this one out of the outbox, now or soon."""


class Wake(Protocol):
    """The reading end of a pipe (`multiprocessing.connection.Connection`) from the monitor.

    Whatever comes through means "look"; its end means "stop", also when the monitor dies.
    """

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Wait for something to read or the end of the pipe."""

    def recv_bytes(self) -> bytes:
        """Read one message; raises EOFError at the end of the pipe."""


def run(store: IndexSource, folder: Path, wake: Wake, progress: Progress = lambda *_: None) -> None:
    """Index what comes into the outbox until the pipe ends; the step at work is finished."""
    wait, whole = 0.0, False
    follower: _OutboxFollower | None = None
    while not _ended(wake, wait):
        wait = 0.0
        try:
            follower = follower or _OutboxFollower(store, folder, progress, whole=whole)
            follower.follow(wake)
            return
        except ArchiveDamaged as error:
            log.error("%s; mending it", error)
            wait, follower, whole = (REST if whole else 0.0), None, True
        except (ArchiveError, StoreError, OSError) as error:
            log.error("%s: %s", WAITS, error)
            wait = REST


def catch_up(store: IndexSource, folder: Path, progress: Progress = lambda *_: None) -> int:
    """Bring all that the store holds into the archive, return how many articles are in it.

    Not for use while an indexer runs on the folder.
    """
    follower = _OutboxFollower(store, folder, progress, whole=True)
    while follower.work():
        pass
    return follower.writer.article_count


def reindex(store: IndexSource, folder: Path, progress: Progress = lambda *_: None) -> int:
    """Build the archive again beside the old one, then put it in its place; return its size.

    Searches go on meanwhile. Not for use while an indexer runs on the folder.
    """
    fresh, aside = (folder.with_name(folder.name + end) for end in (".new", ".old"))
    shutil.rmtree(fresh, ignore_errors=True)
    last = store.outbox().last
    mending = IndexRepair(store, fresh, progress)
    for _ in mending.steps(everything=True):
        pass
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    fresh.rename(folder)
    store.mark_indexed(last)
    shutil.rmtree(aside, ignore_errors=True)
    return mending.writer.article_count


class _OutboxFollower:
    """Follows the outbox; between two batches it mends the archive, step by step."""

    def __init__(
        self, store: IndexSource, folder: Path, progress: Progress, *, whole: bool
    ) -> None:
        self._store = store
        self._folder = folder
        self._data = folder.parent
        index_rebuild.is_suspect(self._data)  # it is looked at now
        mending = IndexRepair(store, folder, progress, whole=whole)
        self.writer: ArchiveWriter = mending.writer
        self._mending: Iterator[None] = mending.steps()
        self._last = 0
        self._looks = 0
        self._scrubbing = self.writer.verify_steps()

    def follow(self, wake: Wake) -> None:
        """Work until the pipe ends. Raises ArchiveDamaged where the archive must be mended."""
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
            if self.writer.files_changed():
                raise ArchiveDamaged(f"{self._folder}: files were changed from outside")
            if index_rebuild.is_suspect(self._data):
                raise ArchiveDamaged(f"{self._folder}: a search found it damaged")

    def _scrub(self) -> None:
        """Now and then read a segment whole; raises ArchiveDamaged if a bit is not as written."""
        self._looks += 1
        if self._looks % SCRUB == 0 and next(self._scrubbing, self) is self:
            self._scrubbing = self.writer.verify_steps()

    def work(self) -> bool:
        """Do the next thing there is to do; return whether there was any."""
        if batch := self._store.unindexed(BATCH, self._last):
            self.writer.add(ticket.article for ticket in batch if ticket.article)
            self.writer.remove({ticket.id for ticket in batch if not ticket.article})
            self._last = batch[-1].number
            self._store.mark_indexed(self._last)
            return True
        return next(self._mending, self) is not self


def _ended(wake: Wake, seconds: float) -> bool:
    """Wait to be woken, that long at most; tell whether the pipe has ended."""
    try:
        while wake.poll(seconds):
            wake.recv_bytes()
            seconds = 0.0
    except (EOFError, OSError):
        return True
    return False


def _woken(wake: Wake) -> bool:
    """Wait to be woken, then a little for more to come; tell whether the pipe has ended."""
    ended = _ended(wake, LOOK)
    for _ in range(MORE):
        if ended or not wake.poll(LINGER):
            break
        ended = _ended(wake, 0.0)
    return ended
