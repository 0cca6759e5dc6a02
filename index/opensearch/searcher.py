"""Searches an archive in a cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from index.analysis.term_positions import EXACT
from index.engine.bm25 import K1, B, rarity
from index.evaluation import significant_terms as significance, spans
from index.evaluation.term_expansion import is_open, key, listed_keys, shown_forms
from index.opensearch import documents as doc, queries
from index.opensearch.cluster import PAGE, Cluster, Json
from index.opensearch.queries import but, either, every, one_of, passing
from index.query.ast import Facet, Mode, Node, Word, wanted, words
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

FORMS = 10_000
"""Most index keys that a wildcard names, the most frequent ones."""
_SCORED = 200
"""Most index keys that a word is scored with, the most frequent ones: each takes half a
microsecond for each article."""
_READ = 500
"""Documents that are read at once."""
_ORDERS = {
    "date": [{"date": "desc"}, {"id": "desc"}],
    "score": [{"_score": "desc"}, {"date": "desc"}, {"id": "desc"}],
}
_BM25 = """
double score = 0;
for (int i = 0; i < params.keys.length; i++) {
  double count = 0;
  for (String key : params.keys[i]) { count += termFreq('words', key); }
  if (count > 0) {
    double norm = params.k1 * (1 - params.b + params.b * doc['length'].value / params.average);
    score += params.rarities[i] * (params.k1 + 1) * count / (count + norm);
  }
}
return score;
"""
"""BM25 as of `index.engine.bm25`: OpenSearch's own knows the length of an article roughly only."""


