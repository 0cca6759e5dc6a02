"""Merging segments: which ones become one, how, and large merges in a background thread.

Few segments make searches fast, few merges make commits fast. Ten segments of a size become one
of the next size, so an article is rewritten once for each power of ten.
"""

from __future__ import annotations

import copy
import shutil
import threading
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from whoosh.reading import SegmentReader
from whoosh.writing import NO_MERGE

from index.engine.codec import ArchiveIndex, BatchWriter
from index.engine.columns import Columns
from index.engine.schema import ID, MAX_DOCUMENTS
from index.engine.storage import DurableStorage

FAN_IN = 10
"""Segments of one size that are merged into one of the next."""
FOLDER = "merging-"
"""What the name of the folder of a background merge begins with, inside that of the archive."""
LARGE = 1_000
"""Documents from which a merge is large: new articles would wait for it, a tenth of a second."""


# --- which segments --------------------------------------------------------------------


def select_merge(segments: Sequence[Any]) -> list[Any]:
    """Return the segments to merge into one now; an empty list when none are due.

    Ten segments of a size (a power of ten) make one of the next size, so a search looks into a
    few dozen segments at most. A segment a quarter of which is deleted is rewritten alone.
    """
    by_size: defaultdict[int, list[Any]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.doc_count() <= MAX_DOCUMENTS:
            by_size[len(str(segment.doc_count()))].append(segment)
    for size in sorted(by_size):
        if len(by_size[size]) >= FAN_IN:
            return _that_fit(by_size[size])
    return [s for s in segments if 4 * s.deleted_count() > s.doc_count_all()][:1]


def select_compaction(segments: Sequence[Any]) -> list[Any]:
    """Return segments to merge into one so that the archive takes the least room.

    Segments with deletions come first, one at a time; then the smaller ones together.
    """
    if with_deletions := [s for s in segments if s.deleted_count()]:
        return with_deletions[:1]
    small = sorted(
        (s for s in segments if 2 * s.doc_count() <= MAX_DOCUMENTS), key=lambda s: s.doc_count()
    )
    return _that_fit(small) if len(small) > 1 else []


def is_large(group: Sequence[Any]) -> bool:
    """Tell whether merging some segments would keep the writer for long."""
    documents: int = sum(segment.doc_count() for segment in group)
    return documents >= LARGE


def _that_fit(segments: Sequence[Any]) -> list[Any]:
    """Return the first segments that fit into one segment together."""
    totals = accumulate(segment.doc_count() for segment in segments)
    return [s for s, total in zip(segments, totals, strict=True) if total <= MAX_DOCUMENTS]


# --- how -------------------------------------------------------------------------------


def merge(
    writer: BatchWriter, segments: list[Any], group: Sequence[Any], storage: Any = None
) -> list[Any]:
    """Add the documents of some segments to the one being written. A merge policy of Whoosh.

    Args:
        writer: Writes the new segment.
        segments: All segments of the archive.
        group: Those to merge.
        storage: Where the group is; None is where the writer writes.

    Returns:
        The other segments.
    """
    for segment in segments:
        if segment in group and segment.doc_count():
            reader = SegmentReader(storage or writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
    return [segment for segment in segments if segment not in group]


class BackgroundMerge:
    """One large merge, made in a thread while the writer goes on.

    Sixty thousand documents take some five seconds, during which no new article could be
    searched. The segments it reads never change. It writes into a folder of its own; only
    `install` needs the writer.
    """

    def __init__(self, folder: Path, group: Sequence[Any]) -> None:
        """Start merging.

        Args:
            folder: The folder of the archive.
            group: The segments to merge.
        """
        self.group = list(group)
        self._folder = folder
        self._own_folder = Path(mkdtemp(prefix=FOLDER, dir=folder))
        self._at_start = copy.deepcopy(self.group)
        """The group with its deletions at the start; `install` adds the later ones."""
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="merging", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def install(self, segments: Sequence[Any]) -> list[Any]:
        """Move the files of the merged segment into the archive; for a writer with its lock.

        Args:
            segments: All segments of the archive now.

        Returns:
            The segments with the merged one in place of the group.

        Raises:
            Exception: Whatever made the merge fail.
        """
        now = {segment.segment_id(): segment for segment in segments}
        if any(segment.segment_id() not in now for segment in self.group):
            self._drop()  # a segment was found damaged meanwhile
            return list(segments)
        if self._failure is not None:
            raise self._failure
        (merged,) = ArchiveIndex(DurableStorage(str(self._own_folder))).segments()
        for doc in self._deleted_since(merged, now):
            merged.delete_document(doc)
        for file in self._own_folder.glob(f"{merged.segment_id()}.*"):
            file.replace(self._folder / file.name)
        self._drop()
        return [*(segment for segment in segments if segment not in self.group), merged]

    def _drop(self) -> None:
        shutil.rmtree(self._own_folder, ignore_errors=True)

    def _run(self) -> None:
        try:
            self._merge()
        except Exception as error:
            self._failure = error
            self._drop()

    def _merge(self) -> None:
        storage = DurableStorage(str(self._own_folder))
        writer = BatchWriter(ArchiveIndex.create(storage))
        try:
            sources = DurableStorage(str(self._folder), readonly=True)
            merge(writer, self._at_start, self._at_start, sources)
            writer.commit(mergetype=NO_MERGE)
        except BaseException:
            writer.cancel()
            raise

    def _deleted_since(self, merged: Any, now: dict[str, Any]) -> list[int]:
        """Return the documents of the merged segment that were deleted during the merge."""
        deleted: set[int] = set()
        for segment in self._at_start:
            later = now[segment.segment_id()].deleted_docs()
            if new := set(later).difference(segment.deleted_docs()):
                ids = Columns.open(self._folder, segment.segment_id()).values(ID)
                deleted.update(ids[doc] for doc in new)
        if not deleted:
            return []
        ids = Columns.open(self._own_folder, merged.segment_id()).values(ID)
        return [doc for doc, id in enumerate(ids) if id in deleted]


def remove_unfinished(folder: Path) -> None:
    """Remove the folders of background merges that were interrupted."""
    for left in folder.glob(f"{FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)
