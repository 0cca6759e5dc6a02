"""Keys as people read them, gathered from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "full_stop": ".",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "esc",
    "shift+tab": "⇧tab",
}


class KeyBinding(NamedTuple):
    """A binding as it is shown: its keys, a short label, what it does."""

    shown: str
    label: str
    action: str


def name(key: str) -> str:
    """Return a key as it is printed: `^d`, `?`, `PgUp`."""
    if key in _NAMES:
        return _NAMES[key]
    return f"^{key[5:]}" if key.startswith("ctrl+") else key


def own(node: type[DOMNode]) -> list[Binding]:
    """Return the bindings that a class itself declares and explains."""
    declared: Iterable[Any] = node.__dict__.get("BINDINGS", ())
    return [b for b in declared if isinstance(b, Binding) and b.description]


def explained(node: type[DOMNode]) -> list[tuple[str, str]]:
    """Return (keys, description) for each binding that a class declares."""
    return [
        (" ".join(name(key) for key in binding.key.split(",")), binding.description)
        for binding in own(node)
    ]


def bar(actions: Sequence[tuple[str, str]], *nodes: type[DOMNode]) -> list[KeyBinding]:
    """Return (action, label) pairs as keys, each with the first key bound to it."""
    bound = {b.action: b for node in nodes for base in node.__mro__ for b in own(base)}
    return [
        KeyBinding(name(bound[action].key.split(",")[0]), label, action)
        for action, label in actions
    ]
