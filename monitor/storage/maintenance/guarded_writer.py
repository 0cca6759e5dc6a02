"""The writer of the index, guarded: an article that cannot be indexed loses its text.

A batch that fails is halved until the article that makes it fail is alone. It is then indexed
without its text, and set aside. A process that dies leaves a note of its batch: the next
process tries the halves of that. The monitor ends a process that works too long on a batch.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.errors import ArchiveError
from monitor.base.article import Article
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    from index.archive import ArchiveWriter
    from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin.indexer")

NOTE = "index.inhand"
DEATHS = 3
"""Processes that die indexing one article alone before it is to blame: some are killed."""


class InHand(Struct, frozen=True, array_like=True):
    """The articles of a batch, and the number of processes in a row that died of it."""

    ids: tuple[int, ...]
    deaths: int


def read_note(data: Path) -> InHand | None:
    """Return the batch that a process indexes, or died of; None without a note."""
    try:
        return msgspec.json.decode((data / NOTE).read_bytes(), type=InHand)
    except (OSError, msgspec.MsgspecError):
        return None


def note_stamp(data: Path) -> int | None:
    """Return the time of the note in nanoseconds, to tell it from the next; None without a note."""
    try:
        return (data / NOTE).stat().st_mtime_ns
    except OSError:
        return None


class GuardedWriter:
    """Adds articles to an index; those that cannot be indexed lose their text."""

    def __init__(self, writer: ArchiveWriter, store: Store, data: Path) -> None:
        self._writer = writer
        self._store = store
        self._data = data
        self._without_text = set(store.unsearchable())
        note = read_note(data)
        self._deaths = note.deaths + 1 if note else 0
        self._suspects = set(note.ids) if note else set[int]()
        if note and len(note.ids) == 1 and self._deaths >= DEATHS:
            self._set_aside(note.ids[0], _("indexing it ends the indexer, or takes too long"))
            self._suspects.clear()

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles.

        Raises:
            ArchiveError: The archive cannot be written.
        """
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
        atomic_write(self._data / NOTE, msgspec.json.encode(InHand(ids, deaths)))
        self._writer.add(map(self._indexable, batch))
        self._remove_note()
        self._suspects.difference_update(ids)

    def _remove_note(self) -> None:
        with contextlib.suppress(OSError):
            (self._data / NOTE).unlink()

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
