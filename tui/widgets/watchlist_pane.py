"""The watchlists with their counts and their last day."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Severity, WatchlistCount
from tui.ink import Line
from tui.rows import watchlist_row
from tui.widgets.line_list import LineList

ALL = "All"


class WatchlistPane(LineList):
    """One row for all watchlists together, then one each."""

    BORDER_TITLE = "Watchlists"
    IDLE = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._counts: Sequence[WatchlistCount] = ()
        self._chosen: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self._counts)

    @property
    def watchlist(self) -> str:
        """Name of the watchlist under the cursor, empty for all."""
        return self._counts[self.cursor].name if 0 < self.cursor < len(self._counts) else ""

    def tell(self, counts: Sequence[WatchlistCount]) -> None:
        """Show these counts; the cursor stays on its watchlist."""
        rows = (total(counts), *counts) if counts else ()
        if rows != self._counts:
            name = self.watchlist
            self._counts = rows
            names = [count.name for count in rows]
            if name in names[1:]:
                self.cursor = names.index(name, 1)
            self.resize_rows()

    def choose(self, names: tuple[str, ...]) -> None:
        """Mark the watchlists that the stream is filtered by."""
        self._chosen = names
        self.refresh()

    def row_line(self, row: int, cells: int) -> Line:
        """Return a watchlist as a line."""
        count = self._counts[row]
        chosen = count.name in self._chosen if row else not self._chosen
        return watchlist_row(count, cells, chosen=chosen)

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without watchlists."""
        return [[(" none in feeds.yaml", "quiet")]]


def total(counts: Sequence[WatchlistCount]) -> WatchlistCount:
    """Return all watchlists as one."""
    hours = max((len(count.spark) for count in counts), default=0)
    sparks = [(0,) * (hours - len(count.spark)) + count.spark for count in counts]
    return WatchlistCount(
        name=ALL,
        severity=Severity.LOW,
        total=sum(count.total for count in counts),
        untriaged=sum(count.untriaged for count in counts),
        spark=tuple(map(sum, zip(*sparks, strict=True))),
    )
