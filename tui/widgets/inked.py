"""Widgets that paint lines of ink."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from index.text import clean
from tui.ink import Line
from tui.theme import inks


class Inked(Widget):
    """A widget that paints in the inks of the theme, on its own ground."""

    _ground: Style | None = None
    _inks: Mapping[str, Style] = {}

    def strip(self, line: Line, cells: int, under: str = "") -> Strip:
        """Return a line on exactly so many cells, over the ground of another ink.

        Nothing unsafe gets past here: what is not plainly printable is cleaned once more.
        """
        if self._ground is None:
            self._ground = self.rich_style
            self._inks = inks(self.app.theme)
        ground = self._ground + self._inks[under] if under else self._ground
        segments = [
            Segment(
                text if text.isprintable() else clean(text),
                ground + self._inks[ink] if ink else ground,
            )
            for text, ink in line
            if text
        ]
        return Strip(segments).adjust_cell_length(cells, ground).simplify()

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._ground = None
        super().notify_style_update()
