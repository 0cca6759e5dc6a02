"""Refuses queries that can never match, or that match nearly everything."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, islice

from index.errors import QueryError
from index.query import ast
from monitor.base.translation import gettext as _, number

MAX_DISTANCES = 1_000
"""Distances in one query at most: each takes up to 35 ms in a hostile article."""


def check(tree: ast.Node) -> None:
    """Raise QueryError for a node that can never hold, nearly always holds, or takes too long."""
    nears = (node for node in ast.walk(tree) if isinstance(node, ast.Near))
    if excess := next(islice(nears, MAX_DISTANCES, None), None):
        limit = number(MAX_DISTANCES)
        hint = _("a query has at most {count}; make several watchlists of it", count=limit)
        raise QueryError(_("too many distances (NEAR, W, ~)"), excess.column, hint)
    for node in ast.walk(tree):
        _validate_node(node)
    if culprit := _negative(tree):
        hint = _("add what must be there")
        raise QueryError(_("this only says what must not be there"), culprit.column, hint)


def _validate_node(node: ast.Node) -> None:
    if isinstance(node, ast.Word):  # most
        return
    if isinstance(node, ast.And):
        _validate_contradiction(node)
    elif isinstance(node, ast.Or | ast.AtLeast | ast.Score):
        _validate_negative_choice(node)
    if isinstance(node, ast.AtLeast):
        _validate_count(node)
    elif isinstance(node, ast.Near):
        _validate_operands(node)
        _reach(node)
    elif isinstance(node, ast.Score):
        _validate_threshold(node)


def _negative(node: ast.Node) -> ast.Node | None:
    """Return the negation by which a node holds for nearly every article, or None."""
    if isinstance(node, ast.Not):
        return node
    if isinstance(node, ast.And):
        negatives = [_negative(child) for child in node.children]
        return negatives[0] if all(negatives) else None
    return None


def _validate_negative_choice(node: ast.Or | ast.AtLeast | ast.Score) -> None:
    for child in ast.children(node):
        if culprit := _negative(child):
            message = _("as a choice, this matches nearly everything")
            raise QueryError(message, culprit.column, _("use AND NOT"))


def _validate_contradiction(node: ast.And) -> None:
    required = {child for child in node.children if not isinstance(child, ast.Not)}
    for child in node.children:
        if isinstance(child, ast.Not):
            excluded = child.child.children if isinstance(child.child, ast.Or) else (child.child,)
            if required.intersection((*excluded, child.child)):
                message = _("this contradicts what is wanted")
                raise QueryError(message, child.column, _("take one away"))
    langs = [
        child for child in node.children if isinstance(child, ast.Facet) and child.name == "lang"
    ]
    for first, other in combinations(langs, 2):
        if first.value != other.value:
            hint = _("write {one} OR {other}", one=first.text, other=other.text)
            raise QueryError(_("no article is in two languages"), other.column, hint)


def _validate_count(node: ast.AtLeast) -> None:
    if node.count < 1:
        raise QueryError(_("OF needs a number from 1"), node.column, _("write 2 OF (a, b, c)"))
    if node.count > len(node.children):
        needed, listed = node.count, len(node.children)
        message = _("{wanted} of {listed} can never be there", wanted=needed, listed=listed)
        words = [word.text for child in node.children for word in _words(child)]
        hint = _("commas are missing: write {list}", list=f"{needed} OF ({', '.join(words)})")
        raise QueryError(message, node.column, hint if len(words) >= needed else "")
    if len(set(node.children)) < len(node.children):
        raise QueryError(_("the list names the same twice"), node.column, _("take one away"))


def _words(node: ast.Node) -> tuple[ast.Node, ...]:
    """Return what stands side by side in one place of a list."""
    return node.children if isinstance(node, ast.And) else (node,)


def _validate_operands(node: ast.Near) -> None:
    for child in node.children:
        for inner in _operands(child):
            if not isinstance(inner, ast.Word | ast.Phrase | ast.Near | ast.Or | ast.Concept):
                raise QueryError(
                    _("only words, phrases and their OR can be near something"),
                    inner.column,
                    _("take it out of NEAR"),
                )


def _operands(node: ast.Node) -> Iterator[ast.Node]:
    """Yield the nodes of an operand; what a concept excludes is no operand."""
    yield node
    for child in node.names if isinstance(node, ast.Concept) else ast.children(node):
        yield from _operands(child)


_TEXT = frozenset({"title", "summary", "body"})


def _reach(node: ast.Node) -> frozenset[str]:
    """Return the parts in which a node can match; raises QueryError for a NEAR across parts."""
    if isinstance(node, ast.Word | ast.Concept):
        return frozenset({node.part}) if node.part else _TEXT
    reaches = [_reach(child) for child in ast.children(node)]
    if isinstance(node, ast.Or):
        return frozenset().union(*reaches)
    common = frozenset.intersection(*reaches)
    if not common:
        message = _("these are never near: they are in different parts")
        raise QueryError(message, node.column, "")
    return common


def _validate_threshold(node: ast.Score) -> None:
    if node.threshold <= 0:
        raise QueryError(_("the threshold must be above zero"), node.column, "")
    highest = math.fsum(weight for weight, _ in node.weighted if weight > 0)
    if highest < node.threshold:
        message = _(
            "all weights together are {sum}, less than the threshold {threshold}",
            sum=f"{highest:g}", threshold=f"{node.threshold:g}",
        )  # fmt: skip
        raise QueryError(message, node.column, _("lower the threshold"))
