"""An archive in memory, from the protocols alone: it reads every article for every query.

For tests that need an archive and no disk, and as the second implementation that the suite in
`tests/unit/index/test_archive.py` runs on.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from sys import getsizeof
from typing import ClassVar

from msgspec import Struct

from index.analysis.term_positions import postings
from index.archive import register_engine
from index.errors import ArchiveDamaged
from index.evaluation.significant_terms import SignificantTerm, query_term_test, significant_terms
from index.evaluation.spans import MemoryDocument, evaluate
from index.evaluation.term_expansion import expands, expansion, is_plain_exact, key, shown_forms
from index.query.ast import Facet, Mode, Word, wanted, words
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
from monitor.base.article import Article

K1, B = 1.2, 0.75


class _Entry(Struct, frozen=True):
    """An article with its words."""

    article: Article
    words: dict[str, list[int]]

    @property
    def length(self) -> int:
        return sum(map(len, self.words.values()))


class MemoryArchive:
    """Implements `Archive` and `ArchiveWriter`; all who open it share it."""

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        self._entries: dict[int, _Entry] = {}
        self.background_merges = False
        self.add(articles)

    @property
    def article_count(self) -> int:
        return len(self._entries)

    @property
    def damage(self) -> tuple[str, ...]:
        return ()

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
        entries = self._found(query, documents)
        scores = [0.0] * len(entries)
        if sort == "score":
            terms = [self._keys(word) for word in dict.fromkeys(wanted(query.root))]
            stats = stats or self._stats(terms)
            scores = [_bm25(entry, terms, stats) for entry in entries]
        articles = [entry.article for entry in entries]
        hits = [
            ArchiveHit(article.date, article.id, score)
            for article, score in zip(articles, scores, strict=True)
        ]
        hits.sort(key=_rank, reverse=True)
        if after is not None:
            hits = [hit for hit in hits if _rank(hit) < _rank(after)]
        hits_shown = hits[:limit] if limit else hits
        return ArchivePage(tuple(hits_shown), len(entries), self._forms(query), stats, self.last_id)

    def count(self, query: Query, documents: DocumentFilter = EVERYTHING) -> int:
        return len(self._found(query, documents))

    def ids(self, query: Query, documents: DocumentFilter = EVERYTHING) -> list[int]:
        return sorted(entry.article.id for entry in self._found(query, documents))

    def matches(self, query: Query, documents: DocumentFilter = EVERYTHING) -> MatchedArticles:
        articles = [entry.article for entry in self._found(query, documents)]
        by_feed: defaultdict[int, set[int]] = defaultdict(set)
        by_lang: defaultdict[str, set[int]] = defaultdict(set)
        for article in articles:
            by_lang[article.lang].add(article.id)
            for feed in article.feeds:
                by_feed[feed].add(article.id)
        return MatchedArticles(
            dates={article.id: article.date for article in articles},
            by_feed={feed: frozenset(by_feed[feed]) for feed in sorted(by_feed)},
            by_lang={lang: frozenset(by_lang[lang]) for lang in sorted(by_lang)},
        )

    def significant_terms(
        self,
        query: Query,
        texts: Sequence[Article],
        limit: int,
        documents: DocumentFilter = EVERYTHING,
    ) -> list[SignificantTerm]:
        counts = _Counts(self._found(query, documents), list(self._entries.values()))
        return significant_terms(counts, texts, query_term_test(query.root), limit)

    def similar_terms(self, word: Word, *, rarer: bool = False) -> list[str]:
        vocabulary = sorted(self._vocabulary())
        return similar_terms(
            word,
            lambda prefix: ["\n".join(term for term in vocabulary if term.startswith(prefix))],
            self._frequency,
            rarer=rarer,
        )

    def languages(self) -> list[str]:
        return sorted({entry.article.lang for entry in self._entries.values()})

    def first_ids(self) -> dict[int, int]:
        first_ids: dict[int, int] = {}
        for id in sorted(self._entries, reverse=True):
            first_ids.update(dict.fromkeys(self._entries[id].article.feeds, id))
        return first_ids

    def close(self) -> None:
        """Do nothing: there are no files."""

    # --- changing it

    @property
    def last_id(self) -> int:
        return max(self._entries, default=0)

    def all_ids(self) -> array[int]:
        return array("Q", self._entries)

    def add(self, articles: Iterable[Article]) -> int:
        batch = list(articles)
        self._entries.update((item.id, _Entry(item, postings(item))) for item in batch)
        return len(batch)

    def remove(self, ids: Collection[int]) -> None:
        self._entries = {id: entry for id, entry in self._entries.items() if id not in ids}

    def run_merges(self) -> None:
        """Do nothing: there are no segments."""

    def wait_for_merges(self) -> None:
        """Do nothing: there are no segments."""

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Do nothing: there are no segments."""

    def verify(self) -> None:
        """Do nothing: there are no files."""

    def verify_steps(self) -> Iterator[None]:
        return iter(())

    def changed_elsewhere(self) -> bool:
        return False

    def drop_damaged(self, *, every_byte: bool = True) -> list[str]:
        return []

    # --- looking things up

    def _found(self, query: Query, documents: DocumentFilter) -> list[_Entry]:
        def satisfies(entry: _Entry) -> bool:
            def admits(facet: Facet) -> bool:
                return _passes(entry.article, documents.resolve(facet))

            return evaluate(query.root, MemoryDocument(entry.words, admits))

        entries = [e for e in self._entries.values() if _passes(e.article, documents)]
        return [entry for entry in entries if satisfies(entry)]

    def _vocabulary(self) -> set[str]:
        return set().union(*(entry.words for entry in self._entries.values()))

    def _frequency(self, term: str) -> int:
        return sum(term in entry.words for entry in self._entries.values())

    def _expand(self, word: Word) -> list[str]:
        terms = self._vocabulary()
        return expansion(
            word, terms.__contains__, lambda prefix: (k for k in terms if k.startswith(prefix))
        )

    def _keys(self, word: Word) -> list[str]:
        return self._expand(word) if expands(word) and not is_plain_exact(word) else [key(word)]

    def _forms(self, query: Query) -> dict[str, tuple[str, ...]]:
        return {
            word.text or word.term: shown_forms(self._expand(word))
            for word in words(query.root)
            if word.mode in (Mode.STEM, Mode.WILDCARD)
        }

    def _stats(self, terms: Iterable[Collection[str]]) -> CollectionStats:
        articles = len(self._entries)
        length = sum(entry.length for entry in self._entries.values())
        frequencies = (min(sum(map(self._frequency, keys)), articles) for keys in terms)
        return CollectionStats(
            max(length / max(articles, 1), 1.0),
            tuple(math.log(1 + (articles - n + 0.5) / (n + 0.5)) for n in frequencies),
        )


