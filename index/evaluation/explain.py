"""Explains in words why a query does not match an article."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from index.evaluation.proximity import gap
from index.evaluation.spans import Document, codes, evaluate, extents, weight
from index.evaluation.term_expansion import key
from index.query.ast import And, AtLeast, Facet, Mode, Near, Node, Not, Or, Phrase, Score, Word

_NAMED = 5
_TRIED = 20_000


def why_not(node: Node, document: Document) -> str:
    """Return why a tree does not hold for a document: the clauses that fail."""
    return _REASONS[type(node)](node, document)


def _word(node: Word, document: Document) -> str:
    place = f" in the {node.part}" if node.part else ""
    folded = Word(node.term, Mode.FOLDED, "", node.part)
    if node.mode in (Mode.EXACT, Mode.ACRONYM) and codes(folded, document):
        return f"{quoted(node)}{place} only in another form"
    if (
        node.mode in (Mode.FOLDED, Mode.EXACT, Mode.ACRONYM)
        and node.part
        and document.positions(key(Word(node.term)))
    ):
        return f"{quoted(node)} is there, but not{place}"
    return f"no {quoted(node)}{place}"


def _phrase(node: Phrase, document: Document) -> str:
    missing = [child for child in node.children if not extents(child, document)]
    if missing and missing[0].text != node.text:
        return f"{_list(missing, 'no ')} in {quoted(node)}"
    return f"no {quoted(node)}" + ("" if missing else ": its words stand apart")


def _near(node: Near, document: Document) -> str:
    missing = [child for child in node.children if not extents(child, document)]
    if missing:
        return "; ".join(why_not(child, document) for child in missing)
    choices = [extents(child, document) for child in node.children]
    picks = itertools.islice(itertools.product(*choices), _TRIED)
    apart = min(map(gap, picks))
    name = f"{'W' if node.ordered else 'NEAR'}/{node.distance}"
    if apart <= node.distance:
        return f"{name} but in another order: {quoted(node)}"
    return f"{name} but {_apart(apart)}: {quoted(node)}"


def _apart(words: int) -> str:
    return f"{words} apart" if words < 1_000 else "in different parts"


def _and(node: And, document: Document) -> str:
    failing = [child for child in node.children if not evaluate(child, document)]
    return "; ".join(why_not(child, document) for child in failing)


def _or(node: Or, document: Document) -> str:
    if all(child.text == node.text for child in node.children):
        return f"no {quoted(node)}"
    if all(isinstance(child, Word | Phrase) for child in node.children):
        return f"none of {_list(node.children)}"
    return "neither (" + ") nor (".join(why_not(child, document) for child in node.children) + ")"


def _at_least(node: AtLeast, document: Document) -> str:
    there = [child for child in node.children if evaluate(child, document)]
    named = f": {_list(there)}" if there else ""
    return f"{len(there)} of the {node.count} needed{named}"


def _score(node: Score, document: Document) -> str:
    there = [(points, child) for points, child in node.weighted if evaluate(child, document)]
    named = ", ".join(f"{quoted(child)} {points:g}" for points, child in there)
    total = f"score {weight(node, document):g} of {node.threshold:g}"
    return total + (f": {named}" if named else "")


def _facet(node: Facet, _: Document) -> str:
    names = {"lang": "language", "tag": "a tag"}
    return f"{names.get(node.name, node.name)} is not {node.value}"


def quoted(node: Node) -> str:
    """Return what the analyst wrote, in quotes unless it has some."""
    return node.text if '"' in node.text else f'"{node.text}"'


def _list(nodes: Iterable[Node], before: str = "") -> str:
    texts = list(dict.fromkeys(before + quoted(node) for node in nodes))
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


_REASONS: dict[type[Node], Callable[[Any, Document], str]] = {
    Word: _word,
    Phrase: _phrase,
    Near: _near,
    And: _and,
    Or: _or,
    AtLeast: _at_least,
    Not: lambda node, _: f"excluded by {quoted(node.child)}",
    Score: _score,
    Facet: _facet,
}
