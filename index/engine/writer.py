"""Changing the archive: one writer, one commit for each batch, merges that pay for themselves."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whoosh.index import LockError
from whoosh.writing import NO_MERGE

from index.engine.codec import ArchiveIndex, BatchWriter
from index.engine.columns import Columns
from index.engine.postings_file import PostingsFile
from index.engine.schema import ID
from index.engine.segment_merges import (
    BackgroundMerge,
    is_large,
    merge,
    remove_unfinished,
    select_compaction,
    select_merge,
)
from index.engine.storage import DurableStorage, file_sizes
from index.engine.table_of_contents import damage_reported
from index.errors import ArchiveDamaged, ArchiveError
from monitor.base.article import Article
from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    from index.engine.article_terms import ArticleTerms

BATCH = 4096
"""Articles of one commit at most: their postings (20 MB, at the end 50) are in memory."""


class FolderArchiveWriter:
    """Changes the archive of a folder; see `index.archive.ArchiveWriter`."""

    def __init__(self, folder: Path) -> None:
        """Open the archive, or make an empty one in an empty or missing folder.

        Raises:
            ArchiveDamaged: There is an archive that cannot be used.
        """
        self.folder = folder
        self.background_merges = False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        storage = DurableStorage(str(folder))
        remove_unfinished(folder)
        if not any(folder.iterdir()):
            ArchiveIndex.create(storage)
        self._index = ArchiveIndex(storage)
        self._columns_by_name: dict[str, Columns] = {}
        self._sizes: dict[str, int] = {}
        self._background: BackgroundMerge | None = None
        self._terms: ArticleTerms | None = None
        self._segments = self._read_segments()

    @property
    def article_count(self) -> int:
        """Number of articles in the archive."""
        return sum(segment.doc_count() for segment in self._segments)

    @property
    def last_id(self) -> int:
        """Highest id in the archive, 0 when it is empty."""
        tops = (self._columns(segment).bounds(ID)[1] for segment in self._segments)
        return int(max(tops, default=0))

    def all_ids(self) -> array[int]:
        """Return the id of every article in the archive, in no order."""
        ids = array("Q")
        for segment in self._segments:
            values = self._columns(segment).values(ID)
            if deleted := set(segment.deleted_docs()):
                ids.extend(id for doc, id in enumerate(values) if doc not in deleted)
            else:
                ids += values
        return ids

    def add(self, articles: Iterable[Article]) -> int:
        """Add articles, replacing those of the same id; return how many were given.

        Each `BATCH` is one commit.

        Raises:
            ArchiveError: Another process is writing.
        """
        rest, added = iter(articles), 0
        while batch := list(islice(rest, BATCH)):
            added += len(batch)
            self._commit({article.id: article for article in batch})
            self.run_merges()
        return added

    def remove(self, ids: Collection[int]) -> None:
        """Remove articles in one commit; ids that are not in the archive are ignored.

        Raises:
            ArchiveError: Another process is writing.
        """
        if ids:
            self._commit({}, ids)
            self.run_merges()

    def run_merges(self) -> None:
        """Merge the segments that are due, and install a merge finished in the background."""
        if self._background and self._background.done:
            background, self._background = self._background, None
            self._write(_add_nothing, lambda _, segments: background.install(segments))
        self._merge_while(self._select_merge)

    def wait_for_merges(self) -> None:
        """Wait for the merge in the background and install it."""
        while self._background:
            self._background.wait()
            self.run_merges()

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Rewrite segments with deletions and merge small ones.

        Each merge is one commit: an interrupted compaction keeps what it has done.

        Args:
            progress: Called before each merge with the number of segments left.
        """
        self._merge_while(select_compaction, progress)

    def verify(self) -> None:
        """Read every file whole.

        Raises:
            ArchiveDamaged: A file is not as it was written.
        """
        for _step in self.verify_steps():
            pass

    def verify_steps(self) -> Iterator[None]:
        """Verify segment by segment; a segment merged meanwhile is left out."""
        for segment in list(self._segments):
            if segment in self._segments:
                self._check(segment, every_byte=True)
            yield

    def files_changed(self) -> bool:
        """Tell whether a file is gone, or of another length than after the last commit."""
        return self._sizes != file_sizes(self.folder, self._segments)

    def drop_damaged_segments(self, *, every_byte: bool = True) -> list[str]:
        """Give up the segments that are damaged, and the articles in them.

        Args:
            every_byte: Look for flipped bits too.

        Returns:
            One sentence for each segment dropped.
        """
        damaged: dict[Any, str] = {}
        for segment in self._segments:
            try:
                self._check(segment, every_byte=every_byte)
            except ArchiveDamaged as error:
                damaged[segment] = str(error)
        if damaged:
            self._write(_add_nothing, lambda _, all_: [s for s in all_ if s not in damaged])
        return list(damaged.values())

    def close(self) -> None:
        """Wait for merges and let go of the files."""
        self.wait_for_merges()
        self._columns_by_name.clear()

    def _select_merge(self, segments: Sequence[Any]) -> list[Any]:
        """Return what to merge at once; start a large merge in the background where allowed."""
        busy = self._background.group if self._background else []
        group = select_merge([segment for segment in segments if segment not in busy])
        if not self.background_merges or not is_large(group):
            return group
        if self._background is None:
            self._background = BackgroundMerge(self.folder, group)
            return self._select_merge(segments)
        return []

    def _check(self, segment: Any, *, every_byte: bool) -> None:
        name = segment.segment_id()
        with damage_reported(self.folder):
            columns, lists = Columns.open(self.folder, name), PostingsFile.open(self.folder, name)
        if columns.documents != segment.doc_count_all():
            raise ArchiveDamaged(_("{folder}: a segment has lost documents", folder=self.folder))
        if every_byte:
            columns.file.verify()
            lists.file.verify()

    def _commit(self, articles: dict[int, Article], without: Collection[int] = ()) -> None:
        def fill(writer: BatchWriter) -> None:
            for doc in self._documents_of(writer.segments, {*articles, *without}):
                writer.delete_document(doc)
            if articles:
                writer.add_articles(list(articles.values()), self._article_terms())

        self._write(fill, NO_MERGE)

    def _article_terms(self) -> ArticleTerms:
        if self._terms is None:
            from index.engine.article_terms import ArticleTerms  # numpy: readers do without

            self._terms = ArticleTerms()
        return self._terms

    def _documents_of(self, segments: Iterable[Any], ids: set[int]) -> list[int]:
        """Return the numbers of the documents with one of some ids; new ids cost nothing."""
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
        select: Callable[[Sequence[Any]], list[Any]],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        while group := select(self._segments):
            progress(len(self._segments))
            self._write(_add_nothing, partial(merge, group=group))

    def _write(self, fill: Callable[[BatchWriter], None], mergetype: Any) -> None:
        """Make one commit: what `fill` adds and deletes, and what a merge policy merges."""
        try:
            writer = BatchWriter(self._index)
        except LockError as error:
            message = _("{folder}: another process writes here", folder=self.folder)
            raise ArchiveError(message) from error
        try:
            fill(writer)
            writer.commit(mergetype=mergetype)
        except BaseException:
            _abandon(writer)
            raise
        finally:
            self._segments = self._read_segments()

    def _read_segments(self) -> list[Any]:
        with damage_reported(self.folder):
            segments = self._index.segments()
        names = {segment.segment_id() for segment in segments}
        opened = self._columns_by_name
        self._columns_by_name = {name: opened[name] for name in names & opened.keys()}
        self._sizes = file_sizes(self.folder, segments)
        return segments

    def _columns(self, segment: Any) -> Columns:
        """Return the columns of a segment, opened once: its files never change."""
        name = segment.segment_id()
        if name not in self._columns_by_name:
            with damage_reported(self.folder):
                self._columns_by_name[name] = Columns.open(self.folder, name)
        return self._columns_by_name[name]


def _add_nothing(writer: BatchWriter) -> None:
    """Add nothing: the merge policy of the commit does all there is to do."""


def _abandon(writer: BatchWriter) -> None:
    """Release the lock of a writer that failed, whatever state it is in."""
    with contextlib.suppress(Exception):
        writer.cancel()
    if not writer.is_closed:
        with contextlib.suppress(Exception):
            writer.writelock.release()
