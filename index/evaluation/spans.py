"""Evaluates queries: one evaluator for an article in memory and for the archive.

A back end is a `Document`: it returns the codes of an index key. `MemoryDocument` is the back end
of one article. Positions count words: each word of a compound counts, an elided l’ does not.

Distances
    The words of a phrase are consecutive. `NEAR/n`, `W/n` and `"..."~n` require fewer than n
    other words, in all, between the first and the last operand: neighbours are NEAR/1. Operands
    share no word; an operand may stand inside another operand that is itself a NEAR. In `W/n`
    the left operand also ends before the right one starts. Operands in different parts of an
    article are never near. Highlighted are the operands within each stretch of text, which
    extends from the first to the last of operands that are near each other.

Bounds
    Phrases and distances use the first `MAX_PLACES` places of a word in an article, and the first
    `MAX_COMBINATIONS` combinations of several words.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from index.analysis.term_positions import PART_WIDTH, DocumentTerms, part_range, postings
from index.evaluation import proximity
from index.evaluation.proximity import MAX_COMBINATIONS, MAX_PLACES, MAX_STRETCHES, Extent, Span
from index.evaluation.term_expansion import expansion, is_open, is_plain_exact, key
from index.interruption import check
from index.query.ast import (
    And,
    AtLeast,
    Concept,
    Facet,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Score,
    Word,
    name_label,
    walk,
)
from monitor.base.article import Article

Codes = Sequence[int]


class Document(Protocol):
    """An article, as the evaluator reads it from a back end."""

    def positions(self, key: str) -> Codes:
        """Return the ascending codes of an index key; empty if the article does not have it."""

    def expand(self, word: Word) -> Iterable[str]:
        """Return the keys that a word means, at least all that the article has."""

    def admits(self, facet: Facet) -> bool:
        """Tell whether the article passes a filter."""


class SpanMatch(NamedTuple):
    """A clause that holds, and all its places; a filter has none."""

    clause: Node
    places: tuple[Extent, ...]
    concept: str = ""
    """The concept of which the clause is a name."""
    ambiguous: bool = False
    """Whether the concept has words that tell it from others, and none of them is near."""

    @property
    def term(self) -> str:
        """What was written for the clause; of a name also its concept: `Taobao (Alibaba)`."""
        return name_label(self.clause.text, self.concept) if self.concept else self.clause.text


def codes(word: Word, document: Document) -> Codes:
    """Return the codes of a word in a document."""
    if word.mode is Mode.FOLDED and not word.part:
        return document.positions(word.term)  # most words
    if is_open(word):
        rows = [document.positions(form) for form in document.expand(word)]
        places = rows[0] if len(rows) == 1 else sorted({code for row in rows for code in row})
    else:
        places = document.positions(key(word))
        if places and is_plain_exact(word):
            variants = {code for form in document.expand(word) for code in document.positions(form)}
            places = [code for code in places if code not in variants]
    if not word.part or not places:
        return places
    first, end = part_range(word.part)
    return places[bisect_left(places, first) : bisect_left(places, end)]


# --- places ------------------------------------------------------------------------


# A tuple made once: `Word | Phrase` is made anew each time, which takes longer than the test.
_WITH_PLACES = (Word, Phrase, Near, Concept)


def extents(node: Node, document: Document) -> Sequence[Extent]:
    """Return the first and last position of every place of a word, a phrase or an OR, in order.

    The places of a NEAR are its stretches: of those with the same end, the longest.
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


def _concept_extents(node: Concept, document: Document) -> Sequence[Extent]:
    rows = (_own_places(node, extents(name, document), document) for name in node.names)
    return sorted({place for places in rows for place in places})


def _own_places(node: Concept, places: Sequence[Extent], document: Document) -> Sequence[Extent]:
    """Return those of the places of a name that share no word with what its concept excludes."""
    if not places:
        return ()
    cancels = [place for term in node.excluded for place in extents(term, document)]
    if not cancels:
        return places
    return [
        (first, last)
        for first, last in places
        if not any(start <= last and first <= end for start, end in cancels)
    ]


