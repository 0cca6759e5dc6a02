"""Which panes a screen of some size has room for, and where a mistake in a line is shown."""

from __future__ import annotations

import enum

from index.errors import QueryError
from tui.view.styled_text import Line


class Shape(enum.StrEnum):
    """How the panes share a screen."""

    SMALL = "small"
    """One pane at a time."""
    TALL = "tall"
    """The list above the reader."""
    NORMAL = "normal"
    """The same, with watchlists and feeds beside them."""
    WIDE = "wide"
    """Three columns: the reader has its own."""


def shape(width: int, height: int) -> Shape:
    """Return the shape of a screen of so many cells and lines."""
    if width < 100:
        return Shape.TALL if width >= 60 and height >= 34 else Shape.SMALL
    if height < 22:
        return Shape.SMALL
    return Shape.WIDE if width >= 170 else Shape.NORMAL


def pointed(error: QueryError, indent: int, cells: int) -> Line:
    """Return a caret under the column of a mistake, and the message where it fits."""
    column = min(indent + error.position, cells - 1)
    message = error.message + (f" ({error.hint})" if error.hint else "")
    if column + 2 + len(message) <= cells or column < len(message):
        return [(" " * column + "^ ", "bad"), (message, "bad")]
    return [((message + " ").rjust(column)[-column:], "bad"), ("^", "bad")]
