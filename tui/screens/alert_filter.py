"""The filter of the alerts: typed into a line, or chosen from a list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual.binding import BindingType
from textual.timer import Timer

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.ast import Facet, Node, Or, clauses
from index.query.filters import offered_filter
from monitor.base import signs
from monitor.base.errors import MonitorError
from monitor.base.formatting import stories
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, pgettext
from monitor.model.search import Filter
from monitor.model.status import StoreVersion
from monitor.model.watchlist import WatchlistCount
from monitor.presentation.service.triage import ME
from monitor.presentation.spans import Line, fit
from monitor.storage.search.alert_filter import ALL, AlertFilter, parse_headline_filter
from tui.key_labels import bind
from tui.screens.dialogs import Dialog
from tui.screens.panes import PaneScreen, input_error
from tui.view.alerts import watchlist_columns, watchlist_row
from tui.widgets.alert_stream import AlertStream
from tui.widgets.filter_line import PROMPT, FilterLine
from tui.widgets.line_list import LineList
from tui.widgets.watchlist_pane import WatchlistPane


def has_clause(filter: AlertFilter, name: str, value: str) -> bool:
    """Return whether `name:value` is a clause of a filter."""
    return any(
        isinstance(c, Facet) and c.name == name and compact(c.value) == compact(value)
        for c in (clauses(filter.root) if filter.root else ())
    )


def with_clause(filter: AlertFilter, name: str, value: str) -> str:
    """Return the text of a filter with `name:value` in place of its clauses of that name.

    An empty value only removes these.
    """
    all_clauses = clauses(filter.root) if filter.root else ()
    others = [_clause_text(c) for c in all_clauses if _clause_name(c) != name]
    return " ".join([*others, *([offered_filter(name, value)] if value else [])])


def _clause_name(node: Node) -> str:
    """Return the filter's name of a clause, also of alternatives with one name; else empty."""
    if isinstance(node, Facet):
        return node.name
    if isinstance(node, Or):
        names = {_clause_name(child) for child in node.children}
        return names.pop() if len(names) == 1 else ""
    return ""


def _clause_text(node: Node) -> str:
    """Return a clause as it can be written beside others."""
    if isinstance(node, Facet):
        return offered_filter(node.name, node.value)
    if isinstance(node, Or):
        return f"({' OR '.join(_clause_text(child) for child in node.children)})"
    return node.text


class _FilterOption(NamedTuple):
    """A filter that can be chosen."""

    label: str
    name: str = ""
    value: str = ""


_LABELS = mark_all(
    "filter", "All alerts", "New", "Closed", "High severity", "Starred", "Assigned to me",
    "Escalated", "Relevant", "Noise", "Silenced", "Merged", "In French", "In English", "Today",
)  # fmt: skip
_CLAUSES = (
    ("", ""), ("state", "new"), ("state", "closed"), ("severity", "high"), ("is", "starred"),
    ("assigned", "me"), ("is", "escalated"), ("is", "relevant"), ("is", "noise"),
    ("is", "silenced"), ("is", "merged"),
    ("lang", "fr"), ("lang", "en"), ("since", "today"),
)  # fmt: skip
_COMMON_FILTERS = tuple(
    _FilterOption(label, name, value)
    for label, (name, value) in zip(_LABELS, _CLAUSES, strict=True)
)


class FilterList(LineList):
    """All alerts, the common filters, then each watchlist; those in force are marked."""

    def __init__(self, counts: Sequence[WatchlistCount], current: AlertFilter) -> None:
        super().__init__()
        self._counts = counts
        self._current = current

    @property
    def row_count(self) -> int:
        return len(self._counts) + len(_COMMON_FILTERS)

    def row_line(self, row: int, cells: int) -> Line:
        label, name, value = self._option(row)
        chosen = has_clause(self._current, name, value) if name else not self._current.text
        if row >= len(_COMMON_FILTERS):
            columns = watchlist_columns(self._counts, cells)
            count = self._counts[row - len(_COMMON_FILTERS)]
            return watchlist_row(count, cells, chosen=chosen, columns=columns)
        return [
            (f"{signs.CHOSEN} " if chosen else "  ", "accent"),
            (fit(pgettext("filter", label), cells - 2), "plain"),
        ]

    def _option(self, row: int) -> _FilterOption:
        if row < len(_COMMON_FILTERS):
            return _COMMON_FILTERS[row]
        name = self._counts[row - len(_COMMON_FILTERS)].name
        return _FilterOption(name, "watch", name)

    @property
    def choice(self) -> str:
        """The current filter with that of the row under the cursor added, or removed again."""
        _label, name, value = self._option(self.cursor)
        if not name:
            return ""
        chosen = has_clause(self._current, name, value)
        return with_clause(self._current, name, "" if chosen else value)


