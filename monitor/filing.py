"""Which words an article must hold for a rule to be worth evaluating."""

from __future__ import annotations

from typing import NamedTuple

from index.tree import And, AtLeast, Mode, Near, Node, Or, Phrase, Score, Word


class Filing(NamedTuple):
    """Leaves of which any match holds at least one, and what they cost in vain looks."""

    cost: float
    leaves: tuple[Word, ...]


NOWHERE = Filing(float("inf"), ())
"""A rule without such leaves, as `lang:fr` by itself: every article is looked at."""

_MODE_COSTS = {Mode.FOLDED: 1.0, Mode.EXACT: 0.5, Mode.STEM: 2.0, Mode.WILDCARD: 3.0}


def filing(node: Node) -> Filing:
    """Return the cheapest set of leaves that any match of a tree must contain one of."""
    if isinstance(node, Word):
        return Filing(_cost(node), (node,))
    if isinstance(node, And | Phrase | Near):
        return min(map(filing, node.children), key=lambda filed: filed.cost)
    if isinstance(node, Or):
        return _all_of([filing(child) for child in node.children])
    if isinstance(node, AtLeast):
        choices = sorted((filing(child) for child in node.children), key=lambda f: f.cost)
        return _all_of(choices[: len(choices) - node.count + 1])
    if isinstance(node, Score):
        return _of_score(node)
    return NOWHERE


def _cost(word: Word) -> float:
    """Return a guess of how often a word is met: half the running text has under 5 letters."""
    letters = sum(map(str.isalnum, word.term))
    return _MODE_COSTS[word.mode] * (0.2 if word.part == "author" else 1.0) / letters**3


def _all_of(choices: list[Filing]) -> Filing:
    """Return the filing under all of these, since any of them may be the one that holds."""
    if NOWHERE in choices:
        return NOWHERE
    leaves = dict.fromkeys(leaf for filed in choices for leaf in filed.leaves)
    return Filing(sum(filed.cost for filed in choices), tuple(leaves))


def _of_score(node: Score) -> Filing:
    """Leave out the dearest clauses as long as they cannot reach the threshold alone."""
    gains = [(filing(child), weight) for weight, child in node.weighted if weight > 0]
    left_out = 0.0
    kept = []
    for filed, weight in sorted(gains, key=lambda gain: -gain[0].cost):
        if left_out + weight < node.threshold:
            left_out += weight
        else:
            kept.append(filed)
    return _all_of(kept)