def _phrase_extents(node: Phrase, document: Document) -> Sequence[Extent]:
    choices = []
    for child in node.children:
        places = _EXTENTS[type(child)](child, document)
        if not places:
            return ()
        choices.append(places)
    return proximity.in_a_row(choices)


def _stretches(node: Near, document: Document, limit: int = MAX_STRETCHES) -> Sequence[Extent]:
    """Return stretches in which the operands of a NEAR are near each other, at most `limit`."""
    check()
    if len(node.children) > 2 or any(map(_has_near, node.children)):
        spans = _combined(node, document, MAX_COMBINATIONS if limit > 1 else 1)
        return proximity.longest((start, end) for start, end, _ in spans)
    first, second = node.children
    left = extents(first, document)
    right = extents(second, document) if left else ()
    if not right:
        return ()
    return proximity.pair(left, right, node.distance, ordered=node.ordered, limit=limit)


_EXTENTS: dict[type[Node], Callable[[Any, Document], Sequence[Extent]]] = {
    Word: _word_extents,
    Phrase: _phrase_extents,
    Near: _stretches,
    Or: _any_extents,
    Concept: _concept_extents,
}


def _has_near(node: Node) -> bool:
    return isinstance(node, Near) or (isinstance(node, Or) and any(map(_has_near, node.children)))


def _combined(node: Node, document: Document, limit: int = MAX_COMBINATIONS) -> Sequence[Span]:
    """Return combinations of the words of a node; for a NEAR at most `limit`."""
    if isinstance(node, Or):
        spans = {span for child in node.children for span in _combined(child, document)}
        return sorted(spans, key=itemgetter(0, 1))
    if not isinstance(node, Near):
        return [
            (start, end, frozenset((start,) if start == end else range(start, end + 1)))
            for start, end in extents(node, document)
        ]
    choices = []
    for child in node.children:
        spans_of_child = _combined(child, document)
        if not spans_of_child:
            return ()
        choices.append(spans_of_child)
    return proximity.combinations(choices, node.distance, ordered=node.ordered, limit=limit)


def _near_highlights(node: Near, document: Document) -> Collection[Extent]:
    """Return the words to highlight of a NEAR."""
    stretches = _stretches(node, document)
    return proximity.inside(_leaves(node, document), stretches) if stretches else ()


