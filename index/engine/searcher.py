"""Searching the archive: a tree to the newest or the best hits, newest segments first."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from index.analysis.term_positions import AUTHOR
from index.article import Timestamp
from index.engine import bm25, query_suggestions
from index.engine.query_executor import QueryExecutor, Resolve, keys
from index.engine.reader import IndexReader, ReaderManager
from index.engine.result_set import ResultSet, SegmentHits
from index.engine.segment import EVERYTHING, DocumentFilter, Segment
from index.errors import ArchiveDamaged
from index.query.ast import And, Facet, Mode, Node, Word, clauses, wanted, words
from index.query.parser import Query

T = TypeVar("T")

_SCOPE = Facet("", "")
"""Stands in a tree for the scope of the search: asked when it costs least, as filters are."""


class ArchiveHit(NamedTuple):
    """An article that satisfies a query. Hits sort from old to new."""

    date: Timestamp
    id: int
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """What a search found."""

    hits: tuple[ArchiveHit, ...]
    total: int
    """Articles that satisfy the query, on whatever page."""
    forms: Mapping[str, tuple[str, ...]]
    """By word of the query with `~` or `*`, as written: the words it stands for."""
    scale: bm25.CollectionStats | None
    """By what the hits were scored, if they were."""
    last_id: int
    """Highest id in the archive then."""


def no_filters(facet: Facet) -> DocumentFilter:
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
        self._snapshots = ReaderManager(folder, partial=partial)
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
        scope: DocumentFilter = EVERYTHING,
        *,
        resolve: Resolve = no_filters,
        sort: str = "date",
        limit: int = 50,
        after: ArchiveHit | None = None,
        scale: bm25.CollectionStats | None = None,
    ) -> ArchivePage:
        """Return the newest (`sort` "date") or best ("score") hits of a query.

        `limit` 0 is all of them. `resolve` says what the filters of the query mean. Hits of
        one score come newest first.

        `after` is the last hit of the page before. Pages are those of one result, whatever
        was added meanwhile, if they are asked for with the first page's `scale` and with its
        `last_id` as `scope.upto`.
        """
        return self._asked(
            lambda now: _Search(now, query.root, scope, resolve).found(sort, limit, after, scale)
        )

    def similar(self, word: Word) -> list[str]:
        """Return more frequent words of the archive that one may be a misspelling of."""
        return self._asked(lambda now: query_suggestions.similar(word, now.newest_first))

    def matched(
        self, query: Query, scope: DocumentFilter = EVERYTHING, *, resolve: Resolve = no_filters
    ) -> ResultSet:
        """Return every article that satisfies a query, to be counted."""
        return self._asked(lambda now: _Search(now, query.root, scope, resolve).matched())

    def everything(self) -> ResultSet:
        """Return every article there is, to be counted."""
        return ResultSet(
            SegmentHits(segment, segment.all - segment.deleted)
            for segment in self._snapshots.now().newest_first
        )

    def langs(self) -> list[str]:
        """Return the languages of the articles, in order; an empty one is undetermined."""
        return self._asked(
            lambda now: sorted({lang for each in now.newest_first for lang in each.langs()})
        )

    def _asked(self, ask: Callable[[IndexReader], T]) -> T:
        """Ask the archive as of now; a partial one without what turns out to be damaged."""
        now = self._snapshots.now()
        try:
            return self._trusted(ask, now)
        except ArchiveDamaged:
            if not self._snapshots.without_damage():
                raise
        return self._trusted(ask, self._snapshots.now())

    def _trusted(self, ask: Callable[[IndexReader], T], now: IndexReader) -> T:
        try:
            return ask(now)
        except IndexError as error:  # a list names documents that its segment does not have
            raise ArchiveDamaged(f"{self._folder}: its lists make no sense") from error


class _Search:
    """One search."""

    def __init__(
        self, snapshot: IndexReader, root: Node, scope: DocumentFilter, resolve: Resolve
    ) -> None:
        self._snapshot = snapshot
        self._root = root
        self._scope = scope
        self._clauses = root if scope == EVERYTHING else And((*clauses(root), _SCOPE))
        self._resolve = functools.cache(lambda facet: scope if facet is _SCOPE else resolve(facet))

    def found(
        self, sort: str, limit: int, after: ArchiveHit | None, scale: bm25.CollectionStats | None
    ) -> ArchivePage:
        """Return the page asked for."""
        limit = limit or self._snapshot.count
        if sort == "score":
            scale = scale or self._scale()
            hits, total = self._best(limit, after, scale)
        else:
            hits, total = self._newest(limit, after)
        return ArchivePage(tuple(hits), total, self._forms(), scale, self._snapshot.last_id)

    def matched(self) -> ResultSet:
        """Return everything that is found."""
        return ResultSet(
            SegmentHits(segment, frozenset(docs)) for segment, docs in self._by_segment()
        )

    def _newest(self, limit: int, after: ArchiveHit | None) -> tuple[list[ArchiveHit], int]:
        hits: list[ArchiveHit] = []
        total = 0
        for segment, docs in self._by_segment():
            total += len(docs)
            if len(hits) < limit or segment.newest >= hits[-1].date:
                hits = sorted([*hits, *_newest(segment, docs, limit, after)], reverse=True)[:limit]
        return hits, total

    def _best(
        self, limit: int, after: ArchiveHit | None, scale: bm25.CollectionStats
    ) -> tuple[list[ArchiveHit], int]:
        leaves = list(zip(self._scored(), scale.rarities, strict=True))
        hits: list[ArchiveHit] = []
        total = 0
        for segment, docs in self._by_segment():
            total += len(docs)
            scores = bm25.scores(segment, docs, leaves, scale.average)
            hits += _best(segment, scores, limit, after)
        hits.sort(key=_by_score, reverse=True)
        return hits[:limit], total

    def _by_segment(self) -> Iterator[tuple[Segment, set[int]]]:
        """Yield every segment, newest first, with the documents that satisfy the query."""
        for segment in self._snapshot.newest_first:
            docs: set[int] = set()
            if not segment.misses(self._scope):
                answer = QueryExecutor(segment, self._snapshot.expand, self._resolve)
                docs = answer.docs(self._clauses)
            yield segment, docs - segment.deleted if segment.deleted else docs

    def _scale(self) -> bm25.CollectionStats:
        now = self._snapshot
        return bm25.collection_stats(
            self._scored(), now.newest_first, now.count, now.average_length
        )

    def _scored(self) -> list[Sequence[str]]:
        """Return the keys of every word that an article is not forbidden to have."""
        return [keys(word, self._snapshot.expand) for word in dict.fromkeys(wanted(self._root))]

    def _forms(self) -> dict[str, tuple[str, ...]]:
        return {
            word.text or word.term: tuple(
                key.removeprefix(AUTHOR) for key in self._snapshot.expand(word)
            )
            for word in words(self._root)
            if word.mode in (Mode.STEM, Mode.WILDCARD)
        }


def _newest(
    segment: Segment, docs: set[int], limit: int, after: ArchiveHit | None
) -> list[ArchiveHit]:
    """Return the newest hits of a segment behind another hit."""
    dates, ids = segment.dates, segment.ids
    if after is not None:
        top = after.date, after.id
        docs = {doc for doc in docs if (dates[doc], ids[doc]) < top}
    if len(docs) > limit:  # a list of dates is sorted five times faster than one of hits
        least = heapq.nlargest(limit, [dates[doc] for doc in docs])[-1]
        docs = {doc for doc in docs if dates[doc] >= least}
    return [ArchiveHit(dates[doc], ids[doc]) for doc in docs]


def _best(
    segment: Segment, scores: Mapping[int, float], limit: int, after: ArchiveHit | None
) -> list[ArchiveHit]:
    """Return the best hits of a segment behind another hit."""
    dates, ids = segment.dates, segment.ids
    docs: Collection[int] = scores
    if after is not None:
        top = _by_score(after)
        docs = [doc for doc, score in scores.items() if (score, dates[doc], ids[doc]) < top]
    if len(docs) > limit:
        least = heapq.nlargest(limit, [scores[doc] for doc in docs])[-1]
        docs = [doc for doc in docs if scores[doc] >= least]
    return [ArchiveHit(dates[doc], ids[doc], scores[doc]) for doc in docs]


def _by_score(hit: ArchiveHit) -> tuple[float, Timestamp, int]:
    return hit.score, hit.date, hit.id
