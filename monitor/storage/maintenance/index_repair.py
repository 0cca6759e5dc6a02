"""Repair of the index from the store, and the progress of a rebuild."""

from __future__ import annotations

import contextlib
import json
import logging
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index import ArchiveFolder
from index.errors import ArchiveDamaged
from monitor.base.article import Article, Timestamp
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, ngettext, number
from monitor.storage.maintenance.guarded_writer import GuardedWriter

if TYPE_CHECKING:
    from index import ArchiveWriter
    from monitor.storage.store.sql.store import Store

PROGRESS = "index.progress"
SUSPECT = "index.suspect"
WAY_OUT = mark("a running monitor rebuilds it from the store, and so does `tocsin reindex`")
STALE = 60.0
"""Seconds after which a report of progress is out of date: the rebuild has died."""


def write_progress(data: Path, done: int, total: int) -> None:
    """Write how many of all articles can be searched; all of them ends the rebuild."""
    path = data / PROGRESS
    with contextlib.suppress(OSError):  # the disk is full: the index waits too
        if done >= total:
            path.unlink(missing_ok=True)
            return
        atomic_write(path, json.dumps([done, total]).encode())


def read_progress(data: Path, now: Timestamp) -> float | None:
    """Return the share of the index that is rebuilt, None if no rebuild runs."""
    path = data / PROGRESS
    try:
        if now - path.stat().st_mtime > STALE:
            return None
        done, total = json.loads(path.read_text(encoding="utf-8"))
        return max(0.0, min(1.0, float(done / total)))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return None


def describe_progress(share: float) -> str:
    """Return the progress in words."""
    return _("the index is being rebuilt, {percent}% done", percent=f"{100 * share:.0f}")


def describe_waiting(articles: int) -> str:
    """Return how many articles wait for the index, in words; empty for none."""
    if not articles:
        return ""
    return ngettext(
        "{count} article is still being indexed",
        "{count} articles are still being indexed",
        articles,
    )


def mark_suspect(data: Path) -> None:
    """Mark the index as possibly damaged, so that the indexer checks all of it."""
    with contextlib.suppress(OSError):
        (data / SUSPECT).touch()


def is_suspect(data: Path) -> bool:
    """Return whether the index was marked as damaged since the last call."""
    try:
        (data / SUSPECT).unlink()
    except OSError:
        return False
    return True


log = logging.getLogger("tocsin.indexer")

STEP = 1024
"""Articles of one step: new articles wait at most half a second for it."""
MOST_CHARACTERS = 4_000_000
"""Characters of the articles of one commit, roughly: as many different words take 300 MB."""
_READ = 8
"""Articles read from the store at once."""

Progress = Callable[[int, int], None]
"""Called with how many articles the index has, and how many the store has."""


class IndexDifference(NamedTuple):
    """Articles that the index lacks, and those that it should not have."""

    missing: array[int]
    """Newest first."""
    surplus: array[int]


def difference(
    indexed: Iterable[int], stored: Collection[int], waiting: Collection[int]
) -> IndexDifference:
    """Compare the ids of the index, each as often as it occurs, with those of the store.

    An id that occurs twice is removed and added again. Articles in the outbox do not count.
    """
    top = max(stored, default=0) + 1
    in_store, in_index = bytearray(top), bytearray(top)
    for id in stored:
        in_store[id] = 1
    surplus = set()
    for id in indexed:
        if id >= top:
            surplus.add(id)
        else:
            in_index[id] += in_index[id] < 2
    if in_index == in_store and not surplus:  # mostly, and told at once
        return IndexDifference(array("Q"), array("Q"))
    surplus.update(id for id in range(top) if in_index[id] > in_store[id])
    missing = (id for id in range(top - 1, 0, -1) if in_store[id] and in_index[id] != 1)
    return IndexDifference(
        array("Q", (id for id in missing if id not in waiting)),
        array("Q", sorted(surplus.difference(waiting))),
    )


class IndexRepair:
    """One repair of one index: articles can be added at once, the rest goes step by step."""

    def __init__(
        self,
        store: Store,
        writer: ArchiveWriter,
        data: Path,
        progress: Progress,
        *,
        whole: bool = False,
    ) -> None:
        """Give up what is damaged; `whole` checks every byte first."""
        self._store = store
        self._progress = progress
        self._writer = writer
        self.guarded = GuardedWriter(writer, store, data)
        """Through which articles are added."""
        for lost in writer.drop_damaged(every_byte=whole):
            log.error(_("{damage}; its articles are added again from the store", damage=lost))

    def steps(self, *, everything: bool = False) -> Iterator[None]:
        """Bring the index in line with the store, then check all of it once; a generator of steps.

        Articles in the outbox are left to the indexer unless `everything` is true.

        Raises:
            ArchiveDamaged: The repair must start again.
        """
        stored = self._store.article_ids()
        waiting = set() if everything else set(self._store.outbox().articles)
        indexed = self._writer.all_ids()
        yield  # a million ids take half a second to read, and then some time to compare
        missing, surplus = difference(indexed, stored, waiting)
        if surplus:
            log.info(
                ngettext(
                    "the archive holds {count} article too many",
                    "the archive holds {count} articles too many",
                    len(surplus),
                )
            )
            self._writer.remove(surplus)
            yield
        if missing:
            log.info(
                ngettext(
                    "the archive lacks {missing} of {count} article",
                    "the archive lacks {missing} of {count} articles",
                    len(stored),
                    missing=number(len(missing)),
                )
            )
        left = len(missing)
        for articles in self._batches(missing):
            self._progress(len(stored) - left, len(stored))
            self.guarded.add(articles)
            left -= len(articles)
            yield
        self._progress(len(stored), len(stored))
        yield from self._writer.verify_steps()

    def _batches(self, ids: Sequence[int]) -> Iterator[list[Article]]:
        """Yield the articles of the store in batches that fit into memory."""
        batch: list[Article] = []
        at = characters = 0
        while at < len(ids):
            number = min(_READ, STEP - len(batch))
            read = self._store.articles.get(ids[at : at + number])
            at += number
            batch += read
            characters += sum(article.characters for article in read)
            if len(batch) >= STEP or characters >= MOST_CHARACTERS:
                yield batch
                batch, characters = [], 0
        if batch:
            yield batch


def usable_writer(address: Path) -> ArchiveWriter:
    """Return the writer of an index; an index that cannot be opened is replaced by a new one."""
    archive_folder = ArchiveFolder(address)
    try:
        return archive_folder.open_writer()
    except ArchiveDamaged as error:
        log.error(_("{error}; rebuilding it from the store", error=error))
        return archive_folder.replace()
