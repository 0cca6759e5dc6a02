"""Adding to the archive: one writer, one commit a batch, merges that pay for themselves."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from whoosh.index import TOC, FileIndex, LockError
from whoosh.reading import SegmentReader
from whoosh.writing import NO_MERGE

from index.article import Article
from index.codec import ArrayCodec, BatchWriter
from index.errors import ArchiveError
from index.lists import MAX_DOCUMENTS
from index.schema import ID, NAME, document, schema
from index.storage import DurableStorage, damage

BATCH = 4096
"""Articles of one commit at most: its postings (some 60 MB) are in memory until then."""
FAN_IN = 10
"""Segments of one size that are merged into one of the next."""


def open_or_create(folder: Path) -> Writer:
    """Open the archive of a folder for writing, or make one where there is none.

    Raises ArchiveDamaged if there is one that cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = DurableStorage(str(folder))
    if not any(folder.iterdir()):
        TOC.create(storage, schema(), NAME)
    with damage(folder):
        return Writer(FileIndex(storage, indexname=NAME), folder)


class Writer:
    """The only one who changes the archive of a folder."""

    def __init__(self, index: FileIndex, folder: Path) -> None:
        self._index = index
        self._folder = folder
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

    def add(self, articles: Iterable[Article]) -> int:
        """Add articles, replacing those known by their id; return how many were given.

        Each `BATCH` is one commit. Raises ArchiveError if another writer is at work.
        """
        rest, given = iter(articles), 0
        while batch := list(islice(rest, BATCH)):
            given += len(batch)
            self._commit({article.id: article for article in batch}.values())
            while due(self._segments):
                self._write(lambda writer: None, _merge)
        return given

    def verify(self) -> None:
        """Read every file whole; raises ArchiveDamaged if one is not as it was written."""
        with damage(self._folder):
            for segment in self._segments:
                self._columns(segment).file.verify()
                ArrayCodec().terms_reader(self._index.storage, segment).lists.file.verify()

    def _commit(self, articles: Iterable[Article]) -> None:
        def fill(writer: BatchWriter) -> None:
            for doc in self._known(writer.segments, {article.id for article in articles}):
                writer.delete_document(doc)
            for article in articles:
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

    def _write(self, fill: Callable[[BatchWriter], None], mergetype: Any) -> None:
        try:
            writer = BatchWriter(self._index)
        except LockError as error:
            raise ArchiveError(f"{self._folder}: another process writes here") from error
        try:
            fill(writer)
            writer.commit(mergetype=mergetype)
        except BaseException:
            _abandon(writer)
            raise
        finally:
            self._segments = self._read_segments()

    def _read_segments(self) -> list[Any]:
        with damage(self._folder):
            return list(TOC.read(self._index.storage, NAME).segments)

    def _columns(self, segment: Any) -> Any:
        with damage(self._folder):
            return ArrayCodec().per_document_reader(self._index.storage, segment).columns


def _abandon(writer: BatchWriter) -> None:
    """Free the lock of a writer that failed, whatever state it is in."""
    with contextlib.suppress(Exception):
        writer.cancel()
    if not writer.is_closed:
        with contextlib.suppress(Exception):
            writer.writelock.release()


# --- merging -----------------------------------------------------------------------


def due(segments: Sequence[Any]) -> list[Any]:
    """Return the segments to merge into one now; empty when all is well.

    Ten of a size (a power of ten) make one of the next, so a document is rewritten about
    once for each power of ten and a search looks into a few dozen segments at most. A
    segment a quarter of which is deleted is rewritten alone.
    """
    by_size: defaultdict[int, list[Any]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.doc_count() <= MAX_DOCUMENTS:
            by_size[len(str(segment.doc_count()))].append(segment)
    for size in sorted(by_size):
        if len(by_size[size]) >= FAN_IN:
            return _fitting(by_size[size])
    return [s for s in segments if 4 * s.deleted_count() > s.doc_count_all()][:1]


def _fitting(segments: Sequence[Any]) -> list[Any]:
    """Return the first segments that are one segment's worth together."""
    totals = accumulate(segment.doc_count() for segment in segments)
    return [s for s, total in zip(segments, totals, strict=True) if total <= MAX_DOCUMENTS]


def _merge(writer: BatchWriter, segments: list[Any]) -> list[Any]:
    """Merge what is due into the segment being written: a merge policy of Whoosh."""
    group = due(segments)
    for segment in group:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in segments if segment not in group]
