"""Widgets that paint lines of ink."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from index.text import clean
from tui.ink import Line

INKS = (
    *("plain", "quiet", "title", "accent", "brand", "list", "link", "copies", "bar", "key"),
    *("high", "medium", "low", "ok", "late", "bad", "new", "star", "hit", "hit-now"),
    *("cursor", "cursor-idle"),
)


class Inked(Widget):
    """A widget whose inks are component classes of the style sheet."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{name}" for name in INKS}

    def ink(self, name: str) -> Style:
        """Return the style of an ink, without ground unless the ink has one; "" is the widget's."""
        inks: dict[str, Style] = self.__dict__.setdefault("_inks", {})
        style = inks.get(name)
        if style is None:
            style = inks[name] = (
                self.get_component_rich_style(f"ink--{name}", partial=True)
                if name
                else self.rich_style
            )
        return style

    def strip(self, line: Line, cells: int, under: str = "") -> Strip:
        """Return a line on exactly so many cells, over the ground of another ink.

        Nothing unsafe gets past here: what is not plainly printable is cleaned once more.
        """
        ground = self.ink("") + self.ink(under) if under else self.ink("")
        segments = [
            Segment(
                text if text.isprintable() else clean(text),
                ground + self.ink(name) if name else ground,
            )
            for text, name in line
            if text
        ]
        return Strip(segments).adjust_cell_length(cells, ground).simplify()

    def notify_style_update(self) -> None:
        """Forget styles of another theme."""
        self.__dict__.pop("_inks", None)
        super().notify_style_update()
