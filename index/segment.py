"""One segment of the archive as a search sees it: lists, columns, what is deleted."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from index.article import Timestamp
from index.columns import Columns
from index.lists import Lists, Postings
from index.schema import DATE, FEED, ID, LANG, LENGTH, STORY, WORDS

_NONE = Postings(array("H"), None, array("I"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which articles: all that satisfy every field; a field of None does not restrict.

    `ids` are articles, `feeds` their numbers (one of them is enough), `langs` codes (an
    empty one is undetermined), `stories` ids of stories. `since` is the first moment of
    `Article.date`, `until` the first one no longer meant, in seconds.
    """

    ids: Collection[int] | None = None
    feeds: Collection[int] | None = None
    langs: Collection[str] | None = None
    stories: Collection[int] | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None


EVERYTHING = Scope()


class Segment:
    """A segment, opened. Safe from any thread; its files may be deleted meanwhile."""

    def __init__(self, lists: Lists, columns: Columns, deleted: Iterable[int]) -> None:
        self.lists = lists
        self.columns = columns
        self.deleted = frozenset(deleted)
        self.oldest, self.newest = columns.bounds(DATE)
        self._postings: dict[str, Postings] = {}

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
        found = self.lists.terms(WORDS, prefix.encode())
        return b"\n".join(found).decode().split("\n") if found else []

    def within(self, scope: Scope) -> set[int] | None:
        """Return the documents a scope means, None when it does not restrict."""
        found: set[int] | None = None
        for each in self._restrictions(scope):
            found = each if found is None else found & each
        return found

    def _restrictions(self, scope: Scope) -> Iterable[set[int]]:
        if scope.since is not None or scope.until is not None:
            yield from self._dated(scope.since, scope.until)
        if scope.feeds is not None:
            yield self._labelled(FEED, scope.feeds)
        if scope.langs is not None:
            yield self._labelled(LANG, scope.langs)
        if scope.ids is not None:
            yield self._among(ID, scope.ids)
        if scope.stories is not None:
            yield self._among(STORY, scope.stories)

    def _dated(self, since: Timestamp | None, until: Timestamp | None) -> Iterable[set[int]]:
        low = self.oldest if since is None else since
        if until is None or until > self.newest:
            if low > self.oldest:
                yield {doc for doc, date in enumerate(self.dates) if date >= low}
        else:
            yield {doc for doc, date in enumerate(self.dates) if low <= date < until}

    def _labelled(self, field: str, labels: Collection[Any]) -> set[int]:
        found: set[int] = set()
        for label in labels:
            postings = self.lists.find(field, str(label).encode())
            found.update(postings.docs if postings else ())
        return found

    def _among(self, column: str, wanted: Collection[int]) -> set[int]:
        low, high = self.columns.bounds(column)
        here = {number for number in wanted if low <= number <= high}
        if not here:
            return set()
        return {doc for doc, number in enumerate(self.columns.values(column)) if number in here}
