"""One segment for searches: its posting lists, its columns, its deleted documents."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.columns import DATE, FEED, ID, LANG, LENGTH, STORY, WORDS, Columns
from index.engine.postings_file import EXTENSION, Postings, PostingsFile
from index.engine.table_of_contents import SegmentEntry
from index.errors import ArchiveDamaged
from index.interruption import checked
from index.search import ArchiveHit, DocumentFilter
from monitor.base.translation import gettext as _

_MAX_CACHED = 20_000
"""Number of posting lists that are cached for the next search: those of all words of a large
archive would take gigabytes."""
_KEYS = 1_000
"""Keys whose lists are read between two checks for an interruption."""
_NO_POSTINGS = Postings(array("H"), None, array("I"))


class Segment:
    """An open segment. Safe from any thread; its files may be deleted while it is used."""

    def __init__(self, lists: PostingsFile, columns: Columns, deleted: Iterable[int]) -> None:
        self.lists = lists
        self.columns = columns
        self.deleted = frozenset(deleted)
        self.live = self.all & ~bit_sets.of_documents(sorted(self.deleted))
        """The documents that are not deleted."""
        self.oldest, self.newest = columns.bounds(DATE)
        self._postings: dict[str, Postings] = {}

    @classmethod
    def open(cls, folder: Path, entry: SegmentEntry) -> Segment:
        """Open the files of a segment of an archive.

        Raises:
            FileNotFoundError: A file is gone.
            ArchiveDamaged: A file is not whole, or has lost documents.
        """
        name = entry.segment_id()
        columns = Columns.open(folder, name)
        if columns.documents != entry.documents:
            raise ArchiveDamaged(_("{folder}: a segment has lost documents", folder=folder))
        path = folder / f"{name}{EXTENSION}"
        with path.open("rb") as file:
            return cls(PostingsFile(file, str(path)), columns, entry.deleted)

    def with_deleted(self, deleted: Iterable[int]) -> Segment:
        """Return the same segment with other documents deleted."""
        return Segment(self.lists, self.columns, deleted)

    @property
    def count(self) -> int:
        """Number of articles that are not deleted."""
        return self.columns.documents - len(self.deleted)

    @cached_property
    def all(self) -> Bits:
        """All documents, deleted ones included."""
        return bit_sets.everything(self.columns.documents)

    @cached_property
    def ids(self) -> array[int]:
        """Article id by document."""
        return self.columns.values(ID)

    @cached_property
    def dates(self) -> array[float]:
        """Date by document, in seconds; documents are in the order of dates, then ids."""
        return self.columns.values(DATE)

    @cached_property
    def lengths(self) -> array[int]:
        """Number of words by document."""
        return self.columns.values(LENGTH)

    def verify(self) -> None:
        """Read both files whole; raises ArchiveDamaged."""
        self.columns.file.verify()
        self.lists.file.verify()

    def postings(self, key: str) -> Postings:
        """Return the posting list of an index key; an empty list if the key does not occur."""
        postings = self._postings.get(key)
        if postings is None:
            postings = self.lists.field(WORDS).find(key.encode()) or _NO_POSTINGS
            if len(self._postings) >= _MAX_CACHED:
                self._postings.clear()
            self._postings[key] = postings
        return postings

    def documents_with(self, keys: Sequence[str]) -> Bits:
        """Return the documents in which any of the index keys occurs; raises Interrupted."""
        if len(keys) == 1:
            return self.postings(keys[0]).bits
        docs, listed_docs = 0, set[int]()
        for postings in map(self.postings, checked(keys, _KEYS)):
            if postings.is_bits:
                docs |= postings.bits
            else:
                listed_docs.update(postings.docs)
        return docs | bit_sets.of_documents(sorted(listed_docs))

    def frequency(self, key: str) -> int:
        """Count the documents with an index key, deleted ones included."""
        cached = self._postings.get(key)
        return self.lists.field(WORDS).frequency(key.encode()) if cached is None else cached.size

    def terms(self, prefix: str = "") -> list[str]:
        """Return the index keys that begin with a prefix, in order."""
        lines = self.lexicon(prefix)
        return lines.split("\n") if lines else []

    def lexicon(self, prefix: str) -> str:
        """Return the index keys that begin with a prefix as one text, a line each."""
        return b"\n".join(self.lists.field(WORDS).terms(prefix.encode())).decode()

    def languages(self) -> list[str]:
        """Return the languages of the documents, in order."""
        return [code.decode() for code in self.lists.field(LANG).terms()]

    def passing(self, documents: DocumentFilter, within: Bits) -> Bits:
        """Return the documents of `within` that pass a filter."""
        if self.misses(documents):
            return 0
        low, high = _interval(documents)
        if low > self.oldest or high <= self.newest:
            first, last = bisect_left(self.dates, low), bisect_left(self.dates, high)
            within &= bit_sets.between(first, last)
        if documents.feeds is not None:
            within &= self._labelled(FEED, documents.feeds)
        if documents.langs is not None:
            within &= self._labelled(LANG, documents.langs)
        for column, values in ((ID, documents.ids), (STORY, documents.stories)):
            if values is not None:
                within = self._numbered(column, values, within)
        if documents.max_id is not None and self.columns.bounds(ID)[1] > documents.max_id:
            ids, max_id = self.ids, documents.max_id or 0
            within &= bit_sets.of_flags(id <= max_id for id in ids)
        return within

    def before(self, hit: ArchiveHit) -> Bits:
        """Return the documents that are older than a hit, or as old with a lower id."""
        dates, ids = self.dates, self.ids
        at = bisect_left(
            range(len(dates)), (hit.date, hit.id), key=lambda doc: (dates[doc], ids[doc])
        )
        return bit_sets.between(0, at)

    def misses(self, documents: DocumentFilter) -> bool:
        """Tell from the bounds of dates and ids whether no document of the segment can pass."""
        low, high = _interval(documents)
        smallest = self.columns.bounds(ID)[0]
        max_id = smallest if documents.max_id is None else documents.max_id
        return low > self.newest or high <= self.oldest or max_id < smallest

    def _labelled(self, field: str, labels: Collection[Any]) -> Bits:
        docs = 0
        for label in labels:
            if postings := self.lists.field(field).find(str(label).encode()):
                docs |= postings.bits
        return docs

    def _numbered(self, column: str, values: Collection[int], within: Bits) -> Bits:
        low, high = self.columns.bounds(column)
        in_bounds = {number for number in values if low <= number <= high}
        if not in_bounds:
            return 0
        numbers = self.columns.values(column)
        docs = bit_sets.documents(within)
        return bit_sets.of_documents([doc for doc in docs if numbers[doc] in in_bounds])


def _interval(documents: DocumentFilter) -> tuple[float, float]:
    low = -math.inf if documents.since is None else documents.since
    return low, math.inf if documents.until is None else documents.until
