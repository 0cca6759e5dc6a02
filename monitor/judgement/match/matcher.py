"""Matching: which watchlists an article satisfies, where, and why not.

After the presearcher of Lucene Monitor: every watchlist is indexed under the cheapest sets of
terms of which any match needs one. The words of an article select candidates, and only these
are evaluated; of an OR, only the clauses whose terms are there. Whether a word form belongs to an
inflected term or a wildcard is decided once.
"""

from __future__ import annotations

import functools
import itertools
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from msgspec import Struct

from index.analysis.term_positions import AUTHOR, EXACT, DocumentTerms, Keys
from index.analysis.tokenizer import LOUD
from index.errors import Interrupted
from index.evaluation.explain import in_part, why_not
from index.evaluation.proximity import Extent
from index.evaluation.spans import (
    Codes,
    Document,
    MemoryDocument,
    SpanMatch,
    extents,
    in_order,
    matches,
    name_matches,
)
from index.evaluation.term_expansion import listed_keys, literal_prefix, selector
from index.interruption import check, interruptible
from index.query.ast import Concept, Facet, Mode, Node, Word, walk
from index.query.filters import passes, selects
from monitor.base.article import Article
from monitor.base.formatting import clauses, either
from monitor.base.garbage import collector_paused
from monitor.base.translation import gettext as _
from monitor.base.url import host
from monitor.judgement.match.presearcher import (
    Leaf,
    Path,
    TermTrie,
    alternatives,
    filing,
    open_leaf,
)
from monitor.model.cost import ARTICLE, DOCUMENT
from monitor.model.feed import Feed
from monitor.model.shown_names import term_name
from monitor.model.watchlist import Match, Watchlist, WatchlistMatch

MAX_MATCHES = 50
"""Most matches listed for one watchlist in one article."""

_PREFIX_LENGTH = 5
"""Letters of the prefix by which a wildcard is looked up."""
_CACHED_WILDCARDS = 50_000


class WatchlistMatcher:
    """An immutable index of watchlists; build a new one when they change."""

    @collector_paused()
    def __init__(self, watchlists: Iterable[Watchlist], feeds: Iterable[Feed] = ()) -> None:
        self.watchlists = tuple(watchlists)
        for feed in feeds:
            host(feed.url)  # known feeds are resolved once, here
        self._filed = _FiledClauses()
        plain_keys: set[str] = set()
        expanding: dict[Leaf, Word] = {}
        for number, watchlist in enumerate(self.watchlists):
            filed = filing(watchlist.query.root)
            # Another query may share the filing, but not the text of the clauses.
            clauses = alternatives(watchlist.query.root)
            for clause, paths, excluded in zip(clauses, filed.paths, filed.excluded, strict=True):
                self._filed.add(clause, paths, excluded, number)
            plain_keys.update(filed.keys)
            expanding.update(filed.expanding)
        self._filed.seal()
        self._leaves = Keys(_WatchedTerms(plain_keys, expanding))

    @functools.cached_property
    def by_feed(self) -> bool:
        """Whether the match of some watchlist depends on the feeds that carry an article."""
        return any(
            watchlist.feeds
            or any(
                isinstance(node, Facet) and node.name in ("feed", "tag")
                for node in walk(watchlist.query.root)
            )
            for watchlist in self.watchlists
        )

    def match(self, article: Article, *feeds: Feed) -> tuple[WatchlistMatch, ...]:
        """Return the watchlists that an article satisfies, with the places.

        As in a search, a filter holds if it holds for one of the feeds.

        Raises:
            Interrupted: The result is unwanted, see `index.interruption`.
        """
        reading = DocumentTerms(article, self._leaves)
        places = _MatchPlaces(article, reading)
        return tuple(
            WatchlistMatch(watchlist=watchlist, matches=places.of(spans))
            for watchlist, spans in self._satisfied(reading, article, feeds)
        )

    def satisfied(
        self, article: Article, *feeds: Feed
    ) -> Iterator[tuple[Watchlist, list[SpanMatch]]]:
        """Yield the watchlists that an article satisfies, and the clauses that hold."""
        return self._satisfied(DocumentTerms(article, self._leaves), article, feeds)

    def _satisfied(
        self, reading: DocumentTerms, article: Article, feeds: Sequence[Feed]
    ) -> Iterator[tuple[Watchlist, list[SpanMatch]]]:
        document = _ArticleWords(reading.postings, article, feeds)
        for number, spans in self._filed.matches(set(reading.postings), document):
            watchlist = self.watchlists[number]
            if not _limit(watchlist, article, feeds):
                yield watchlist, spans