class MemoryEngine:
    """Implements `ArchiveEngine`; the address is `memory:` and any name."""

    _archives: ClassVar[dict[str, MemoryArchive]] = {}

    def __init__(self, name: str) -> None:
        self._name = name

    def open(self, *, partial: bool) -> MemoryArchive:
        if self._name not in self._archives:
            raise ArchiveDamaged(f"{self._name}: there is none")
        return self._archives[self._name]

    def open_writer(self) -> MemoryArchive:
        return self._archives.setdefault(self._name, MemoryArchive())

    def exists(self) -> bool:
        return self._name in self._archives

    def count_articles(self) -> int:
        return self._archives[self._name].article_count if self.exists() else 0

    def holds_articles(self) -> bool:
        return self.count_articles() > 0

    def size(self) -> int:
        return sum(map(getsizeof, self._archives.get(self._name, MemoryArchive())._entries))

    def survey(self) -> tuple[dict[str, object], list[str]]:
        return {}, []

    def replace(self) -> MemoryArchive:
        self._archives.pop(self._name, None)
        return self.open_writer()

    @contextmanager
    def rebuild(self) -> Iterator[MemoryArchive]:
        new = MemoryArchive()
        yield new
        self._archives[self._name] = new


register_engine("memory", MemoryEngine)


class _Counts:
    """Counts words for `significant_terms`."""

    def __init__(self, matching: Sequence[_Entry], all_: Sequence[_Entry]) -> None:
        self.examined = len(matching)
        self._both = matching, all_

    def articles(self, lang: str) -> tuple[int, int]:
        hits, all_ = ([e for e in group if e.article.lang == lang] for group in self._both)
        return len(hits), len(all_)

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        hits, all_ = (
            sum(e.article.lang == lang and not e.words.keys().isdisjoint(forms) for e in group)
            for group in self._both
        )
        return hits, all_

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        return self.with_any(lang, forms)[1]


def _bm25(entry: _Entry, terms: Iterable[Collection[str]], stats: CollectionStats) -> float:
    score = 0.0
    for keys, rarity in zip(terms, stats.rarities, strict=True):
        count = sum(len(entry.words.get(form, ())) for form in keys)
        norm = K1 * (1 - B + B * entry.length / stats.average_length)
        score += rarity * (K1 + 1) * count / (count + norm)
    return score


def _rank(hit: ArchiveHit) -> tuple[float, float, int]:
    return hit.score, hit.date, hit.id


def _passes(article: Article, documents: DocumentFilter) -> bool:
    return (
        (documents.ids is None or article.id in documents.ids)
        and (documents.feeds is None or not {*documents.feeds}.isdisjoint(article.feeds))
        and (documents.langs is None or article.lang in documents.langs)
        and (documents.stories is None or article.story in documents.stories)
        and (documents.since is None or article.date >= documents.since)
        and (documents.until is None or article.date < documents.until)
        and (documents.max_id is None or article.id <= documents.max_id)
    )
