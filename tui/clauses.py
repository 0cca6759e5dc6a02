"""The text of a filter with another clause: what a choice from a list writes."""

from __future__ import annotations

from index.facets import compact
from index.tree import Facet, Node, Or, clauses
from tui.sieve import Sieve


def written(name: str, value: str) -> str:
    """Return `name:value` as it is written, quoted where it must be."""
    return f"{name}:{value}" if value.isalnum() else f'{name}:"{value}"'


def has(sieve: Sieve, name: str, value: str) -> bool:
    """Return whether a sieve holds just this filter, whatever else it holds."""
    return any(
        isinstance(c, Facet) and c.name == name and compact(c.value) == compact(value)
        for c in (clauses(sieve.root) if sieve.root else ())
    )


def with_only(sieve: Sieve, name: str, value: str) -> str:
    """Return the text of a sieve with this filter instead of others of its name.

    Without a value it is that of the others.
    """
    kept = [_said_as(c) for c in (clauses(sieve.root) if sieve.root else ()) if _kind(c) != name]
    return " ".join([*kept, *([written(name, value)] if value else [])])


def _kind(node: Node) -> str:
    """Return the name of the filter that a clause is, of several of one name too."""
    if isinstance(node, Facet):
        return node.name
    if isinstance(node, Or):
        kinds = {_kind(child) for child in node.children}
        return kinds.pop() if len(kinds) == 1 else ""
    return ""


def _said_as(node: Node) -> str:
    """Return a clause as it can be written beside others."""
    if isinstance(node, Facet):
        return written(node.name, node.value)
    if isinstance(node, Or):
        return f"({' OR '.join(_said_as(child) for child in node.children)})"
    return node.text
