"""What a query finds in one segment: set algebra on posting lists, positions where needed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from index.analysis.term_positions import part_range
from index.archive import ResolveFacet
from index.engine.phrase_search import Link, near_docs, phrase_docs, prefers_arrays
from index.engine.segment import Segment
from index.evaluation import spans, term_expansion
from index.query.ast import And, AtLeast, Facet, Near, Node, Not, Or, Phrase, Score, Word

Expand = Callable[[Word], Sequence[str]]
"""Returns the keys of the archive that a word means (see `vocabulary.selector`)."""
Docs = set[int]


@dataclass(frozen=True, slots=True)
class QueryExecutor:
    """Answers one query in one segment; every method returns a new set of documents."""

    segment: Segment
    expand: Expand
    resolve: ResolveFacet

    def docs(self, node: Node, within: Docs | None = None) -> Docs:
        """Return the documents that satisfy a node; of those in `within` unless it is None."""
        return _METHODS[type(node)](self, node, within)

    def _near(self, node: Phrase | Near, within: Docs | None) -> Docs:
        if (links := self._links(node)) and prefers_arrays(links, within):
            return _chained(node, links, within)
        return self._placed(node, self._together(node.children, within))

    def _any(self, node: Or, within: Docs | None) -> Docs:
        return set().union(*(self.docs(child, within) for child in node.children))

    def _not(self, node: Not, within: Docs | None) -> Docs:
        return self._everything(within) - self.docs(node.child, within)

    def _everything(self, within: Docs | None) -> Docs:
        return set(self.segment.all if within is None else within)

    def _word(self, word: Word, within: Docs | None) -> Docs:
        if term_expansion.is_plain_exact(word):
            return self._placed(word, self._candidates(word, within))
        if word.part in ("", "author"):
            return self._candidates(word, within)
        found: Docs = set()
        for key in keys(word, self.expand):
            found.update(self.segment.postings(key).between(*part_range(word.part)))
        return found if within is None else found & within

    def _candidates(self, word: Word, within: Docs | None) -> Docs:
        """Return the documents where a word stands, whatever its part and form."""
        lists = [self.segment.postings(key) for key in keys(word, self.expand)]
        if within is None:
            return set().union(*(postings.docs for postings in lists))
        return set().union(*(postings.shared(within) for postings in lists))

    def _together(self, nodes: Iterable[Node], within: Docs | None) -> Docs:
        """Return documents in which all words of a phrase stand, wherever; the rarest first."""
        for node in sorted(nodes, key=self._frequency):
            within = self._present(node, within)
            if not within:
                break
        return within or set()

    def _frequency(self, node: Node) -> int:
        """Return in how many documents a word stands; what is no single word comes last."""
        if isinstance(node, Word) and not term_expansion.expands(node):
            return self.segment.frequency(term_expansion.key(node))
        return self.segment.columns.documents

    def _present(self, node: Node, within: Docs | None) -> Docs:
        match node:
            case Word():
                return self._candidates(node, within)
            case Or():
                return set().union(*(self._present(child, within) for child in node.children))
            case Phrase() | Near() | And():
                return self._together(node.children, within)
        return self.docs(node, within)

    def _placed(self, node: Node, candidates: Docs) -> Docs:
        """Return those documents in which a node's words stand where they must."""
        if isinstance(node, Phrase | Near) and (links := self._links(node)):
            return _chained(node, links, candidates)
        document = _Document(self.segment, self.expand)
        return {doc for doc in candidates if spans.evaluate(node, document.at(doc))}

    def _links(self, node: Phrase | Near) -> list[Link]:
        """Return the links of mere words, all in one part: what most phrases are."""
        if isinstance(node, Near) and len(node.children) > 2:
            return []
        words = [child for child in node.children if isinstance(child, Word)]
        parts = {word.part for word in words}
        if len(words) < len(node.children) or len(parts) > 1:
            return []
        if any(map(term_expansion.is_plain_exact, words)):
            return []
        return [
            Link([self.segment.postings(key) for key in keys(word, self.expand)], word.part)
            for word in words
        ]

    def _all(self, node: And, within: Docs | None) -> Docs:
        """Return what satisfies all children, those that cost little asked first.

        Where words stand is looked at last: filters leave fewer documents to look at.
        """
        asked: list[tuple[int, int, Callable[[Node, Docs | None], Docs], Node]] = [
            (_cost(child), self._frequency(child), self.docs, child) for child in node.children
        ]
        for child in node.children:
            if isinstance(child, Phrase | Near) and not prefers_arrays(self._links(child), None):
                asked.append((_PRESENT, 0, self._present, child))
        for _, _, ask, child in sorted(asked, key=itemgetter(0, 1)):
            within = ask(child, within)
            if not within:
                break
        return within or set()

    def _at_least(self, node: AtLeast, within: Docs | None) -> Docs:
        votes: Counter[int] = Counter()
        for child in node.children:
            votes.update(self.docs(child, within))
        return {doc for doc, count in votes.items() if count >= node.count}

    def _score(self, node: Score, within: Docs | None) -> Docs:
        clauses = [(weight, self.docs(child, within)) for weight, child in node.weighted]
        met = set().union(*(docs for _, docs in clauses))
        if node.threshold <= 0:
            met = self._everything(within)
        return {
            doc
            for doc in met
            if math.fsum(weight for weight, docs in clauses if doc in docs) >= node.threshold
        }

    def _facet(self, facet: Facet, within: Docs | None) -> Docs:
        documents = self.resolve(facet)
        if within is not None:
            return self.segment.passing_of(documents, within)
        passing = self.segment.passing(documents)
        return self._everything(None) if passing is None else passing


def _chained(node: Phrase | Near, links: Sequence[Link], docs: Docs | None) -> Docs:
    """Return the documents, of some unless it is None, in which links stand as they must."""
    if isinstance(node, Near):
        return near_docs(links, node.distance, docs, ordered=node.ordered)
    return phrase_docs(links, docs)


def keys(word: Word, expand: Expand) -> Sequence[str]:
    """Return the keys of `postings` one of which an article with the word has."""
    if term_expansion.expands(word) and not term_expansion.is_plain_exact(word):
        return expand(word)
    return [term_expansion.key(word)]


_METHODS: dict[type[Node], Callable[[QueryExecutor, Any, Docs | None], Docs]] = {
    Word: QueryExecutor._word,
    Phrase: QueryExecutor._near,
    Near: QueryExecutor._near,
    And: QueryExecutor._all,
    Or: QueryExecutor._any,
    AtLeast: QueryExecutor._at_least,
    Not: QueryExecutor._not,
    Score: QueryExecutor._score,
    Facet: QueryExecutor._facet,
}


_PRESENT = 1
"""When to ask for the documents that have the words of a phrase, wherever they stand."""


def _cost(node: Node) -> int:
    """Return how late to ask: words, filters, then combinations, distances, negations."""
    match node:
        case Word():
            return 0
        case Facet():
            return 2
        case Phrase() | Near():
            return 4
        case Not():
            return 5
    return 3


class _Document:
    """One document of a segment after the other, as `spans` reads it."""

    def __init__(self, segment: Segment, expand: Expand) -> None:
        self._segment = segment
        self._doc = 0
        self.expand = expand

    def at(self, doc: int) -> _Document:
        """Turn to another document."""
        self._doc = doc
        return self

    def positions(self, key: str) -> spans.Codes:
        """Return where a key stands."""
        return self._segment.postings(key).at(self._doc)

    def admits(self, facet: Facet) -> bool:
        """Refuse: no filter is inside a phrase or a distance."""
        raise TypeError(facet)
