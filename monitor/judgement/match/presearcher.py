"""The presearcher: which terms an article must contain for a watchlist to be a candidate."""

from __future__ import annotations

import functools
import itertools
import math
import sys
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from index.evaluation.term_expansion import expands, is_open, key
from index.query import ast
from index.query.concepts import one_by_one
from index.query.parser import CACHED_QUERIES

MAX_WORDS = 4
"""Most terms of a set: more would hardly ever avoid a needless evaluation."""
MAX_SETS = 16
"""Most sets that clauses are multiplied to: `(a OR b OR c) AND (d OR e)` makes six."""

Words = tuple[ast.Word, ...]


class RequiredTerms(NamedTuple):
    """Sets of terms, with the cost of needless evaluations: every match contains one set whole."""

    cost: float
    sets: tuple[Words, ...]
    """Within each set, the rarest term comes first."""


NOWHERE = RequiredTerms(float("inf"), ())
"""A query without required terms, as `lang:fr`: every article is a candidate."""

_TOGETHER = (ast.And, ast.Phrase, ast.Near)
_MODE_COSTS = {ast.Mode.FOLDED: 1.0, ast.Mode.EXACT: 0.5, ast.Mode.ACRONYM: 0.5, ast.Mode.STEM: 2.0,
               ast.Mode.NOUN: 2.0, ast.Mode.WILDCARD: 3.0}  # fmt: skip


def required_terms(node: ast.Node) -> RequiredTerms:
    """Return the cheapest sets of terms of which any match of a tree contains one."""
    if isinstance(node, ast.Word):
        return RequiredTerms(_cost(node), ((node,),))
    if isinstance(node, _TOGETHER):
        return functools.reduce(_both, _cheapest_first(map(required_terms, node.children)))
    if isinstance(node, ast.Or):
        return _any_of([required_terms(child) for child in node.children])
    if isinstance(node, ast.Concept):
        return _any_of([required_terms(name) for name in node.names])
    if isinstance(node, ast.AtLeast):
        return _of_count(node)
    if isinstance(node, ast.Score):
        return _of_score(node)
    return NOWHERE


def _cost(word: ast.Word) -> float:
    """Estimate the frequency of a word: half of running text has under 5 letters."""
    term = word.term
    letters = len(term) if term.isalnum() else sum(map(str.isalnum, term))
    return _MODE_COSTS[word.mode] * (0.2 if word.part == "author" else 1.0) / letters**3


def _cheapest_first(choices: Iterable[RequiredTerms]) -> list[RequiredTerms]:
    return sorted(choices, key=lambda choice: choice.cost)


def _any_of(choices: Sequence[RequiredTerms]) -> RequiredTerms:
    """Return the required terms of an OR: those of all choices."""
    if NOWHERE in choices:
        return NOWHERE
    sets = dict.fromkeys(words for choice in choices for words in choice.sets)
    return RequiredTerms(sum(choice.cost for choice in choices), tuple(sets))


def _both(first: RequiredTerms, second: RequiredTerms) -> RequiredTerms:
    """Return the required terms of an AND, or those of the first where sets would be too many."""
    if not second.sets or len(first.sets) * len(second.sets) > MAX_SETS:
        return first
    pairs = itertools.product(first.sets, second.sets)
    sets = [_united(left, right) for left, right in pairs]
    if len(sets) > 1:
        sets = list(dict.fromkeys(sets))
    return RequiredTerms(first.cost * min(1.0, second.cost), tuple(sets))


def _united(left: Words, right: Words) -> Words:
    """Return the words of both, the rarest first; comparing few is quicker than hashing them."""
    words = [*left, *(word for word in right if word not in left)]
    words.sort(key=_cost)
    return tuple(words[:MAX_WORDS])


def _of_count(node: ast.AtLeast) -> RequiredTerms:
    """Leave out the most expensive clauses of `n OF (…)`: alone they are too few to match."""
    choices = _cheapest_first(map(required_terms, node.children))
    cheapest = range(len(choices) - node.count + 1)
    if node.count == 1:
        return _any_of(choices)
    return _any_of([_pairs(choices, number) for number in cheapest])


def _of_score(node: ast.Score) -> RequiredTerms:
    """Leave out the most expensive clauses that cannot reach the threshold alone."""
    gains = [(required_terms(child), weight) for weight, child in node.weighted if weight > 0]
    gains.sort(key=lambda gain: -gain[0].cost)
    choices = [choice for choice, _ in gains]
    left_out: list[float] = []
    needed = []
    for number, (choice, weight) in enumerate(gains):
        if math.fsum([*left_out, weight]) < node.threshold:
            left_out.append(weight)
        elif weight < node.threshold:
            needed.append(_pairs(choices, number))
        else:
            needed.append(choice)
    return _any_of(needed)