class _FiledClauses:
    """The clauses of watchlists, filed under the terms that they need.

    A clause that several watchlists have is filed once, and has several uses. Uses are numbered in
    the order in which they are added.
    """

    def __init__(self) -> None:
        self._trie = TermTrie()
        self._clause_ids: dict[tuple[str | None, str], int] = {}
        """The numbers of clauses by their texts, those of names of concepts apart, by part."""
        self._clauses: list[Node] = []
        self._uses: list[array[int]] = []
        """The uses of each clause."""
        self._watchlist_numbers: list[int] = []
        """The number of the watchlist of each use."""
        self._concepts: dict[int, tuple[Concept, Sequence[Path]]] = {}
        """The concepts of uses of names, and the required terms of what each excludes."""

    def add(
        self, clause: Node, paths: Iterable[Path], excluded: Sequence[Path], number: int
    ) -> None:
        """Add a clause, its required terms and those of what it excludes, for a watchlist."""
        part, filed = None, clause
        if isinstance(clause, Concept):
            part, filed = clause.part, clause.names[0]
            self._concepts[len(self._watchlist_numbers)] = clause, excluded
        clause_id = self._clause_ids.setdefault((part, clause.text), len(self._clauses))
        if clause_id == len(self._clauses) or self._clauses[clause_id] != filed:
            clause_id = len(self._clauses)
            self._clauses.append(filed)
            self._uses.append(array("I"))
            for path in paths:
                self._trie.add(path, clause_id)
        self._uses[clause_id].append(len(self._watchlist_numbers))
        self._watchlist_numbers.append(number)

    def seal(self) -> None:
        """Prepare for look-ups, once all clauses are added."""
        self._trie.seal()
        self._clause_ids.clear()

    def matches(
        self, leaves: set[Leaf], document: Document
    ) -> Iterator[tuple[int, list[SpanMatch]]]:
        """Yield the numbers of the watchlists that match, in order, with the clauses that hold."""
        spans: dict[int, list[SpanMatch]] = {}
        for clause_id in self._trie.open(leaves):
            check()
            clause, uses = self._clauses[clause_id], self._uses[clause_id]
            if uses[0] not in self._concepts:
                if clause_spans := matches(clause, document):
                    spans.update(dict.fromkeys(uses, clause_spans))
            elif places := extents(clause, document):
                for use in uses:
                    concept, excluded = self._concepts[use]
                    may_cancel = any(map(leaves.issuperset, excluded))
                    if own := name_matches(concept, clause, places, document, may_cancel):
                        spans[use] = own
        for number, held in itertools.groupby(sorted(spans), self._watchlist_numbers.__getitem__):
            yield number, [span for use in held for span in spans[use]]


class _ArticleWords:
    """A `Document` over the positions of an article, by the leaves that its words stand for."""

    __slots__ = ("_postings", "article", "feeds")

    def __init__(
        self, postings: Mapping[Leaf, Codes], article: Article, feeds: Sequence[Feed]
    ) -> None:
        self._postings = postings
        self.article = article
        self.feeds = feeds

    def positions(self, key: Leaf) -> Codes:
        return self._postings.get(key, ())

    def expand(self, word: Word) -> Sequence[Leaf]:
        return (open_leaf(word),)

    def admits(self, facet: Facet) -> bool:
        return filter_admits(facet, self.article, self.feeds)


