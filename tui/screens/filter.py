"""Which alerts the stream shows: a choice of one watchlist, and whether settled ones count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.model import AlertState, Filter, WatchlistCount
from tui.ink import Line, fit
from tui.messages import Opened
from tui.rows import watchlist_row
from tui.screens.dialog import Dialog
from tui.widgets.line_list import LineList

_FIXED = 2


class Choices(LineList):
    """All alerts, untriaged only, then each watchlist."""

    def __init__(self, counts: Sequence[WatchlistCount], filter: Filter) -> None:
        super().__init__()
        self._counts = counts
        self._filter = filter
        names = [count.name for count in counts]
        chosen = filter.watchlists[0] if filter.watchlists else ""
        self.cursor = names.index(chosen) + _FIXED if chosen in names else 0

    @property
    def row_count(self) -> int:
        """Return how many choices there are."""
        return len(self._counts) + _FIXED

    def row_line(self, row: int, cells: int) -> Line:
        """Return a choice as a line."""
        if row == 0:
            return [("  ", ""), (fit("All alerts", cells - 2), "plain")]
        if row == 1:
            tick = "▸" if self._filter.state is AlertState.NEW else " "
            return [(f"{tick} ", "accent"), (fit("Untriaged only, on or off", cells - 2), "plain")]
        count = self._counts[row - _FIXED]
        return watchlist_row(count, cells, chosen=count.name in self._filter.watchlists)

    @property
    def choice(self) -> Filter:
        """The filter that the row under the cursor stands for."""
        if self.cursor == 0:
            return Filter()
        if self.cursor == 1:
            on = self._filter.state is AlertState.NEW
            return replace(self._filter, state=None if on else AlertState.NEW)
        return replace(self._filter, watchlists=(self._counts[self.cursor - _FIXED].name,))


class FilterChoice(Dialog[Filter]):
    """Asks for a filter; closed without a choice it gives None."""

    def __init__(self, counts: Sequence[WatchlistCount], filter: Filter) -> None:
        self._choices = Choices(counts, filter)
        super().__init__("Show", self._choices)

    def on_opened(self, message: Opened) -> None:
        """Take the choice."""
        message.stop()
        self.dismiss(self._choices.choice)
