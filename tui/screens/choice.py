"""A list of lines in a frame, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from tui.ink import Line, wrap
from tui.messages import Opened
from tui.screens.dialog import Dialog
from tui.widgets.line_list import LineList


class Rows(LineList):
    """Lines that were made before; `None` among them cannot be chosen."""

    def __init__(self, rows: Sequence[Line], *, cursor: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self.cursor = cursor

    @property
    def row_count(self) -> int:
        """Return how many lines there are."""
        return len(self._rows)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a line."""
        return [(" ", ""), *self._rows[row]]


class Choice(Dialog[int]):
    """Asks for one of some lines; its number, None when closed without."""

    def __init__(self, title: str, rows: Sequence[Line], *, cursor: int = 0) -> None:
        self._rows = Rows(rows, cursor=cursor)
        super().__init__(title, self._rows)

    def on_opened(self, message: Opened) -> None:
        """Take the line."""
        message.stop()
        self.dismiss(self._rows.cursor)


def question(words: str, yes: str, no: str) -> tuple[str, list[Line]]:
    """Return the title and rows of a question, what changes nothing first."""
    return words, [*wrap(no, 200, "plain"), *wrap(yes, 200, "plain")]
