"""A query of which more is asked."""

from __future__ import annotations

from collections.abc import Iterable

from index.alternatives import spelt
from index.query import parse
from index.tree import clauses


def narrowed(text: str, more: Iterable[str] = (), facets: Iterable[str] = ()) -> str:
    """Return a query of which all the others hold too; raises QueryError.

    `facets` are filters as they are written, `lang:fr`.
    """
    more, facets = list(more), list(facets)
    if not more and not facets:
        return text
    roots = [parse(each).root for each in (text, *more)]
    return " ".join([*(spelt(clause) for root in roots for clause in clauses(root)), *facets])
