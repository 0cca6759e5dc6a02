"""Readers of the archive at one moment, and the manager that gives searches the current one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import NamedTuple

from index.engine.columns import ID, LENGTH
from index.engine.segment import Segment
from index.engine.table_of_contents import (
    SegmentEntry,
    TableOfContents,
    damage_reported,
    newest_table,
)
from index.errors import ArchiveDamaged
from index.evaluation.term_expansion import expansion
from index.query.ast import Word

TRIES = 20
"""Tries after which a missing segment file counts as damage rather than as a merge."""


class IndexReader:
    """The archive at one moment: its segments, opened."""

    def __init__(self, segments: Mapping[str, Segment], damage: Mapping[str, str]) -> None:
        self.segments = segments
        self.damage = damage
        """The error of each segment that cannot be read, by its name."""
        self.newest_first = sorted(segments.values(), key=lambda s: s.newest, reverse=True)
        self.count = sum(segment.count for segment in self.newest_first)
        self.last_id = max((int(s.columns.bounds(ID)[1]) for s in self.newest_first), default=0)
        """Highest id of an article."""
        self._expansions: dict[Word, tuple[str, ...]] = {}

    @cached_property
    def average_length(self) -> float:
        """Mean number of words of an article."""
        documents = sum(segment.columns.documents for segment in self.newest_first)
        words = sum(segment.columns.total(LENGTH) for segment in self.newest_first)
        return max(words / max(documents, 1), 1.0)

    def expand(self, word: Word) -> tuple[str, ...]:
        """Return the index keys that a word with `~`, `*` or `?` means, in order."""
        keys = self._expansions.get(word)
        if keys is None:
            keys = self._expansions[word] = tuple(expansion(word, self._has_key, self._with_prefix))
        return keys

    def _has_key(self, key: str) -> bool:
        return any(segment.frequency(key) for segment in self.newest_first)

    def _with_prefix(self, prefix: str) -> set[str]:
        return set().union(*(segment.terms(prefix) for segment in self.newest_first))

    def frequency(self, key: str) -> int:
        """Count the documents with an index key, deleted ones included."""
        return sum(segment.frequency(key) for segment in self.newest_first)

    def largest(self, share: float) -> list[Segment]:
        """Return the largest segments that together hold a share of all articles.

        Args:
            share: From 0 to 1.
        """
        segments, missing = [], share * self.count
        for segment in sorted(self.newest_first, key=lambda segment: -segment.count):
            if missing <= 0:
                break
            segments.append(segment)
            missing -= segment.count
        return segments

    def without_damaged(self) -> IndexReader:
        """Return a reader of the segments in which every byte is as it was written."""
        damage = dict(self.damage)
        for name, segment in self.segments.items():
            try:
                segment.verify()
            except ArchiveDamaged as error:
                damage[name] = str(error)
        return IndexReader({n: s for n, s in self.segments.items() if n not in damage}, damage)


class _State(NamedTuple):
    """A reader, with its table of contents and the stamp of this table when it was opened."""

    table: TableOfContents
    stamp: tuple[int, float]
    reader: IndexReader


class ReaderManager:
    """Keeps the current reader of a folder, and opens a new one after each commit."""

    def __init__(self, folder: Path, *, partial: bool) -> None:
        """Make a manager that has opened nothing yet.

        With `partial`, go on without the segments that cannot be read.
        """
        self._folder = folder
        self._partial = partial
        self._state: _State | None = None

    def current(self) -> IndexReader:
        """Return the archive as it is now; raises ArchiveDamaged."""
        for attempt in count(1):
            try:
                if self._state is None or not self._state.table.is_newest(self._state.stamp):
                    with damage_reported(self._folder):
                        self._state = self._newest(is_last=attempt == TRIES)
                return self._state.reader
            except ArchiveDamaged as error:
                if not _file_vanished(error) or attempt == TRIES or not self._folder.is_dir():
                    raise
        raise AssertionError

    def drop_damaged(self) -> bool:
        """Go on without the damaged segments, if allowed; return whether any was dropped."""
        if not self._partial or self._state is None:
            return False
        old_reader = self._state.reader
        self._state = self._state._replace(reader=old_reader.without_damaged())
        return len(self._state.reader.segments) < len(old_reader.segments)

    def close(self) -> None:
        """Release the current reader."""
        self._state = None

    def _newest(self, *, is_last: bool) -> _State:
        table = newest_table(self._folder)
        stamp = table.stamp
        return _State(table, stamp, self._open(table.entries(), is_last=is_last))

    def _open(self, entries: list[SegmentEntry], *, is_last: bool) -> IndexReader:
        """Open the listed segments; open ones are used again, since files never change."""
        open_segments = {} if self._state is None else self._state.reader.segments
        segments: dict[str, Segment] = {}
        damage: dict[str, str] = {}
        for entry in entries:
            name = entry.segment_id()
            try:
                with damage_reported(self._folder):
                    segments[name] = self._segment(entry, open_segments.get(name))
            except ArchiveDamaged as error:
                merged_meanwhile = _file_vanished(error) and not is_last
                if not self._partial or merged_meanwhile:
                    raise
                damage[name] = str(error)
        return IndexReader(segments, damage)

    def _segment(self, entry: SegmentEntry, opened: Segment | None) -> Segment:
        if opened:
            return opened if opened.deleted == entry.deleted else opened.with_deleted(entry.deleted)
        return Segment.open(self._folder, entry)


def _file_vanished(error: ArchiveDamaged) -> bool:
    return isinstance(error.__cause__, FileNotFoundError)
