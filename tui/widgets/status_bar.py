"""The lines at the top and at the bottom of a screen: the status bar and the key bar."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from monitor.presentation.spans import Line, width
from tui.data.newsroom import NewsroomModel
from tui.key_labels import NO_KEYMAP, BarEntry, KeyBinding, key_bar_entries
from tui.view.status import status_parts
from tui.widgets.styled_widget import StyledWidget

BarPart = tuple[Line, str]
"""A part of a line, and the action of a click on it; empty for none."""


class Bar(StyledWidget):
    """A line of parts; a click on a part runs its action."""

    _parts: Sequence[BarPart] = ()

    def show(self, parts: Sequence[BarPart]) -> None:
        """Show other parts; repaint only if they differ."""
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render_line(self, y: int) -> Strip:
        return self.strip([run for line, _action in self._parts for run in line], self.size.width)

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the part under the mouse."""
        right = 0
        for line, action in self._parts:
            right += width(line)
            if event.x < right:
                if action:
                    await self.screen.run_action(action)
                return


class StatusBar(Bar):
    """The state of the newsroom on one line; a click on a part opens its details."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(id="status")
        self._newsroom = newsroom

    def update(self) -> None:
        """Show the last status at the present time."""
        model, cells = self._newsroom, self.size.width
        parts = status_parts(
            model.status, model.clock(), model.zone, cells, model.paused_stories, rests=model.rests
        )
        self.show([(line, f"app.open_part('{target}')" * bool(target)) for line, target in parts])

    def on_resize(self) -> None:
        self.update()


class KeyBar(Bar):
    """The most important keys of the focused pane, as many as fit whole; a click presses a key.

    Textual's Footer cuts off what does not fit, has no order of importance, and creates a widget
    for each key whenever the focus moves.
    """

    _keys: Sequence[KeyBinding] = ()
    _left_cells = 0
    """Cells at the end that notifications have."""

    def update(self, entries: Sequence[BarEntry], *focused: type[Widget]) -> None:
        """Show the keys of the application, of the screen and of the focused widget."""
        nodes = type(self.app), type(self.screen), *focused
        keymap = getattr(self.app, "keymap", NO_KEYMAP)
        self._keys = key_bar_entries(entries, *nodes, keymap=keymap)
        self.on_resize()

    def leave(self, cells: int) -> None:
        """Leave so many cells at the end of the line."""
        self._left_cells = cells
        self.on_resize()

    def on_resize(self) -> None:
        """Show the keys that fit."""
        parts: list[BarPart] = []
        room = self.size.width - self._left_cells
        for binding in self._keys:
            label: Line = [(f" {binding.key}", "key"), (f" {binding.label} ", "quiet")]
            if width(label) <= room:
                room -= width(label)
                parts.append((label, binding.action))
        self.show(parts)
