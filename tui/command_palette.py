"""The command palette: everything the keys do, by name, and every watchlist."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widget import Widget

from index.analysis.text_cleaning import line
from tui.keys import name, own
from tui.themes import THEMES, in_words


class PaletteCommands(Provider):
    """What can be done on the screen below."""

    def _commands(self) -> Iterator[tuple[str, Any]]:
        nodes: list[App[Any] | Widget] = [self.screen, self.app]
        if self.screen.focused is not None:
            nodes.append(self.screen.focused)
        for node in nodes:
            for base in type(node).__mro__:
                for binding in own(base):
                    yield _words(binding), partial(node.run_action, binding.action)
        for look in THEMES:
            take = partial(self.app.run_action, f"app.theme('{look.name}')")
            yield f"Theme: {in_words(look.name)}", take
        desk = self.app.screen_stack[0]
        for count in getattr(getattr(desk, "newsroom", None), "watchlists", ()):
            show = partial(desk.show_watchlist, count.name)  # type: ignore[attr-defined]
            yield f"Show {line(count.name)}", show

    async def discover(self) -> Hits:
        """Offer everything before a letter is typed."""
        for words, act in self._commands():
            yield DiscoveryHit(Content(words), act, words)

    async def search(self, query: str) -> Hits:
        """Offer what the letters fit."""
        matcher = self.matcher(query)
        for words, act in self._commands():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, matcher.highlight(words), act, words)


def _words(binding: Binding) -> str:
    return f"{binding.description} ({name(binding.key.split(',')[0])})"
