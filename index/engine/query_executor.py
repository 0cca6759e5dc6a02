"""Runs a query in one segment: set algebra on posting lists, and on places where needed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.postings_file import Postings
from index.engine.segment import Segment
from index.evaluation import spans, term_expansion
from index.interruption import check, checked
from index.query.ast import And, AtLeast, Concept, Facet, Near, Node, Not, Or, Phrase, Score, Word
from index.search import DocumentFilter

if TYPE_CHECKING:
    from index.engine.phrase_arrays import Choice

Expand = Callable[[Word], Sequence[str]]
"""Returns the index keys that a word means (see `term_expansion.expansion`)."""
_KEYS = 1_000
"""Keys whose lists are read between two checks for an interruption."""
_FEW = 12
"""Number of documents of a segment up to which `spans` tests a phrase or a NEAR in one after the
other: `phrase_arrays` takes a fifth of a millisecond."""
_MANY = 2_000
"""Number of documents of the archive above which `phrase_arrays` tests them together: 0.2 µs each
instead of 15, but importing numpy takes 0.1 s once. A process that has it tests any number so."""


class QueryExecutor(Struct, frozen=True):
    """Runs the nodes of one query in one segment; each method returns a set of documents."""

    segment: Segment
    articles: int
    """Number of articles in the archive."""
    expand: Expand
    resolve: Callable[[Facet], DocumentFilter]

    def docs(self, node: Node, within: Bits) -> Bits:
        """Return the documents that satisfy a node.

        Args:
            node: A node of the query.
            within: The documents to look in.

        Raises:
            Interrupted: Nobody waits for the result.
        """
        check()
        return _METHODS[type(node)](self, node, within)

    def _phrase_or_near(self, node: Phrase | Near, within: Bits) -> Bits:
        return self._at_places(node, self._with_all_words(node.children, within))

    def _or(self, node: Or, within: Bits) -> Bits:
        docs = 0
        for child in node.children:
            docs |= self.docs(child, within)
        return docs

    def _concept(self, node: Concept, within: Bits) -> Bits:
        """Return the documents with a name; places are read where one may be cancelled."""
        docs = cancelled = 0
        for name in node.names:
            docs |= self.docs(name, within)
        for term in node.excluded:
            cancelled |= self.docs(term, docs)
        return docs & ~cancelled | self._at_places(node, docs & cancelled)

    def _not(self, node: Not, within: Bits) -> Bits:
        return within & ~self.docs(node.child, within)

    def _word(self, word: Word, within: Bits) -> Bits:
        if term_expansion.is_plain_exact(word):
            return self._at_places(word, self._with_word(word, within))
        if word.part in ("", "author"):
            return self._with_word(word, within)
        docs = 0
        for postings in self._lists(word):
            docs |= postings.documents_with_part(word.part)
        return docs & within

    def _with_word(self, word: Word, within: Bits) -> Bits:
        """Return the documents in which a word occurs, in any part and form."""
        return self.segment.documents_with(keys(word, self.expand)) & within

    def _keys(self, word: Word) -> Iterator[str]:
        """Yield the index keys of a word, and check for an interruption now and then."""
        return checked(keys(word, self.expand), _KEYS)

    def _with_all_words(self, nodes: Iterable[Node], within: Bits) -> Bits:
        """Return the documents with all words of a phrase anywhere; the rarest word runs first."""
        for node in sorted(nodes, key=self._frequency):
            within = self._with_words_of(node, within)
            if not within:
                break
        return within

    def _frequency(self, node: Node) -> int:
        """Return the number of documents with a word; for other nodes, that of all documents."""
        if isinstance(node, Word) and not term_expansion.expands(node):
            return self.segment.postings(term_expansion.key(node)).size
        return self.segment.columns.documents

    def _with_words_of(self, node: Node, within: Bits) -> Bits:
        match node:
            case Word():
                return self._with_word(node, within)
            case Or(children=nodes) | Concept(names=nodes):
                docs = 0
                for child in nodes:
                    docs |= self._with_words_of(child, within)
                return docs
            case Phrase() | Near() | And():
                return self._with_all_words(node.children, within)
        return self.docs(node, within)

    def _at_places(self, node: Node, candidates: Bits) -> Bits:
        """Return the candidates in which the words of a node are at the right places."""
        if (
            isinstance(node, Phrase | Near)
            and self._are_many(candidates.bit_count())
            and (places := choices(node, self._lists))
        ):
            from index.engine import phrase_arrays  # with numpy

            count = self.segment.columns.documents
            return phrase_arrays.documents(node, places, candidates, count)
        document = SegmentDocument(self.segment, self.expand)
        ordered = checked(bit_sets.documents(candidates), 1)
        return bit_sets.of_documents(
            [doc for doc in ordered if spans.evaluate(node, document.at(doc))]
        )

    def _are_many(self, candidates: int) -> bool:
        """Tell whether there are enough candidates for `phrase_arrays`.

        The archive is assumed to have as many candidates per article as this segment.
        """
        in_archive = candidates * self.articles / self.segment.columns.documents
        return candidates > _FEW and (in_archive > _MANY or "numpy" in sys.modules)

    def _lists(self, word: Word) -> Iterator[Postings]:
        return map(self.segment.postings, self._keys(word))

    def _and(self, node: And, within: Bits) -> Bits:
        """Return the documents that satisfy all children; the cheap ones run first.

        Places are read last: filters leave fewer documents to read them for.
        """
        steps: list[tuple[int, int, Callable[[Node, Bits], Bits], Node]] = [
            (_cost(child), self._frequency(child), self.docs, child) for child in node.children
        ]
        for child in node.children:
            if isinstance(child, Phrase | Near):
                steps.append((_ALL_WORDS_COST, 0, self._with_words_of, child))
        for _, _, method, child in sorted(steps, key=itemgetter(0, 1)):
            within = method(child, within)
            if not within:
                break
        return within

    def _at_least(self, node: AtLeast, within: Bits) -> Bits:
        at_least = [within] + [0] * node.count  # documents with at least 0, 1, 2 children so far
        for child in node.children:
            docs = self.docs(child, within)
            for number in range(node.count, 0, -1):
                at_least[number] |= at_least[number - 1] & docs
        return at_least[node.count]

    def _score(self, node: Score, within: Bits) -> Bits:
        clauses = [(weight, self.docs(child, within)) for weight, child in node.weighted]
        candidates = within if node.threshold <= 0 else 0
        for _, docs in clauses:
            candidates |= docs
        doc_sets = [(weight, frozenset(bit_sets.documents(docs))) for weight, docs in clauses]
        return bit_sets.of_documents(
            [
                doc
                for doc in bit_sets.documents(candidates)
                if math.fsum(weight for weight, docs in doc_sets if doc in docs) >= node.threshold
            ]
        )

    def _facet(self, facet: Facet, within: Bits) -> Bits:
        return self.segment.passing(self.resolve(facet), within)


def keys(word: Word, expand: Expand) -> Sequence[str]:
    """Return the index keys of a word; an article with the word has any of them."""
    return expand(word) if term_expansion.is_open(word) else [term_expansion.key(word)]


_METHODS: dict[type[Node], Callable[[QueryExecutor, Any, Bits], Bits]] = {
    Word: QueryExecutor._word,
    Phrase: QueryExecutor._phrase_or_near,
    Near: QueryExecutor._phrase_or_near,
    And: QueryExecutor._and,
    Or: QueryExecutor._or,
    AtLeast: QueryExecutor._at_least,
    Not: QueryExecutor._not,
    Score: QueryExecutor._score,
    Facet: QueryExecutor._facet,
    Concept: QueryExecutor._concept,
}


_ALL_WORDS_COST = 1
"""Cost of finding the documents with all words of a phrase anywhere."""


def _cost(node: Node) -> int:
    """Return the cost of a node: words and filters are cheap, positions and negations dear."""
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


# --- phrases in many documents -----------------------------------------------------------


def choices(
    node: Phrase | Near, lists_of: Callable[[Word], Iterable[Postings]]
) -> list[Choice] | None:
    """Return the alternatives for each place; None unless they are rows of words in one part.

    Args:
        node: A phrase, or words near each other.
        lists_of: Returns the posting lists of the index keys of a word. Rows with a word with
            none are left out.
    """
    if isinstance(node, Near) and len(node.children) > 2:
        return None
    rows = list(map(_rows, node.children))
    words = {word for choice in rows for row in choice for word in row}
    if not all(rows) or len({word.part for word in words}) > 1:
        return None
    if any(map(term_expansion.is_plain_exact, words)):
        return None
    links = {
        word: ([postings for postings in lists_of(word) if postings.size], word.part)
        for word in words
    }
    return [
        [[links[word] for word in row] for row in choice if all(links[word][0] for word in row)]
        for choice in rows
    ]


def _rows(node: Node) -> list[Sequence[Word]]:
    """Return the alternative rows of words of a node; none for other nodes."""
    match node:
        case Word():
            return [[node]]
        case Phrase():
            words = [child for child in node.children if isinstance(child, Word)]
            return [words] if len(words) == len(node.children) else []
        case Or():
            rows = list(map(_rows, node.children))
            return [row for alternatives in rows for row in alternatives] if all(rows) else []
    return []


# --- one document after the other --------------------------------------------------------

_BLOCK = 13
"""Documents whose keys are listed at once, as a power of two."""
_FEW_KEYS = 16
"""Number of keys of a word up to which each key is looked up in each document."""


class SegmentDocument:
    """A `spans.Document`: the document of a segment to which `at` has moved.

    A wildcard may mean 50,000 keys, of which a document has thirty. So the keys of each document
    are listed for a block of documents.
    """

    def __init__(self, segment: Segment, expand: Callable[[Word], Sequence[str]]) -> None:
        self._segment = segment
        self._expand = expand
        self._doc = 0
        self._block = -1
        self._present: dict[Word, dict[int, list[str]]] = {}

    def at(self, doc: int) -> SegmentDocument:
        """Move to another document; quick in the order of their numbers."""
        self._doc = doc
        if doc >> _BLOCK != self._block:
            self._block = doc >> _BLOCK
            self._present.clear()
        return self

    def positions(self, key: str) -> spans.Codes:
        return self._segment.postings(key).at(self._doc)

    def expand(self, word: Word) -> Sequence[str]:
        keys = self._expand(word)
        if len(keys) <= _FEW_KEYS:
            return keys
        if word not in self._present:
            self._present[word] = self._by_document(keys)
        return self._present[word].get(self._doc, ())

    def _by_document(self, keys: Sequence[str]) -> dict[int, list[str]]:
        """Return the keys that each document of the current block has."""
        block = bit_sets.between(self._block << _BLOCK, (self._block + 1) << _BLOCK)
        present: dict[int, list[str]] = {}
        for key in checked(keys, _KEYS):
            for doc in bit_sets.documents(self._segment.postings(key).bits & block):
                present.setdefault(doc, []).append(key)
        return present

    def admits(self, facet: Facet) -> bool:
        """Refuse a filter: there is none inside a phrase or a distance.

        Raises:
            TypeError: Always.
        """
        raise TypeError(facet)
