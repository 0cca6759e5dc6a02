"""A mistake in a line that is being written, shown under its column."""

from __future__ import annotations

from index.errors import QueryError
from tui.ink import Line


def pointed(error: QueryError, indent: int, cells: int) -> Line:
    """Return a caret under the column of a mistake, and the message where it fits."""
    column = min(indent + error.position, cells - 1)
    message = error.message + (f" ({error.hint})" if error.hint else "")
    if column + 2 + len(message) <= cells or column < len(message):
        return [(" " * column + "^ ", "bad"), (message, "bad")]
    return [((message + " ").rjust(column)[-column:], "bad"), ("^", "bad")]
