"""Changes the archive: one writer, one commit for each batch, and merges."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from whoosh.filedb.filestore import FileStorage
from whoosh.index import clean_files

from index.engine.columns import ID, NAME, Columns
from index.engine.segment import Segment
from index.engine.segment_merges import (
    BackgroundMerge,
    is_large,
    merge,
    remove_unfinished,
    select_compaction,
    select_merge,
)
from index.engine.table_of_contents import SegmentEntry, damage_reported, newest_table, write_table
from index.errors import ArchiveDamaged, ArchiveError
from monitor.base.article import Article
from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    from index.engine.article_terms import ArticleTerms

BATCH = 4096
"""Largest number of articles of a commit: their postings (20 MB, at the end 50) are in memory."""

Change = Callable[[list[SegmentEntry]], list[SegmentEntry]]
"""Returns the segments after a commit, given the segments before it."""


class FolderArchiveWriter:
    """Changes the archive of a folder; see `index.archive.ArchiveWriter`.

    Whoosh keeps the folder: its lock lets one process write at a time, on any system, and it
    removes the files of segments and generations that are no longer current.
    """

    def __init__(self, folder: Path) -> None:
        """Open the archive, or make an empty one in an empty or missing folder.

        Raises:
            ArchiveDamaged: There is an archive that cannot be used.
        """
        self.folder = folder
        self.background_merges = False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_unfinished(folder)
        if not any(folder.iterdir()):
            write_table(folder, 0, [])
        self._storage = FileStorage(str(folder))
        self._columns_by_name: dict[str, Columns] = {}
        self._sizes: dict[str, int] = {}
        self._background: BackgroundMerge | None = None
        self._terms: ArticleTerms | None = None
        self._segments = self._read_segments()

    @property
    def article_count(self) -> int:
        return sum(segment.count for segment in self._segments)

    @property
    def last_id(self) -> int:
        last_ids = (self._columns(segment).bounds(ID)[1] for segment in self._segments)
        return int(max(last_ids, default=0))

    def all_ids(self) -> array[int]:
        ids = array("Q")
        for segment in self._segments:
            values = self._columns(segment).values(ID)
            if segment.deleted:
                ids.extend(id for doc, id in enumerate(values) if doc not in segment.deleted)
            else:
                ids += values
        return ids

    def add(self, articles: Iterable[Article]) -> int:
        remaining, added = iter(articles), 0
        while batch := list(islice(remaining, BATCH)):
            added += len(batch)
            self._replace({article.id: article for article in batch})
            self.run_merges()
        return added

    def remove(self, ids: Collection[int]) -> None:
        if ids:
            self._commit(lambda segments: self._without(segments, set(ids)))
            self.run_merges()

    def run_merges(self) -> None:
        if self._background and self._background.done:
            background, self._background = self._background, None
            self._commit(background.install)
        self._merge_while(self._select_merge)

    def wait_for_merges(self) -> None:
        while self._background:
            self._background.wait()
            self.run_merges()

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        self._merge_while(select_compaction, progress)

    def verify(self) -> None:
        for _step in self.verify_steps():
            pass

    def verify_steps(self) -> Iterator[None]:
        for segment in list(self._segments):
            if segment.id in {current.id for current in self._segments}:
                self._check(segment, every_byte=True)
            yield

    def changed_elsewhere(self) -> bool:
        return self._sizes != self._file_sizes(self._segments)

    def drop_damaged(self, *, every_byte: bool = True) -> list[str]:
        damaged: dict[str, str] = {}
        for segment in self._segments:
            try:
                self._check(segment, every_byte=every_byte)
            except ArchiveDamaged as error:
                damaged[segment.id] = str(error)
        if damaged:
            self._commit(lambda segments: [s for s in segments if s.id not in damaged])
        return list(damaged.values())

    def close(self) -> None:
        self.wait_for_merges()
        self._columns_by_name.clear()

    def _select_merge(self, segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
        """Return the segments to merge now; start a large merge in the background if allowed."""
        merging = self._background.group if self._background else {}
        group = select_merge([segment for segment in segments if segment.id not in merging])
        if not self.background_merges or not is_large(group):
            return group
        if self._background is None:
            self._background = BackgroundMerge(self.folder, group)
            return self._select_merge(segments)
        return []

    def _merge_while(
        self,
        select: Callable[[Sequence[SegmentEntry]], list[SegmentEntry]],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        while group := {segment.id for segment in select(self._segments)}:
            progress(len(self._segments))

            def change(segments: list[SegmentEntry], group: set[str] = group) -> list[SegmentEntry]:
                old = [segment for segment in segments if segment.id in group]
                remaining = [segment for segment in segments if segment.id not in group]
                return [*remaining, merge(old, self.folder, self.folder)]

            self._commit(change)

    def _check(self, segment: SegmentEntry, *, every_byte: bool) -> None:
        with damage_reported(self.folder):
            opened = Segment.open(self.folder, segment)
            if every_byte:
                opened.verify()

    def _replace(self, articles: dict[int, Article]) -> None:
        from index.engine.article_terms import ArticleTerms  # imports numpy, which takes 0.1 s
        from index.engine.segment_writer import write_articles

        self._terms = terms = self._terms or ArticleTerms()

        def change(segments: list[SegmentEntry]) -> list[SegmentEntry]:
            new = write_articles(articles.values(), terms, self.folder)
            return [*self._without(segments, articles.keys()), new]

        self._commit(change)

    def _without(self, segments: list[SegmentEntry], ids: Set[int]) -> list[SegmentEntry]:
        """Return the segments without the articles of these ids; new ids cost nothing."""
        return [segment.without(self._documents_of(segment, ids)) for segment in segments]

    def _documents_of(self, segment: SegmentEntry, ids: Set[int]) -> list[int]:
        columns = self._columns(segment)
        low, high = columns.bounds(ID)
        if not any(low <= id <= high for id in ids):
            return []
        return [doc for doc, id in enumerate(columns.values(ID)) if id in ids]

    def _commit(self, change: Change) -> None:
        """Make one commit: write the table of the changed segments that have articles."""
        lock = self._storage.lock(f"{NAME}_WRITELOCK")
        if not lock.acquire():
            message = _("{folder}: another process writes here", folder=self.folder)
            raise ArchiveError(message)
        try:
            with damage_reported(self.folder):
                table = newest_table(self.folder)
                segments = table.entries()
            segments = [segment for segment in change(segments) if segment.count]
            write_table(self.folder, table.generation + 1, segments)
            clean_files(self._storage, NAME, table.generation + 1, segments)
        finally:
            lock.release()
            self._segments = self._read_segments()

    def _read_segments(self) -> list[SegmentEntry]:
        with damage_reported(self.folder):
            segments = newest_table(self.folder).entries()
        names = {segment.segment_id() for segment in segments}
        opened = self._columns_by_name
        self._columns_by_name = {name: opened[name] for name in names & opened.keys()}
        self._sizes = self._file_sizes(segments)
        return segments

    def _file_sizes(self, segments: Iterable[SegmentEntry]) -> dict[str, int]:
        """Return the size of each file of the archive: tables of contents and segments."""
        names = tuple(f"{segment.segment_id()}." for segment in segments)
        with suppress(FileNotFoundError), os.scandir(self.folder) as files:
            return {
                file.name: file.stat().st_size
                for file in files
                if file.name.endswith(".toc") or file.name.startswith(names)
            }
        return {}

    def _columns(self, segment: SegmentEntry) -> Columns:
        """Return the columns of a segment, opened once: its files never change."""
        name = segment.segment_id()
        if name not in self._columns_by_name:
            with damage_reported(self.folder):
                self._columns_by_name[name] = Columns.open(self.folder, name)
        return self._columns_by_name[name]
