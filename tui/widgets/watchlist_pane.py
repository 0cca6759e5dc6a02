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
from monitor.base.translation import gettext as _, pgettext
from monitor.model.shown_names import list_name
from monitor.model.status import Status
from monitor.model.watchlist import Severity, WatchlistCount
from monitor.presentation import times
from monitor.presentation.spans import Line
from monitor.storage.search.alert_filter import ALL, AlertFilter
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.view import alerts as view
from tui.widgets.line_list import LineList

ARTICLES_ROW = 1
"""The row of all articles, below that of all alerts."""


class WatchlistPane(LineList):
    """Rows for all watchlists together, for all articles, for each saved filter and watchlist."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+n", "screen.new_watchlist", "New watchlist", name="new-watchlist"),
        bind("ctrl+e", "screen.edit_watchlist", "Edit this watchlist", name="edit-watchlist"),
        bind("X", "screen.remove_filter", "Remove this saved filter", name="remove-filter"),
    ]
    IDLE_CURSOR = ""
    OPENS_AT_CLICK = True

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(id="watchlists")
        self.border_title = _("Watchlists")
        self._newsroom = newsroom
        self._silenced_until: dict[str, Timestamp] = {}
        self._counts: Sequence[WatchlistCount] = ()
        self._first_list = 1
        """The row of the first watchlist."""
        self._chosen: tuple[str, ...] = ()
        self._filter = ALL
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
        is_list = self._first_list <= self.cursor < len(self._counts)
        return self._counts[self.cursor].name if is_list else ""

    @property
    def saved_filter(self) -> str:
        """The saved filter under the cursor, empty for none."""
        is_filter = ARTICLES_ROW < self.cursor < self._first_list
        return self._counts[self.cursor].name if is_filter else ""

    def update(self, status: Status) -> None:
        """Show counts and silences; the cursor stays on its watchlist."""
        counts, others = self._newsroom.watchlists, self._newsroom.lists
        rows = (total_count(counts, status.untriaged), *others, *counts)
        silenced_until = {silence.watchlist: silence.until for silence in status.silences}
        if rows != self._counts or silenced_until != self._silenced_until:
            name, self._first_list = self.watchlist, 1 + len(others)
            self._counts, self._silenced_until = rows, silenced_until
            names = [count.name for count in counts]
            if name in names:
                self.cursor = self._first_list + names.index(name)
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

    def choose(self, names: tuple[str, ...], alert_filter: AlertFilter) -> None:
        """Mark the rows that say what the stream shows: a filter, or watchlists."""
        self._chosen, self._filter = names, alert_filter
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        cells = self.scrollable_content_region.width - 1
        self._columns = view.watchlist_columns(self._counts, cells)  # once for all rows
        return super().render_lines(crop)

    def _show_title(self) -> None:
        """Show what bars and numbers are, above their columns; the last ones first."""
        columns, title = view.watchlist_columns(self._counts, self.size.width), _("Watchlists")
        heads = [_("24 h")] * bool(columns.bars) + [_("today")] * bool(columns.pace)
        heads += [f"{signs.NEW}{pgettext('column', 'new')}"]
        room = self.outer_size.width - 6 - cell_len(title)
        while heads and cell_len("  ".join(heads)) >= room:
            del heads[0]
        words = "  ".join(heads)
        label = title + " " * (room - cell_len(words)) + words if heads else title
        if str(self.border_title) != label:  # setting the title repaints the whole pane
            self.border_title = Content(label)

    def on_resize(self) -> None:
        super().on_resize()
        self._show_title()

    def row_line(self, row: int, cells: int) -> Line:
        count = self._counts[row]
        is_list, shown = row >= self._first_list, self._filter
        chosen = count.name in self._chosen if is_list else count.name == shown.text
        if row <= ARTICLES_ROW:
            chosen = shown.articles == (row == ARTICLES_ROW) and not shown.text
        until = self._silenced_until.get(count.name) if is_list else None
        now, zone = self._newsroom.clock(), self._newsroom.zone
        silenced = "" if until is None else times.short(until, now, zone)
        return view.watchlist_row(
            count, cells, chosen=chosen, columns=self._columns, silenced=silenced
        )


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