class _WatchedTerms:
    """The terms of all watchlists; selects those that match a word of a text."""

    def __init__(self, plain_keys: Iterable[str], expanding: Mapping[Leaf, Word]) -> None:
        """Index the terms.

        Args:
            plain_keys: The keys of words that mean one key.
            expanding: The other words.
        """
        self._listed: dict[str, tuple[Leaf, ...]] = {key: (key,) for key in plain_keys}
        self._exact: dict[str, Leaf] = {}
        self._prefixes: defaultdict[str, list[tuple[str, Leaf, Word]]] = defaultdict(list)
        for leaf, word in expanding.items():
            if keys := listed_keys(word):
                single = (leaf,)  # one tuple in memory for most of its forms
                for key in keys:
                    self._listed[key] = self._listed.get(key, ()) + single
            elif word.mode is Mode.EXACT:
                field_prefix = AUTHOR if word.part == "author" else ""
                self._exact[field_prefix + word.term] = leaf
            else:
                prefix = literal_prefix(word)
                self._prefixes[prefix[:_PREFIX_LENGTH]].append((prefix, leaf, word))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._formed = {key.partition(EXACT)[0] for key in self._listed if EXACT in key}
        """Terms with a listed form."""

    def may_select(self, term: str) -> bool:
        if term in self._listed or term in self._formed:
            return True
        for length in self._lengths:  # noqa: SIM110 - `any` takes twice the time
            if term[:length] in self._prefixes:
                return True
        return False

    def select(self, keys: tuple[str, ...]) -> tuple[Leaf, ...]:
        """Return the watched terms that match a word with these index keys."""
        leaves: tuple[Leaf, ...] = ()
        for key in keys:
            leaves += self._listed.get(key, ())
            if EXACT in key:
                leaves += self._unlike(key)
            else:
                for length in self._lengths:  # most words begin like no wildcard
                    if key[:length] in self._prefixes:
                        leaves += self._wildcards(key, length)
        return tuple(dict.fromkeys(leaves)) if len(leaves) > 1 else leaves

    def _unlike(self, key: str) -> tuple[Leaf, ...]:
        """Return the term such as `=liege`, if any, of which a key is another form."""
        term, _sign, written = key.partition(EXACT)
        return (self._exact[term],) if term in self._exact and written != LOUD else ()

    def _wildcards(self, key: str, length: int) -> tuple[Leaf, ...]:
        return tuple(
            leaf
            for prefix, leaf, word in self._prefixes[key[:length]]
            if key.startswith(prefix) and _selector(word).accepts(key)
        )


_selector = functools.lru_cache(_CACHED_WILDCARDS)(selector)
"""Compiled when a text has a word that begins like the wildcard."""


# --- one watchlist ---------------------------------------------------------------


def filter_admits(facet: Facet, article: Article, feeds: Sequence[Feed]) -> bool:
    return any(
        passes(facet, lang=article.lang, name=feed.name, address=feed.address, tags=feed.tags)
        for feed in feeds
    )


def _limit(
    watchlist: Watchlist, article: Article, feeds: Sequence[Feed]
) -> Literal["", "lang", "feeds"]:
    """Return the key of a watchlist that leaves an article out; empty if none does.

    An article of undetermined language is in scope of every watchlist.
    """
    if watchlist.lang and article.lang and article.lang not in watchlist.lang:
        return "lang"
    if watchlist.feeds and not any(
        selects(selector, feed.name, feed.address, feed.tags)
        for feed in feeds
        for selector in watchlist.feeds
    ):
        return "feeds"
    return ""


class _MatchPlaces:
    """The matches in one article: a word that several watchlists match is cut out once."""

    def __init__(self, article: Article, reading: DocumentTerms) -> None:
        self._article = article
        self._reading = reading
        self._cache: dict[tuple[Extent, str, str], Match] = {}
        self._places: dict[Extent, tuple[str, int, int, str]] = {}

    def of(self, spans: Sequence[SpanMatch]) -> tuple[Match, ...]:
        """Return the places where the clauses of a watchlist hold, in the order of the text."""
        return tuple(
            [
                self._cache.get((extent, span.clause.text, span.concept))
                or self._match(extent, span)
                for extent, span in in_order(spans)[:MAX_MATCHES]
            ]
        )

    def _match(self, extent: Extent, span: SpanMatch) -> Match:
        part, start, end, text = self._places.get(extent) or self._cut(extent)
        match = Match(field=part, start=start, end=end, text=text, term=span.term,
                      concept=span.concept, ambiguous=span.ambiguous)  # fmt: skip
        self._cache[extent, span.clause.text, span.concept] = match
        return match

    def _cut(self, extent: Extent) -> tuple[str, int, int, str]:
        part, start, end = self._reading.place(*extent)
        self._places[extent] = part, start, end, self._article.part(part)[start:end]
        return self._places[extent]


