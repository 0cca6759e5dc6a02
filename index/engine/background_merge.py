"""A large merge made beside the writer, in a thread: what it reads never changes.

Sixty thousand documents take some five seconds, for which no new article would be found.
It is made in a folder of its own; only putting it in place needs the writer.
"""

from __future__ import annotations

import copy
import shutil
import threading
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from whoosh.index import TOC, FileIndex
from whoosh.writing import NO_MERGE

from index.engine.codec import BatchWriter
from index.engine.merge_policy import merged
from index.engine.schema import NAME, schema
from index.engine.storage import DurableStorage

FOLDER = "merging-"
"""What the name of the folder begins with in which it is made, in that of the archive."""
LARGE = 6_000
"""Documents from which a merge is large: half a second."""


def is_large(group: Sequence[Any]) -> bool:
    """Tell whether merging a group would keep the writer for long."""
    documents: int = sum(segment.doc_count() for segment in group)
    return documents >= LARGE


def sweep(folder: Path) -> None:
    """Take away what merges that were cut short have left."""
    for left in folder.glob(f"{FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)


class BackgroundMerge:
    """One merge under way."""

    def __init__(self, folder: Path, group: Sequence[Any]) -> None:
        self.group = list(group)
        self._folder = folder
        self._place = Path(mkdtemp(prefix=FOLDER, dir=folder))
        self._as_read = copy.deepcopy(self.group)
        """The group with the deletions of now; later ones are made up for in the end."""
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="merging", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def put_in_place(self, segments: Sequence[Any]) -> list[Any]:
        """Return the segments with the merged one in place of the group, its files moved.

        Raises what it failed with. For the writer, while it holds its lock.
        """
        now = {segment.segment_id(): segment for segment in segments}
        if any(segment.segment_id() not in now for segment in self.group):
            self.drop()  # one of them was found damaged meanwhile
            return list(segments)
        if self._failure is not None:
            raise self._failure
        (made,) = TOC.read(DurableStorage(str(self._place)), NAME).segments
        for doc in self._deleted_since(now):
            made.delete_document(doc)
        for file in self._place.glob(f"{made.segment_id()}.*"):
            file.replace(self._folder / file.name)
        self.drop()
        return [*(segment for segment in segments if segment not in self.group), made]

    def drop(self) -> None:
        """Take away what was made."""
        shutil.rmtree(self._place, ignore_errors=True)

    def _run(self) -> None:
        try:
            self._make()
        except Exception as error:
            self._failure = error
            self.drop()

    def _make(self) -> None:
        storage = DurableStorage(str(self._place))
        TOC.create(storage, schema(), NAME)
        writer = BatchWriter(FileIndex(storage, indexname=NAME))
        try:
            sources = DurableStorage(str(self._folder), readonly=True)
            merged(writer, self._as_read, self._as_read, sources)
            writer.commit(mergetype=NO_MERGE)
        except BaseException:
            writer.cancel()
            raise

    def _deleted_since(self, now: dict[str, Any]) -> list[int]:
        """Return the documents of the merged segment that were deleted while it was made."""
        found = []
        first = 0
        for read in self._as_read:
            gone = sorted(read.deleted_docs())
            later = set(now[read.segment_id()].deleted_docs()).difference(gone)
            found += [first + doc - bisect_left(gone, doc) for doc in later]
            first += read.doc_count()
        return found
