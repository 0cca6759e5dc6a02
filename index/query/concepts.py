"""Concepts: names of one thing, defined once, and written `concept:NAME` in queries.

A name is a term with all that terms can do, or another concept. What a concept excludes cancels
an occurrence: “Ali Baba, a film sponsored by Alibaba” has one of Alibaba.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.folding import compact
from index.errors import QueryError
from index.query import parser, validation
from index.query.ast import Concept, Node, children, name_label, walk, with_children
from index.query.parser import Query
from monitor.base.formatting import nearest
from monitor.base.translation import gettext as _


class Definition(Struct, frozen=True):
    """What a concept means."""

    name: str
    names: tuple[str, ...]
    """Terms, or `concept:NAME`."""
    excluded: tuple[str, ...] = ()
    """Terms whose places are no occurrence of it."""
    nearby: tuple[str, ...] = ()
    """Terms that tell it from others of its names; none: it is never ambiguous."""
    also: tuple[str, ...] = ()
    """More names: what belongs to it."""


Concepts = Mapping[str, Definition]
"""Definitions by the name of the concept, without case, accents and punctuation."""
NO_CONCEPTS: Concepts = {}
MAX_DEPTH = 5
"""Concepts inside each other at most: the terms of a query multiply with each."""


def by_name(definitions: Iterable[Definition]) -> Concepts:
    return {compact(definition.name): definition for definition in definitions}


def defined(query: Query, concepts: Concepts) -> Query:
    """Return a query whose concepts have their names.

    Raises:
        QueryError: A concept is unknown, part of itself or too deep inside others, or one of its
            names is no term.
    """
    if not any(isinstance(node, Concept) for node in walk(query.root)):
        return query
    root = _defined(query.root, concepts, ())
    validation.check(root)
    return Query(query.text, root)


def _defined(node: Node, concepts: Concepts, outer: tuple[str, ...]) -> Node:
    if isinstance(node, Concept):
        return node if node.names else _with_names(node, concepts, outer)
    return with_children(node, tuple(_defined(c, concepts, outer) for c in children(node)))


def _with_names(node: Concept, concepts: Concepts, outer: tuple[str, ...]) -> Concept:
    key = compact(node.name)
    definition = concepts.get(key)
    if definition is None:
        known = [definition.name for definition in concepts.values()]
        hint = nearest(node.name, known).lstrip("; ") or _("define it under `concepts:`")
        message = _("there is no concept `{name}`", name=node.name)
        raise QueryError(message, node.column, hint)
    if key in outer:
        message = _("the concept `{name}` is a name of itself", name=definition.name)
        raise QueryError(message, node.column, _("take it away from its names"))
    if len(outer) == MAX_DEPTH:
        hint = _("at most {count} concepts inside each other", count=MAX_DEPTH)
        raise QueryError(_("too many concepts inside each other"), node.column, hint)

    def terms(written: tuple[str, ...], part: str) -> tuple[Node, ...]:
        return tuple(_defined(parser.term(t, part), concepts, (*outer, key)) for t in written)

    return replace(
        node,
        name=definition.name,
        names=terms(definition.names + definition.also, node.part),
        excluded=terms(definition.excluded, node.part),
        nearby=terms(definition.nearby, ""),
    )


def each_name(node: Node) -> Iterator[tuple[str, Concept]]:
    """Yield each name of the concepts of a tree as messages say it, and its concept alone."""
    for concept in walk(node):
        if isinstance(concept, Concept):
            for only in one_by_one(concept):
                if not isinstance(only.names[0], Concept):  # `walk` comes to the names of that one
                    yield name_label(only.text, only.name), only


def one_by_one(concept: Concept) -> Iterator[Concept]:
    """Yield a concept for each of its names, with all that it excludes."""
    return (replace(concept, names=(name,), text=name.text) for name in concept.names)