class FilterDialog(Dialog[str]):
    """Asks for a filter; gives its text, None when closed without a choice."""

    def __init__(self, counts: Sequence[WatchlistCount], current: AlertFilter) -> None:
        self._filters = FilterList(counts, current)
        super().__init__(pgettext("filter", "Show"), self._filters)

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        self.dismiss(self._filters.choice)


FIRST_ALERTS = 500
"""Alerts read before the first paint; a thread reads the others afterwards."""
TYPING_PAUSE = 0.15
"""Seconds without a key before the stream is filtered."""


class AlertFilterScreen(PaneScreen):
    """A screen with a stream of alerts, and the filter of that stream."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("f", "filter", "Filter as you type: words, watch: lang: state: is: …"),
        bind("ctrl+f", "choose_filter", "Filter from a list"),
        bind("I", "mine", "Show only what is assigned to me, or all again"),
        bind("F,0", "clear_filter", "Show all alerts"),
    ]
    stream: AlertStream
    watchlists: WatchlistPane
    filter_line: FilterLine
    current_filter: AlertFilter = ALL
    position = StoreVersion(0, 0, 0, 0)
    """How far the stream has been read."""
    _before: tuple[AlertFilter, int] = (ALL, 0)
    """The filter before the line was opened, and the alert under the cursor."""
    _typing: Timer | None = None
    _typing_position: StoreVersion | None = None

    # --- the stream ---------------------------------------------------------------

    def load(self) -> None:
        """Show the newest alerts at once, the others soon."""
        newsroom = self.newsroom
        try:
            self.position = newsroom.service.views.version()
            ids = newsroom.service.views.alerts.ids(Filter(), limit=FIRST_ALERTS)
            escalated = newsroom.selector.escalated(ALL, newsroom.names)
            oldest = ids[0] if ids else self.position.alert
            later = newsroom.service.views.alerts.later_of_stories(after=oldest - 1)
        except MonitorError as error:
            self.show_message(str(error), error=True)
            return
        complete = len(ids) < FIRST_ALERTS
        newsroom.firsts.replace(*later, self.position.alert)
        self.stream.load(ids, [row for row in escalated if complete or row.above >= ids[0]])
        if not complete:
            self.run_worker(self._load_older(), group="narrow", exclusive=True)

    def action_mine(self) -> None:
        """Show only what is assigned to me, or all again; other clauses of the filter stay."""
        chosen = has_clause(self.current_filter, "assigned", ME)
        self.apply_filter(
            with_clause(self.current_filter, "assigned", "" if chosen else ME), self.stream.alert_id
        )

    def drop_paused_alerts(self) -> None:
        """Forget the alerts that wait for a paused stream: other alerts are shown now."""

    async def _read_firsts(self) -> bool:
        """Read which alerts are of one story; return False after an error, which is shown."""
        try:
            await self.newsroom.read_firsts()
        except MonitorError as error:
            self.show_message(str(error), error=True)
            return False
        return self.is_attached

    async def regroup(self) -> None:
        """Read again which alerts are of one story, and show the stories anew."""
        self.newsroom.firsts.whole = False
        await self.filter_stream(self.current_filter)

    async def _load_older(self) -> None:
        selector, names = self.newsroom.selector, self.newsroom.names
        ids = await self.ask(selector.ids, ALL, names)
        escalated = await self.ask(selector.escalated, ALL, names)
        if ids is None or escalated is None or not await self._read_firsts():
            return
        if self.current_filter is ALL:
            self.stream.add_older(ids, escalated)

    def apply_filter(self, text: str, cursor: int = 0) -> None:
        """Show only the alerts that pass a filter, and remember it.

        Args:
            text: The filter as written; empty for all alerts.
            cursor: Id of the alert to keep the cursor on, if it passes.
        """
        try:
            alert_filter = parse_headline_filter(text)
        except QueryError as error:
            self.show_message(_("filter: {error}", error=error.message), error=True)
            return
        self.newsroom.ui_state.update(filter=alert_filter.text)
        self.run_worker(self.filter_stream(alert_filter, cursor), group="narrow", exclusive=True)

    def show_watchlist(self, name: str) -> None:
        """Show the alerts of one watchlist, of all if the name is empty; keep other clauses."""
        self.apply_filter(with_clause(self.current_filter, "watch", name))

    async def filter_stream(
        self, alert_filter: AlertFilter, cursor: int = 0, position: StoreVersion | None = None
    ) -> None:
        """Show the alerts that pass a filter; while headlines are read, those found so far.

        Args:
            alert_filter: The filter.
            cursor: Id of the alert to keep the cursor on.
            position: Up to where the store is read; None for all there is now. It stays the
                same while the analyst types.
        """
        newsroom = self.newsroom
        selector = newsroom.selector
        if position is None:
            selector.forget()
            position = self._typing_position = await self.ask(newsroom.service.views.version)
        if position is None:
            return
        if alert_filter.has_words and not selector.headlines.whole:
            complete, shown = await self.ask(selector.read_older), False
            while complete is False:
                if not shown:
                    shown = await self._show_filtered(
                        alert_filter, position, cursor, complete=False
                    )
                complete = await self.ask(selector.read_older)
            if complete is None:
                return
        await self._show_filtered(alert_filter, position, cursor, complete=True)

    async def _show_filtered(
        self, alert_filter: AlertFilter, position: StoreVersion, cursor: int, *, complete: bool
    ) -> bool:
        newsroom = self.newsroom
        ids = await self.ask(newsroom.selector.ids, alert_filter, newsroom.names)
        escalated = await self.ask(newsroom.selector.escalated, alert_filter, newsroom.names)
        if ids is None or escalated is None or not await self._read_firsts():
            return False
        self.current_filter, self.position = alert_filter, position
        self.drop_paused_alerts()
        passing = set(ids)
        rows = [row for row in escalated if row.alert in passing]
        self.stream.load(ids, rows, alert_filter.text, cursor)
        store_filter = newsroom.selector.quick(alert_filter, newsroom.names)
        self.stream.chosen = store_filter.watchlists if store_filter else ()
        self.stream.refresh()
        self.watchlists.choose(self.stream.chosen)
        if self.filter_line.display and self.filter_line.input.value.strip() == alert_filter.text:
            text = stories(self.stream.row_count)
            if not complete:
                text = _("{stories}, reading older headlines…", stories=text)
            self.filter_line.note.update([(f"   {text}", "quiet")])
        return True

    # --- the line -----------------------------------------------------------------

    def action_filter(self) -> None:
        self._before = self.current_filter, self.stream.alert_id
        self._typing = self._typing_position = None
        if self.current != "stream":
            self.show_pane("stream")
        text = self.current_filter.text
        self.filter_line.open(f"{text} " if text else "")

    def on_filter_line_text_changed(self, message: FilterLine.TextChanged) -> None:
        """Filter the stream soon; show an error, and keep the last valid filter meanwhile."""
        try:
            alert_filter = parse_headline_filter(message.text)
        except QueryError as error:
            self.filter_line.show_error(self._pointer(error))
            return
        if self._typing is not None:
            self._typing.stop()
        cursor = self._before[1]
        self._typing = self.set_timer(
            TYPING_PAUSE, lambda: self._filter_typed(alert_filter, cursor)
        )

    def _pointer(self, error: QueryError) -> Line:
        cells, indent = self.size.width, len(PROMPT)
        return input_error(error, self.filter_line.input, cells, indent=indent)

    def _filter_typed(self, alert_filter: AlertFilter, cursor: int) -> None:
        if not self.filter_line.display:
            return
        read = partial(self.filter_stream, alert_filter, cursor, self._typing_position)
        self.run_worker(read, group="narrow", exclusive=True)  # type: ignore[arg-type]

    def on_filter_line_text_submitted(self, message: FilterLine.TextSubmitted) -> None:
        """Keep the filter if it is valid."""
        try:
            alert_filter = parse_headline_filter(message.text)
        except QueryError as error:
            self.filter_line.note.update(self._pointer(error))
            return
        self._close_line()
        self.apply_filter(alert_filter.text, self.stream.alert_id)

    def on_filter_line_cancelled(self) -> None:
        """Show the alerts from before."""
        self._close_line()
        before, cursor = self._before
        if before != self.current_filter or self._typing is not None:  # may be on its way
            self.apply_filter(before.text, cursor)

    def _close_line(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self.filter_line.display = False
        self.show_pane("stream")

    # --- the list -----------------------------------------------------------------

    def action_choose_filter(self) -> None:
        if self.filter_line.display:
            self.on_filter_line_cancelled()

        def on_choice(text: str | None) -> None:
            if text is not None:
                self.apply_filter(text)

        self.app.push_screen(FilterDialog(self.newsroom.watchlists, self.current_filter), on_choice)

    def action_clear_filter(self) -> None:
        self.apply_filter("")