def _pairs(choices: Sequence[RequiredTerms], number: int) -> RequiredTerms:
    """Return the required terms of pairs: of `2 OF (…)` one more clause must hold."""
    others = [choice for index, choice in enumerate(choices) if index != number]
    return _both(choices[number], _any_of(others))


# --- the trie ----------------------------------------------------------

Leaf = str
"""An edge of the trie: a key of `term_positions`, or the sign and key of an open term."""
Path = tuple[Leaf, ...]
"""Terms that a match of a clause must all contain."""

_SIGNS = {
    ast.Mode.STEM: "~",
    ast.Mode.NOUN: "~~",
    ast.Mode.WILDCARD: "*",
    ast.Mode.ACRONYM: "^",
    ast.Mode.EXACT: "=",
}


def open_leaf(word: ast.Word) -> Leaf:
    """Return the leaf of a word that expands. No key of a text begins with such a sign."""
    return sys.intern(_SIGNS[word.mode] + key(word))


class Filing(NamedTuple):
    """The paths under which a watchlist is filed, and the words to look for in texts."""

    paths: tuple[tuple[Path, ...], ...]
    """The required terms of each of its `alternatives`."""
    excluded: tuple[tuple[Path, ...], ...]
    """The required terms of what each of them excludes, of a name of a concept."""
    keys: tuple[str, ...]
    """The keys of words that mean one key."""
    expanding: tuple[tuple[Leaf, ast.Word], ...]
    """The words that expand."""


def alternatives(root: ast.Node) -> tuple[ast.Node, ...]:
    """Return the clauses of a query of which one must hold: those of an OR, else all of it.

    A concept is an OR of its names, each of which what it excludes may cancel.
    """
    clauses = root.children if isinstance(root, ast.Or) else (root,)
    return tuple(
        alternative
        for clause in clauses
        for alternative in (one_by_one(clause) if isinstance(clause, ast.Concept) else (clause,))
    )


@functools.lru_cache(CACHED_QUERIES)
def filing(root: ast.Node) -> Filing:
    """Return the filing of a query. Remembered: of 50,000 watchlists one is edited."""
    nearby = (n for node in ast.walk(root) if isinstance(node, ast.Concept) for n in node.nearby)
    terms = tuple(word for tree in (root, *nearby) for word in ast.words(tree))
    keys = tuple(_leaf(word) for word in terms if not is_open(word))
    expanding = tuple((open_leaf(word), word) for word in terms if expands(word))
    clauses = alternatives(root)
    return Filing(
        tuple(map(_paths, clauses)), tuple(map(_excluded_paths, clauses)), keys, expanding
    )


def _excluded_paths(clause: ast.Node) -> tuple[Path, ...]:
    excluded = clause.excluded if isinstance(clause, ast.Concept) else ()
    return tuple(path for term in excluded for path in _paths(term))


def _paths(clause: ast.Node) -> tuple[Path, ...]:
    return tuple(tuple(map(_leaf, needed)) for needed in required_terms(clause).sets or ((),))


def _leaf(word: ast.Word) -> Leaf:
    return open_leaf(word) if is_open(word) else sys.intern(key(word))


_NONE: frozenset[Leaf] = frozenset()


class TermTrie:
    """A node: clauses that need the terms on the path, and nodes for one more term."""

    __slots__ = ("_children", "_clauses", "_leaves")

    def __init__(self) -> None:
        self._clauses: list[int] | tuple[()] = ()  # most nodes share one empty tuple
        self._children: dict[Leaf, TermTrie] = {}
        self._leaves: Set[Leaf] = _NONE

    def add(self, path: Path, clause: int) -> None:
        node = self
        for leaf in path:
            children = node._children
            node = children.get(leaf) or children.setdefault(leaf, TermTrie())
        if isinstance(node._clauses, list):
            node._clauses.append(clause)
        else:
            node._clauses = [clause]

    def seal(self) -> None:
        if self._children:
            # A set keeps the hashes of its members: an intersection looks at common ones only.
            self._leaves = frozenset(self._children)
            for node in self._children.values():
                node.seal()

    def open(self, leaves: Set[Leaf]) -> set[int]:
        """Return the clauses whose required terms the article contains."""
        candidates: list[int] = []
        nodes = [self]
        for node in nodes:
            candidates += node._clauses
            if not leaves.isdisjoint(node._leaves):  # mostly the article lacks the other terms
                nodes += map(node._children.__getitem__, leaves & node._leaves)
        return set(candidates)
