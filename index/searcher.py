"""Searching the archive: a tree to the newest or the best hits, newest segments first."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from index import ranking
from index.answer import Answer, Resolve, keys
from index.article import Timestamp
from index.errors import ArchiveDamaged
from index.matched import Matched, Part
from index.postings import AUTHOR
from index.query import Query
from index.segment import EVERYTHING, Scope, Segment
from index.snapshot import Snapshot, Snapshots
from index.tree import Facet, Mode, Node, Not, Word, children, words

T = TypeVar("T")


class Hit(NamedTuple):
    """An article that satisfies a query. Hits sort from old to new."""

    date: Timestamp
    id: int
    score: float = 0.0


Cursor = tuple[Timestamp, int]
"""Date and id of the last hit seen: the next page starts below it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]
    total: int
    """Articles that satisfy the query, on whatever page."""
    forms: Mapping[str, tuple[str, ...]]
    """By word of the query with `~` or `*`, as written: the words it stands for."""


def no_filters(facet: Facet) -> Scope:
    """Refuse every filter: for queries that have none."""
    raise LookupError(f"{facet.name}: nobody here knows what this filter means")


class Archive:
    """The archive of a folder, for any number of searches from any thread.

    Raises ArchiveDamaged, here and in `search`, when there is none of this version or it
    cannot be read; a `partial` one does with what can be, and tells what is `lost`. What a
    writer commits is found by the next search.
    """

    def __init__(self, folder: Path, *, partial: bool = False) -> None:
        self._folder = folder
        self._snapshots = Snapshots(folder, partial=partial)
        self._snapshots.now()

    @property
    def count(self) -> int:
        """Articles in the archive."""
        return self._snapshots.now().count

    @property
    def lost(self) -> tuple[str, ...]:
        """What cannot be read of the archive, and why; empty when all is well."""
        return tuple(self._snapshots.now().lost.values())

    def search(
        self,
        query: Query,
        scope: Scope = EVERYTHING,
        *,
        resolve: Resolve = no_filters,
        sort: str = "date",
        limit: int = 50,
        after: Cursor | None = None,
    ) -> Found:
        """Return the newest (`sort` "date") or best ("score") hits of a query.

        `limit` 0 is all of them. `after` is for "date" only. `resolve` says what the
        filters of the query mean. Hits of one score come newest first.
        """
        return self._asked(
            lambda now: _Search(now, query.root, scope, resolve).found(sort, limit, after)
        )

    def matched(
        self, query: Query, scope: Scope = EVERYTHING, *, resolve: Resolve = no_filters
    ) -> Matched:
        """Return every article that satisfies a query, to be counted."""
        return self._asked(lambda now: _Search(now, query.root, scope, resolve).matched())

    def everything(self) -> Matched:
        """Return every article there is, to be counted."""
        return Matched(
            Part(segment, segment.all - segment.deleted)
            for segment in self._snapshots.now().newest_first
        )

    def _asked(self, ask: Callable[[Snapshot], T]) -> T:
        """Ask the archive as of now; a partial one without what turns out to be damaged."""
        now = self._snapshots.now()
        try:
            return self._trusted(ask, now)
        except ArchiveDamaged:
            if not self._snapshots.without_damage():
                raise
        return self._trusted(ask, self._snapshots.now())

    def _trusted(self, ask: Callable[[Snapshot], T], now: Snapshot) -> T:
        try:
            return ask(now)
        except IndexError as error:  # a list names documents that its segment does not have
            raise ArchiveDamaged(f"{self._folder}: its lists make no sense") from error


class _Search:
    """One search."""

    def __init__(self, snapshot: Snapshot, root: Node, scope: Scope, resolve: Resolve) -> None:
        self._snapshot = snapshot
        self._root = root
        self._scope = scope
        self._resolve = functools.cache(resolve)

    def found(self, sort: str, limit: int, after: Cursor | None) -> Found:
        """Return the page asked for."""
        pick = self._best if sort == "score" else functools.partial(self._newest, after)
        hits, total = pick(limit or self._snapshot.count)
        return Found(tuple(hits), total, self._forms())

    def matched(self) -> Matched:
        """Return everything that is found."""
        return Matched(Part(segment, frozenset(docs)) for segment, docs in self._by_segment())

    def _newest(self, after: Cursor | None, limit: int) -> tuple[list[Hit], int]:
        hits: list[Hit] = []
        total = 0
        for segment, docs in self._by_segment():
            total += len(docs)
            if len(hits) < limit or segment.newest >= hits[-1].date:
                hits = sorted([*hits, *_newest(segment, docs, limit, after)], reverse=True)[:limit]
        return hits, total

    def _best(self, limit: int) -> tuple[list[Hit], int]:
        leaves = ranking.weights(self._scored(), self._snapshot.newest_first, self._snapshot.count)
        hits: list[Hit] = []
        total = 0
        for segment, docs in self._by_segment():
            total += len(docs)
            scores = ranking.scores(segment, docs, leaves, self._snapshot.average_length)
            hits += _best(segment, scores, limit)
        hits.sort(key=_by_score, reverse=True)
        return hits[:limit], total

    def _by_segment(self) -> Iterator[tuple[Segment, set[int]]]:
        """Yield every segment, newest first, with the documents that satisfy the query."""
        for segment in self._snapshot.newest_first:
            within = segment.within(self._scope)
            docs = Answer(segment, self._snapshot.expand, self._resolve).docs(self._root, within)
            yield segment, docs - segment.deleted if segment.deleted else docs

    def _scored(self) -> list[Sequence[str]]:
        """Return the keys of every word that an article is not forbidden to have."""
        return [keys(word, self._snapshot.expand) for word in dict.fromkeys(_wanted(self._root))]

    def _forms(self) -> dict[str, tuple[str, ...]]:
        return {
            word.text or word.term: tuple(
                key.removeprefix(AUTHOR) for key in self._snapshot.expand(word)
            )
            for word in words(self._root)
            if word.mode in (Mode.STEM, Mode.WILDCARD)
        }


def _newest(segment: Segment, docs: set[int], limit: int, after: Cursor | None) -> list[Hit]:
    """Return the newest hits of a segment below a cursor."""
    dates, ids = segment.dates, segment.ids
    if after is not None:
        docs = {doc for doc in docs if (dates[doc], ids[doc]) < after}
    if len(docs) > limit:  # a list of dates is sorted five times faster than one of hits
        least = heapq.nlargest(limit, [dates[doc] for doc in docs])[-1]
        docs = {doc for doc in docs if dates[doc] >= least}
    return [Hit(dates[doc], ids[doc]) for doc in docs]


def _best(segment: Segment, scores: Mapping[int, float], limit: int) -> list[Hit]:
    """Return the best hits of a segment."""
    dates, ids = segment.dates, segment.ids
    docs: Iterable[int] = scores
    if len(scores) > limit:
        least = heapq.nlargest(limit, scores.values())[-1]
        docs = [doc for doc, score in scores.items() if score >= least]
    return [Hit(dates[doc], ids[doc], scores[doc]) for doc in docs]


def _by_score(hit: Hit) -> tuple[float, Timestamp, int]:
    return hit.score, hit.date, hit.id


def _wanted(node: Node) -> Iterator[Word]:
    """Yield the words of a tree that are not below a negation."""
    if isinstance(node, Word):
        yield node
    elif not isinstance(node, Not):
        for child in children(node):
            yield from _wanted(child)
