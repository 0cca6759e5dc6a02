"""The indexer: a process of its own that follows the store's outbox into the archive.

An alert never waits for it. The store is the truth: an archive that is missing, damaged
or not what the store says is moved aside and built again.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from index.article import Article
from index.errors import ArchiveDamaged, ArchiveError
from index.writer import Writer, open_or_create
from monitor.errors import StoreError

log = logging.getLogger("tocsin.indexer")

BATCH = 2048
"""Articles of one commit at most: larger ones are hardly faster and take more memory."""
LINGER, MORE = 0.3, 4
"""Seconds to wait for more when woken, and how often: articles cost a third more in commits
of 500 than of 2,000."""
LOOK = 60.0
"""Seconds after which the outbox is looked at without being woken."""
REST = 5.0
"""Seconds before a second try when the disk, the store or another writer is in the way."""

Progress = Callable[[int, int], None]
"""Told, while the archive is built again, how many articles are in it and of how many."""


class Outbox(Protocol):
    """What the indexer needs of the store (see `monitor.store.Store`)."""

    def unindexed(self, limit: int, after: int = 0) -> list[tuple[int, Article]]:
        """Return articles on their way to the archive with their ticket, oldest first."""

    def mark_indexed(self, upto: int) -> None:
        """Take the tickets up to this one out of the outbox, now or soon."""

    def outbox_size(self) -> int:
        """Return how many articles are on their way."""

    def articles_after(self, id: int, limit: int) -> list[Article]:
        """Return articles with higher ids, in their order."""

    def article_count(self) -> int:
        """Return how many articles there are."""


class Wake(Protocol):
    """The reading end of a pipe (`multiprocessing.connection.Connection`) from the monitor.

    Whatever comes through means "look"; its end means "stop", also when the monitor dies.
    """

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Wait for something to read or the end of the pipe."""

    def recv_bytes(self) -> bytes:
        """Read one message; raises EOFError at the end of the pipe."""


def run(store: Outbox, folder: Path, wake: Wake, progress: Progress = lambda *_: None) -> None:
    """Index what comes into the outbox until the pipe ends; the batch at work is finished."""
    wait = 0.0
    while not _ended(wake, wait):
        try:
            _follow(store, _sound(store, folder, wake, progress), wake)
        except _StopError:
            return
        except (ArchiveError, StoreError, OSError) as error:
            log.error("indexing has to wait: %s", error)
            wait = REST


def reindex(store: Outbox, folder: Path, progress: Progress = lambda *_: None) -> int:
    """Build the archive again beside the old one, then put it in its place; return its size.

    Searches go on meanwhile. Not for use while an indexer runs on the folder.
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    writer = open_or_create(fresh)
    _copy(store, writer, progress)
    _set_aside(folder)
    fresh.rename(folder)
    return writer.count


class _StopError(Exception):
    """The pipe ended."""


def _ended(wake: Wake, seconds: float) -> bool:
    """Wait to be woken, that long at most; tell whether the pipe has ended."""
    try:
        while wake.poll(seconds):
            wake.recv_bytes()
            seconds = 0.0
    except (EOFError, OSError):
        return True
    return False


def _follow(store: Outbox, writer: Writer, wake: Wake) -> None:
    """Index the outbox, batch by batch, until the pipe ends."""
    last = 0
    while True:
        batch = store.unindexed(BATCH, last)
        if batch:
            writer.add(article for _, article in batch)
            last = batch[-1][0]
            store.mark_indexed(last)
        if _ended(wake, 0.0) if batch else _woken(wake):
            raise _StopError


def _woken(wake: Wake) -> bool:
    """Wait to be woken, then a little for more to come; tell whether the pipe has ended."""
    ended = _ended(wake, LOOK)
    for _ in range(MORE):
        if ended or not wake.poll(LINGER):
            break
        ended = _ended(wake, 0.0)
    return ended


def _sound(store: Outbox, folder: Path, wake: Wake, progress: Progress) -> Writer:
    """Return the writer of an archive that holds what it must, after completing it.

    One that is damaged, or holds other articles than the store, is built again.
    """
    try:
        writer = open_or_create(folder)
        writer.verify()
        started_empty = not writer.count
        if not _agrees(store, writer):
            log.info("the archive lacks articles: %d of %d", writer.count, store.article_count())
            _copy(store, writer, _stoppable(progress, wake))
        if started_empty or _agrees(store, writer):
            return writer
        raise ArchiveDamaged(f"{folder}: {writer.count} articles, {store.article_count()} stored")
    except ArchiveDamaged as error:
        log.error("%s; building it again from the store", error)
        _set_aside(folder)
        return _sound(store, folder, wake, progress)


def _agrees(store: Outbox, writer: Writer) -> bool:
    """Tell whether all that is not in the archive can still be in the outbox."""
    return 0 <= store.article_count() - writer.count <= store.outbox_size()


def _copy(store: Outbox, writer: Writer, progress: Progress) -> None:
    """Add every article of the store that is newer than the archive's newest."""
    for batch in _batches(store, writer.last_id):
        writer.add(batch)
        progress(writer.count, store.article_count())


def _batches(store: Outbox, last: int) -> Iterator[list[Article]]:
    while batch := store.articles_after(last, BATCH):
        yield batch
        last = batch[-1].id


def _stoppable(progress: Progress, wake: Wake) -> Progress:
    def stoppable(done: int, total: int) -> None:
        progress(done, total)
        if _ended(wake, 0.0):
            raise _StopError

    return stoppable


def _set_aside(folder: Path) -> None:
    """Move an archive out of the way; one that was there before is dropped."""
    aside = folder.with_name(folder.name + ".old")
    shutil.rmtree(aside, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(aside)
