"""What a search of the archive found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from index.article import Timestamp
from monitor.model import Found
from tui.ink import Line
from tui.messages import Moved
from tui.rows import result_row
from tui.widgets.line_list import LineList


class ResultList(LineList):
    """Articles in the order that the search gave."""

    BORDER_TITLE = "Archive"

    def __init__(
        self, clock: Callable[[], Timestamp], *, zone: tzinfo | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._zone = zone
        self._found: Sequence[Found] = ()

    @property
    def row_count(self) -> int:
        """Return how many results are listed."""
        return len(self._found)

    @property
    def found(self) -> Found | None:
        """The result under the cursor."""
        return self._found[self.cursor] if self._found else None

    def show(self, found: Sequence[Found]) -> None:
        """List other results, from the first."""
        self._found = found
        self.cursor = 0
        self.resize_rows()
        self.scroll_to(y=0, animate=False, force=True)
        self.post_message(Moved(self))

    def row_line(self, row: int, cells: int) -> Line:
        """Return a result as a line."""
        return result_row(self._found[row], cells, self._clock(), self._zone)
