"""Keys as people read them, taken from the bindings of the widgets, screens and applications."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

_KEY_LABELS = {
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
    """An entry of the key bar."""

    shown: str
    """The key as it is printed: `^d`."""
    label: str
    action: str


def key_label(key: str) -> str:
    """Return a key as it is printed: `^d`, `?`, `PgUp`."""
    if key in _KEY_LABELS:
        return _KEY_LABELS[key]
    return f"^{key[5:]}" if key.startswith("ctrl+") else key


def own_bindings(node: type[DOMNode]) -> list[Binding]:
    """Return the bindings with a description that a class itself declares."""
    declared: Iterable[Any] = node.__dict__.get("BINDINGS", ())
    return [b for b in declared if isinstance(b, Binding) and b.description]


def binding_help(node: type[DOMNode]) -> list[tuple[str, str]]:
    """Return (keys, description) for each binding that a class declares."""
    return [
        (" ".join(key_label(key) for key in binding.key.split(",")), binding.description)
        for binding in own_bindings(node)
    ]


def key_bar_entries(actions: Sequence[tuple[str, str]], *nodes: type[DOMNode]) -> list[KeyBinding]:
    """Return (action, label) pairs as entries, each with the first key bound to the action."""
    bound = {b.action: b for node in nodes for base in node.__mro__ for b in own_bindings(base)}
    return [
        KeyBinding(key_label(bound[action].key.split(",")[0]), label, action)
        for action, label in actions
    ]
