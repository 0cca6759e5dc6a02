"""What a search of the archive found, page by page, and what would find more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from textual.content import Content

from index.article import Timestamp
from monitor.model.search import Found, Results, Suggestion
from monitor.model.severity import Severity
from tui.messages import Moved, NearEnd
from tui.view.rows import result_row, suggestion_row
from tui.view.styled_text import Line
from tui.widgets.line_list import LineList

AHEAD = 30
"""Rows before the last one at which the next page is asked for."""


class ResultList(LineList):
    """Articles in the order that the search gave; suggestions below them."""

    BORDER_TITLE = "Archive"

    def __init__(
        self, clock: Callable[[], Timestamp], *, zone: tzinfo | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._zone = zone
        self._found: list[Found] = []
        self._rang: dict[int, Severity] = {}
        self._suggestions: Sequence[Suggestion] = ()
        self.next = ""
        """Where the next page begins; empty when all are listed."""

    # --- what is listed -----------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Return how many rows there are: the results, then the suggestions under a heading."""
        return len(self._found) + (1 + len(self._suggestions) if self._suggestions else 0)

    @property
    def found(self) -> Found | None:
        """The result under the cursor."""
        return self._found[self.cursor] if self.cursor < len(self._found) else None

    @property
    def suggestion(self) -> Suggestion | None:
        """The suggestion under the cursor."""
        at = self.cursor - len(self._found) - 1
        return self._suggestions[at] if 0 <= at < len(self._suggestions) else None

    def show(self, results: Results = Results((), 0)) -> None:
        """List another result, from its first article."""
        self._found, self._suggestions, self._rang = list(results.found), (), {}
        self.next = results.next
        self.cursor = 0
        self.resize_rows()
        self.scroll_to(y=0, animate=False, force=True)
        self._count(results.total)
        self.post_message(Moved(self))

    def extend(self, results: Results) -> None:
        """Add the next page below; nothing on the screen moves."""
        self._found += results.found
        self.next = results.next
        self.resize_rows()
        self._count(results.total)

    def badge(self, rang: Mapping[int, Severity]) -> None:
        """Mark the articles that raised an alert with how loud it was."""
        self._rang |= rang
        self.refresh()

    def suggest(self, suggestions: Sequence[Suggestion]) -> None:
        """Offer searches that find more, below the results."""
        self._suggestions = suggestions
        if suggestions and not self._found:
            self.cursor = 1
        self.resize_rows()

    def _count(self, total: int) -> None:
        loaded = len(self._found)
        self.border_subtitle = Content(f"{loaded:,} of {total:,}" if loaded < total else "")

    # --- drawing ------------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        """Return a result, the heading or a suggestion as a line."""
        if row < len(self._found):
            found = self._found[row]
            rang = self._rang.get(found.article.id)
            return result_row(found, rang, cells, self._clock(), self._zone)
        if row == len(self._found):
            return [("  What would find more; enter takes it:", "accent")]
        return suggestion_row(self._suggestions[row - len(self._found) - 1], cells)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more when the last rows come near."""
        super().watch_scroll_y(old_value, new_value)
        if self.next and round(new_value) + self.page + AHEAD >= len(self._found):
            self.post_message(NearEnd(self))
