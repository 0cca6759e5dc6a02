"""Where a query holds: one evaluator, for one article in memory and for the archive.

A back end is a `Document`: it returns the codes of an index key. `MemoryDocument` is the one for a
single article. Positions count words: each word of a compound counts, an elided l’ does not.

Distances
    A phrase has its words one right after the other. `NEAR/n`, `W/n` and `"..."~n` want
    fewer than n other words between the first and the last operand, in all: neighbours
    are NEAR/1. Operands share no word; one may stand inside another that is itself a
    NEAR. `W/n` also wants the left one to end before the right one starts. Nothing is
    near across the parts of an article. Highlighted are the operands within a stretch of text
    from the first to the last of some that are near each other.

Bounds
    `proximity` finds these stretches without trying all combinations. Of a word that stands more
    than `MAX_PLACES` times in an article, the first places count for phrases and distances.
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from index.analysis.term_positions import DocumentTerms, part_range, postings
from index.evaluation import proximity
from index.evaluation.phrases import in_a_row
from index.evaluation.proximity import MAX_STRETCHES, Extent, Span
from index.evaluation.term_expansion import expansion, is_open, is_plain_exact, key
from index.interruption import check
from index.query.ast import (
    And,
    AtLeast,
    Facet,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Score,
    Word,
    children,
    walk,
)
from monitor.base.article import Article

MAX_PLACES = 10_000
"""Places of a word in one article that are looked at for phrases and distances. The most frequent
word of a text of a million characters stands there about so often."""

_FIRST_PLACES = 250
"""Places of each word that are looked at first in a NEAR of NEARs."""
_FEW = 8
"""Combinations that are tried one by one sooner than anything is prepared."""
_LONG = 9
"""Words of a phrase from which some are likely to come twice."""

Codes = Sequence[int]


class Document(Protocol):
    """An article as a back end sees it."""

    def positions(self, key: str) -> Codes:
        """Return the ascending codes of a key of `postings`; empty without any."""

    def expand(self, word: Word) -> Iterable[str]:
        """Return the keys that a word means, at least those in the article."""

    def admits(self, facet: Facet) -> bool:
        """Tell whether the article passes a filter."""


class SpanMatch(NamedTuple):
    """A clause that holds, with every place where it does; a filter has no place."""

    clause: Node
    places: tuple[Extent, ...]


def codes(word: Word, document: Document) -> Codes:
    """Return the codes of a word in a document."""
    if word.mode is Mode.FOLDED and not word.part:
        return document.positions(word.term)  # most words
    if is_open(word):
        every = [document.positions(form) for form in document.expand(word)]
        places = every[0] if len(every) == 1 else sorted({code for some in every for code in some})
    else:
        places = document.positions(key(word))
        if places and is_plain_exact(word):
            others = {code for form in document.expand(word) for code in document.positions(form)}
            places = [code for code in places if code not in others]
    if not word.part or not places:
        return places
    first, end = part_range(word.part)
    return places[bisect_left(places, first) : bisect_left(places, end)]


# --- places ------------------------------------------------------------------------


# A tuple made once: `Word | Phrase` is made anew each time, which takes longer than the test.
_PLACED = (Word, Phrase, Near)


def extents(node: Node, document: Document) -> Sequence[Extent]:
    """Return first and last position of every place of a word, a phrase or an OR, in order.

    Of a NEAR they are its stretches: of those with one end, the longest.
    """
    return _EXTENTS[type(node)](node, document)


def _word_extents(word: Word, document: Document) -> Sequence[Extent]:
    places = codes(word, document)
    if not places:
        return ()
    if len(places) > MAX_PLACES:
        places = places[:MAX_PLACES]
    return [(code >> 2, (code >> 2) + (code & 3)) for code in places]


def _any_extents(node: Or, document: Document) -> Sequence[Extent]:
    return sorted({place for child in node.children for place in extents(child, document)})


def _phrase_extents(node: Phrase, document: Document) -> Sequence[Extent]:
    choices: list[Sequence[Extent]] = []
    for number, child in enumerate(node.children):
        places: Sequence[Extent]
        if len(node.children) > _LONG and child in node.children[:number]:
            places = choices[node.children.index(child)]
        else:
            places = _EXTENTS[type(child)](child, document)
        if not places:
            return ()
        choices.append(places)
    return in_a_row(choices)


def _stretches(node: Near, document: Document, most: int = MAX_STRETCHES) -> Sequence[Extent]:
    """Return stretches in which the operands of a NEAR are near each other, at most so many."""
    check()
    if any(map(_has_near, node.children)):
        return _nest(node, document).longest
    operands = []
    for child in node.children:
        places = extents(child, document)
        if not places:
            return ()
        operands.append(places)
    return _flat_stretches(node, operands, most)


_EXTENTS: dict[type[Node], Callable[[Any, Document], Sequence[Extent]]] = {
    Word: _word_extents,
    Phrase: _phrase_extents,
    Near: _stretches,
    Or: _any_extents,
}


def _flat_stretches(
    node: Near, operands: Sequence[Sequence[Extent]], most: int
) -> Sequence[Extent]:
    if len(operands) == 2:
        left, right = operands
        return proximity.pair(left, right, node.distance, ordered=node.ordered, most=most)
    if math.prod(map(len, operands)) <= _FEW:
        return proximity.of_few(operands, node.distance)
    return proximity.window(_counted(node, operands), node.distance, most)


def _counted(
    node: Near, operands: Sequence[Sequence[Extent]]
) -> list[tuple[Sequence[Extent], int]]:
    """Return the places of each different operand, and how often it is wanted."""
    counts = Counter(node.children)
    places = dict(zip(node.children, operands, strict=True))
    return [(places[child], count) for child, count in counts.items()]


def _near_lit(node: Near, document: Document) -> Collection[Extent]:
    """Return the words to highlight of a NEAR."""
    check()
    if any(map(_has_near, node.children)):
        return _nest(node, document).lit()
    operands = [extents(child, document) for child in node.children]
    if not all(operands):
        return ()
    return proximity.inside(operands, _flat_stretches(node, operands, MAX_STRETCHES))


def _has_near(node: Node) -> bool:
    return isinstance(node, Near) or (isinstance(node, Or) and any(map(_has_near, node.children)))


def _nest(node: Near, document: Document) -> _Nest:
    """Return the first places of each word, if these are enough to find something, or all."""
    nest = _Nest(node, document, _FIRST_PLACES)
    return nest if nest.longest or not nest.is_cut else _Nest(node, document, MAX_PLACES)


class _Nest:
    """A NEAR of NEARs in one article.

    Operands that share no word are told apart by their longest stretches alone, read from the left
    or, for `a W/3 (b NEAR/2 c)`, from the right. Otherwise combinations are tried.
    """

    def __init__(self, root: Near, document: Document, most: int) -> None:
        self._root = root
        self._document = document
        self._most = most
        self.is_cut = False
        """Whether a word has more places than are looked at."""
        self._places: dict[Node, Sequence[Extent]] = {}
        self._found: dict[Node, list[Extent]] = {}
        self._is_mirrored = False

    @functools.cached_property
    def longest(self) -> Sequence[Extent]:
        """The stretches of the outermost NEAR."""
        if not self._is_plain():
            share = sum(isinstance(each, Near) for each in walk(self._root))
            spans = self._combined(self._root, share)
            return proximity.longest((span.start, span.end) for span in spans)
        stretches = self._stretches(self._root)
        return proximity.mirrored(stretches) if self._is_mirrored else stretches

    def lit(self) -> Collection[Extent]:
        """Return the words to highlight of the outermost NEAR."""
        stretches = self.longest
        return proximity.inside(self._places.values(), stretches)

    def _is_plain(self) -> bool:
        if _reads_one_way(self._root, 1):
            return self._covered(self._root) is not None
        self._is_mirrored = True
        return _reads_one_way(self._root, 0) and self._covered(self._root) is not None

    def _extents(self, node: Node) -> Sequence[Extent]:
        """Return the places of a word or a phrase."""
        if node not in self._places:
            places = extents(node, self._document)
            self.is_cut |= len(places) > self._most
            self._places[node] = places[: self._most]
        return self._places[node]

    def _covered(self, node: Node) -> set[int] | None:
        """Return the positions of all words, or None where operands share one of them."""
        if not _has_near(node) and not isinstance(node, Or):
            return proximity.covered(self._extents(node))
        every: set[int] = set()
        taken = 0
        for child in children(node):
            own = self._covered(child)
            if own is None:
                return None
            every |= own
            taken += len(own)
        if isinstance(node, Near) and taken > len(every):
            return None
        if len(children(node)) > 2 and isinstance(node, Near):
            operands = [self._operand(child) for child in node.children]
            if not proximity.is_even(_counted(node, operands)):
                return None
        return every

    def _operand(self, node: Node) -> Sequence[Extent]:
        """Return the places of an operand without a NEAR in it."""
        if isinstance(node, Or):
            return sorted({place for child in node.children for place in self._operand(child)})
        return self._extents(node)

    def _stretches(self, node: Node) -> list[Extent]:
        """Return the longest stretches of a node, mirrored if the nest is."""
        if node not in self._found:
            self._found[node] = self._find(node)
        return self._found[node]

    def _find(self, node: Node) -> list[Extent]:
        if isinstance(node, Or):
            return sorted(
                {stretch for child in node.children for stretch in self._stretches(child)}
            )
        if not isinstance(node, Near):
            places = self._extents(node)
            return proximity.mirrored(places) if self._is_mirrored else list(places)
        operands = [self._stretches(child) for child in node.children]
        if not all(operands):
            return []
        if len(operands) > 2:
            return list(proximity.window(_counted(node, operands), node.distance, MAX_PLACES))
        if not node.ordered:
            left, right = operands
            return proximity.overlapping(left, right, node.distance)
        left, right = reversed(operands) if self._is_mirrored else operands
        return proximity.longest(proximity.ending(right, left, node.distance))

    def _combined(self, node: Node, share: int) -> Sequence[Span]:
        if isinstance(node, Near):
            choices = [self._combined(child, share) for child in node.children]
            if not all(choices):
                return ()
            attempts = proximity.Attempts(proximity.MAX_COMBINATIONS // share)
            return proximity.combinations(choices, node.distance, attempts, ordered=node.ordered)
        if isinstance(node, Or):
            choices = [self._combined(child, share) for child in node.children]
            return sorted({span for some in choices for span in some})
        places = self._extents(node)[: proximity.MAX_COMBINATIONS]
        return [Span(*place, (place,)) for place in places]


def _reads_one_way(node: Node, side: int) -> bool:
    """Tell whether every W in a tree has an operand without NEAR at one side."""
    if not isinstance(node, Near | Or):
        return True
    if isinstance(node, Near) and node.ordered and _has_near(node.children[side]):
        return False
    return all(_reads_one_way(child, side) for child in node.children)


# --- the whole tree ----------------------------------------------------------------


def evaluate(node: Node, document: Document) -> bool:
    """Tell whether a document satisfies a tree."""
    return _HOLDS[type(node)](node, document)


def _all(node: And, document: Document) -> bool:
    return all(_HOLDS[type(child)](child, document) for child in node.children)


def _any(node: Or, document: Document) -> bool:
    return any(_HOLDS[type(child)](child, document) for child in node.children)


def _enough(node: AtLeast, document: Document) -> bool:
    return sum(evaluate(child, document) for child in node.children) >= node.count


_HOLDS: dict[type[Node], Callable[[Any, Document], bool]] = {
    Word: lambda node, document: bool(codes(node, document)),
    Phrase: lambda node, document: bool(_phrase_extents(node, document)),
    Near: lambda node, document: bool(_stretches(node, document, 1)),
    And: _all,
    Or: _any,
    AtLeast: _enough,
    Not: lambda node, document: not evaluate(node.child, document),
    Score: lambda node, document: weight(node, document) >= node.threshold,
    Facet: lambda node, document: document.admits(node),
}


def weight(node: Score, document: Document) -> float:
    """Add up the weights of the clauses that hold."""
    # Exact whatever the order: 0.1 + 0.2 + 0.3 is 0.6 or a little more, as one adds.
    return math.fsum(weight for weight, child in node.weighted if evaluate(child, document))


def matches(node: Node, document: Document) -> list[SpanMatch]:
    """Return the clauses that make a document satisfy a tree; empty if it does not.

    What a NOT excludes and what weighs against a score is no reason, and left out.
    """
    return _MATCHES[type(node)](node, document)


def _word_matches(node: Word, document: Document) -> list[SpanMatch]:
    places = _word_extents(node, document)
    return [SpanMatch(node, _outermost(places))] if places else []


def _phrase_matches(node: Phrase, document: Document) -> list[SpanMatch]:
    places = _phrase_extents(node, document)
    return [SpanMatch(node, _outermost(places))] if places else []


def _near_matches(node: Near, document: Document) -> list[SpanMatch]:
    places = _near_lit(node, document)
    return [SpanMatch(node, _outermost(places))] if places else []


def _every(reasons: Iterable[Node], document: Document) -> list[SpanMatch]:
    every: list[SpanMatch] = []
    for child in reasons:
        if matched := _MATCHES[type(child)](child, document):
            every += matched
    return every


def _all_matches(node: And, document: Document) -> list[SpanMatch]:
    every: list[SpanMatch] = []
    for child in node.children:
        matched = matches(child, document)
        if not matched and (isinstance(child, _PLACED) or not evaluate(child, document)):
            return []
        every += matched
    return every


def _enough_matches(node: AtLeast, document: Document) -> list[SpanMatch]:
    return _every(node.children, document) if evaluate(node, document) else []


def _score_matches(node: Score, document: Document) -> list[SpanMatch]:
    if not evaluate(node, document):
        return []
    return _every([child for weight, child in node.weighted if weight > 0], document)


_MATCHES: dict[type[Node], Callable[[Any, Document], list[SpanMatch]]] = {
    Word: _word_matches,
    Phrase: _phrase_matches,
    Near: _near_matches,
    And: _all_matches,
    Or: lambda node, document: _every(node.children, document),
    AtLeast: _enough_matches,
    Not: lambda *_: [],
    Score: _score_matches,
    Facet: lambda node, document: [SpanMatch(node, ())] if document.admits(node) else [],
}


def _outermost(extents: Collection[Extent]) -> tuple[Extent, ...]:
    """Return extents in order, without those that lie inside another: `cyber` of cyber-attaque."""
    if len(extents) == 1:
        return tuple(extents)
    kept: list[Extent] = []
    for start, end in sorted(extents):
        if kept and start == kept[-1][0]:
            kept[-1] = (start, end)  # the shorter one came first
        elif not kept or end > kept[-1][1]:
            kept.append((start, end))
    return tuple(kept)


class MemoryDocument:
    """A `Document` on the words of one article."""

    def __init__(
        self, words: Mapping[str, Codes], admits: Callable[[Facet], bool] = lambda _: True
    ) -> None:
        self.words = words
        self.admits = admits
        self._expansions: dict[Word, list[str]] = {}

    @classmethod
    def of(
        cls, article: Article, admits: Callable[[Facet], bool] = lambda _: True
    ) -> MemoryDocument:
        """Return the document of an article; without `admits`, every filter passes."""
        return cls(postings(article), admits)

    def positions(self, key: str) -> Codes:
        """Return the ascending codes of a key."""
        return self.words.get(key, ())

    def _starting(self, prefix: str) -> Iterable[str]:
        return (key for key in self.words if key.startswith(prefix))

    def expand(self, word: Word) -> Sequence[str]:
        """Return the article's keys that a word means."""
        if word not in self._expansions:
            self._expansions[word] = expansion(word, self.words.__contains__, self._starting)
        return self._expansions[word]


class Occurrence(NamedTuple):
    """Where a clause matches: `article.part(part)[start:end]` is what to highlight."""

    part: str
    start: int
    end: int
    clause: Node


def occurrences(clauses: Sequence[SpanMatch], reading: DocumentTerms) -> list[Occurrence]:
    """Return the places of clauses as offsets, each once, in the order of the text."""
    return [Occurrence(*reading.place(*extent), clause) for extent, clause in in_order(clauses)]


def in_order(matched: Sequence[SpanMatch]) -> list[tuple[Extent, Node]]:
    """Return the places of clauses, each once, with the first clause that holds there."""
    if len(matched) == 1:
        ((clause, places),) = matched
        return [(extent, clause) for extent in places]
    clauses: dict[Extent, Node] = {}
    for clause, places in matched:
        for extent in places:
            clauses.setdefault(extent, clause)
    return [(extent, clauses[extent]) for extent in sorted(clauses)]
