"""Keys as people read them, taken from the bindings of the widgets, screens and applications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from monitor.base.translation import gettext as _, mark_all, pgettext

_KEY_LABELS = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "full_stop": ".",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "shift+tab": "⇧tab",
    "semicolon": ";",
    "comma": ",",
    "ampersand": "&",
    "latin_small_letter_e_with_acute": "é",
    "quotation_mark": '"',
    "apostrophe": "'",
    "plus": "+",
    "underscore": "_",
}


NO_KEYMAP: Mapping[str, str] = MappingProxyType({})
"""No action has other keys than its own."""


class KeyBinding(NamedTuple):
    """An entry of the key bar; its label is a short verb, translated where the bar is drawn."""

    key: str
    """The key as it is printed: `^d`; by its name, until the bar is drawn."""
    label: str
    action: str = ""
    """The action of a click; empty for a key that only the input understands."""


BarEntry = tuple[str, str] | KeyBinding
"""An (action, label) whose key is looked up, or an entry that needs no binding."""


class Command(Struct, frozen=True):
    """A command of the palette."""

    label: str
    run: Callable[[], Any]
    """Runs it; may return an awaitable."""
    key: str = ""
    """The key as it is printed."""
    name: str = ""
    """The name of the action in the settings file."""


def bind(
    keys: str, action: str, description: str, *, name: str = "", priority: bool = False
) -> Binding:
    """Return a binding that the settings file can give other keys.

    Args:
        keys: The keys, separated by commas.
        action: The action.
        description: What the action does, as the help says it: in English, and translated where
            it is shown.
        name: Name of the action in the settings file; empty for that of the action itself.
        priority: Whether the key is taken before the focused widget sees it.
    """
    id = name or action.removeprefix("app.").replace("_", "-")
    return Binding(keys, action, description, id=id, priority=priority)


_NAMED_KEYS = dict(
    zip(
        ("enter", "escape", "space", "home", "end"),
        mark_all("keyboard", "enter", "esc", "space", "home", "end"),
        strict=True,
    )
)
"""Keys that have a name on keyboards, which differs from language to language."""


def key_label(key: str) -> str:
    """Return a key as it is printed: `^d`, `?`, `PgUp`."""
    if key in _NAMED_KEYS:
        return pgettext("keyboard", _NAMED_KEYS[key])
    return _KEY_LABELS.get(key, f"^{key[5:]}" if key.startswith("ctrl+") else key)


def own_bindings(node: type[DOMNode], keymap: Mapping[str, str] = NO_KEYMAP) -> list[Binding]:
    """Return the bindings with a description that a class itself declares.

    Args:
        node: The class of an application, a screen or a widget.
        keymap: Other keys of some actions, by the names of the actions.
    """
    bindings: Iterable[Any] = node.__dict__.get("BINDINGS", ())
    return [
        replace(binding, key=keymap.get(binding.id or "", binding.key))
        for binding in bindings
        if isinstance(binding, Binding) and binding.description
    ]


def binding_help(
    node: type[DOMNode], keymap: Mapping[str, str] = NO_KEYMAP
) -> list[tuple[str, str]]:
    """Return (keys, description) for each binding that a class declares."""
    return [
        (" ".join(key_label(key) for key in binding.key.split(",")), _(binding.description))
        for binding in own_bindings(node, keymap)
    ]


def key_bar_entries(
    entries: Sequence[BarEntry], *nodes: type[DOMNode], keymap: Mapping[str, str] = NO_KEYMAP
) -> list[KeyBinding]:
    """Return the entries of the key bar, each with the first key bound to its action.

    Args:
        entries: The entries, the most important first.
        nodes: The classes whose bindings are in force: application, screen, focused widget.
        keymap: Other keys of some actions, by the names of the actions.
    """
    by_action: dict[str, tuple[Binding, str]] = {}
    for node in nodes:
        prefix = "focused." if issubclass(node, Widget) and not issubclass(node, Screen) else ""
        for base in node.__mro__:
            for binding in own_bindings(base, keymap):
                by_action.setdefault(binding.action, (binding, prefix))
    key_bindings = []
    for entry in entries:
        if isinstance(entry, KeyBinding):
            label = pgettext("key", entry.label)
            key_bindings.append(entry._replace(key=key_label(entry.key), label=label))
            continue
        action, label = entry
        binding, prefix = by_action[action]
        key = key_label(binding.key.split(",")[0])
        full_action = action if "." in action else prefix + action
        key_bindings.append(KeyBinding(key, pgettext("key", label), full_action))
    return key_bindings
