"""Runs a query in one segment: set algebra on posting lists, positions where needed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from index.analysis.term_positions import part_range
from index.archive import ResolveFacet
from index.engine.phrase_search import Link, near_docs, phrase_docs, prefers_arrays
from index.engine.segment import Segment
from index.engine.segment_document import SegmentDocument
from index.evaluation import spans, term_expansion
from index.interruption import check, checked
from index.query.ast import And, AtLeast, Facet, Near, Node, Not, Or, Phrase, Score, Word

Expand = Callable[[Word], Sequence[str]]
"""Returns the index keys that a word means (see `term_expansion.expansion`)."""
Docs = set[int]
_KEYS = 1_000
"""Keys whose lists are read between two questions whether to go on."""


@dataclass(frozen=True, slots=True)
class QueryExecutor:
    """Runs the nodes of one query in one segment; each method returns a new set of documents."""

    segment: Segment
    expand: Expand
    resolve: ResolveFacet

    def docs(self, node: Node, within: Docs | None = None) -> Docs:
        """Return the documents that satisfy a node.

        Args:
            node: A node of the query.
            within: The documents to look in; None is all of them.

        Raises:
            Interrupted: Nobody waits for the result.
        """
        check()
        return _METHODS[type(node)](self, node, within)

    def _phrase_or_near(self, node: Phrase | Near, within: Docs | None) -> Docs:
        if (links := self._links(node)) and prefers_arrays(links, within):
            return _run_phrase(node, links, within)
        return self._at_positions(node, self._with_all_words(node.children, within))

    def _or(self, node: Or, within: Docs | None) -> Docs:
        return set().union(*(self.docs(child, within) for child in node.children))

    def _not(self, node: Not, within: Docs | None) -> Docs:
        return self._everything(within) - self.docs(node.child, within)

    def _everything(self, within: Docs | None) -> Docs:
        return set(self.segment.all if within is None else within)

    def _word(self, word: Word, within: Docs | None) -> Docs:
        if term_expansion.is_plain_exact(word):
            return self._at_positions(word, self._with_word(word, within))
        if word.part in ("", "author"):
            return self._with_word(word, within)
        docs: Docs = set()
        for key in self._keys(word):
            docs.update(self.segment.postings(key).documents_with_code(*part_range(word.part)))
        return docs if within is None else docs & within

    def _with_word(self, word: Word, within: Docs | None) -> Docs:
        """Return the documents in which a word occurs, in whatever part and form."""
        docs: Docs = set()
        for key in self._keys(word):
            postings = self.segment.postings(key)
            docs.update(postings.docs if within is None else postings.documents_in(within))
        return docs

    def _keys(self, word: Word) -> Iterator[str]:
        """Yield the index keys of a word; ask now and then whether to go on."""
        return checked(keys(word, self.expand), _KEYS)

    def _with_all_words(self, nodes: Iterable[Node], within: Docs | None) -> Docs:
        """Return the documents that have all words of a phrase anywhere, the rarest word first."""
        for node in sorted(nodes, key=self._frequency):
            within = self._with_words_of(node, within)
            if not within:
                break
        return within or set()

    def _frequency(self, node: Node) -> int:
        """Return in how many documents a word occurs; all, for what is no single word."""
        if isinstance(node, Word) and not term_expansion.expands(node):
            return self.segment.frequency(term_expansion.key(node))
        return self.segment.columns.documents

    def _with_words_of(self, node: Node, within: Docs | None) -> Docs:
        match node:
            case Word():
                return self._with_word(node, within)
            case Or():
                return set().union(*(self._with_words_of(child, within) for child in node.children))
            case Phrase() | Near() | And():
                return self._with_all_words(node.children, within)
        return self.docs(node, within)

    def _at_positions(self, node: Node, candidates: Docs) -> Docs:
        """Return those documents in which the words of a node are at the right positions."""
        if isinstance(node, Phrase | Near) and (links := self._links(node)):
            return _run_phrase(node, links, candidates)
        document = SegmentDocument(self.segment, self.expand)
        ordered = checked(sorted(candidates), 1)
        return {doc for doc in ordered if spans.evaluate(node, document.at(doc))}

    def _links(self, node: Phrase | Near) -> list[Link]:
        """Return the words of a phrase that `phrase_search` can run: single words, in one part."""
        if isinstance(node, Near) and len(node.children) > 2:
            return []
        words = [child for child in node.children if isinstance(child, Word)]
        parts = {word.part for word in words}
        if len(words) < len(node.children) or len(parts) > 1:
            return []
        if any(map(term_expansion.is_plain_exact, words)):
            return []
        links = [
            Link([self.segment.postings(key) for key in self._keys(word)], word.part)
            for word in words
        ]
        return [] if any(map(_is_cut_off, links)) else links

    def _and(self, node: And, within: Docs | None) -> Docs:
        """Return the documents that satisfy all children; the cheap ones run first.

        Positions are read last: filters leave fewer documents to read them for.
        """
        asked: list[tuple[int, int, Callable[[Node, Docs | None], Docs], Node]] = [
            (_cost(child), self._frequency(child), self.docs, child) for child in node.children
        ]
        for child in node.children:
            if isinstance(child, Phrase | Near) and not prefers_arrays(self._links(child), None):
                asked.append((_PRESENT, 0, self._with_words_of, child))
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


def _run_phrase(node: Phrase | Near, links: Sequence[Link], docs: Docs | None) -> Docs:
    """Return the documents, of some unless it is None, with the words at the right positions."""
    if isinstance(node, Near):
        return near_docs(links, node.distance, docs, ordered=node.ordered)
    return phrase_docs(links, docs)


def _is_cut_off(link: Link) -> bool:
    """Tell whether a word may stand more often in a document than `spans` looks at."""
    counts = [postings.counts for postings in link.lists if postings.counts]
    if sum(256**some.itemsize for some in counts) <= spans.MAX_PLACES:
        return False  # without reading them
    return sum(map(max, counts)) > spans.MAX_PLACES


def keys(word: Word, expand: Expand) -> Sequence[str]:
    """Return the index keys of a word: an article with the word has one of them."""
    if term_expansion.expands(word) and not term_expansion.is_plain_exact(word):
        return expand(word)
    return [term_expansion.key(word)]


_METHODS: dict[type[Node], Callable[[QueryExecutor, Any, Docs | None], Docs]] = {
    Word: QueryExecutor._word,
    Phrase: QueryExecutor._phrase_or_near,
    Near: QueryExecutor._phrase_or_near,
    And: QueryExecutor._and,
    Or: QueryExecutor._or,
    AtLeast: QueryExecutor._at_least,
    Not: QueryExecutor._not,
    Score: QueryExecutor._score,
    Facet: QueryExecutor._facet,
}


_PRESENT = 1
"""Cost of finding the documents that have all words of a phrase anywhere."""


def _cost(node: Node) -> int:
    """Return the cost of a node: words, filters, then combinations, positions, negations."""
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
