"""Small changes of a rule that would make it match more: what it nearly finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

from msgspec.structs import replace

from index.query import ast
from index.query.ast import And, Facet, Mode, Near, Node, Not, Or, Phrase, Word, walk
from index.query.suggestions import APART, MAX_APART

LEAST_LETTERS = 5
"""Letters of the shortest word that may be written in another way: others are too often another."""
LEAST_PIECE = 3
"""Letters of the shortest of two pieces of a word."""
FARTHER = 20
"""Words by which the operands of a NEAR may be too far apart: about a sentence."""

Change = tuple[Node, Node | None, Node]
"""A node, what is in its place, None where it is left out, and the whole tree."""


def near_misses(node: Node, misspelt: Callable[[Word], Sequence[str]]) -> Iterator[Change]:
    """Yield each small change of a tree with which it may match more.

    Words may be misspelt or in two pieces, two words in one; the words of a phrase or a NEAR
    farther apart; a language or a feed any. What is below a negation stays.

    Args:
        node: The tree.
        misspelt: Returns terms for which a word may have been meant.
    """
    if isinstance(node, Not):
        return
    for instead in _instead(node, misspelt):
        yield node, instead, instead if isinstance(instead, Near) else Or((node, instead))
    parts = () if isinstance(node, Phrase) else ast.children(node)
    for place, child in enumerate(parts):
        if node.is_one_word and not isinstance(child, Word):
            continue
        others = parts[:place], parts[place + 1 :]
        if isinstance(node, And) and all(
            isinstance(leaf, Facet | Not | Or) for leaf in walk(child)
        ):
            yield child, None, ast.with_children(node, (*others[0], *others[1]))
        for before, after, whole in near_misses(child, misspelt):
            yield before, after, ast.with_children(node, (*others[0], whole, *others[1]))


def _instead(node: Node, misspelt: Callable[[Word], Sequence[str]]) -> Iterator[Node]:
    if isinstance(node, Near):
        yield replace(node, distance=node.distance + FARTHER)
    elif isinstance(node, Phrase) and len(node.children) <= MAX_APART:
        words = [child for child in node.children if _is_plain(child)]
        if len(words) == len(node.children) == 2:
            yield replace(words[0], term=words[0].term + words[1].term)
        yield Near(node.children, APART, text=node.text)
    elif _is_plain(node) and len(node.term) >= LEAST_LETTERS:
        for term in misspelt(node):
            yield replace(node, term=term)
        for end in range(LEAST_PIECE, len(node.term) - LEAST_PIECE + 1):
            pieces = (node.term[:end], node.term[end:])
            yield Phrase(tuple(replace(node, term=piece) for piece in pieces))


def _is_plain(node: Node) -> TypeGuard[Word]:
    return isinstance(node, Word) and node.mode is Mode.FOLDED and node.term.isalpha()