class ClusterArchive:
    """The archive of a cluster; see `index.archive.Archive`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def article_count(self) -> int:
        return int(self._cluster.call("GET", f"{self._cluster.address.index}/_count")["count"])

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
        search = _Search(self._cluster, query.root, documents)
        satisfying = search.satisfying()
        if sort == "score":
            stats = stats or search.stats()
            satisfying = search.scored(satisfying, stats)
        last_id, total, hits = 0, 0, list[ArchiveHit]()
        while True:
            size = min(limit - len(hits), PAGE) if limit else PAGE
            body: Json = {"query": satisfying, "sort": _ORDERS[sort], "size": size}
            if after is not None:
                place = [after.date, after.id]
                body["search_after"] = [after.score, *place] if sort == "score" else place
            body |= {"_source": False, "track_total_hits": not hits}
            page, last = self._cluster.search(body, _aggregating({"id": {"max": {"field": "id"}}}))
            if not hits:
                total = page["hits"]["total"]["value"]
                last_id = int(last["aggregations"]["id"]["value"] or 0)
            new = [_hit(hit["sort"]) for hit in page["hits"]["hits"]]
            hits += new
            if len(new) < size or len(hits) == limit:
                break
            after = hits[-1]
        return ArchivePage(tuple(hits), total, search.forms(), stats, last_id)

    def count(self, query: Query, documents: DocumentFilter = EVERYTHING) -> int:
        satisfying = _Search(self._cluster, query.root, documents).satisfying()
        (answer,) = self._cluster.search({"size": 0, "query": satisfying, "track_total_hits": True})
        return int(answer["hits"]["total"]["value"])

    def matches(self, query: Query, documents: DocumentFilter = EVERYTHING) -> MatchedArticles:
        satisfying = _Search(self._cluster, query.root, documents).satisfying()
        by_feed: defaultdict[int, set[int]] = defaultdict(set)
        by_lang: defaultdict[str, set[int]] = defaultdict(set)
        dates = {}
        for hit in self._cluster.hits(satisfying, docvalue_fields=["date", "feeds", "lang"]):
            (id,), fields = hit["sort"], hit["fields"]
            dates[id] = fields["date"][0]
            by_lang[fields["lang"][0]].add(id)
            for feed in fields["feeds"]:
                by_feed[feed].add(id)
        return MatchedArticles(
            dates=dates,
            by_feed={feed: frozenset(by_feed[feed]) for feed in sorted(by_feed)},
            by_lang={lang: frozenset(by_lang[lang]) for lang in sorted(by_lang)},
        )

    def ids(self, query: Query, documents: DocumentFilter = EVERYTHING) -> list[int]:
        satisfying = _Search(self._cluster, query.root, documents).satisfying()
        return [hit["sort"][0] for hit in self._cluster.hits(satisfying)]

    def significant_terms(
        self,
        query: Query,
        texts: Sequence[Article],
        limit: int,
        documents: DocumentFilter = EVERYTHING,
    ) -> list[significance.SignificantTerm]:
        satisfying = _Search(self._cluster, query.root, documents).satisfying()
        counts = _ClusterCounts(self._cluster, satisfying, texts)
        return significance.significant_terms(
            counts, texts, significance.query_term_test(query.root), limit
        )

    def similar_terms(self, word: Word, *, rarer: bool = False) -> list[str]:
        def lexicon(prefix: str) -> Iterator[str]:
            # `.*` makes OpenSearch 2.19 fail where no key begins so
            pattern = f"{queries.literally(prefix)}[^{EXACT}]*"
            yield "\n".join(_vocabulary(self._cluster, pattern, {"prefix": {"words": prefix}}))

        def frequency(term: str) -> int:
            return self._cluster.counts([{"term": {"words": term}}])[0]

        return similar_terms(word, lexicon, frequency, rarer=rarer)

    def languages(self) -> list[str]:
        by_lang = {"l": {"terms": {"field": "lang", "size": PAGE}}}
        (answer,) = self._cluster.search(_aggregating(by_lang))
        return sorted(bucket["key"] for bucket in answer["aggregations"]["l"]["buckets"])

    def first_ids(self) -> dict[int, int]:
        first = {"first": {"min": {"field": "id"}}}
        by_feed = {"f": {"terms": {"field": "feeds", "size": 6 * PAGE}, "aggs": first}}
        (answer,) = self._cluster.search(_aggregating(by_feed))
        buckets = answer["aggregations"]["f"]["buckets"]
        return {bucket["key"]: int(bucket["first"]["value"]) for bucket in buckets}

    def close(self) -> None:
        """Do nothing: connections end with the archive."""


class _Search:
    """One search."""

    def __init__(self, cluster: Cluster, root: Node, documents: DocumentFilter) -> None:
        self._cluster = cluster
        self._root = root
        self._documents = documents
        self._resolved: dict[Facet, DocumentFilter] = {}
        self._expansions: dict[Word, list[str]] = {}

    def satisfying(self) -> Json:
        """Return the query for the articles that satisfy the query, after a look at the unsure."""
        clause = queries.QueryCompiler(self.expand, self._resolve).clause(self._root)
        within = passing(self._documents)
        satisfying = clause.sure
        if not clause.is_exact:
            unsure = every([but(clause.perhaps, clause.sure), within])
            if ids := list(self._satisfying_of(unsure)):
                satisfying = either([satisfying, one_of("id", ids)])
        return every([satisfying, within])

    def _satisfying_of(self, unsure: Json) -> Iterator[int]:
        """Yield the ids of the articles of a query that satisfy the query, as read here."""
        for hit in self._cluster.hits(unsure, _source=True, size=_READ):
            source = hit["_source"]

            def admits(facet: Facet, source: Json = source) -> bool:
                return doc.passes(source, self._resolve(facet))

            document = spans.MemoryDocument(doc.words_of(source), admits)
            if spans.evaluate(self._root, document):
                yield source["id"]

    def stats(self) -> CollectionStats:
        """Return the statistics of the whole archive for the words of the query."""
        (answer,) = self._cluster.search(
            _aggregating({"length": {"avg": {"field": "length"}}}) | {"track_total_hits": True}
        )
        articles = answer["hits"]["total"]["value"]
        terms = self._scored_keys()
        every_key = list(dict.fromkeys(form for keys in terms for form in keys))
        counts = self._cluster.counts({"term": {"words": form}} for form in every_key)
        frequencies = dict(zip(every_key, counts, strict=True))
        sums = (sum(map(frequencies.__getitem__, keys)) for keys in terms)
        return CollectionStats(
            max(answer["aggregations"]["length"]["value"] or 0.0, 1.0),
            tuple(rarity(min(frequency, articles), articles) for frequency in sums),
        )

    def scored(self, query: Json, stats: CollectionStats) -> Json:
        """Return a query with the scores of BM25."""
        params = {
            "keys": self._scored_keys(),
            "rarities": stats.rarities,
            "average": stats.average_length,
            "k1": K1,
            "b": B,
        }
        return {"script_score": {"query": query, "script": {"source": _BM25, "params": params}}}

    def forms(self) -> dict[str, tuple[str, ...]]:
        """Return the words that each word of the query with `~` or `*` means."""
        forms: dict[str, tuple[str, ...]] = {}
        for word in words(self._root):
            if word.mode.inflects or word.mode is Mode.WILDCARD:
                term = word.text or word.term  # those of a compound have its text
                forms[term] = (*forms.get(term, ()), *shown_forms(sorted(self.expand(word))))
        return {term: tuple(dict.fromkeys(term_forms)) for term, term_forms in forms.items()}

    def expand(self, word: Word) -> list[str]:
        """Return the index keys of the archive that a word means."""
        if word not in self._expansions:
            if word.mode is Mode.WILDCARD:
                having = queries.keys_query("words", word)
                found_keys = _vocabulary(self._cluster, queries.wildcard(word), having)
            else:
                keys = list(listed_keys(word))
                counts = self._cluster.counts({"term": {"words": form}} for form in keys)
                found_keys = [form for form, count in zip(keys, counts, strict=True) if count]
            self._expansions[word] = found_keys
        return self._expansions[word]

    def _scored_keys(self) -> list[list[str]]:
        """Return the index keys of each word that is not below a negation."""
        return [
            self.expand(word)[:_SCORED] if is_open(word) else [key(word)]
            for word in dict.fromkeys(wanted(self._root))
        ]

    def _resolve(self, facet: Facet) -> DocumentFilter:
        """Resolve a filter, once."""
        if facet not in self._resolved:
            self._resolved[facet] = self._documents.resolve(facet)
        return self._resolved[facet]


class _ClusterCounts:
    """The `TermCounts` of the articles of a query and the whole archive."""

    def __init__(self, cluster: Cluster, satisfying: Json, texts: Sequence[Article]) -> None:
        self._cluster = cluster
        self._examined = satisfying
        self.examined = cluster.counts([satisfying])[0]
        self._articles: dict[str, tuple[int, int]] = {}
        groups = significance.TermGroups(texts).groups(significance.MIN_STORIES)
        every_form = list(dict.fromkeys((g.lang, form) for g in groups for form in g.forms))
        counts = cluster.counts(
            every([_in_lang(lang), {"term": {"words": form}}]) for lang, form in every_form
        )
        self._frequencies = dict(zip(every_form, counts, strict=True))

    def articles(self, lang: str) -> tuple[int, int]:
        if lang not in self._articles:
            self._articles[lang] = self._both(_in_lang(lang))
        return self._articles[lang]

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        return self._both(every([_in_lang(lang), one_of("words", forms)]))

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        return sum(self._frequencies[lang, form] for form in forms)

    def _both(self, query: Json) -> tuple[int, int]:
        examined, all_ = self._cluster.counts([every([query, self._examined]), query])
        return examined, all_


def _in_lang(lang: str) -> Json:
    return {"term": {"lang": lang}}


def _vocabulary(cluster: Cluster, pattern: str, having: Json) -> list[str]:
    """Return the index keys of a pattern, as Lucene writes it, the most frequent first.

    Args:
        cluster: The cluster.
        pattern: The pattern.
        having: The query for the articles with any of them.
    """
    counting = {"keys": {"terms": {"field": "keys", "include": pattern, "size": FORMS}}}
    (answer,) = cluster.search(_aggregating(counting) | {"query": having})
    return [bucket["key"] for bucket in answer["aggregations"]["keys"]["buckets"]]


def _aggregating(aggregations: Json) -> Json:
    return {"size": 0, "track_total_hits": False, "aggs": aggregations}


def _hit(place: Sequence[float]) -> ArchiveHit:
    """Return a hit by its place in the order."""
    *score, date, id = place
    return ArchiveHit(date, int(id), *score)
