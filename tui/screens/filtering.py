"""Which alerts the stream shows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from monitor.errors import MonitorError
from monitor.model import AlertState, Filter
from tui.screens.panes import Panes
from tui.widgets.alert_stream import AlertStream
from tui.widgets.watchlist_pane import WatchlistPane

FIRST = 500
"""Alerts read before the first paint; the others follow from a thread."""


class Filtering(Panes):
    """The part of a screen with a stream that chooses its alerts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter the alerts"),
        Binding("F", "clear_filter", "Show all alerts"),
    ]
    filter: Filter
    stream: AlertStream
    watchlists: WatchlistPane

    def load(self) -> None:
        """Show the alerts that pass the filter."""
        try:
            ids = self.newsroom.service.alert_ids(self.filter, limit=FIRST)
        except MonitorError as error:
            self.tell(str(error), trouble=True)
            return
        self.stream.load(ids, self._subject_words())
        self.watchlists.choose(self.filter.watchlists)
        if len(ids) == FIRST:
            self.run_worker(self._deepen(self.filter), group="deepen", exclusive=True)

    async def _deepen(self, filter: Filter) -> None:
        ids = await self.answer(self.newsroom.service.alert_ids, filter)
        if ids is not None and filter == self.filter:
            self.stream.deepen(ids)

    def apply(self, filter: Filter) -> None:
        """Show only the alerts that pass a filter."""
        if filter != self.filter:
            self.filter = filter
            self.load()

    def action_filter(self) -> None:
        """Choose a filter."""
        from tui.screens.filter import FilterChoice

        def chosen(filter: Filter | None) -> None:
            if filter is not None:
                self.apply(filter)

        self.app.push_screen(FilterChoice(self.newsroom.watchlists, self.filter), chosen)

    def action_clear_filter(self) -> None:
        """Show all alerts."""
        self.apply(Filter())

    def _subject_words(self) -> str:
        words = [*self.filter.watchlists]
        if self.filter.state is AlertState.NEW:
            words.append("untriaged only")
        return " · ".join(words)
