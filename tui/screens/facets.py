"""The facets of a search: its feeds, languages, watchlists and significant words."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from index.errors import ArchiveError, QueryError
from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.model.search import Facets
from monitor.presentation.spans import Line, wrap
from tui.screens.dialogs import Dialog
from tui.view.search import FacetRow, facet_rows
from tui.widgets.line_list import LineList


class FacetList(LineList):
    """Facets under headings, once they are counted."""

    def __init__(self) -> None:
        super().__init__()
        self._facets: Facets | None = None
        self._note: Line = [(f"  {_('Counting…')}", "quiet")]

    def show_facets(self, facets: Facets) -> None:
        """Show the facets, with the cursor on the first of them."""
        self._facets = facets
        self._note = [(f"  {_('Nothing found.')}", "quiet")]
        self.cursor = min(1, max(0, self.row_count - 1))
        self.update_row_count()
        self.refresh(layout=True)

    def show_error(self, text: str) -> None:
        self._note = wrap(text, 400, "bad", "  ")[0]
        self.refresh()

    def rows(self, cells: int) -> Sequence[FacetRow]:
        """Return the rows for a width."""
        return facet_rows(self._facets, cells) if self._facets else ()

    @property
    def row_count(self) -> int:
        return len(self.rows(80))

    def row_line(self, row: int, cells: int) -> Line:
        return self.rows(cells)[row].line

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without rows."""
        return [self._note]


class FacetDialog(Dialog[str]):
    """Asks for a facet; gives the clause that narrows the query, None when closed without."""

    def __init__(self, counting: Awaitable[Facets]) -> None:
        self._list = FacetList()
        self._counting = counting
        super().__init__(_("Facets"), self._list)

    def on_mount(self) -> None:
        """Show the facets once they are counted."""
        self.run_worker(self._show_facets(), group="facets")

    async def _show_facets(self) -> None:
        try:
            facets = await self._counting
        except QueryError as error:
            self._list.show_error(error.message)
        except (ArchiveError, MonitorError) as error:
            self._list.show_error(str(error))
        else:
            if self.is_attached:
                self._list.show_facets(facets)

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        clause = self._list.rows(80)[self._list.cursor].clause
        if clause:
            self.dismiss(clause)
