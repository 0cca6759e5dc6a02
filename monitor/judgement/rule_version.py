"""The version of a watchlist: a hash of what it matches."""

from __future__ import annotations

import functools
from enum import Enum
from hashlib import blake2b

from index.query.ast import And, AtLeast, Concept, Facet, Near, Node, Not, Or, Phrase, Score, Word
from index.query.parser import CACHED_QUERIES


@functools.lru_cache(CACHED_QUERIES)
def rule_version(root: Node, lang: tuple[str, ...], feeds: tuple[str, ...]) -> str:
    """Return a hash that is equal for watchlists whose queries mean the same.

    Layout and order of terms, severity and test sentences do not count. Remembered: of 50,000
    watchlists one is edited.
    """
    content = (sorted(lang), sorted(feeds), _canonical(root))
    return blake2b(repr(content).encode(), digest_size=16).hexdigest()


def _canonical(node: Node) -> str:
    if isinstance(node, And | Or):
        return f"{type(node).__name__}{sorted(set(map(_canonical, node.children)))}"
    values = [_value(getattr(node, name)) for name in _COMPARED[type(node)]]
    return f"{type(node).__name__}({', '.join(values)})"


_COMPARED: dict[type[Node], list[str]] = {
    kind: [name for name in kind.__struct_fields__ if name not in Node.__struct_fields__]
    for kind in (Word, Phrase, Near, AtLeast, Concept, Not, Score, Facet)
}
"""Cache of node type to the names of the fields that count."""


def _value(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, Node):
        return _canonical(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return value.name if isinstance(value, Enum) else repr(value)
