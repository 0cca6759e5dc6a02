"""Runs a query in one segment: set algebra on posting lists, places where needed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec import Struct

from index.archive import ResolveFacet
from index.engine import bit_sets
from index.engine.bit_sets import Bits
from index.engine.postings_file import Postings
from index.engine.segment import Segment
from index.engine.segment_document import SegmentDocument
from index.evaluation import spans, term_expansion
from index.interruption import check, checked
from index.query.ast import And, AtLeast, Facet, Near, Node, Not, Or, Phrase, Score, Word

Expand = Callable[[Word], Sequence[str]]
"""Returns the index keys that a word means (see `term_expansion.expansion`)."""
_KEYS = 1_000
"""Keys whose lists are read between two questions whether to go on."""
_FEW = 12
"""Documents that are looked at one after the other, by `spans`, for a phrase or a NEAR. More are
looked at together, by `phrase_arrays`, in a fifth of a millisecond."""
_WORTH_NUMPY = 5_000
"""Documents that a process looks at in turn before it imports numpy, which takes as long."""


class _Arrays:
    """Decides when `phrase_arrays` is faster; it needs numpy, which a command does not import."""

    def __init__(self) -> None:
        self._looked_at = 0

    def are_worth(self, documents: int) -> bool:
        """Tell whether so many documents are worth to be looked at together."""
        if documents <= _FEW:
            return False
        self._looked_at += documents
        return "numpy" in sys.modules or self._looked_at > _WORTH_NUMPY


_arrays = _Arrays()


class Link(NamedTuple):
    """A word of a phrase."""

    lists: Sequence[Postings]
    """The posting lists of its index keys; none is empty."""
    part: str
    """The part that it must be in, if any."""


Choice = Sequence[Sequence[Link]]
"""What may stand at one place of a phrase: rows of words, as `cyberattaque` or `cyber attaque`."""


class QueryExecutor(Struct, frozen=True):
    """Runs the nodes of one query in one segment; each method returns a set of documents."""

    segment: Segment
    expand: Expand
    resolve: ResolveFacet

    def docs(self, node: Node, within: Bits) -> Bits:
        """Return the documents that satisfy a node.

        Args:
            node: A node of the query.
            within: The documents to look in.

        Raises:
            SearchInterrupted: Nobody waits for the result.
        """
        check()
        return _METHODS[type(node)](self, node, within)

    def _phrase_or_near(self, node: Phrase | Near, within: Bits) -> Bits:
        return self._at_places(node, self._with_all_words(node.children, within))

    def _or(self, node: Or, within: Bits) -> Bits:
        found = 0
        for child in node.children:
            found |= self.docs(child, within)
        return found

    def _not(self, node: Not, within: Bits) -> Bits:
        return within & ~self.docs(node.child, within)

    def _word(self, word: Word, within: Bits) -> Bits:
        if term_expansion.is_plain_exact(word):
            return self._at_places(word, self._with_word(word, within))
        if word.part in ("", "author"):
            return self._with_word(word, within)
        docs = 0
        for postings in map(self.segment.postings, self._keys(word)):
            docs |= postings.documents_with_part(word.part)
        return docs & within

    def _with_word(self, word: Word, within: Bits) -> Bits:
        """Return the documents in which a word occurs, in whatever part and form."""
        return self.segment.documents_with(keys(word, self.expand)) & within

    def _keys(self, word: Word) -> Iterator[str]:
        """Yield the index keys of a word; ask now and then whether to go on."""
        return checked(keys(word, self.expand), _KEYS)

    def _with_all_words(self, nodes: Iterable[Node], within: Bits) -> Bits:
        """Return the documents that have all words of a phrase anywhere, the rarest word first."""
        for node in sorted(nodes, key=self._frequency):
            within = self._with_words_of(node, within)
            if not within:
                break
        return within

    def _frequency(self, node: Node) -> int:
        """Return in how many documents a word occurs; all, for what is no single word."""
        if isinstance(node, Word) and not term_expansion.expands(node):
            return self.segment.postings(term_expansion.key(node)).size
        return self.segment.columns.documents

    def _with_words_of(self, node: Node, within: Bits) -> Bits:
        match node:
            case Word():
                return self._with_word(node, within)
            case Or():
                docs = 0
                for child in node.children:
                    docs |= self._with_words_of(child, within)
                return docs
            case Phrase() | Near() | And():
                return self._with_all_words(node.children, within)
        return self.docs(node, within)

    def _at_places(self, node: Node, candidates: Bits) -> Bits:
        """Return those documents in which the words of a node are at the right places."""
        if (
            isinstance(node, Phrase | Near)
            and _arrays.are_worth(candidates.bit_count())
            and (choices := self._choices(node))
        ):
            from index.engine import phrase_arrays

            count = self.segment.columns.documents
            return phrase_arrays.documents(node, choices, candidates, count)
        document = SegmentDocument(self.segment, self.expand)
        ordered = checked(bit_sets.documents(candidates), 1)
        return bit_sets.of_documents(
            [doc for doc in ordered if spans.evaluate(node, document.at(doc))]
        )

    def _choices(self, node: Phrase | Near) -> list[Choice]:
        """Return what `phrase_arrays` can compare: words and rows of words, in one part; or none.

        Each is in the segment, since there are candidates, or is left out.
        """
        if isinstance(node, Near) and len(node.children) > 2:
            return []
        rows = list(map(_rows, node.children))
        words = [word for choice in rows for row in choice for word in row]
        if not all(rows) or len({word.part for word in words}) > 1:
            return []
        if any(map(term_expansion.is_plain_exact, words)):
            return []
        links = {word: self._link(word) for word in words}
        if any(map(_is_cut_off, links.values())):
            return []
        found = [[[links[word] for word in row] for row in choice] for choice in rows]
        return [[row for row in choice if all(link.lists for link in row)] for choice in found]

    def _link(self, word: Word) -> Link:
        lists = map(self.segment.postings, self._keys(word))
        return Link([postings for postings in lists if postings.size], word.part)

    def _and(self, node: And, within: Bits) -> Bits:
        """Return the documents that satisfy all children; the cheap ones run first.

        Places are read last: filters leave fewer documents to read them for.
        """
        asked: list[tuple[int, int, Callable[[Node, Bits], Bits], Node]] = [
            (_cost(child), self._frequency(child), self.docs, child) for child in node.children
        ]
        for child in node.children:
            if isinstance(child, Phrase | Near):
                asked.append((_PRESENT, 0, self._with_words_of, child))
        for _, _, ask, child in sorted(asked, key=itemgetter(0, 1)):
            within = ask(child, within)
            if not within:
                break
        return within

    def _at_least(self, node: AtLeast, within: Bits) -> Bits:
        with_so_many = [within] + [0] * node.count  # at least 0, 1, 2 of the children so far
        for child in node.children:
            docs = self.docs(child, within)
            for number in range(node.count, 0, -1):
                with_so_many[number] |= with_so_many[number - 1] & docs
        return with_so_many[node.count]

    def _score(self, node: Score, within: Bits) -> Bits:
        clauses = [(weight, self.docs(child, within)) for weight, child in node.weighted]
        met = within if node.threshold <= 0 else 0
        for _, docs in clauses:
            met |= docs
        listed = [(weight, frozenset(bit_sets.documents(docs))) for weight, docs in clauses]
        return bit_sets.of_documents(
            [
                doc
                for doc in bit_sets.documents(met)
                if math.fsum(weight for weight, docs in listed if doc in docs) >= node.threshold
            ]
        )

    def _facet(self, facet: Facet, within: Bits) -> Bits:
        return self.segment.passing(self.resolve(facet), within)


def _rows(node: Node) -> list[Sequence[Word]]:
    """Return the rows of words of which a node means any; none for other nodes."""
    match node:
        case Word():
            return [[node]]
        case Phrase():
            words = [child for child in node.children if isinstance(child, Word)]
            return [words] if len(words) == len(node.children) else []
        case Or():
            rows = list(map(_rows, node.children))
            return [row for several in rows for row in several] if all(rows) else []
    return []


def _is_cut_off(link: Link) -> bool:
    """Tell whether a word may stand more often in a document than `spans` looks at."""
    counts = [postings.counts for postings in link.lists if postings.counts]
    if sum(256**some.itemsize for some in counts) <= spans.MAX_PLACES:
        return False  # without reading them
    return sum(map(max, counts)) > spans.MAX_PLACES


def keys(word: Word, expand: Expand) -> Sequence[str]:
    """Return the index keys of a word: an article with the word has one of them."""
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
