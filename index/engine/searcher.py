"""Searches the archive of a folder for the newest or the best hits of a query."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from index.engine import bit_sets, bm25
from index.engine.bit_sets import Bits
from index.engine.columns import FEED, LANG
from index.engine.query_executor import QueryExecutor, keys
from index.engine.reader import IndexReader, ReaderManager
from index.engine.segment import Segment
from index.errors import ArchiveDamaged
from index.evaluation.term_expansion import shown_forms
from index.query.ast import And, Facet, Mode, Node, Word, clauses, wanted, words
from index.query.parser import Query
from index.query.suggestions import similar_terms
from index.search import (
    EVERYTHING,
    ArchiveHit,
    ArchivePage,
    CollectionStats,
    DocumentFilter,
    MatchedArticles,
)
from monitor.base.article import Article, Timestamp
from monitor.base.translation import gettext as _

if TYPE_CHECKING:
    from index.evaluation.significant_terms import SignificantTerm

T = TypeVar("T")

_DOCUMENT_FILTER = Facet("", "")
"""Stands for the document filter of a search in the tree, so that it runs when it costs least."""


class FolderArchive:
    """The archive of a folder; see `index.archive.Archive`."""

    def __init__(self, folder: Path, *, partial: bool = False) -> None:
        """Open the archive.

        With `partial`, go on without the segments that cannot be read.

        Raises:
            ArchiveDamaged: There is no archive of this version, or it cannot be read.
        """
        self._folder = folder
        self._readers = ReaderManager(folder, partial=partial)
        self._readers.current()

    @property
    def article_count(self) -> int:
        return self._readers.current().count

    @property
    def damage(self) -> tuple[str, ...]:
        return tuple(self._readers.current().damage.values())

    def search(
        self,
        query: Query,
        documents: DocumentFilter = EVERYTHING,
        *,
        sort: str = "date",
        limit: int = 50,
        after: ArchiveHit | None = None,
        stats: CollectionStats | None = None,
    ) -> ArchivePage:
        return self._run(
            lambda reader: _Search(reader, query.root, documents).page(sort, limit, after, stats)
        )

    def count(self, query: Query, documents: DocumentFilter = EVERYTHING) -> int:
        return self._run(lambda reader: _Search(reader, query.root, documents).count())

    def matches(self, query: Query, documents: DocumentFilter = EVERYTHING) -> MatchedArticles:
        return self._run(lambda reader: _Search(reader, query.root, documents).results().matched())

    def ids(self, query: Query, documents: DocumentFilter = EVERYTHING) -> list[int]:
        return self._run(
            lambda reader: sorted(_Search(reader, query.root, documents).results().ids())
        )

    def significant_terms(
        self,
        query: Query,
        texts: Sequence[Article],
        limit: int,
        documents: DocumentFilter = EVERYTHING,
    ) -> list[SignificantTerm]:
        from index.evaluation.significant_terms import query_term_test, significant_terms

        is_query_term = query_term_test(query.root)

        def run(reader: IndexReader) -> list[SignificantTerm]:
            results = _Search(reader, query.root, documents).results()
            counts = ResultCounts(results, _everything(reader))
            return significant_terms(counts, texts, is_query_term, limit)

        return self._run(run)

    def similar_terms(self, word: Word, *, rarer: bool = False) -> list[str]:
        def run(reader: IndexReader) -> list[str]:
            # Few words, and rare ones, are in other segments only.
            segments = reader.newest_first if rarer else reader.largest(0.9)
            return similar_terms(
                word,
                lambda prefix: (s.lexicon(prefix) for s in segments),
                reader.frequency,
                rarer=rarer,
            )

        return self._run(run)

    def languages(self) -> list[str]:
        return self._run(
            lambda reader: sorted({lang for s in reader.newest_first for lang in s.languages()})
        )

    def first_ids(self) -> dict[int, int]:
        def run(reader: IndexReader) -> dict[int, int]:
            by_feed = _everything(reader).split(FEED)
            return {int(feed): min(articles.ids()) for feed, articles in by_feed.items()}

        return self._run(run)

    def close(self) -> None:
        self._readers.close()

    def _run(self, task: Callable[[IndexReader], T]) -> T:
        """Run a task on the current reader; on a partial archive retry without damaged segments."""
        reader = self._readers.current()
        try:
            return self._run_on(task, reader)
        except ArchiveDamaged:
            if not self._readers.drop_damaged():
                raise
        return self._run_on(task, self._readers.current())

    def _run_on(self, task: Callable[[IndexReader], T], reader: IndexReader) -> T:
        try:
            return task(reader)
        except IndexError as error:  # a posting list names a document that its segment lacks
            message = _("{folder}: its posting lists make no sense", folder=self._folder)
            raise ArchiveDamaged(message) from error


def _everything(reader: IndexReader) -> ResultSet:
    """Return all articles."""
    return ResultSet((s, s.live) for s in reader.newest_first)


class _Search:
    """One search in one reader."""

    def __init__(self, reader: IndexReader, root: Node, documents: DocumentFilter) -> None:
        self._reader = reader
        self._root = root
        self._tree = root
        self._segments = reader.newest_first
        self._resolve = documents.resolve
        self._resolved: dict[Facet, DocumentFilter] = {}
        if replace(documents, resolve=EVERYTHING.resolve) != EVERYTHING:
            self._tree = And((*clauses(root), _DOCUMENT_FILTER))
            self._segments = [s for s in self._segments if not s.misses(documents)]
            self._resolved[_DOCUMENT_FILTER] = documents

    def page(
        self, sort: str, limit: int, after: ArchiveHit | None, stats: CollectionStats | None
    ) -> ArchivePage:
        """Return one page of the result."""
        limit = limit or self._reader.count
        if sort == "score":
            stats = stats or self._stats()
            hits, total = self._best(limit, after, stats)
        else:
            hits, total = self._newest(limit, after)
        return ArchivePage(tuple(hits), total, self._forms(), stats, self._reader.last_id)

    def count(self) -> int:
        """Return the number of articles."""
        return sum(docs.bit_count() for _, docs in self._by_segment())

    def results(self) -> ResultSet:
        """Return all articles."""
        return ResultSet(self._by_segment())

    def _newest(self, limit: int, after: ArchiveHit | None) -> tuple[list[ArchiveHit], int]:
        hits: list[ArchiveHit] = []
        total = 0
        for segment, docs in self._by_segment():
            total += docs.bit_count()
            if not hits or segment.newest < hits[-1].date:
                hits += _newest(segment, docs, limit - len(hits), after)
            else:
                hits = sorted([*hits, *_newest(segment, docs, limit, after)], reverse=True)[:limit]
        return hits, total

    def _best(
        self, limit: int, after: ArchiveHit | None, stats: CollectionStats
    ) -> tuple[list[ArchiveHit], int]:
        terms = list(zip(self._scored_keys(), stats.rarities, strict=True))
        hits: list[ArchiveHit] = []
        total = 0
        for segment, docs in self._by_segment():
            scores = bm25.scores(segment, docs, terms, stats.average_length)
            total += len(scores)
            hits += _best(segment, scores, limit, after)
        hits.sort(key=_by_score, reverse=True)
        return hits[:limit], total

    def _by_segment(self) -> Iterator[tuple[Segment, Bits]]:
        """Yield each segment that has documents of the query, with these; the newest first."""
        for segment in self._segments:
            executor = QueryExecutor(
                segment, self._reader.count, self._reader.expand, self._passing
            )
            if docs := executor.docs(self._tree, segment.live):
                yield segment, docs

    def _passing(self, facet: Facet) -> DocumentFilter:
        """Resolve a filter, once for all segments."""
        if facet not in self._resolved:
            self._resolved[facet] = self._resolve(facet)
        return self._resolved[facet]

    def _stats(self) -> CollectionStats:
        reader = self._reader
        return bm25.collection_stats(
            self._scored_keys(), reader.newest_first, reader.count, reader.average_length
        )

    def _scored_keys(self) -> list[Sequence[str]]:
        """Return the index keys of each word that is not below a negation."""
        return [keys(word, self._reader.expand) for word in dict.fromkeys(wanted(self._root))]

    def _forms(self) -> dict[str, tuple[str, ...]]:
        forms: dict[str, tuple[str, ...]] = {}
        for word in words(self._root):
            if word.mode.inflects or word.mode is Mode.WILDCARD:
                term = word.text or word.term  # those of a compound have its text
                forms[term] = (*forms.get(term, ()), *shown_forms(self._reader.expand(word)))
        return {term: tuple(dict.fromkeys(term_forms)) for term, term_forms in forms.items()}


def _newest(segment: Segment, docs: Bits, limit: int, after: ArchiveHit | None) -> list[ArchiveHit]:
    """Return the newest hits of a segment after another hit."""
    if after is not None:
        docs &= segment.before(after)
    if not docs or not limit:
        return []
    newest = bit_sets.highest(docs, limit)
    dates, ids = segment.dates, segment.ids
    return [ArchiveHit(dates[doc], ids[doc]) for doc in newest]


def _best(
    segment: Segment, scores: Mapping[int, float], limit: int, after: ArchiveHit | None
) -> list[ArchiveHit]:
    """Return the best hits of a segment after another hit."""
    dates, ids = segment.dates, segment.ids
    docs: Collection[int] = scores
    if after is not None:
        after_key = _by_score(after)
        docs = [doc for doc, score in scores.items() if (score, dates[doc], ids[doc]) < after_key]
    if len(docs) > limit:
        lowest = heapq.nlargest(limit, [scores[doc] for doc in docs])[-1]
        docs = [doc for doc in docs if scores[doc] >= lowest]
    return [ArchiveHit(dates[doc], ids[doc], scores[doc]) for doc in docs]


_by_score: Callable[[ArchiveHit], tuple[float, Timestamp, int]] = attrgetter("score", "date", "id")


SegmentHits = tuple[Segment, Bits]
"""The hits in one segment, none of them deleted."""


class ResultSet:
    """The articles of a query."""

    def __init__(self, hits: Iterable[SegmentHits]) -> None:
        self._hits = tuple(hits)

    @cached_property
    def total(self) -> int:
        """Number of articles."""
        return sum(docs.bit_count() for _, docs in self._hits)

    def ids(self) -> frozenset[int]:
        """Return the articles' ids."""
        return frozenset(
            segment.ids[doc] for segment, docs in self._hits for doc in bit_sets.documents(docs)
        )

    def matched(self) -> MatchedArticles:
        """Return the articles as plain values."""
        feeds, langs = self.split(FEED), self.split(LANG)
        dates_by_id: dict[int, Timestamp] = {}
        for segment, docs in self._hits:
            ids, dates = segment.ids, segment.dates
            dates_by_id.update((ids[doc], dates[doc]) for doc in bit_sets.documents(docs))
        return MatchedArticles(
            dates=dates_by_id,
            by_feed={feed: feeds[str(feed)].ids() for feed in sorted(map(int, feeds))},
            by_lang={lang: langs[lang].ids() for lang in sorted(langs)},
        )

    def split(self, field: str) -> dict[str, ResultSet]:
        """Return the articles of each label of a field."""
        hits_by_label: defaultdict[bytes, list[SegmentHits]] = defaultdict(list)
        for segment, docs in self._hits:
            for label, postings in segment.lists.field(field).items():
                if common := docs & postings.bits:
                    hits_by_label[label].append((segment, common))
        return {label.decode(): ResultSet(hits) for label, hits in hits_by_label.items()}

    def count_with(self, keys: Sequence[str]) -> int:
        """Count the articles with any of the index keys."""
        return sum(
            (docs & segment.documents_with(keys)).bit_count() for segment, docs in self._hits
        )

    def frequency(self, keys: Sequence[str]) -> int:
        """Return an upper bound of the number of articles with any of the index keys.

        Other and deleted articles of the segments count too, and an article counts once for each
        of its keys.
        """
        return sum(segment.frequency(key) for segment, _ in self._hits for key in keys)


class ResultCounts:
    """The `TermCounts` of a result set and the whole archive."""

    def __init__(self, result: ResultSet, everything: ResultSet) -> None:
        self.examined = result.total
        self._examined, self._all = result.split(LANG), everything.split(LANG)

    def articles(self, lang: str) -> tuple[int, int]:
        return self._examined[lang].total, self._all[lang].total

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        return self._examined[lang].count_with(forms), self._all[lang].count_with(forms)

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        articles = self._all[lang]
        return articles.count_with(forms) if other_langs else articles.frequency(forms)
