"""Which words an article must hold for a rule to be worth evaluating; the rules filed by them."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from index.query.ast import And, AtLeast, Mode, Near, Node, Or, Phrase, Score, Word

MAX_WORDS = 4
"""Words of a set: more would hardly ever spare a vain look."""
MAX_SETS = 16
"""Sets that clauses may be multiplied to: `(a OR b OR c) AND (d OR e)` makes six."""

Words = tuple[Word, ...]


class RequiredTerms(NamedTuple):
    """Sets of words of one of which any match holds all, and what they cost in vain looks."""

    cost: float
    sets: tuple[Words, ...]
    """Within each, the rarest word comes first."""


NOWHERE = RequiredTerms(float("inf"), ())
"""A rule without such words, as `lang:fr` by itself: every article is looked at."""

_TOGETHER = (And, Phrase, Near)
_MODE_COSTS = {Mode.FOLDED: 1.0, Mode.EXACT: 0.5, Mode.STEM: 2.0, Mode.WILDCARD: 3.0}


def required_terms(node: Node) -> RequiredTerms:
    """Return the cheapest sets of words of which any match of a tree must hold one."""
    if isinstance(node, Word):
        return RequiredTerms(_cost(node), ((node,),))
    if isinstance(node, _TOGETHER):
        return functools.reduce(_both, _cheapest_first(map(required_terms, node.children)))
    if isinstance(node, Or):
        return _any_of([required_terms(child) for child in node.children])
    if isinstance(node, AtLeast):
        return _of_count(node)
    if isinstance(node, Score):
        return _of_score(node)
    return NOWHERE


def _cost(word: Word) -> float:
    """Return a guess of how often a word is met: half the running text has under 5 letters."""
    term = word.term
    letters = len(term) if term.isalnum() else sum(map(str.isalnum, term))
    return _MODE_COSTS[word.mode] * (0.2 if word.part == "author" else 1.0) / letters**3


def _cheapest_first(filed: Iterable[RequiredTerms]) -> list[RequiredTerms]:
    return sorted(filed, key=lambda one: one.cost)


def _any_of(choices: Sequence[RequiredTerms]) -> RequiredTerms:
    """Return the filing under all of these, since any of them may be the one that holds."""
    if NOWHERE in choices:
        return NOWHERE
    sets = dict.fromkeys(words for filed in choices for words in filed.sets)
    return RequiredTerms(sum(filed.cost for filed in choices), tuple(sets))


def _both(first: RequiredTerms, second: RequiredTerms) -> RequiredTerms:
    """Return the filing of what needs both, or of the first where that makes too many sets."""
    if not second.sets or len(first.sets) * len(second.sets) > MAX_SETS:
        return first
    pairs = itertools.product(first.sets, second.sets)
    sets = dict.fromkeys(
        tuple(sorted(dict.fromkeys((*one, *other)), key=_cost))[:MAX_WORDS] for one, other in pairs
    )
    return RequiredTerms(first.cost * min(1.0, second.cost), tuple(sets))


def _of_count(node: AtLeast) -> RequiredTerms:
    """Leave out the dearest clauses, since with them alone there are too few."""
    choices = _cheapest_first(map(required_terms, node.children))
    kept = range(len(choices) - node.count + 1)
    if node.count == 1:
        return _any_of(choices)
    return _any_of([_pairs(choices, number) for number in kept])


def _of_score(node: Score) -> RequiredTerms:
    """Leave out the dearest clauses as long as they cannot reach the threshold alone."""
    gains = [(required_terms(child), weight) for weight, child in node.weighted if weight > 0]
    gains.sort(key=lambda gain: -gain[0].cost)
    choices = [filed for filed, _ in gains]
    left_out: list[float] = []
    kept = []
    for number, (filed, weight) in enumerate(gains):
        if math.fsum([*left_out, weight]) < node.threshold:
            left_out.append(weight)
        elif weight < node.threshold:
            kept.append(_pairs(choices, number))
        else:
            kept.append(filed)
    return _any_of(kept)


def _pairs(choices: Sequence[RequiredTerms], number: int) -> RequiredTerms:
    """Return one of several filings, of which one more must hold too."""
    others = [filed for other, filed in enumerate(choices) if other != number]
    return _both(choices[number], _any_of(others))


# --- what is filed under them ----------------------------------------------------------

Leaf = str | int
"""What a rule is filed under: a key of `postings`, or the number of an open word."""

_NONE: frozenset[Leaf] = frozenset()


class TermTrie:
    """Rules that need the words that lead here, and drawers of those that need one more."""

    __slots__ = ("_leaves", "further", "rules")

    def __init__(self) -> None:
        self.rules: list[int] = []
        self.further: dict[Leaf, TermTrie] = {}
        self._leaves: Set[Leaf] = _NONE

    def add(self, leaf: Leaf) -> TermTrie:
        """Add and return the drawer of what needs this word too."""
        drawer = self.further[leaf] = TermTrie()
        return drawer

    def seal(self) -> None:
        """Make it ready to be opened, when everything is filed."""
        if self.further:
            # A set knows the hashes of what is in it: what is not in both is not even looked at.
            self._leaves = frozenset(self.further)
            for drawer in self.further.values():
                drawer.seal()

    def open(self, there: Set[Leaf]) -> set[int]:
        """Return the rules of which the words are there."""
        candidates: set[int] = set()
        opened = [self]
        for drawer in opened:
            if drawer.rules:
                candidates.update(drawer.rules)
            if not there.isdisjoint(drawer._leaves):
                opened += map(drawer.further.__getitem__, there & drawer._leaves)
        return candidates
