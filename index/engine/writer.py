"""Changing the archive: one writer, one commit a batch, merges that pay for themselves."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from whoosh.index import TOC, FileIndex, LockError
from whoosh.writing import NO_MERGE

from index.article import Article
from index.engine.background_merge import BackgroundMerge, is_large, sweep
from index.engine.codec import ArrayCodec, BatchWriter
from index.engine.columns import Columns
from index.engine.merge_policy import merged, select_compaction, select_merge
from index.engine.schema import ID, NAME, document, schema
from index.engine.storage import DurableStorage, damage, sizes
from index.errors import ArchiveDamaged, ArchiveError

BATCH = 4096
"""Articles of one commit at most: its postings (some 20 MB, at its end 50) are in memory."""


def open_or_create(folder: Path) -> Writer:
    """Open the archive of a folder for writing, or make one where there is none.

    Raises ArchiveDamaged if there is one that cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = DurableStorage(str(folder))
    sweep(folder)
    if not any(folder.iterdir()):
        TOC.create(storage, schema(), NAME)
    with damage(folder):
        return Writer(FileIndex(storage, indexname=NAME), folder)


class Writer:
    """The only one who changes the archive of a folder."""

    def __init__(self, index: FileIndex, folder: Path) -> None:
        self.folder = folder
        self._index = index
        self._opened: dict[str, Columns] = {}
        self._sizes: dict[str, int] = {}
        self._aside: BackgroundMerge | None = None
        self.beside = False
        """Whether large merges are made beside the writer; `tend` then puts them in place."""
        self._segments = self._read_segments()

    @property
    def count(self) -> int:
        """Articles in the archive."""
        return sum(segment.doc_count() for segment in self._segments)

    @property
    def last_id(self) -> int:
        """Highest id in the archive, 0 when it is empty."""
        tops = (self._columns(segment).bounds(ID)[1] for segment in self._segments)
        return int(max(tops, default=0))

    def ids(self) -> array[int]:
        """Return the id of every article in the archive, in no order."""
        found = array("Q")
        for segment in self._segments:
            values = self._columns(segment).values(ID)
            gone = set(segment.deleted_docs())
            found.extend(id for doc, id in enumerate(values) if doc not in gone)
        return found

    def add(self, articles: Iterable[Article]) -> int:
        """Add articles, replacing those known by their id; return how many were given.

        Each `BATCH` is one commit. Raises ArchiveError if another writer is at work.
        """
        rest, given = iter(articles), 0
        while batch := list(islice(rest, BATCH)):
            given += len(batch)
            self._commit({article.id: article for article in batch})
            self.tend()
        return given

    def remove(self, ids: Collection[int]) -> None:
        """Remove articles in one commit; ids that are not in the archive are no mistake."""
        if ids:
            self._commit({}, ids)
            self.tend()

    def tend(self) -> None:
        """Merge what is due, and put in place what was merged beside."""
        if self._aside and self._aside.done:
            aside, self._aside = self._aside, None
            self._write(_nothing, lambda _, segments: aside.put_in_place(segments))
        self._merge_while(self._due_here)

    def _due_here(self, segments: Sequence[Any]) -> list[Any]:
        """Return what is to be merged at once; what is large is begun beside, if so asked."""
        busy = self._aside.group if self._aside else []
        group = select_merge([segment for segment in segments if segment not in busy])
        if not self.beside or not is_large(group):
            return group
        if self._aside is None:
            self._aside = BackgroundMerge(self.folder, group)
            return self._due_here(segments)
        return []

    def finish(self) -> None:
        """Wait for what is merged beside, and put it in place."""
        while self._aside:
            self._aside.wait()
            self.tend()

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Rewrite segments with deletions and join small ones; tells how many there still are.

        Each is one commit: what is cut short keeps what was done.
        """
        self._merge_while(select_compaction, progress)

    def verify(self) -> None:
        """Read every file whole; raises ArchiveDamaged if one is not as it was written."""
        for _ in self.scrub():
            pass

    def scrub(self) -> Iterator[None]:
        """Verify segment by segment; what is merged meanwhile is left out."""
        for segment in list(self._segments):
            if segment in self._segments:
                self._check(segment, whole=True)
            yield

    def changed_outside(self) -> bool:
        """Tell whether a file is gone, or of another length than when it was committed."""
        return self._sizes != sizes(self.folder, self._segments)

    def heal(self, *, whole: bool = True) -> list[str]:
        """Give up the segments that are damaged; return what is wrong with each.

        What they held is not in the archive any more, and can be added again. Without
        `whole`, flipped bits are not looked for.
        """
        lost: dict[Any, str] = {}
        for segment in self._segments:
            try:
                self._check(segment, whole=whole)
            except ArchiveDamaged as error:
                lost[segment] = str(error)
        if lost:
            self._write(_nothing, lambda _, listed: [s for s in listed if s not in lost])
        return list(lost.values())

    def _check(self, segment: Any, *, whole: bool) -> None:
        storage = self._index.storage
        with damage(self.folder):
            columns = ArrayCodec().per_document_reader(storage, segment).columns
            lists = ArrayCodec().terms_reader(storage, segment).lists
        if columns.documents != segment.doc_count_all():
            raise ArchiveDamaged(f"{self.folder}: a segment has lost documents")
        if whole:
            columns.file.verify()
            lists.file.verify()

    def _commit(self, articles: dict[int, Article], without: Collection[int] = ()) -> None:
        def fill(writer: BatchWriter) -> None:
            for doc in self._known(writer.segments, {*articles, *without}):
                writer.delete_document(doc)
            for article in articles.values():
                writer.add_document(**document(article))

        self._write(fill, NO_MERGE)

    def _known(self, segments: Iterable[Any], ids: set[int]) -> list[int]:
        """Return the numbers of documents with one of these ids; new ids cost nothing."""
        docs: list[int] = []
        first = 0
        for segment in segments:
            columns = self._columns(segment)
            low, high = columns.bounds(ID)
            if any(low <= id <= high for id in ids):
                docs += (first + doc for doc, id in enumerate(columns.values(ID)) if int(id) in ids)
            first += segment.doc_count_all()
        return docs

    def _merge_while(
        self,
        choose: Callable[[Sequence[Any]], list[Any]],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        while group := choose(self._segments):
            progress(len(self._segments))
            self._write(_nothing, partial(merged, group=group))

    def _write(self, fill: Callable[[BatchWriter], None], mergetype: Any) -> None:
        try:
            writer = BatchWriter(self._index)
        except LockError as error:
            raise ArchiveError(f"{self.folder}: another process writes here") from error
        try:
            fill(writer)
            writer.commit(mergetype=mergetype)
        except BaseException:
            _abandon(writer)
            raise
        finally:
            self._segments = self._read_segments()

    def _read_segments(self) -> list[Any]:
        with damage(self.folder):
            segments = list(TOC.read(self._index.storage, NAME).segments)
        names = {segment.segment_id() for segment in segments}
        self._opened = {name: self._opened[name] for name in names & self._opened.keys()}
        self._sizes = sizes(self.folder, segments)
        return segments

    def _columns(self, segment: Any) -> Columns:
        """Return the columns of a segment, opened once: its files never change."""
        name = segment.segment_id()
        if name not in self._opened:
            with damage(self.folder):
                reader = ArrayCodec().per_document_reader(self._index.storage, segment)
            self._opened[name] = reader.columns
        return self._opened[name]


def _nothing(writer: BatchWriter) -> None:
    """Add nothing: what is to be done is done by the merge policy."""


def _abandon(writer: BatchWriter) -> None:
    """Free the lock of a writer that failed, whatever state it is in."""
    with contextlib.suppress(Exception):
        writer.cancel()
    if not writer.is_closed:
        with contextlib.suppress(Exception):
            writer.writelock.release()