def _leaves(node: Node, document: Document) -> Iterator[Sequence[Extent]]:
    """Yield the places of each word and phrase below a NEAR."""
    if isinstance(node, Near | Or):
        for child in node.children:
            yield from _leaves(child, document)
    else:
        yield extents(node, document)


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
    Concept: lambda node, document: bool(_concept_extents(node, document)),
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

    Clauses below a NOT, and clauses with a negative weight, are left out.
    """
    return _MATCHES[type(node)](node, document)


def _placed_matches(
    find_places: Callable[[Any, Document], Collection[Extent]], node: Node, document: Document
) -> list[SpanMatch]:
    places = find_places(node, document)
    return [SpanMatch(node, _outermost(places))] if places else []


def _all_of(reasons: Iterable[Node], document: Document) -> list[SpanMatch]:
    matched: list[SpanMatch] = []
    for child in reasons:
        if child_matches := _MATCHES[type(child)](child, document):
            matched += child_matches
    return matched


def _all_matches(node: And, document: Document) -> list[SpanMatch]:
    matched: list[SpanMatch] = []
    for child in node.children:
        child_matches = matches(child, document)
        if not child_matches and (isinstance(child, _WITH_PLACES) or not evaluate(child, document)):
            return []
        matched += child_matches
    return matched


def _concept_matches(node: Concept, document: Document) -> list[SpanMatch]:
    found = ((name, extents(name, document)) for name in node.names)
    return [m for name, places in found for m in name_matches(node, name, places, document, True)]


def name_matches(
    node: Concept, name: Node, places: Sequence[Extent], document: Document, may_cancel: bool
) -> list[SpanMatch]:
    """Return the places of a name that are of its concept, apart those that are ambiguous.

    `may_cancel` tells whether the article has the words of something that the concept excludes.
    """
    own = _outermost(_own_places(node, places, document) if may_cancel else places)
    if not own:
        return []
    if isinstance(name, Concept):
        return list(_names_at(name, document, own))
    if not node.nearby:
        return [SpanMatch(name, own, node.name)]
    signs = [place for term in node.nearby for place in extents(term, document)]
    sure = tuple(place for place in own if _is_near(place, signs))
    unsure = tuple(place for place in own if place not in sure)
    parts = SpanMatch(name, sure, node.name), SpanMatch(name, unsure, node.name, ambiguous=True)
    return [match for match in parts if match.places]


def _names_at(node: Concept, document: Document, places: Collection[Extent]) -> Iterator[SpanMatch]:
    """Yield the names of a concept at some places."""
    for match in _concept_matches(node, document):
        if kept := tuple(place for place in match.places if place in places):
            yield match._replace(places=kept)


def _near_matches(node: Near, document: Document) -> list[SpanMatch]:
    """Return the words of a NEAR, those of a concept as its names."""
    places = _near_highlights(node, document)
    concepts = [inner for inner in walk(node) if isinstance(inner, Concept)] if places else ()
    names = [match for concept in concepts for match in _names_at(concept, document, places)]
    return [*names, *_placed_matches(lambda *_: places, node, document)]


NEARBY = 50
"""Words between an occurrence and a word that tells what it means, at most."""


def _is_near(place: Extent, others: Iterable[Extent]) -> bool:
    """Tell whether another place is near: the title, which says what all is about, always is."""
    return any(
        min(place[0], start) < PART_WIDTH
        or (start - place[1] <= NEARBY and place[0] - end <= NEARBY)
        for start, end in others
    )


def _enough_matches(node: AtLeast, document: Document) -> list[SpanMatch]:
    return _all_of(node.children, document) if evaluate(node, document) else []


def _score_matches(node: Score, document: Document) -> list[SpanMatch]:
    if not evaluate(node, document):
        return []
    return _all_of([child for weight, child in node.weighted if weight > 0], document)


_MATCHES: dict[type[Node], Callable[[Any, Document], list[SpanMatch]]] = {
    Word: partial(_placed_matches, _word_extents),
    Phrase: partial(_placed_matches, _phrase_extents),
    Near: _near_matches,
    Concept: _concept_matches,
    And: _all_matches,
    Or: lambda node, document: _all_of(node.children, document),
    AtLeast: _enough_matches,
    Not: lambda *_: [],
    Score: _score_matches,
    Facet: lambda node, document: [SpanMatch(node, ())] if document.admits(node) else [],
}


def _outermost(extents: Collection[Extent]) -> tuple[Extent, ...]:
    """Return extents in order, without those inside another extent: `cyber` of cyber-attaque."""
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

    def _with_prefix(self, prefix: str) -> Iterable[str]:
        return (key for key in self.words if key.startswith(prefix))

    def expand(self, word: Word) -> Sequence[str]:
        """Return the keys of the article that a word means."""
        if word not in self._expansions:
            self._expansions[word] = expansion(word, self.words.__contains__, self._with_prefix)
        return self._expansions[word]


class Occurrence(NamedTuple):
    """A place at which a clause matches: highlight `article.part(part)[start:end]`."""

    part: str
    start: int
    end: int
    clause: Node


def occurrences(clauses: Sequence[SpanMatch], terms: DocumentTerms) -> list[Occurrence]:
    """Return the places of clauses as offsets, each once, in the order of the text."""
    return [Occurrence(*terms.place(*at), match.clause) for at, match in in_order(clauses)]


def in_order(matched: Sequence[SpanMatch]) -> list[tuple[Extent, SpanMatch]]:
    """Return the places of clauses, each once, with the match of the first clause there."""
    if len(matched) == 1:
        return [(extent, matched[0]) for extent in matched[0].places]
    matches_at: dict[Extent, SpanMatch] = {}
    for match in matched:
        for extent in match.places:
            matches_at.setdefault(extent, match)
    # Of a concept, the longer name counts: not Martin where Jean Martin is.
    longest_names = {
        concept: set(
            _outermost([at for at, match in matches_at.items() if match.concept == concept])
        )
        for concept in {match.concept for match in matched if match.concept}
    }
    return [
        (at, match)
        for at, match in sorted(matches_at.items(), key=itemgetter(0))
        if not match.concept or at in longest_names[match.concept]
    ]
