"""The indexer: follows the outbox of the store into the index, and repairs the index.

An alert never waits for the indexer. The store is the truth: an index that is missing, damaged or
different from the store is repaired while new articles are indexed.
"""

from __future__ import annotations

import contextlib
import logging
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from index.archive import ArchiveAddress, archive_engine
from index.errors import ArchiveDamaged, ArchiveError
from monitor.base.article import Article
from monitor.base.errors import StoreError
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _, ngettext, number
from monitor.storage.maintenance.index_notes import (
    BATCH_NOTE,
    InHand,
    is_suspect,
    read_note,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from index.archive import ArchiveWriter
    from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin.indexer")

BATCH = 2048
"""Most articles of one commit: larger ones are hardly faster and take more memory."""
LINGER, MAX_WAITS = 0.3, 4
"""Seconds to wait for more articles, and how often: large commits cost a third less per article."""
BULK, BULK_LINGER = 200, 1.0
"""Articles of a commit that more will follow, and seconds to wait for these: nobody waits for one
of them, and commits of 1,600 take a sixth less of the processor than those of 400."""
LOOK_SECONDS = 20.0
"""Seconds after which the outbox and the folder are checked without a wake-up."""
WAITS = {"waits": True}
"""Marks the log lines that say that indexing has to wait."""
RETRY_SECONDS = 5.0
"""Seconds before a second try after an error of the disk, the store or another writer."""


def run(
    store: Store,
    pipe: Connection,
    progress: Progress = lambda *_: None,
    on_repaired: Callable[[], None] = lambda: None,
) -> None:
    """Index the outbox until the pipe ends; the current step is finished.

    Args:
        store: Where the articles come from.
        pipe: The pipe from the monitor. A message means "look"; its end means "stop", also when the
            monitor dies.
        progress: Called while the index is repaired.
        on_repaired: Called when the index is in line with the store, again after each error.
    """
    delay, every_byte = 0.0, False
    follower: _OutboxFollower | None = None
    while not _wait_for_end(pipe, delay):
        delay = 0.0
        try:
            follower = follower or _OutboxFollower(
                store, progress, on_repaired, every_byte=every_byte
            )
            follower.follow(pipe)
            return
        except ArchiveDamaged as error:
            if every_byte:
                log.error(_("indexing has to wait: {error}", error=error), extra=WAITS)
            else:
                log.error(_("{error}; mending it", error=error))
            delay, follower, every_byte = (RETRY_SECONDS if every_byte else 0.0), None, True
        except (ArchiveError, StoreError, OSError) as error:
            log.error(_("indexing has to wait: {error}", error=error), extra=WAITS)
            delay, follower = RETRY_SECONDS, None  # a repair that broke off begins anew


def catch_up(store: Store, progress: Progress = lambda *_: None, *, every_byte: bool = True) -> int:
    """Bring the index in line with the store; return its number of articles.

    Not for use while an indexer runs on the index.

    Args:
        store: Where the articles come from.
        progress: Called while the index is repaired.
        every_byte: Whether to check every byte of the index first.
    """
    follower = _OutboxFollower(store, progress, lambda: None, every_byte=every_byte)
    while follower.work():
        pass
    return follower.writer.article_count


def reindex(
    store: Store, progress: Progress = lambda *_: None, address: ArchiveAddress | None = None
) -> int:
    """Rebuild the index beside the old one, then replace it; return its number of articles.

    Searches go on during the rebuild. Not for use while an indexer runs on the index. With an
    address, another archive is built there; the outbox stays as it is.
    """
    last = store.outbox().last
    with archive_engine(address or store.address.archive).rebuild() as writer:
        for _step in IndexRepair(store, writer, progress).steps(everything=True):
            pass
        articles = writer.article_count
    if address is None:
        store.mark_indexed(last)
    return articles


class _OutboxFollower:
    """Follows the outbox; between two batches it repairs the index, step by step."""

    def __init__(
        self, store: Store, progress: Progress, on_repaired: Callable[[], None], *, every_byte: bool
    ) -> None:
        self._store = store
        self._on_repaired: Callable[[], None] | None = on_repaired
        self._address, self._data = store.address.archive, store.address.folder
        is_suspect(self._data)  # the check happens now
        self.writer: ArchiveWriter = usable_writer(self._address)
        repair = IndexRepair(store, self.writer, progress, every_byte=every_byte)
        self._guarded = repair.guarded
        self._repair_steps: Iterator[None] = repair.steps()
        self._last = 0

    def follow(self, pipe: Connection) -> None:
        """Work until the pipe ends. Raises ArchiveDamaged where the index must be repaired."""
        self.writer.background_merges = True
        while True:
            if size := self.work():
                if _wait_for_more(pipe, BULK_LINGER if size >= BULK else 0.0):
                    return
                continue
            if _wait_for_end(pipe, LOOK_SECONDS) or _wait_for_more(pipe, LINGER):
                return
            self.writer.run_merges()
            if self.writer.changed_elsewhere():
                raise ArchiveDamaged(
                    _("{folder}: files were changed from outside", folder=self._address)
                )
            if is_suspect(self._data):
                raise ArchiveDamaged(_("{folder}: a search found it damaged", folder=self._address))

    def work(self) -> int:
        """Do the next step; return its articles from the outbox, 1 for repair, 0 without a step."""
        if batch := self._store.unindexed(BATCH, self._last, MAX_CHARACTERS):
            self._guarded.add(entry.article for entry in batch if entry.article)
            self.writer.remove({entry.id for entry in batch if not entry.article})
            self._last = batch[-1].number
            self._store.mark_indexed(self._last)
            return len(batch)
        if next(self._repair_steps, self) is not self:
            return 1
        if self._on_repaired:
            self._on_repaired()
            self._on_repaired = None
        return 0


def _wait_for_end(pipe: Connection, seconds: float) -> bool:
    """Wait for a wake-up for at most `seconds`; return whether the pipe has ended."""
    try:
        while pipe.poll(seconds):
            pipe.recv_bytes()
            seconds = 0.0
    except (EOFError, OSError):
        return True
    return False


def _wait_for_more(pipe: Connection, seconds: float) -> bool:
    """Wait for more articles, at most `seconds` for each wake-up; return whether the pipe ended."""
    for _look in range(MAX_WAITS):
        if not pipe.poll(seconds):
            return False
        if _wait_for_end(pipe, 0.0):
            return True
    return False


DEATHS = 3
"""Processes that die indexing one article alone before it is to blame: some are killed."""


class GuardedWriter:
    """Adds articles to an index; one that cannot be indexed loses its text, and is set aside.

    A batch that fails is halved until the article that makes it fail is alone. A process that dies
    leaves a note of its batch: the next process tries the halves of that. The monitor ends a
    process that works too long on a batch.
    """

    def __init__(self, writer: ArchiveWriter, store: Store) -> None:
        self._writer = writer
        self._store = store
        self._data = store.address.folder
        self._without_text = set(store.unsearchable())
        note = read_note(self._data)
        self._deaths = note.deaths + 1 if note else 0
        self._suspects = set(note.ids) if note else set[int]()
        if note and len(note.ids) == 1 and self._deaths >= DEATHS:
            self._set_aside(note.ids[0], _("indexing it ends the indexer, or takes too long"))
            self._suspects.clear()

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles; raises ArchiveError."""
        articles = list(articles)
        suspects = [article for article in articles if article.id in self._suspects]
        others = [article for article in articles if article.id not in self._suspects]
        size = max(1, (len(self._suspects) + 1) // 2)
        batches = [suspects[start : start + size] for start in range(0, len(suspects), size)]
        batches = [batch for batch in [others, *reversed(batches)] if batch]
        while batches:
            batch = batches.pop()
            try:
                self._commit(batch)
            except (ArchiveError, OSError):
                self._remove_note()
                raise
            except Exception as error:
                batches += self._halves(batch, error)

    def _commit(self, batch: Sequence[Article]) -> None:
        ids = tuple(article.id for article in batch)
        deaths = self._deaths if self._suspects.issuperset(ids) else 0
        atomic_write(self._data / BATCH_NOTE, msgspec.json.encode(InHand(ids, deaths)))
        self._writer.add(map(self._indexable, batch))
        self._remove_note()
        self._suspects.difference_update(ids)

    def _remove_note(self) -> None:
        with contextlib.suppress(OSError):
            (self._data / BATCH_NOTE).unlink()

    def _halves(self, batch: list[Article], error: Exception) -> list[list[Article]]:
        """Return the batches to try instead of one that failed: its halves, the first one last."""
        if len(batch) > 1:
            middle = len(batch) // 2
            return [batch[middle:], batch[:middle]]
        self._remove_note()
        if batch[0].id in self._without_text:
            raise error
        if isinstance(error, MemoryError):
            reason = _("indexing it needs too much memory")
        else:
            reason = _("indexing it fails")
        log.error(
            _(
                "article {number}: {reason}; it is indexed without its text",
                number=batch[0].id,
                reason=reason,
            )
        )
        self._set_aside(batch[0].id, reason)
        return [batch]

    def _set_aside(self, id: int, reason: str) -> None:
        self._without_text.add(id)
        self._store.set_aside(id, reason)

    def _indexable(self, article: Article) -> Article:
        if article.id not in self._without_text:
            return article
        return replace(article, title="", summary="", body="", author="")


# --- repair of the index from the store ------------------------------------------------

STEP = 1024
"""Articles of one step: new articles wait at most half a second for it."""
MAX_CHARACTERS = 3_000_000
"""Characters of the articles of one commit, roughly: as many different words take 190 MB."""
READ_SIZE = 8
"""Articles read from the store at once."""

Progress = Callable[[int, int], None]
"""Called with the number of articles in the index, and in the store."""


def difference(
    indexed: Iterable[int], stored: Collection[int], queued: Collection[int]
) -> tuple[array[int], array[int]]:
    """Return the ids that an index lacks, the newest first, and those that it should not have.

    An id that occurs twice is removed and added again. Articles in the outbox do not count.
    """
    end = max(stored, default=0) + 1
    in_store, in_index = bytearray(end), bytearray(end)
    for id in stored:
        in_store[id] = 1
    surplus = set()
    for id in indexed:
        if id >= end:
            surplus.add(id)
        else:
            in_index[id] += in_index[id] < 2
    if in_index == in_store and not surplus:  # the usual case, and a fast comparison
        return array("Q"), array("Q")
    surplus.update(id for id in range(end) if in_index[id] > in_store[id])
    missing = (id for id in range(end - 1, 0, -1) if in_store[id] and in_index[id] != 1)
    lacking = array("Q", (id for id in missing if id not in queued))
    return lacking, array("Q", sorted(surplus.difference(queued)))


class IndexRepair:
    """One repair of one index: articles can be added at any time, the rest is repaired in steps."""

    def __init__(
        self, store: Store, writer: ArchiveWriter, progress: Progress, *, every_byte: bool = False
    ) -> None:
        """Drop what is damaged; with `every_byte`, every byte is checked first."""
        self._store = store
        self._progress = progress
        self._writer = writer
        self.guarded = GuardedWriter(writer, store)
        """The writer through which articles are added."""
        for damage in writer.drop_damaged(every_byte=every_byte):
            log.error(_("{damage}; its articles are added again from the store", damage=damage))

    def steps(self, *, everything: bool = False) -> Iterator[None]:
        """Bring the index in line with the store, then check all of it once; a generator of steps.

        Articles in the outbox are left to the indexer unless `everything` is true.

        Raises:
            ArchiveDamaged: The repair must start again.
        """
        stored = self._store.article_ids()
        queued = set(self._store.outbox().articles)
        indexed = self._writer.all_ids()
        if everything:  # an index that was begun earlier may have them as they were
            indexed = array("Q", (id for id in indexed if id not in queued))
            queued = set()
        yield  # a million ids take half a second to read, and then some time to compare
        missing, surplus = difference(indexed, stored, queued)
        if surplus:
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
        remaining = len(missing)
        for articles in self._batches(missing):
            self._progress(len(stored) - remaining, len(stored))
            self.guarded.add(articles)
            remaining -= len(articles)
            yield
        self._progress(len(stored), len(stored))
        yield from self._writer.verify_steps()

    def _batches(self, ids: Sequence[int]) -> Iterator[list[Article]]:
        """Yield the articles of the store in batches that fit into memory."""
        batch: list[Article] = []
        start = characters = 0
        while start < len(ids):
            count = min(READ_SIZE, STEP - len(batch))
            articles = self._store.articles.get(ids[start : start + count])
            start += count
            batch += articles
            characters += sum(article.characters for article in articles)
            if len(batch) >= STEP or characters >= MAX_CHARACTERS:
                yield batch
                batch, characters = [], 0
        if batch:
            yield batch


def usable_writer(address: ArchiveAddress) -> ArchiveWriter:
    """Return the writer of an index; an index that cannot be opened is replaced by a new one."""
    engine = archive_engine(address)
    try:
        return engine.open_writer()
    except ArchiveDamaged as error:
        log.error(_("{error}; rebuilding it from the store", error=error))
        return engine.replace()