class Explanation(Struct, frozen=True):
    """The match of a watchlist with an article, if any, and the reason in words."""

    hit: WatchlistMatch | None
    reason: str


def explain(watchlist: Watchlist, article: Article, *feeds: Feed) -> Explanation:
    """Explain with the clauses that match and their texts, or with those that fail."""
    if limit := _limit(watchlist, article, feeds):
        return Explanation(None, _out_of_scope(limit, watchlist, article, feeds))
    reading = DocumentTerms(article)
    document = MemoryDocument(reading.postings, lambda facet: filter_admits(facet, article, feeds))
    spans = matches(watchlist.query.root, document)
    if not spans:
        return Explanation(None, why_not(watchlist.query.root, document))
    hit = WatchlistMatch(watchlist=watchlist, matches=_MatchPlaces(article, reading).of(spans))
    return Explanation(hit, _reason(hit, watchlist.query.root))


def _out_of_scope(
    limit: Literal["lang", "feeds"], watchlist: Watchlist, article: Article, feeds: Sequence[Feed]
) -> str:
    if limit == "lang":
        return _("language {lang}, not {wanted}", lang=article.lang, wanted=either(watchlist.lang))
    feed_names = ", ".join(feed.name for feed in feeds)
    return _("feed {feed}, not {wanted}", feed=feed_names, wanted=either(watchlist.feeds))


def _reason(hit: WatchlistMatch, root: Node) -> str:
    texts = dict.fromkeys(
        _(
            "{term}: “{text}” {where}",
            term=term_name(match),
            text=match.text,
            where=in_part(match.field),
        )
        for match in hit.matches
    )
    return clauses(texts) or _("passes {query}", query=root.text)


# --- an article that takes too long is set aside; the others go on -----------------------


class Matching(NamedTuple):
    """The outcome of matching an article."""

    hits: tuple[WatchlistMatch, ...]
    unmatched: str = ""
    """Why the article was set aside; empty when it was matched."""


class TimedMatcher:
    """Matches the articles of one document within a limit of time."""

    def __init__(
        self, stopwatch: Callable[[], float] = lambda: 0.0, limit: float = ARTICLE
    ) -> None:
        """Begin a document.

        Args:
            stopwatch: Returns the seconds of processor time of this thread.
            limit: Seconds in which each article is matched.
        """
        self._stopwatch = stopwatch
        self.limit = limit
        self.spent = 0.0
        """Seconds that the document took so far."""

    @property
    def is_late(self) -> bool:
        """Whether the document has had its time: what follows of it is not matched."""
        return self.spent >= DOCUMENT

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the time of this block as that of the document."""
        start = self._stopwatch()
        try:
            yield
        finally:
            self.spent += self._stopwatch() - start

    def match(self, rules: WatchlistMatcher, article: Article, *feeds: Feed) -> Matching:
        """Return the watchlists that an article satisfies, or why it was set aside.

        Raises:
            Interrupted: Nobody waits for the document any more.
        """
        start, limit = self._stopwatch(), min(DOCUMENT - self.spent, self.limit)
        try:
            if not self.is_late:
                with self.counting(), interruptible(lambda: self._stopwatch() - start > limit):
                    return Matching(rules.match(article, *feeds))
        except Interrupted:
            if self._stopwatch() - start <= limit:
                raise
            if limit == self.limit:
                words = _("matching it takes longer than {seconds} s", seconds=f"{limit:.1g}")
                return Matching((), words)
        except MemoryError:
            return Matching((), _("matching it needs too much memory"))
        words = _("its document takes longer than {seconds} s to match", seconds=f"{DOCUMENT:g}")
        return Matching((), words)
