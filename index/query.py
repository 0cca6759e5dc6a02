"""The query language: text to tree. Used by search and by watchlists alike.

`syntax` reads, `leaf` and `facets` make the leaves, `sense` refuses what can never match,
`spans` evaluates the tree on an article.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from index import leaf, sense, signs, syntax
from index.errors import QueryError
from index.facets import facet, names, selects
from index.moments import resolve_time
from index.tree import ARCHIVE_FACETS, ARTICLE_FACETS, And, Facet, Node, Not, Or, Score, walk

__all__ = [
    "Query",
    "any_of",
    "combine",
    "names",
    "none_of",
    "parse",
    "resolve_time",
    "score",
    "selects",
]

PARSED = 100_000
"""Queries that are remembered: an edit of one watchlist of 50,000 reads that one only."""
_OPERATORS = {"AND", "OR", "NOT", "ET", "OU", "SAUF"}


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: what was written, and what it means."""

    text: str
    root: Node


@functools.lru_cache(PARSED)
def parse(text: str, *, allow_archive_filters: bool = True) -> Query:
    """Return the query of a text; without archive filters for watchlists.

    Raises QueryError, with the column of the mistake and a hint.
    """
    if not text.strip():
        raise QueryError("nothing to look for", 0, "write a word")
    root = syntax.read(text)
    sense.check(root)
    for node in walk(root):
        if isinstance(node, Facet) and node.name in ARCHIVE_FACETS and not allow_archive_filters:
            raise QueryError(f"{node.name}: works in searches only", node.column, "take it away")
    return Query(text, root)


def any_of(terms: Iterable[str], excluding: Iterable[str] = ()) -> Query:
    """Return the query for any of some terms and none of others.

    A term is a word or words in order, with `=`, `~` and `*` as in a query but no
    operators. A QueryError's position is the column in the term that is wrong.
    """
    wanted, unwanted = [*dict.fromkeys(terms)], [*dict.fromkeys(excluding)]
    if not wanted:
        raise QueryError("nothing to look for", 0, "write a term")
    root = _either([_term(term) for term in wanted])
    refused = [Not(_term(term), text=term) for term in unwanted]
    text = " OR ".join(map(_quoted, wanted)) + "".join(f" NOT {_quoted(t)}" for t in unwanted)
    if refused:
        root = And((root, *refused), text=text)
    sense.check(root)
    return Query(text, root)


def none_of(terms: Iterable[str]) -> Query:
    """Return the query for any of some terms and filters: what a watchlist does not want.

    A filter is `feed:NAME`, `tag:NAME` or `lang:CODE`, a term as in `any_of`; so are errors.
    """
    unwanted = [*dict.fromkeys(terms)]
    root = _either([_unwanted(term) for term in unwanted])
    sense.check(root)
    return Query(" OR ".join(_quoted(term) for term in unwanted), root)


def score(weights: Mapping[str, float], threshold: float) -> Query:
    """Return the query for terms that weigh together `threshold` or more.

    Raises QueryError for a bad term, or a threshold that cannot be reached.
    """
    weighted = tuple((float(weight), _term(term)) for term, weight in weights.items())
    text = " + ".join(f"{weight:g}×{_quoted(term)}" for term, weight in weights.items())
    root = Score(weighted, float(threshold), text=f"{text} ≥ {threshold:g}")
    sense.check(root)
    return Query(root.text, root)


def combine(*queries: Query) -> Query:
    """Return the query that wants all of these."""
    if len(queries) == 1:
        return queries[0]
    text = " AND ".join(f"({query.text})" for query in queries)
    root = And(tuple(query.root for query in queries), text=text)
    sense.check(root)
    return Query(text, root)


def _either(nodes: list[Node]) -> Node:
    return (
        nodes[0] if len(nodes) == 1 else Or(tuple(nodes), text=" OR ".join(n.text for n in nodes))
    )


def _quoted(term: str) -> str:
    if signs.field_of(term.strip()) in ARTICLE_FACETS:
        return term.strip()
    return term if term.isalnum() or term.lstrip().startswith('"') else f'"{term}"'


def _unwanted(term: str) -> Node:
    """Return the leaf of a term, or the filter that it is."""
    written = term.strip()
    name = signs.field_of(written)
    if name not in ARTICLE_FACETS:
        return _term(term)
    return facet(name, written.partition(":")[2].strip().strip('"'), 0)


def _term(term: str) -> Node:
    """Return the leaf of a watchlist's term."""
    written = term.strip()
    column = len(term) - len(term.lstrip())
    if written.startswith(('"', '="')) and written.count('"') == 2:
        return syntax.read(term)
    chunks = written.split()
    if len(chunks) > 2 and (found := _OPERATORS.intersection(chunks[1:-1])):
        name = next(chunk for chunk in chunks if chunk in found)
        hint = f"for operators write query:, for the word write {name.lower()}"
        raise QueryError(f"{name} in a term", column + written.index(f" {name} ") + 1, hint)
    if field := signs.field_of(written):
        raise QueryError(f"{field}: in a term", column, "for fields and filters write query:")
    return leaf.phrase(written, column)
