"""What a query says of time by itself: `alibaba since:2023-10` begins in October."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from index.article import Timestamp
from index.tree import And, Facet, Node

Resolve = Callable[[str], tuple[Timestamp, Timestamp]]
"""Returns start and end of what is written."""


def bounds(root: Node, resolve: Resolve) -> tuple[list[Timestamp], list[Timestamp]]:
    """Return since when and until when all of a query's articles are, each as often as said."""
    said = [facet for facet in _required(root) if facet.name in ("since", "until")]
    since = [resolve(facet.value)[0] for facet in said if facet.name == "since"]
    until = [resolve(facet.value)[1] for facet in said if facet.name == "until"]
    return since, until


def _required(node: Node) -> Iterator[Facet]:
    if isinstance(node, Facet):
        yield node
    elif isinstance(node, And):
        for child in node.children:
            yield from _required(child)
