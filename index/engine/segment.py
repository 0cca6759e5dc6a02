"""One segment of the archive as a search sees it: lists, columns, what is deleted."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

from index.article import Timestamp
from index.engine.columns import Columns
from index.engine.postings_file import Lists, Postings
from index.engine.schema import DATE, FEED, ID, LANG, LENGTH, STORY, WORDS

_NONE = Postings(array("H"), None, array("I"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which articles: all that satisfy every field; a field of None does not restrict.

    `ids` are articles, `feeds` their numbers (one of them is enough), `langs` codes (an
    empty one is undetermined), `stories` ids of stories. `since` is the first moment of
    `Article.date`, `until` the first one no longer meant, in seconds. `upto` is the last
    id meant: ids ascend as articles come.
    """

    ids: Collection[int] | None = None
    feeds: Collection[int] | None = None
    langs: Collection[str] | None = None
    stories: Collection[int] | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    upto: int | None = None


EVERYTHING = DocumentFilter()


class Segment:
    """A segment, opened. Safe from any thread; its files may be deleted meanwhile."""

    def __init__(self, lists: Lists, columns: Columns, deleted: Iterable[int]) -> None:
        self.lists = lists
        self.columns = columns
        self.deleted = frozenset(deleted)
        self.oldest, self.newest = columns.bounds(DATE)
        self._postings: dict[str, Postings] = {}
        self._masks: dict[str, bytearray] = {}

    def without(self, deleted: Iterable[int]) -> Segment:
        """Return the same segment with other documents deleted."""
        return Segment(self.lists, self.columns, deleted)

    @property
    def count(self) -> int:
        """Articles in it."""
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
        """Date by document."""
        return self.columns.values(DATE)

    @cached_property
    def lengths(self) -> array[int]:
        """Words by document."""
        return self.columns.values(LENGTH)

    def postings(self, term: str) -> Postings:
        """Return the list of a key of `analysis.postings`, an empty one if it is nowhere."""
        found = self._postings.get(term)
        if found is None:
            found = self.lists.find(WORDS, term.encode()) or _NONE
            self._postings[term] = found
        return found

    def frequency(self, term: str) -> int:
        """Return in how many documents a key stands, deleted ones included."""
        return self.lists.frequency(WORDS, term.encode())

    def terms(self, prefix: str = "") -> list[str]:
        """Return the keys that start so, in order."""
        lines = self.lexicon(prefix)
        return lines.split("\n") if lines else []

    def lexicon(self, prefix: str) -> str:
        """Return the same a line each."""
        return b"\n".join(self.lists.terms(WORDS, prefix.encode())).decode()

    def langs(self) -> list[str]:
        """Return the languages of its documents, in order."""
        return [code.decode() for code in self.lists.terms(LANG)]

    def within(self, scope: DocumentFilter) -> set[int] | None:
        """Return the documents a scope means, None when it does not restrict."""
        if self.misses(scope):
            return set()
        found: set[int] | None = None
        for each in self._restrictions(scope):
            found = each if found is None else found & each
        return found

    def among(self, scope: DocumentFilter, docs: set[int]) -> set[int]:
        """Return those of some documents that a scope means; what `within` says, of few."""
        if self.misses(scope):
            return set()
        low, high = self._window(scope)
        if low > self.oldest or high <= self.newest:
            dates = self.dates
            docs = {doc for doc in docs if low <= dates[doc] < high}
        if scope.feeds is not None:
            lists = self._lists(FEED, scope.feeds)
            docs = set().union(*(postings.shared(docs) for postings in lists))
        if scope.langs is not None:
            masks = [self._mask(lang) for lang in scope.langs]
            docs = set().union(*(compress(docs, map(mask.__getitem__, docs)) for mask in masks))
        for column, meant in ((ID, scope.ids), (STORY, scope.stories)):
            if meant is not None:
                wanted, numbers = frozenset(meant), self.columns.values(column)
                docs = {doc for doc in docs if numbers[doc] in wanted}
        if self._is_cut(scope):
            ids, upto = self.ids, scope.upto or 0
            docs = {doc for doc in docs if ids[doc] <= upto}
        return docs

    def misses(self, scope: DocumentFilter) -> bool:
        """Tell that no document here can be meant, without a look at them."""
        low, high = self._window(scope)
        first = self.columns.bounds(ID)[0]
        return low > self.newest or high <= self.oldest or (scope.upto or first) < first

    def _window(self, scope: DocumentFilter) -> tuple[float, float]:
        low = -math.inf if scope.since is None else scope.since
        return low, math.inf if scope.until is None else scope.until

    def _is_cut(self, scope: DocumentFilter) -> bool:
        """Tell whether some ids here are above the last one meant."""
        return scope.upto is not None and self.columns.bounds(ID)[1] > scope.upto

    def _restrictions(self, scope: DocumentFilter) -> Iterable[set[int]]:
        low, high = self._window(scope)
        if low > self.oldest or high <= self.newest:
            yield {doc for doc, date in enumerate(self.dates) if low <= date < high}
        if scope.feeds is not None:
            yield self._labelled(FEED, scope.feeds)
        if scope.langs is not None:
            yield self._labelled(LANG, scope.langs)
        if scope.ids is not None:
            yield self._numbered(ID, scope.ids)
        if scope.stories is not None:
            yield self._numbered(STORY, scope.stories)
        if self._is_cut(scope):
            yield {doc for doc, id in enumerate(self.ids) if id <= (scope.upto or 0)}

    def _labelled(self, field: str, labels: Collection[Any]) -> set[int]:
        return set().union(*(postings.docs for postings in self._lists(field, labels)))

    def _mask(self, lang: str) -> bytearray:
        """Return 1 for each document in a language, 0 for others: few languages, asked often."""
        found = self._masks.get(lang)
        if found is None:
            found = bytearray(self.columns.documents)
            for doc in self._labelled(LANG, [lang]):
                found[doc] = 1
            self._masks[lang] = found
        return found

    def _lists(self, field: str, labels: Collection[Any]) -> list[Postings]:
        found = (self.lists.find(field, str(label).encode()) for label in labels)
        return [postings for postings in found if postings]

    def _numbered(self, column: str, wanted: Collection[int]) -> set[int]:
        low, high = self.columns.bounds(column)
        here = {number for number in wanted if low <= number <= high}
        if not here:
            return set()
        return {doc for doc, number in enumerate(self.columns.values(column)) if number in here}
