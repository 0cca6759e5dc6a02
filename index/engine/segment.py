"""One segment as a search sees it: its posting lists, its columns, its deleted documents."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import compress
from typing import Any

from index.archive import DocumentFilter
from index.engine.columns import Columns
from index.engine.postings_file import Postings, PostingsFile
from index.engine.schema import DATE, FEED, ID, LANG, LENGTH, STORY, WORDS

_KEPT = 20_000
"""Posting lists that are kept for the next search: those of all words of a large archive would
take gigabytes."""
_NO_POSTINGS = Postings(array("H"), None, array("I"))


class Segment:
    """An open segment. Safe from any thread; its files may be deleted while it is used."""

    def __init__(self, lists: PostingsFile, columns: Columns, deleted: Iterable[int]) -> None:
        self.lists = lists
        self.columns = columns
        self.deleted = frozenset(deleted)
        self.oldest, self.newest = columns.bounds(DATE)
        self._postings: dict[str, Postings] = {}
        self._lang_masks: dict[str, bytearray] = {}

    def with_deleted(self, deleted: Iterable[int]) -> Segment:
        """Return the same segment with other documents deleted."""
        return Segment(self.lists, self.columns, deleted)

    @property
    def count(self) -> int:
        """Number of articles that are not deleted."""
        return self.columns.documents - len(self.deleted)

    @cached_property
    def all(self) -> frozenset[int]:
        """Every document's number, deleted ones included."""
        return frozenset(range(self.columns.documents))

    @cached_property
    def ids(self) -> array[int]:
        """Article id by document."""
        return self.columns.values(ID)

    @cached_property
    def dates(self) -> array[float]:
        """Date by document, in seconds."""
        return self.columns.values(DATE)

    @cached_property
    def lengths(self) -> array[int]:
        """Number of words by document."""
        return self.columns.values(LENGTH)

    def is_cut(self) -> bool:
        """Tell whether a file is shorter than when it was opened: reading on would crash."""
        return self.columns.file.is_cut() or self.lists.file.is_cut()

    def verify(self) -> None:
        """Read both files whole.

        Raises:
            ArchiveDamaged: A byte is not as it was written.
        """
        self.columns.file.verify()
        self.lists.file.verify()

    def postings(self, key: str) -> Postings:
        """Return the posting list of an index key; an empty one if it occurs nowhere."""
        postings = self._postings.get(key)
        if postings is None:
            postings = self.lists.find(WORDS, key.encode()) or _NO_POSTINGS
            if len(self._postings) >= _KEPT:
                self._postings.clear()
            self._postings[key] = postings
        return postings

    def frequency(self, key: str) -> int:
        """Return in how many documents an index key occurs, deleted ones included."""
        return self.lists.frequency(WORDS, key.encode())

    def terms(self, prefix: str = "") -> list[str]:
        """Return the index keys that begin with a prefix, in order."""
        lines = self.lexicon(prefix)
        return lines.split("\n") if lines else []

    def lexicon(self, prefix: str) -> str:
        """Return the same keys as one text, a line each."""
        return b"\n".join(self.lists.terms(WORDS, prefix.encode())).decode()

    def languages(self) -> list[str]:
        """Return the languages of its documents, in order."""
        return [code.decode() for code in self.lists.terms(LANG)]

    def passing(self, documents: DocumentFilter) -> set[int] | None:
        """Return the documents that pass a filter, None when all of them do."""
        if self.misses(documents):
            return set()
        docs: set[int] | None = None
        for each in self._restrictions(documents):
            docs = each if docs is None else docs & each
        return docs

    def passing_of(self, documents: DocumentFilter, docs: set[int]) -> set[int]:
        """Return those of some documents that pass a filter: like `passing`, fast for few."""
        if self.misses(documents):
            return set()
        low, high = _interval(documents)
        if low > self.oldest or high <= self.newest:
            dates = self.dates
            docs = {doc for doc in docs if low <= dates[doc] < high}
        if documents.feeds is not None:
            lists = self._label_lists(FEED, documents.feeds)
            docs = set().union(*(postings.documents_in(docs) for postings in lists))
        if documents.langs is not None:
            masks = [self._lang_mask(lang) for lang in documents.langs]
            docs = set().union(*(compress(docs, map(mask.__getitem__, docs)) for mask in masks))
        for column, values in ((ID, documents.ids), (STORY, documents.stories)):
            if values is not None:
                wanted, numbers = frozenset(values), self.columns.values(column)
                docs = {doc for doc in docs if numbers[doc] in wanted}
        if self._exceeds(documents.max_id):
            ids, max_id = self.ids, documents.max_id or 0
            docs = {doc for doc in docs if ids[doc] <= max_id}
        return docs

    def misses(self, documents: DocumentFilter) -> bool:
        """Tell from the bounds of dates and ids alone that no document here can pass."""
        low, high = _interval(documents)
        smallest = self.columns.bounds(ID)[0]
        max_id = smallest if documents.max_id is None else documents.max_id
        return low > self.newest or high <= self.oldest or max_id < smallest

    def _exceeds(self, max_id: int | None) -> bool:
        """Tell whether some ids here are above a highest one."""
        return max_id is not None and self.columns.bounds(ID)[1] > max_id

    def _restrictions(self, documents: DocumentFilter) -> Iterable[set[int]]:
        low, high = _interval(documents)
        if low > self.oldest or high <= self.newest:
            yield {doc for doc, date in enumerate(self.dates) if low <= date < high}
        if documents.feeds is not None:
            yield self._labelled(FEED, documents.feeds)
        if documents.langs is not None:
            yield self._labelled(LANG, documents.langs)
        if documents.ids is not None:
            yield self._numbered(ID, documents.ids)
        if documents.stories is not None:
            yield self._numbered(STORY, documents.stories)
        if self._exceeds(documents.max_id):
            yield {doc for doc, id in enumerate(self.ids) if id <= (documents.max_id or 0)}

    def _labelled(self, field: str, labels: Collection[Any]) -> set[int]:
        return set().union(*(postings.docs for postings in self._label_lists(field, labels)))

    def _lang_mask(self, lang: str) -> bytearray:
        """Return 1 for each document in a language and 0 for others; kept for the next search."""
        mask = self._lang_masks.get(lang)
        if mask is None:
            mask = bytearray(self.columns.documents)
            for doc in self._labelled(LANG, [lang]):
                mask[doc] = 1
            self._lang_masks[lang] = mask
        return mask

    def _label_lists(self, field: str, labels: Collection[Any]) -> list[Postings]:
        lists = (self.lists.find(field, str(label).encode()) for label in labels)
        return [postings for postings in lists if postings]

    def _numbered(self, column: str, wanted: Collection[int]) -> set[int]:
        low, high = self.columns.bounds(column)
        here = {number for number in wanted if low <= number <= high}
        if not here:
            return set()
        return {doc for doc, number in enumerate(self.columns.values(column)) if number in here}


def _interval(documents: DocumentFilter) -> tuple[float, float]:
    low = -math.inf if documents.since is None else documents.since
    return low, math.inf if documents.until is None else documents.until
