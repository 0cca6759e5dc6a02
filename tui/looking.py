"""A dashboard that only looks: which actions change nothing but what is on the screen."""

from __future__ import annotations

from textual.actions import ActionError, parse

LOOKING = frozenset({
    "back", "bottom", "choose_filter", "clear_filter", "close", "command_palette", "copy_link",
    "dismiss", "edit", "edits", "facets", "feeds", "filter", "help", "history", "item", "leave",
    "mark", "match", "missed", "move", "newest", "next_pane", "next_theme", "open", "open_link",
    "open_part", "outlets", "page", "pane", "parts", "pause", "scroll", "search", "sort", "states",
    "theme", "toggle_bell", "top", "untriaged", "why", "zoom",
})  # fmt: skip
"""What is not here is refused: an action that is new must first be known as harmless."""


def changes_something(action: object) -> bool:
    """Return whether an action, as a binding writes it, may write to the newsroom."""
    if isinstance(action, tuple):
        return str(action[-2]) not in LOOKING
    try:
        _, name, _ = parse(str(action))
    except ActionError:
        return True
    return name not in LOOKING
