"""Selects segments to merge, and runs large merges in a background thread.

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
"""Number of segments of one size that are merged into one of the next size."""
FOLDER = "merging-"
"""Prefix of the folder of a background merge, inside the folder of the archive."""
LARGE = 1_000
"""Documents of a large merge, for which new articles would wait a tenth of a second or more."""


# --- selection -------------------------------------------------------------------------


def select_merge(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return the segments to merge into one now; an empty list if no merge is due.

    Ten segments of a size (a power of ten) make one of the next size, so a search looks into a
    few dozen segments at most. A segment a quarter of which is deleted is rewritten alone.
    """
    by_size: defaultdict[int, list[SegmentEntry]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.count <= MAX_DOCUMENTS:
            by_size[len(str(segment.count))].append(segment)
    for size in sorted(by_size):
        if len(by_size[size]) >= FAN_IN:
            return _fitting(by_size[size])
    return [s for s in segments if 4 * len(s.deleted) > s.documents][:1]


def select_compaction(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return segments to merge into one so that the archive takes the least room.

    Segments with deletions come first, one at a time; then the smaller ones together.
    """
    if with_deletions := [s for s in segments if s.deleted]:
        return with_deletions[:1]
    small = sorted((s for s in segments if 2 * s.count <= MAX_DOCUMENTS), key=lambda s: s.count)
    return _fitting(small) if len(small) > 1 else []


def is_large(group: Sequence[SegmentEntry]) -> bool:
    """Tell whether merging these segments would block the writer for long."""
    return sum(segment.count for segment in group) >= LARGE


def _fitting(segments: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Return the first segments that together fit into one segment."""
    totals = accumulate(segment.count for segment in segments)
    return [s for s, total in zip(segments, totals, strict=True) if total <= MAX_DOCUMENTS]


# --- merging ---------------------------------------------------------------------------


def merge(segments: Iterable[SegmentEntry], source: Path, folder: Path) -> SegmentEntry:
    """Write one segment with the documents of several segments; see `segment_writer.merge`."""
    from index.engine import segment_writer  # imports numpy, which takes 0.1 s

    return segment_writer.merge(segments, source, folder)


# --- background merges ------------------------------------------------------------------


class BackgroundMerge:
    """One large merge, made in a thread while the writer goes on.

    Sixty thousand documents take about five seconds, during which no new article could be
    searched. The segments that it reads never change. It writes into its own folder; only
    `install` needs the writer.
    """

    def __init__(self, folder: Path, group: Sequence[SegmentEntry]) -> None:
        """Start merging.

        `install` applies deletions that are made in the group meanwhile.
        """
        self.group = {segment.id: segment for segment in group}
        """The segments at the start of the merge, by their ids."""
        self._folder = folder
        self._merge_folder = Path(mkdtemp(prefix=FOLDER, dir=folder))
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
        """Move the files of the merged segment into the archive; the writer holds its lock.

        Args:
            segments: All current segments of the archive.

        Returns:
            The segments with the merged one in place of the group.

        Raises:
            Exception: The error that made the merge fail.
        """
        now = {segment.id: segment for segment in segments}
        try:
            if not self.group.keys() <= now.keys():  # a segment was found damaged meanwhile
                return list(segments)
            if self._merged is None:
                raise self._failure or AssertionError
            merged = self._merged.without(self._deleted_since(self._merged, now))
            for file in self._merge_folder.iterdir():
                file.replace(self._folder / file.name)
        finally:
            shutil.rmtree(self._merge_folder, ignore_errors=True)
        return [*(segment for segment in segments if segment.id not in self.group), merged]

    def _run(self) -> None:
        try:
            self._merge()
        except Exception as error:
            self._failure = error
            shutil.rmtree(self._merge_folder, ignore_errors=True)

    def _merge(self) -> None:
        self._merged = merge(self.group.values(), self._folder, self._merge_folder)

    def _deleted_since(self, merged: SegmentEntry, now: Mapping[str, SegmentEntry]) -> list[int]:
        """Return the documents of the merged segment that were deleted during the merge."""
        deleted: set[int] = set()
        for id, segment in self.group.items():
            if new := now[id].deleted - segment.deleted:
                ids = Columns.open(self._folder, segment.segment_id()).values(ID)
                deleted.update(ids[doc] for doc in new)
        if not deleted:
            return []
        ids = Columns.open(self._merge_folder, merged.segment_id()).values(ID)
        return [doc for doc, id in enumerate(ids) if id in deleted]


def remove_unfinished(folder: Path) -> None:
    """Remove the folders of background merges that were interrupted."""
    for leftover in folder.glob(f"{FOLDER}*"):
        shutil.rmtree(leftover, ignore_errors=True)
