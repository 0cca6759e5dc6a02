"""What a search found is made of: top feeds, languages, watchlists, words; enter narrows it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from index.errors import ArchiveError, QueryError
from monitor.errors import MonitorError
from monitor.model.search import Facets
from tui.messages import Opened
from tui.screens.dialogs import Dialog
from tui.view.facet_rows import FacetRow, facet_rows
from tui.view.styled_text import Line, wrap
from tui.widgets.line_list import LineList


class FacetList(LineList):
    """Rows under headings, once they are counted."""

    def __init__(self) -> None:
        super().__init__()
        self._facets: Facets | None = None
        self._said: Line = [("  Counting…", "quiet")]

    def tell(self, facets: Facets) -> None:
        """Show what was counted, from the first row that narrows."""
        self._facets = facets
        self._said = [("  Nothing found.", "quiet")]
        self.cursor = min(1, max(0, self.row_count - 1))
        self.resize_rows()
        self.refresh(layout=True)

    def say(self, words: str) -> None:
        """Say why nothing could be counted."""
        self._said = wrap(words, 400, "bad", "  ")[0]
        self.refresh()

    def rows(self, cells: int) -> Sequence[FacetRow]:
        """Return the rows for a width."""
        return facet_rows(self._facets, cells) if self._facets else ()

    @property
    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self.rows(80))

    def row_line(self, row: int, cells: int) -> Line:
        """Return a row as a line."""
        return self.rows(cells)[row].line

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is said without rows."""
        return [self._said]


class FacetChoice(Dialog[str]):
    """Asks for a facet and gives what to narrow the query by; None when closed without."""

    def __init__(self, counting: Awaitable[Facets]) -> None:
        self._list = FacetList()
        self._counting = counting
        super().__init__("What it is made of", self._list)

    def on_mount(self) -> None:
        """Show the rows once they are counted."""
        self.run_worker(self._count(), group="count")

    async def _count(self) -> None:
        try:
            facets = await self._counting
        except QueryError as error:
            self._list.say(error.message)
        except (ArchiveError, MonitorError) as error:
            self._list.say(str(error))
        else:
            if self.is_attached:
                self._list.tell(facets)

    def on_opened(self, message: Opened) -> None:
        """Take the facet under the cursor."""
        message.stop()
        by = self._list.rows(80)[self._list.cursor].by
        if by:
            self.dismiss(by)
