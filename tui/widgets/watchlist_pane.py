"""The pane of watchlists, with their counts and their last day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import pgettext
from monitor.model.shown_names import list_name
from monitor.model.watchlist import Severity, Silence, WatchlistCount
from monitor.presentation import times
from monitor.presentation.spans import Line
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.view import alerts as view
from tui.widgets.line_list import LineList


class WatchlistPane(LineList):
    """One row for all watchlists together, then one for each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+n", "screen.new_watchlist", "New watchlist", name="new-watchlist"),
        bind("ctrl+e", "screen.edit_watchlist", "Edit this watchlist", name="edit-watchlist"),
    ]
    IDLE_CURSOR = ""
    OPENS_AT_CLICK = True

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(id="watchlists")
        self.border_title = _("Watchlists")
        self._known = False
        """Whether the watchlists have been read."""
        self._clock, self._zone = newsroom.clock, newsroom.zone
        self._silenced_until: dict[str, Timestamp] = {}
        self._counts: Sequence[WatchlistCount] = ()
        self._chosen: tuple[str, ...] = ()
        self._baseline = ""
        self._columns = view.WatchlistColumns()

    @property
    def row_count(self) -> int:
        return len(self._counts)

    @property
    def cells(self) -> int:
        """Width of the pane with its frame in which nothing is cut."""
        names = [cell_len(line(list_name(count.name))) for count in self._counts]
        return 11 + max(names, default=0) + sum(view.watchlist_columns(self._counts, 999))

    @property
    def watchlist(self) -> str:
        """Name of the watchlist under the cursor, empty for all."""
        return self._counts[self.cursor].name if 0 < self.cursor < len(self._counts) else ""

    def update(
        self,
        counts: Sequence[WatchlistCount],
        silences: Sequence[Silence] = (),
        untriaged: int = 0,
    ) -> None:
        """Show counts and silences; the cursor stays on its watchlist.

        Args:
            counts: The counts of each watchlist.
            silences: The active silences.
            untriaged: Stories of all watchlists that are to be triaged.
        """
        if not self._known:
            self._known = True
            self.refresh()
        rows = (total_count(counts, untriaged), *counts) if counts else ()
        silenced_until = {silence.watchlist: silence.until for silence in silences}
        if rows != self._counts or silenced_until != self._silenced_until:
            name = self.watchlist
            self._counts, self._silenced_until = rows, silenced_until
            names = [count.name for count in rows]
            if name in names[1:]:
                self.cursor = names.index(name, 1)
            self.update_row_count()
            self._show_title()
            self._show_baseline()

    def on_line_list_highlighted(self) -> None:
        """Show the baseline of the watchlist under the cursor."""
        self._show_baseline()

    def _show_baseline(self) -> None:
        if self.cursor < len(self._counts):
            baseline = view.baseline_text(self._counts[self.cursor])
            if baseline != self._baseline:  # setting the subtitle repaints the whole pane
                self._baseline = baseline
                self.border_subtitle = Content(baseline)

    def choose(self, names: tuple[str, ...]) -> None:
        if names != self._chosen:
            self._chosen = names
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        cells = self.scrollable_content_region.width - 1
        self._columns = view.watchlist_columns(self._counts, cells)  # once for all rows
        return super().render_lines(crop)

    def _show_title(self) -> None:
        """Show what the numbers are, above their columns if there is room."""
        paces = view.watchlist_columns(self._counts, self.size.width).pace
        title, heads = _("Watchlists"), _("today") if paces else ""
        heads += f"  {signs.NEW}{pgettext('column', 'new')}"
        gap = self.outer_size.width - 6 - cell_len(title + heads)
        label = title + " " * gap + heads if self._counts and gap > 0 else title
        if str(self.border_title) != label:  # setting the title repaints the whole pane
            self.border_title = Content(label)

    def on_resize(self) -> None:
        super().on_resize()
        self._show_title()

    def row_line(self, row: int, cells: int) -> Line:
        count = self._counts[row]
        chosen = count.name in self._chosen if row else not self._chosen
        until = self._silenced_until.get(count.name) if row else None
        silenced = "" if until is None else times.short(until, self._clock(), self._zone)
        return view.watchlist_row(
            count, cells, chosen=chosen, columns=self._columns, silenced=silenced
        )

    def empty_lines(self, cells: int) -> list[Line]:
        """Return the lines of a pane without watchlists; none before they are read."""
        return [[(f" {_('none in feeds.yaml')}", "quiet")]] if self._known else []


def total_count(counts: Sequence[WatchlistCount], untriaged: int) -> WatchlistCount:
    """Return the counts of all watchlists together; a story of several is untriaged once.

    It has no stories of today: their sum would count a story once for each watchlist.
    """
    hours = max((len(count.spark) for count in counts), default=0)
    sparks = [(0,) * (hours - len(count.spark)) + count.spark for count in counts]
    return WatchlistCount(
        name=_("All"),
        severity=Severity.LOW,
        total=sum(count.total for count in counts),
        untriaged=untriaged,
        spark=tuple(map(sum, zip(*sparks, strict=True))),
    )
