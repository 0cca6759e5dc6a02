"""Merging segments: which ones become one, and large merges in a background thread.

Few segments make searches fast, few merges make commits fast. Ten segments of a size become one
of the next size, so an article is rewritten once for each power of ten.
"""

from __future__ import annotations

import shutil
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from tempfile import mkdtemp

from index.engine.columns import ID, MAX_DOCUMENTS, Columns
from index.engine.table_of_contents import SegmentEntry

FAN_IN = 10
"""Segments of one size that are merged into one of the next."""
FOLDER = "merging-"
"""What the name of the folder of a background merge begins with, inside that of the archive."""
LARGE = 1_000
"""Documents from which a merge is large: new articles would wait for it, a tenth of a second."""


# --- which segments --------------------------------------------------------------------


def select_merge(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return the segments to merge into one now; an empty list when none are due.

    Ten segments of a size (a power of ten) make one of the next size, so a search looks into a
    few dozen segments at most. A segment a quarter of which is deleted is rewritten alone.
    """
    by_size: defaultdict[int, list[SegmentEntry]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.count <= MAX_DOCUMENTS:
            by_size[len(str(segment.count))].append(segment)
    for size in sorted(by_size):
        if len(by_size[size]) >= FAN_IN:
            return _that_fit(by_size[size])
    return [s for s in segments if 4 * len(s.deleted) > s.documents][:1]


def select_compaction(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return segments to merge into one so that the archive takes the least room.

    Segments with deletions come first, one at a time; then the smaller ones together.
    """
    if with_deletions := [s for s in segments if s.deleted]:
        return with_deletions[:1]
    small = sorted((s for s in segments if 2 * s.count <= MAX_DOCUMENTS), key=lambda s: s.count)
    return _that_fit(small) if len(small) > 1 else []


def is_large(group: Sequence[SegmentEntry]) -> bool:
    """Tell whether merging some segments would keep the writer for long."""
    return sum(segment.count for segment in group) >= LARGE


def _that_fit(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return the first segments that fit into one segment together."""
    totals = accumulate(segment.count for segment in segments)
    return [s for s, total in zip(segments, totals, strict=True) if total <= MAX_DOCUMENTS]


# --- how -------------------------------------------------------------------------------


def merge(segments: Iterable[SegmentEntry], source: Path, folder: Path) -> SegmentEntry:
    """Write one segment with the documents of several; see `segment_writer.merge`."""
    from index.engine import segment_writer  # with numpy, which takes 0.1 s: a start does without

    return segment_writer.merge(segments, source, folder)


# --- beside the writer ------------------------------------------------------------------


class BackgroundMerge:
    """One large merge, made in a thread while the writer goes on.

    Sixty thousand documents take some five seconds, during which no new article could be
    searched. The segments it reads never change. It writes into a folder of its own; only
    `install` needs the writer.
    """

    def __init__(self, folder: Path, group: Sequence[SegmentEntry]) -> None:
        """Start merging.

        Args:
            folder: The folder of the archive.
            group: The segments to merge; `install` adds what is deleted of them meanwhile.
        """
        self.group = {segment.id: segment for segment in group}
        """The segments as they were at the start, by their ids."""
        self._folder = folder
        self._own_folder = Path(mkdtemp(prefix=FOLDER, dir=folder))
        self._merged: SegmentEntry | None = None
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

    def install(self, segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
        """Move the files of the merged segment into the archive; for a writer with its lock.

        Args:
            segments: All segments of the archive now.

        Returns:
            The segments with the merged one in place of the group.

        Raises:
            Exception: Whatever made the merge fail.
        """
        now = {segment.id: segment for segment in segments}
        try:
            if not self.group.keys() <= now.keys():  # a segment was found damaged meanwhile
                return list(segments)
            if self._merged is None:
                raise self._failure or AssertionError
            merged = self._merged.without(self._deleted_since(self._merged, now))
            for file in self._own_folder.iterdir():
                file.replace(self._folder / file.name)
        finally:
            shutil.rmtree(self._own_folder, ignore_errors=True)
        return [*(segment for segment in segments if segment.id not in self.group), merged]

    def _run(self) -> None:
        try:
            self._merge()
        except Exception as error:
            self._failure = error
            shutil.rmtree(self._own_folder, ignore_errors=True)

    def _merge(self) -> None:
        self._merged = merge(self.group.values(), self._folder, self._own_folder)

    def _deleted_since(self, merged: SegmentEntry, now: Mapping[str, SegmentEntry]) -> list[int]:
        """Return the documents of the merged segment that were deleted during the merge."""
        deleted: set[int] = set()
        for id, segment in self.group.items():
            if new := now[id].deleted - segment.deleted:
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
