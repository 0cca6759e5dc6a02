"""Explains in words why a query does not match an article."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from index.evaluation.proximity import gap
from index.evaluation.spans import Document, codes, evaluate, extents, weight
from index.evaluation.term_expansion import key
from index.query import ast
from monitor.base.translation import gettext as _, mark, ngettext

_MAX_TERMS = 5
_MAX_PICKS = 20_000
_FAR = 1_000
"""Number of words between two places above which they are in different parts."""
_PARTS = {
    "title": mark("in the title"),
    "summary": mark("in the summary"),
    "body": mark("in the body"),
    "author": mark("in the author"),
}


def why_not(node: ast.Node, document: Document) -> str:
    """Describe the clauses that keep a tree from holding for a document."""
    return _REASONS[type(node)](node, document)


def in_part(part: str) -> str:
    """Return the phrase that names a part of an article: `in the title`."""
    return _(_PARTS[part])


def _word(node: ast.Word, document: Document) -> str:
    folded = ast.Word(node.term, ast.Mode.FOLDED, "", node.part)
    if node.mode in (ast.Mode.EXACT, ast.Mode.ACRONYM) and codes(folded, document):
        return _only_in_another_form(node)
    if (
        node.mode in (ast.Mode.FOLDED, ast.Mode.EXACT, ast.Mode.ACRONYM)
        and node.part
        and document.positions(key(ast.Word(node.term)))
    ):
        return _("{term} is there, but not {where}", term=quoted(node), where=in_part(node.part))
    if node.part:
        return _("no {term} {where}", term=quoted(node), where=in_part(node.part))
    return _no(node)


def _only_in_another_form(node: ast.Word) -> str:
    if not node.part:
        return _("{term} only in another form", term=quoted(node))
    place = in_part(node.part)
    return _("{term} {where} only in another form", term=quoted(node), where=place)


def _no(node: ast.Node) -> str:
    return _("no {term}", term=quoted(node))


def _phrase(node: ast.Phrase, document: Document) -> str:
    missing = [child for child in node.children if not extents(child, document)]
    if missing and missing[0].text != node.text:
        return _("{missing} in {phrase}", missing=_list(missing, _no), phrase=quoted(node))
    if missing:
        return _no(node)
    return _("no {phrase}: its words stand apart", phrase=quoted(node))


def _near(node: ast.Near, document: Document) -> str:
    missing = [child for child in node.children if not extents(child, document)]
    if missing:
        return _("; ").join(why_not(child, document) for child in missing)
    choices = [extents(child, document) for child in node.children]
    picks = itertools.islice(itertools.product(*choices), _MAX_PICKS)
    shortest = min(map(gap, picks))
    operator, words = f"{'W' if node.ordered else 'NEAR'}/{node.distance}", quoted(node)
    if shortest <= node.distance:
        return _("{operator} but in another order: {words}", operator=operator, words=words)
    if shortest >= _FAR:
        return _("{operator} but in different parts: {words}", operator=operator, words=words)
    return ngettext(
        "{operator} but {count} apart: {words}", "{operator} but {count} apart: {words}",
        shortest, operator=operator, words=words,
    )  # fmt: skip


def _and(node: ast.And, document: Document) -> str:
    failing = [child for child in node.children if not evaluate(child, document)]
    return _("; ").join(why_not(child, document) for child in failing)


def _or(node: ast.Or, document: Document) -> str:
    if node.is_one_word:
        return _no(node)
    if all(
        isinstance(child, ast.Word | ast.Phrase) or child.is_one_word for child in node.children
    ):
        return _("none of {terms}", terms=_list(node.children))
    reasons = (f"({why_not(child, document)})" for child in node.children)
    return _("neither {reasons}", reasons=functools.reduce(_nor, reasons))


def _nor(first: str, other: str) -> str:
    return _("{one} nor {other}", one=first, other=other)


def _concept(node: ast.Concept, document: Document) -> str:
    present = [name for name in node.names if evaluate(name, document)]
    if not present:
        return _("no name of {concept}", concept=node.text)
    labels = (replace(name, text=ast.name_label(name.text, node.name)) for name in present)
    names, excluded = _list(labels), _list(node.excluded)
    return _("{names} only within {excluded}", names=names, excluded=excluded)


def _at_least(node: ast.AtLeast, document: Document) -> str:
    matching = [child for child in node.children if evaluate(child, document)]
    count, needed = len(matching), node.count
    if not matching:
        return _("{found} of the {needed} needed", found=count, needed=needed)
    terms = _list(matching)
    return _("{found} of the {needed} needed: {terms}", found=count, needed=needed, terms=terms)


def _score(node: ast.Score, document: Document) -> str:
    matching = [(points, child) for points, child in node.weighted if evaluate(child, document)]
    terms = ", ".join(f"{quoted(child)} {points:g}" for points, child in matching)
    total, needed = f"{weight(node, document):g}", f"{node.threshold:g}"
    if not terms:
        return _("score {sum} of {threshold}", sum=total, threshold=needed)
    return _("score {sum} of {threshold}: {terms}", sum=total, threshold=needed, terms=terms)


def _facet(node: ast.Facet, document: Document) -> str:
    if node.name == "lang":
        return _("language is not {value}", value=node.value)
    if node.name == "tag":
        return _("a tag is not {value}", value=node.value)
    return _("feed is not {value}", value=node.value)


def _not(node: ast.Not, document: Document) -> str:
    return _("excluded by {term}", term=quoted(node.child))


def quoted(node: ast.Node) -> str:
    """Return the text of a node as the analyst wrote it, in quotes unless it has quotes."""
    return node.text if '"' in node.text else f'"{node.text}"'


def _list(nodes: Iterable[ast.Node], describe: Callable[[ast.Node], str] = quoted) -> str:
    texts = list(dict.fromkeys(map(describe, nodes)))
    names, remaining = ", ".join(texts[:_MAX_TERMS]), len(texts) - _MAX_TERMS
    if remaining <= 0:
        return names
    return ngettext("{names} and {count} more", "{names} and {count} more", remaining, names=names)


_REASONS: dict[type[ast.Node], Callable[[Any, Document], str]] = {
    ast.Word: _word,
    ast.Phrase: _phrase,
    ast.Near: _near,
    ast.And: _and,
    ast.Or: _or,
    ast.AtLeast: _at_least,
    ast.Not: _not,
    ast.Score: _score,
    ast.Facet: _facet,
    ast.Concept: _concept,
}
