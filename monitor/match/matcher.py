"""Matching: which watchlists an article satisfies, where, and why not.

After the presearcher of Lucene Monitor: every watchlist is indexed under the cheapest sets of
terms of which any match needs one. The words of an article select candidates, and only these
are evaluated. Whether a word form belongs to an inflected term or a wildcard is decided once.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import getsizeof
from typing import Literal

from msgspec import Struct

from index.analysis.term_positions import AUTHOR, EXACT, DocumentTerms, Keys
from index.analysis.text_cache import TextCache
from index.analysis.tokenizer import CACHED, LOUD
from index.article import Article
from index.evaluation.explain import in_part, why_not
from index.evaluation.proximity import Extent
from index.evaluation.spans import Codes, MemoryDocument, SpanMatch, in_order, matches
from index.evaluation.term_expansion import listed_keys, literal_prefix, selector
from index.interruption import check
from index.query.ast import Facet, Mode, Node, Word, walk
from index.query.filters import passes, selects
from index.translation import gettext as _
from monitor.fetch.url import host
from monitor.formatting import clauses, either
from monitor.garbage import collector_paused
from monitor.match.presearcher import Leaf, TermTrie, filing, open_leaf
from monitor.model.config import Watchlist
from monitor.model.feed import Feed
from monitor.model.match import Match, WatchlistMatch

MAX_MATCHES = 50
"""Most matches listed for one watchlist in one article."""

_BEGINNING = 5
"""Letters of the prefix by which a wildcard is looked up."""
_CACHED_WILDCARDS = 50_000


class WatchlistMatcher:
    """An immutable index of watchlists; build a new one when they change."""

    @collector_paused()
    def __init__(self, watchlists: Iterable[Watchlist], feeds: Iterable[Feed] = ()) -> None:
        self.watchlists = tuple(watchlists)
        for feed in feeds:
            host(feed.url)  # known feeds are resolved once, here
        self._filed = TermTrie()
        wanted: set[str] = set()
        expanding: dict[Leaf, Word] = {}
        for number, watchlist in enumerate(self.watchlists):
            filed = filing(watchlist.query.root)
            for path in filed.paths:
                self._filed.add(path, number)
            wanted.update(filed.keys)
            expanding.update(filed.expanding)
        self._filed.seal()
        self._forms = _WordForms(expanding)
        keys = {key: key for key in wanted}
        is_open_term = self._forms.has
        self._keys = Keys(lambda key: keys.get(key) or (key if is_open_term(key) else ""))

    @functools.cached_property
    def by_feed(self) -> bool:
        """Whether it matters to some watchlist which feeds carry an article."""
        return any(
            watchlist.feeds
            or any(
                isinstance(node, Facet) and node.name in ("feed", "tag")
                for node in walk(watchlist.query.root)
            )
            for watchlist in self.watchlists
        )

    def match(self, article: Article, *feeds: Feed) -> tuple[WatchlistMatch, ...]:
        """Return the watchlists that an article satisfies, and where, by the feeds that carry it.

        As in a search, a filter holds if it holds for one of the feeds.

        Args:
            article: The article.
            feeds: The feeds.

        Raises:
            Interrupted: The result is unwanted, see `index.interruption`.
        """
        reading = DocumentTerms(article, self._keys)
        places = _MatchPlaces(article, reading)
        return tuple(
            WatchlistMatch(watchlist=watchlist, matches=places.of(found))
            for watchlist, found in self._satisfied(reading, article, feeds)
        )

    def satisfied(
        self, article: Article, *feeds: Feed
    ) -> Iterator[tuple[Watchlist, list[SpanMatch]]]:
        """Yield the watchlists that an article satisfies, and the clauses that hold."""
        return self._satisfied(DocumentTerms(article, self._keys), article, feeds)

    def _satisfied(
        self,
        reading: DocumentTerms,
        article: Article,
        feeds: Sequence[Feed],
    ) -> Iterator[tuple[Watchlist, list[SpanMatch]]]:
        found = reading.postings
        expansions = self._forms.of(found)
        candidates = self._filed.open({*found, *expansions})
        document = _ArticleWords(found, expansions, article, feeds)
        for number in sorted(candidates):
            check()
            watchlist = self.watchlists[number]
            if not _limit(watchlist, article, feeds) and (
                clauses := matches(watchlist.query.root, document)
            ):
                yield watchlist, clauses


class _ArticleWords:
    """A `Document` over the positions of an article, with its word forms already decided."""

    __slots__ = ("_expansions", "_found", "article", "feeds")

    def __init__(
        self,
        found: Mapping[str, Codes],
        expansions: Mapping[Leaf, Sequence[str]],
        article: Article,
        feeds: Sequence[Feed],
    ) -> None:
        self._found = found
        self._expansions = expansions
        self.article = article
        self.feeds = feeds

    def positions(self, key: str) -> Codes:
        return self._found.get(key, ())

    def expand(self, word: Word) -> Sequence[str]:
        return self._expansions.get(open_leaf(word), ())

    def admits(self, facet: Facet) -> bool:
        return filter_admits(facet, self.article, self.feeds)


class _WordForms:
    """Cache: the inflected, wildcard and exact terms that each key seen so far belongs to."""

    def __init__(self, expanding: Mapping[Leaf, Word]) -> None:
        self._listed: defaultdict[str, list[Leaf]] = defaultdict(list)
        self._plain: defaultdict[str, list[Leaf]] = defaultdict(list)
        self._beginnings: defaultdict[str, list[tuple[str, Leaf, Word]]] = defaultdict(list)
        for leaf, word in expanding.items():
            if listed := listed_keys(word):
                for each in listed:
                    self._listed[each].append(leaf)
            elif word.mode is Mode.EXACT:
                space = AUTHOR if word.part == "author" else ""
                self._plain[space + word.term].append(leaf)
            else:
                prefix = literal_prefix(word)
                self._beginnings[prefix[:_BEGINNING]].append((prefix, leaf, word))
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})
        self.meanings = TextCache(self._decide, getsizeof, CACHED)
        """The open terms that a key belongs to, each decided once."""

    def has(self, form: str) -> bool:
        """Tell whether a key belongs to any of them."""
        if form in self._listed:
            return True
        if EXACT in form:
            term, _sign, written = form.partition(EXACT)
            return term in self._plain and written != LOUD
        for length in self._lengths:  # most words begin like no wildcard
            if form[:length] in self._beginnings and self._wildcards(form):
                return True
        return False

    def of(self, found: Iterable[str]) -> Mapping[Leaf, list[str]]:
        """Return the keys of an article that each open term matches, where there are any."""
        expansions: defaultdict[Leaf, list[str]] = defaultdict(list)
        meanings = self.meanings
        for met in found:
            for leaf in meanings[met]:
                expansions[leaf].append(met)
        return expansions

    def _decide(self, form: str) -> Sequence[Leaf]:
        leaves = self._listed.get(form, [])
        term, sign, written = form.partition(EXACT)
        if not sign:
            return leaves + self._wildcards(form)
        if written != LOUD:  # another form than `=liege` asks for
            return leaves + self._plain.get(term, [])
        return leaves

    def _wildcards(self, term: str) -> list[Leaf]:
        return [
            leaf
            for length in self._lengths
            for prefix, leaf, word in self._beginnings.get(term[:length], ())
            if term.startswith(prefix) and _selector(word).accepts(term)
        ]


_selector = functools.lru_cache(_CACHED_WILDCARDS)(selector)
"""Compiled when a text has a word that begins like the wildcard."""


# --- one watchlist ---------------------------------------------------------------


def filter_admits(facet: Facet, article: Article, feeds: Sequence[Feed]) -> bool:
    """Return whether an article passes a filter of a query, by one of its feeds."""
    return any(
        passes(facet, lang=article.lang, name=feed.name, host=host(feed.url), tags=feed.tags)
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
        selects(selector, feed.name, host(feed.url), feed.tags)
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
        self._known: dict[tuple[Extent, str], Match] = {}

    def of(self, found: Sequence[SpanMatch]) -> tuple[Match, ...]:
        """Return where the clauses of a watchlist hold, in the order of the text."""
        return tuple(
            [
                self._known.get((extent, clause.text)) or self._match(extent, clause.text)
                for extent, clause in in_order(found)[:MAX_MATCHES]
            ]
        )

    def _match(self, extent: Extent, term: str) -> Match:
        part, start, end = self._reading.place(*extent)
        text = self._article.part(part)[start:end]
        match = Match(field=part, start=start, end=end, text=text, term=term)
        self._known[extent, term] = match
        return match


class Explanation(Struct, frozen=True):
    """Whether a watchlist matches an article, and why or why not in words."""

    hit: WatchlistMatch | None
    reason: str


def explain(watchlist: Watchlist, article: Article, *feeds: Feed) -> Explanation:
    """Return the clauses that match with their text, or those that fail."""
    if limit := _limit(watchlist, article, feeds):
        return Explanation(None, _out_of_scope(limit, watchlist, article, feeds))
    reading = DocumentTerms(article)
    document = MemoryDocument(reading.postings, lambda facet: filter_admits(facet, article, feeds))
    found = matches(watchlist.query.root, document)
    if not found:
        return Explanation(None, why_not(watchlist.query.root, document))
    hit = WatchlistMatch(watchlist=watchlist, matches=_MatchPlaces(article, reading).of(found))
    return Explanation(hit, _reason(hit, watchlist.query.root))


def _out_of_scope(
    limit: Literal["lang", "feeds"], watchlist: Watchlist, article: Article, feeds: Sequence[Feed]
) -> str:
    if limit == "lang":
        return _("language {lang}, not {wanted}", lang=article.lang, wanted=either(watchlist.lang))
    carrying = ", ".join(feed.name for feed in feeds)
    return _("feed {feed}, not {wanted}", feed=carrying, wanted=either(watchlist.feeds))


def _reason(hit: WatchlistMatch, root: Node) -> str:
    told = dict.fromkeys(
        _("{term}: “{text}” {where}", term=one.term, text=one.text, where=in_part(one.field))
        for one in hit.matches
    )
    return clauses(told) or _("passes {query}", query=root.text)
