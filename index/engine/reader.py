"""The archive at one moment, as searches see it: its segments, opened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from whoosh.index import TOC, EmptyIndexError, FileIndex

from index.engine.schema import ID, LENGTH, NAME
from index.engine.segment import Segment
from index.engine.storage import DurableStorage, damage
from index.errors import ArchiveDamaged
from index.evaluation.term_expansion import selector
from index.query.ast import Word

TRIES = 20
"""Openings after which files that vanish are no merge's doing any more."""


class IndexReader:
    """The archive at one moment."""

    def __init__(self, segments: Mapping[str, Segment], lost: Mapping[str, str]) -> None:
        self.segments = segments
        self.lost = lost
        """Segments that cannot be read, and why."""
        self.newest_first = sorted(segments.values(), key=lambda s: s.newest, reverse=True)
        self.count = sum(segment.count for segment in self.newest_first)
        self._expansions: dict[Word, tuple[str, ...]] = {}

    @cached_property
    def average_length(self) -> float:
        """Words of an article, in the mean."""
        documents = sum(segment.columns.documents for segment in self.newest_first)
        words = sum(segment.columns.total(LENGTH) for segment in self.newest_first)
        return max(words / max(documents, 1), 1.0)

    @property
    def last_id(self) -> int:
        """Highest id of an article."""
        return max((int(s.columns.bounds(ID)[1]) for s in self.newest_first), default=0)

    def expand(self, word: Word) -> tuple[str, ...]:
        """Return the keys of the archive that a word means, in order."""
        found = self._expansions.get(word)
        if found is None:
            prefix, accepts = selector(word)
            known = set().union(*(segment.terms(prefix) for segment in self.newest_first))
            found = self._expansions[word] = tuple(sorted(filter(accepts, known)))
        return found

    @property
    def shortened(self) -> bool:
        """Whether a file was cut since it was opened."""
        return any(
            segment.columns.file.shortened() or segment.lists.file.shortened()
            for segment in self.newest_first
        )

    def sound(self) -> IndexReader:
        """Return it without the segments of which a bit is not as written."""
        lost = dict(self.lost)
        for name, segment in self.segments.items():
            try:
                segment.columns.file.verify()
                segment.lists.file.verify()
            except ArchiveDamaged as error:
                lost[name] = str(error)
        kept = {name: segment for name, segment in self.segments.items() if name not in lost}
        return IndexReader(kept, lost)


class ReaderManager:
    """The archive of a folder, as it is whenever one looks. Raises ArchiveDamaged.

    `partial` does with what is left where segments cannot be read.
    """

    def __init__(self, folder: Path, *, partial: bool) -> None:
        self._folder = folder
        self._partial = partial
        self._storage = DurableStorage(str(folder), readonly=True)
        self._state: tuple[object, IndexReader] | None = None

    def now(self) -> IndexReader:
        """Return the archive as of now: opened anew if a commit has changed it."""
        for attempt in count(1):
            try:
                with damage(self._folder):
                    index = FileIndex(self._storage, indexname=NAME)
                    stamp = index.latest_generation(), index.last_modified()
                    if self._state is None or self._state[0] != stamp:
                        self._state = stamp, self._opened(last=attempt == TRIES)
                    if self._state[1].shortened and not self.without_damage():
                        raise ArchiveDamaged(f"{self._folder}: a file was cut")
                    return self._state[1]
            except ArchiveDamaged as error:
                if not _vanished(error) or attempt == TRIES or not self._folder.is_dir():
                    raise
        raise AssertionError

    def without_damage(self) -> bool:
        """Do without segments that turn out to be damaged; return whether there are any."""
        if not self._partial or self._state is None:
            return False
        stamp, before = self._state
        self._state = stamp, before.sound()
        return len(self._state[1].segments) < len(before.segments)

    def _opened(self, *, last: bool) -> IndexReader:
        """Open what the table of contents lists; files never change, so open ones stay."""
        open_ones = {} if self._state is None else self._state[1].segments
        segments: dict[str, Segment] = {}
        lost: dict[str, str] = {}
        for listed in TOC.read(self._storage, NAME).segments:
            name = listed.segment_id()
            try:
                with damage(self._folder):
                    segments[name] = self._segment(listed, open_ones.get(name))
            except ArchiveDamaged as error:
                if not self._partial or (_vanished(error) and not last):  # merged meanwhile?
                    raise
                lost[name] = str(error)
        return IndexReader(segments, lost)

    def _segment(self, listed: Any, known: Segment | None) -> Segment:
        deleted = frozenset(listed.deleted_docs())
        if known:
            return known if known.deleted == deleted else known.without(deleted)
        codec = listed.codec()
        columns = codec.per_document_reader(self._storage, listed).columns
        if columns.documents != listed.doc_count_all():
            raise ArchiveDamaged(f"{self._folder}: a segment has lost documents")
        return Segment(codec.terms_reader(self._storage, listed).lists, columns, deleted)


def _vanished(error: ArchiveDamaged) -> bool:
    return isinstance(error.__cause__, FileNotFoundError | EmptyIndexError)
