"""What a watchlist means, as a hash: the version of its rule."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from hashlib import blake2b

from index.tree import And, Node, Or
from monitor.model import Watchlist


def meaning(watchlist: Watchlist) -> str:
    """Return the same text for watchlists that match the same articles, as far as can be told.

    The layout and order of what is written, the severity and the test sentences do not count.
    """
    said = (sorted(watchlist.lang), sorted(watchlist.feeds), _said(watchlist.query.root))
    return blake2b(repr(said).encode(), digest_size=16).hexdigest()


def _said(node: Node) -> str:
    if isinstance(node, And | Or):
        return f"{type(node).__name__}{sorted(set(map(_said, node.children)))}"
    values = [_value(getattr(node, field.name)) for field in fields(node) if field.compare]
    return f"{type(node).__name__}({', '.join(values)})"


def _value(value: object) -> str:
    if isinstance(value, Node):
        return _said(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return value.name if isinstance(value, Enum) else repr(value)
