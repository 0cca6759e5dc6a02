"""A list of names of which any may be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from monitor.base.text_cleaning import line
from monitor.presentation.spans import Line, fit
from tui.key_labels import bind
from tui.widgets.line_list import LineList


class CheckList(LineList):
    """Names with a box each, painted on demand.

    Textual's SelectionList tells chosen from others by colour alone, and creates an object for
    each of some thousand feeds.
    """

    class ChoiceChanged(Message):
        """A name was chosen, or is not any more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("space", "toggle_name", "Choose, or not", name="choose"),
    ]
    IDLE_CURSOR = ""

    def __init__(
        self, names: Sequence[str], chosen: Iterable[str] = (), *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._names = names
        self._chosen = set(chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen names, in the order of the list."""
        return tuple(name for name in self._names if name in self._chosen)

    @property
    def row_count(self) -> int:
        return len(self._names)

    def row_line(self, row: int, cells: int) -> Line:
        name = self._names[row]
        chosen = name in self._chosen
        box: Line = [("[x] " if chosen else "[ ] ", "key" if chosen else "quiet")]
        return [*box, (fit(line(name), max(1, cells - 4)), "plain")]

    def action_toggle_name(self) -> None:
        """Choose the name under the cursor, or not."""
        if self._names:
            self._chosen ^= {self._names[self.cursor]}
            self.refresh_row(self.cursor)
            self.post_message(self.ChoiceChanged())

    def action_open(self) -> None:
        """Do the same at enter and a double click."""
        self.action_toggle_name()
