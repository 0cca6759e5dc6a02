"""The presearcher: which terms an article must contain for a watchlist to be a candidate."""

from __future__ import annotations

import functools
import itertools
import math
import sys
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from index.evaluation.term_expansion import expands, is_open, key
from index.query.ast import And, AtLeast, Mode, Near, Node, Or, Phrase, Score, Word, words
from index.query.parser import PARSED

MAX_WORDS = 4
"""Most terms of a set: more would hardly ever avoid a needless evaluation."""
MAX_SETS = 16
"""Most sets that clauses are multiplied to: `(a OR b OR c) AND (d OR e)` makes six."""

Words = tuple[Word, ...]


class RequiredTerms(NamedTuple):
    """Sets of terms, one of which any match contains whole; the cost of needless evaluations."""

    cost: float
    sets: tuple[Words, ...]
    """Within each set, the rarest term comes first."""


NOWHERE = RequiredTerms(float("inf"), ())
"""A query without required terms, as `lang:fr`: every article is a candidate."""

_TOGETHER = (And, Phrase, Near)
_MODE_COSTS = {Mode.FOLDED: 1.0, Mode.EXACT: 0.5, Mode.ACRONYM: 0.5, Mode.STEM: 2.0,
               Mode.WILDCARD: 3.0}  # fmt: skip


def required_terms(node: Node) -> RequiredTerms:
    """Return the cheapest sets of terms, one of which any match of a tree must contain."""
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
    """Return an estimate of how frequent a word is: half of running text has under 5 letters."""
    term = word.term
    letters = len(term) if term.isalnum() else sum(map(str.isalnum, term))
    return _MODE_COSTS[word.mode] * (0.2 if word.part == "author" else 1.0) / letters**3


def _cheapest_first(filed: Iterable[RequiredTerms]) -> list[RequiredTerms]:
    return sorted(filed, key=lambda one: one.cost)


def _any_of(choices: Sequence[RequiredTerms]) -> RequiredTerms:
    """Return the required terms of an OR: those of all choices."""
    if NOWHERE in choices:
        return NOWHERE
    sets = dict.fromkeys(words for filed in choices for words in filed.sets)
    return RequiredTerms(sum(filed.cost for filed in choices), tuple(sets))


def _both(first: RequiredTerms, second: RequiredTerms) -> RequiredTerms:
    """Return the required terms of an AND, or those of the first where sets would be too many."""
    if not second.sets or len(first.sets) * len(second.sets) > MAX_SETS:
        return first
    pairs = itertools.product(first.sets, second.sets)
    sets = [_united(one, other) for one, other in pairs]
    if len(sets) > 1:
        sets = list(dict.fromkeys(sets))
    return RequiredTerms(first.cost * min(1.0, second.cost), tuple(sets))


def _united(one: Words, other: Words) -> Words:
    """Return the words of both, the rarest first; comparing few is quicker than hashing them."""
    words = [*one, *(word for word in other if word not in one)]
    words.sort(key=_cost)
    return tuple(words[:MAX_WORDS])


def _of_count(node: AtLeast) -> RequiredTerms:
    """Leave out the most expensive clauses of `n OF (…)`: alone they are too few to match."""
    choices = _cheapest_first(map(required_terms, node.children))
    kept = range(len(choices) - node.count + 1)
    if node.count == 1:
        return _any_of(choices)
    return _any_of([_pairs(choices, number) for number in kept])


def _of_score(node: Score) -> RequiredTerms:
    """Leave out the most expensive clauses that cannot reach the threshold alone."""
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
    """Return the required terms of pairs: of `2 OF (…)` one more clause must hold."""
    others = [filed for other, filed in enumerate(choices) if other != number]
    return _both(choices[number], _any_of(others))


# --- the trie ----------------------------------------------------------

Leaf = str
"""An edge of the trie: a key of `term_positions`, or what stands for an open term."""
Path = tuple[Leaf, ...]
"""Terms that a match of a clause needs all."""

_SIGNS = {Mode.STEM: "~", Mode.WILDCARD: "*", Mode.ACRONYM: "^", Mode.EXACT: "="}


def open_leaf(word: Word) -> Leaf:
    """Return what stands for a word that expands. No key of a text begins with such a sign."""
    return sys.intern(_SIGNS[word.mode] + key(word))


class Filing(NamedTuple):
    """Where a watchlist is filed, and what is to be found in texts for it."""

    paths: tuple[tuple[Path, ...], ...]
    """The required terms of each of its `alternatives`."""
    keys: tuple[str, ...]
    """Of words that mean one key."""
    expanding: tuple[tuple[Leaf, Word], ...]
    """Words that expand."""


def alternatives(root: Node) -> tuple[Node, ...]:
    """Return the clauses of a query of which one must hold: those of an OR, else all of it."""
    return root.children if isinstance(root, Or) else (root,)


@functools.lru_cache(PARSED)
def filing(root: Node) -> Filing:
    """Return the filing of a query. Remembered: of 50,000 watchlists one is edited."""
    watched = tuple(words(root))
    keys = tuple(_leaf(word) for word in watched if not is_open(word))
    expanding = tuple((open_leaf(word), word) for word in watched if expands(word))
    return Filing(tuple(map(_paths, alternatives(root))), keys, expanding)


def _paths(clause: Node) -> tuple[Path, ...]:
    return tuple(tuple(map(_leaf, needed)) for needed in required_terms(clause).sets or ((),))


def _leaf(word: Word) -> Leaf:
    return open_leaf(word) if is_open(word) else sys.intern(key(word))


_NONE: frozenset[Leaf] = frozenset()


class TermTrie:
    """A node: clauses that need the terms on the path, and nodes for one more term."""

    __slots__ = ("_clauses", "_further", "_leaves")

    def __init__(self) -> None:
        self._clauses: list[int] | tuple[()] = ()  # of most nodes: one empty tuple for all
        self._further: dict[Leaf, TermTrie] = {}
        self._leaves: Set[Leaf] = _NONE

    def add(self, path: Path, clause: int) -> None:
        drawer = self
        for leaf in path:
            further = drawer._further
            drawer = further.get(leaf) or further.setdefault(leaf, TermTrie())
        if isinstance(drawer._clauses, list):
            drawer._clauses.append(clause)
        else:
            drawer._clauses = [clause]

    def seal(self) -> None:
        if self._further:
            # A set keeps the hashes of its members, so an intersection looks at common ones only.
            self._leaves = frozenset(self._further)
            for drawer in self._further.values():
                drawer.seal()

    def open(self, there: Set[Leaf]) -> set[int]:
        """Return the clauses whose required terms the article contains."""
        candidates: list[int] = []
        opened = [self]
        for drawer in opened:
            candidates += drawer._clauses
            if not there.isdisjoint(drawer._leaves):  # mostly the other terms are not there
                opened += map(drawer._further.__getitem__, there & drawer._leaves)
        return set(candidates)
