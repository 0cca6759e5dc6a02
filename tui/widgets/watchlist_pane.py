"""The watchlists with their counts and their last day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from textual.content import Content

from index.article import Timestamp
from monitor.model.severity import Severity
from monitor.model.watchlist import Baseline, WatchlistCount
from tui.messages import Moved
from tui.view import times
from tui.view.rows import pace_in_words, watchlist_row
from tui.view.styled_text import Line
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from monitor.model.watchlist import Silence

ALL = "All"


class WatchlistPane(LineList):
    """One row for all watchlists together, then one each."""

    BORDER_TITLE = "Watchlists"
    IDLE = ""

    def __init__(
        self, clock: Callable[[], Timestamp], *, zone: tzinfo | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._zone = zone
        self._muted: dict[str, Timestamp] = {}
        self._counts: Sequence[WatchlistCount] = ()
        self._chosen: tuple[str, ...] = ()
        self._said = ""

    @property
    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self._counts)

    @property
    def watchlist(self) -> str:
        """Name of the watchlist under the cursor, empty for all."""
        return self._counts[self.cursor].name if 0 < self.cursor < len(self._counts) else ""

    def tell(self, counts: Sequence[WatchlistCount], mutes: Sequence[Silence] = ()) -> None:
        """Show these counts, and what is muted; the cursor stays on its watchlist."""
        rows = (total(counts), *counts) if counts else ()
        muted = {mute.watchlist: mute.until for mute in mutes}
        if rows != self._counts or muted != self._muted:
            name = self.watchlist
            self._counts, self._muted = rows, muted
            names = [count.name for count in rows]
            if name in names[1:]:
                self.cursor = names.index(name, 1)
            self.resize_rows()
            self.on_moved()

    def on_moved(self, message: Moved | None = None) -> None:
        """Say how the counts of the watchlist under the cursor are to be taken."""
        at = times.local(self._clock(), self._zone)
        if self.cursor < len(self._counts) and at is not None:
            said = pace_in_words(self._counts[self.cursor], f"{at:%a}")
            if said != self._said:  # setting it draws the whole pane anew
                self._said = said
                self.border_subtitle = Content(said)

    def choose(self, names: tuple[str, ...]) -> None:
        """Mark the watchlists that the stream is filtered by."""
        if names != self._chosen:
            self._chosen = names
            self.refresh()

    def row_line(self, row: int, cells: int) -> Line:
        """Return a watchlist as a line."""
        count = self._counts[row]
        chosen = count.name in self._chosen if row else not self._chosen
        until = self._muted.get(count.name) if row else None
        muted = "" if until is None else times.short(until, self._clock(), self._zone)
        return watchlist_row(count, cells, chosen=chosen, muted=muted)

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
        pace=Baseline(
            today=sum(count.pace.today for count in counts),
            usual=sum(usual) if (usual := _usual(counts)) else None,
            weeks=min((count.pace.weeks for count in counts), default=0),
        ),
    )


def _usual(counts: Sequence[WatchlistCount]) -> list[float]:
    """Return what is usual of each; nothing unless it is known of all."""
    known = [count.pace.usual for count in counts if count.pace.usual is not None]
    return known if len(known) == len(counts) else []
