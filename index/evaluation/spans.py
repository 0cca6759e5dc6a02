"""Where a query holds: one evaluator, for one article in memory and for the archive.

A back end is a `Document`: it returns the codes of an index key. `MemoryDocument` is the one for a
single article. Positions count words: each word of a compound counts, an elided l’ does not.

Distances
    A phrase has its words one right after the other. `NEAR/n`, `W/n` and `"..."~n` want
    fewer than n other words between the first and the last operand, in all: neighbours
    are NEAR/1. Operands share no word; one may stand inside another that is itself a
    NEAR. `W/n` also wants the left one to end before the right one starts. Nothing is
    near across the parts of an article.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from index.analysis.term_positions import DocumentTerms, part_range, postings
from index.article import Article
from index.evaluation.term_expansion import expansion, is_open, is_plain_exact, key
from index.query.ast import And, AtLeast, Facet, Mode, Near, Node, Not, Or, Phrase, Score, Word

MAX_SPANS = 5_000
"""Combinations of one NEAR that are looked at in one article."""

_FEW = 16
"""Pairs of places that are compared faster one by one than through a mapping."""

Codes = Sequence[int]
Extent = tuple[int, int]
"""First and last position."""


class Document(Protocol):
    """An article as a back end sees it."""

    def positions(self, key: str) -> Codes:
        """Return the ascending codes of a key of `postings`; empty without any."""

    def expand(self, word: Word) -> Iterable[str]:
        """Return the keys of the vocabulary that `selector(word)` accepts."""

    def admits(self, facet: Facet) -> bool:
        """Tell whether the article passes a filter."""


class Span(NamedTuple):
    """A stretch of words that satisfies a node, and which of them to highlight."""

    start: int
    end: int
    lit: tuple[Extent, ...]


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
        found = every[0] if len(every) == 1 else sorted({code for some in every for code in some})
    else:
        found = document.positions(key(word))
        if found and is_plain_exact(word):
            others = {code for form in document.expand(word) for code in document.positions(form)}
            found = [code for code in found if code not in others]
    if not word.part or not found:
        return found
    first, end = part_range(word.part)
    return found[bisect_left(found, first) : bisect_left(found, end)]


# --- spans -------------------------------------------------------------------------


# Tuples made once: `Word | Phrase` is made anew each time, which takes longer than the test.
_IN_A_ROW = (Word, Phrase)
_PLACED = (Word, Phrase, Near)


def spans(node: Node, document: Document) -> list[Span]:
    """Return every stretch that satisfies a word, phrase, NEAR or an OR of them."""
    if isinstance(node, _IN_A_ROW):
        return [Span(*extent, (extent,)) for extent in extents(node, document)]
    if isinstance(node, Near):
        return _near_spans(node, document)
    if isinstance(node, Or):
        return sorted({span for child in node.children for span in spans(child, document)})
    raise TypeError(node)


def extents(node: Node, document: Document) -> list[Extent]:
    """Return first and last position of every stretch that satisfies a node, in order."""
    if isinstance(node, Word):
        found = codes(node, document)
        return [(code >> 2, (code >> 2) + (code & 3)) for code in found] if found else []
    if isinstance(node, Phrase):
        return _phrase_extents(node, document)
    return sorted({(span.start, span.end) for span in spans(node, document)})


def _phrase_extents(node: Phrase, document: Document) -> list[Extent]:
    choices = []
    for child in node.children:
        found = extents(child, document)
        if not found:
            return []
        choices.append(found)
    reached = choices[0]
    for found in choices[1:]:
        if len(reached) * len(found) <= _FEW:
            reached = [(start, to) for start, end in reached for at, to in found if at == end + 1]
            continue
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in found:
            ends[start].append(end)
        reached = [(start, to) for start, end in reached if end + 1 in ends for to in ends[end + 1]]
    return sorted(set(reached)) if len(reached) > 1 else reached


def _near_spans(node: Near, document: Document) -> list[Span]:
    choices = []
    for child in node.children:
        found = spans(child, document)
        if not found:
            return []
        choices.append(found)
    combined: set[Span] = set()
    longest = sum(max(span.end - span.start + 1 for span in found) for found in choices)
    _combine(node, choices, [], node.distance + longest, combined)
    return sorted(combined)


def _combine(
    node: Near, choices: list[list[Span]], picked: list[Span], reach: int, combined: set[Span]
) -> None:
    """Add every combination that begins with what is picked."""
    if len(picked) == len(choices):
        if _is_near(node, picked):
            start, end = min(span.start for span in picked), max(span.end for span in picked)
            lit = sorted({extent for span in picked for extent in span.lit})
            combined.add(Span(start, end, tuple(lit)))
        return
    options = choices[len(picked)]
    low = 0
    if picked:
        low = bisect_left(options, (picked[0].start - reach,))
    for option in options[low:]:
        if len(combined) >= MAX_SPANS or (picked and option.start > picked[0].end + reach):
            return
        if all(_disjoint(option, other) for other in picked):
            _combine(node, choices, [*picked, option], reach, combined)


def _disjoint(one: Span, other: Span) -> bool:
    return all(a[1] < b[0] or b[1] < a[0] for a in one.lit for b in other.lit)


def _is_near(node: Near, picked: Sequence[Span]) -> bool:
    if node.ordered and any(a.end >= b.start for a, b in itertools.pairwise(picked)):
        return False
    return gap(picked) <= node.distance


def gap(picked: Iterable[Span]) -> int:
    """Return the number of words between stretches, in all, plus one."""
    between = 0
    reached: int | None = None
    for start, end, _ in sorted(picked):
        if reached is not None:
            between += max(0, start - reached - 1)
        reached = end if reached is None else max(reached, end)
    return between + 1


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
    Near: lambda node, document: bool(spans(node, document)),
    And: _all,
    Or: _any,
    AtLeast: _enough,
    Not: lambda node, document: not evaluate(node.child, document),
    Score: lambda node, document: weight(node, document) >= node.threshold,
    Facet: lambda node, document: document.admits(node),
}


def weight(node: Score, document: Document) -> float:
    """Return what the clauses that hold weigh together."""
    # Exact whatever the order: 0.1 + 0.2 + 0.3 is 0.6 or a little more, as one adds.
    return math.fsum(weight for weight, child in node.weighted if evaluate(child, document))


def matches(node: Node, document: Document) -> list[SpanMatch]:
    """Return the clauses that make a document satisfy a tree; empty if it does not.

    What a NOT excludes and what weighs against a score is no reason, and left out.
    """
    return _MATCHES[type(node)](node, document)


def _placed(node: Word | Phrase | Near, document: Document) -> list[SpanMatch]:
    lit: Collection[Extent]
    if isinstance(node, Near):
        lit = {extent for span in _near_spans(node, document) for extent in span.lit}
    else:
        lit = extents(node, document)
    return [SpanMatch(node, _outermost(lit))] if lit else []


def _every(reasons: Iterable[Node], document: Document) -> list[SpanMatch]:
    every: list[SpanMatch] = []
    for child in reasons:
        if found := _MATCHES[type(child)](child, document):
            every += found
    return every


def _all_matches(node: And, document: Document) -> list[SpanMatch]:
    every: list[SpanMatch] = []
    for child in node.children:
        found = matches(child, document)
        if not found and (isinstance(child, _PLACED) or not evaluate(child, document)):
            return []
        every += found
    return every


def _enough_matches(node: AtLeast, document: Document) -> list[SpanMatch]:
    return _every(node.children, document) if evaluate(node, document) else []


def _score_matches(node: Score, document: Document) -> list[SpanMatch]:
    if not evaluate(node, document):
        return []
    return _every([child for weight, child in node.weighted if weight > 0], document)


_MATCHES: dict[type[Node], Callable[[Any, Document], list[SpanMatch]]] = {
    Word: _placed,
    Phrase: _placed,
    Near: _placed,
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


def occurrences(found: Sequence[SpanMatch], reading: DocumentTerms) -> list[Occurrence]:
    """Return the places of clauses as offsets, each once, in the order of the text."""
    return [Occurrence(*reading.place(*extent), clause) for extent, clause in in_order(found)]


def in_order(found: Sequence[SpanMatch]) -> list[tuple[Extent, Node]]:
    """Return the places of clauses, each once, with the first clause that holds there."""
    if len(found) == 1:
        ((clause, places),) = found
        return [(extent, clause) for extent in places]
    clauses: dict[Extent, Node] = {}
    for clause, places in found:
        for extent in places:
            clauses.setdefault(extent, clause)
    return [(extent, clauses[extent]) for extent in sorted(clauses)]
