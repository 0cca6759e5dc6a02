"""The filter of the alerts: typed into a line, or chosen from a list."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widgets import Input

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.ast import Facet, Node, Or, clauses
from index.query.filters import offered_filter, offered_name
from monitor.base import signs
from monitor.base.errors import MonitorError
from monitor.base.formatting import stories
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark_all, pgettext
from monitor.model.alert import EscalatedAlert
from monitor.model.search import Filter
from monitor.model.shown_names import list_name, written_list_name
from monitor.model.status import StoreVersion
from monitor.model.watchlist import WatchlistCount
from monitor.presentation.service.known_names import ME
from monitor.presentation.spans import Line, fit
from monitor.storage.search.alert_filter import (
    ALL,
    ALL_ARTICLES,
    AlertFilter,
    parse_headline_filter,
)
from tui.key_labels import bind
from tui.screens.dialogs import choose
from tui.screens.panes import PaneScreen
from tui.type_ahead import TypeAheadApp
from tui.view import alerts as view
from tui.widgets.alert_stream import AlertStream
from tui.widgets.fields import QueryLine
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
    other_clauses = [_clause_text(c) for c in all_clauses if _clause_name(c) != name]
    return " ".join([*other_clauses, *([offered_filter(name, value)] if value else [])])


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


def filter_rows(
    counts: Sequence[WatchlistCount], current: AlertFilter, cells: int
) -> list[tuple[Line, str]]:
    """Return all alerts, the common filters, then each watchlist; those in force are marked.

    Each comes with the current filter with that of the row added, or removed again.
    """
    clauses = [*_CLAUSES, *(("watch", list_name(count.name)) for count in counts)]
    flags = [
        has_clause(current, name, value) if name else not current.text for name, value in clauses
    ]
    lines: list[Line] = [
        [
            (f"{signs.CHOSEN} " if in_force else "  ", "accent"),
            (fit(pgettext("filter", label), cells - 2), "plain"),
        ]
        for label, in_force in zip(_LABELS, flags, strict=False)
    ]
    columns = view.watchlist_columns(counts, cells)
    lines += [
        view.watchlist_row(count, cells, chosen=in_force, columns=columns)
        for count, in_force in zip(counts, flags[len(_CLAUSES) :], strict=True)
    ]
    texts = [
        with_clause(current, name, "" if in_force else value) if name else ""
        for (name, value), in_force in zip(clauses, flags, strict=True)
    ]
    return list(zip(lines, texts, strict=True))


PROMPT = " f "
_OFFERED = ("watch", "lang", "feed", "tag", "severity", "since", "state", "is", "assigned")


def filter_hint() -> Line:
    """Return the fields that a filter can have, and the key that is not in the key bar."""
    return [
        (f"   {_('words')}, ", "quiet"),
        (" ".join(f"{offered_name(name)}:" for name in _OFFERED), "list"),
        (f"  {_('^f lists')}", "quiet"),
    ]


MOST_OFFERED = 12
"""Most values of a filter that are shown."""
PAGE_ARTICLES = 500
"""Articles without alert that are read at once."""
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
        bind("Z", "articles", "Show all articles, alert or not"),
        bind("ctrl+s", "save_filter", "Save the filter as a row of the watchlists"),
        bind("L", "columns", "Sort the alerts by a column; show or hide columns"),
    ]
    stream: AlertStream
    watchlists: WatchlistPane
    filter_line: QueryLine
    current_filter: AlertFilter = ALL
    position = StoreVersion(0, 0, 0, 0)
    """The version of the store up to which the stream was read."""
    _oldest_article = 0
    """The oldest article without alert in a list of all articles; 0 if there are none before."""
    _before: tuple[AlertFilter, int] = (ALL, 0)
    """The filter before the line was opened, and the alert under the cursor."""
    _typing_position: StoreVersion | None = None

    # --- the stream ---------------------------------------------------------------

    def load(self) -> None:
        """Show the newest alerts at once, the others soon."""
        newsroom = self.newsroom
        try:
            self.position = newsroom.service.views.version()
            ids = newsroom.service.views.alerts.ids(Filter(), limit=FIRST_ALERTS)
            escalated = newsroom.selector.escalated(ALL)
            oldest = ids[0] if ids else self.position.alert
            later = newsroom.service.views.alerts.later_of_stories(after=oldest - 1)
        except MonitorError as error:
            self.show_message(str(error), error=True)
            return
        complete = len(ids) < FIRST_ALERTS
        newsroom.firsts.replace(*later, self.position.alert)
        self.stream.load(ids, [row for row in escalated if complete or row.above >= ids[0]])
        if not complete:
            self.run_worker(self._load_older(ALL), group="narrow", exclusive=True)

    def action_mine(self) -> None:
        """Show only what is assigned to me, or all again; other clauses of the filter stay."""
        person = "" if has_clause(self.current_filter, "assigned", ME) else ME
        text = with_clause(self.current_filter, "assigned", person)
        self.apply_filter(text, self.stream.alert_id)

    def drop_paused_alerts(self) -> None:
        """Forget the alerts that wait for a paused stream: other alerts are shown now."""

    async def _read_firsts(self) -> bool:
        """Read the first alert of each story; return False after an error, which is shown."""
        try:
            await self.newsroom.read_firsts()
        except MonitorError as error:
            self.show_message(str(error), error=True)
            return False
        return self.is_attached

    async def regroup(self) -> None:
        """Read the first alert of each story again, and show the stories anew."""
        self.newsroom.firsts.is_complete = False
        await self.filter_stream(self.current_filter)

    async def _load_older(self, alert_filter: AlertFilter, before: int = 0) -> None:
        rows = await self._read_rows(alert_filter, before)
        if rows and await self._read_firsts() and self.current_filter is alert_filter:
            self.stream.add_older(*rows)

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
        self.apply_filter(with_clause(self.current_filter, "watch", list_name(name)))

    def action_articles(self) -> None:
        """Show all articles as they arrive, alert or not."""
        self.newsroom.ui_state.update(filter="")
        self.run_worker(self.filter_stream(ALL_ARTICLES), group="narrow", exclusive=True)

    def on_line_list_end_near(self) -> None:
        """Read older articles, once."""
        if self._oldest_article:
            before, self._oldest_article = self._oldest_article, 0
            call = self._load_older(ALL_ARTICLES, before)
            self.run_worker(call, group="narrow", exclusive=True)

    async def _read_rows(
        self, alert_filter: AlertFilter, before: int
    ) -> tuple[array[int], Sequence[EscalatedAlert]] | None:
        """Return the alerts that pass a filter, and those that escalated; None after an error.

        Of all articles, a page: those without alert before an id, and the alerts down to the
        oldest of them.
        """
        selector = self.newsroom.selector
        ids = await self.ask(selector.ids, alert_filter)
        rows = await self.ask(selector.escalated, alert_filter)
        read = self.newsroom.service.views.articles.without_alert
        limit = PAGE_ARTICLES if alert_filter.articles else 0
        articles = await self.ask(read, before=before, limit=limit)
        if ids is None or rows is None or articles is None:
            return None
        is_cut = 0 < limit == len(articles)
        self._oldest_article, floor = articles[0][1::-1] if is_cut else (0, 0)
        passing = set(ids)
        rows = [row for row in rows if row.alert in passing and row.above >= floor]
        return ids[bisect_left(ids, floor) :], [*rows, *articles]

    async def filter_stream(
        self, alert_filter: AlertFilter, cursor: int = 0, position: StoreVersion | None = None
    ) -> None:
        """Show the alerts that pass a filter.

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
        rows = await self._read_rows(alert_filter, position.article + 1)
        if rows is None or not await self._read_firsts():
            return
        order, ranks = newsroom.ui_state.state.order or view.NEWEST_FIRST, None
        if alert_filter.articles or order not in view.COLUMNS:
            order = view.NEWEST_FIRST
        if order != view.NEWEST_FIRST:
            ranks = await self.ask(selector.ranks, order)
            if ranks is None:
                return
        self.current_filter, self.position = alert_filter, position
        self.drop_paused_alerts()
        self.stream.order, self.stream.articles = order, alert_filter.articles
        self.stream.load(*rows, alert_filter.text, cursor, ranks)
        store_filter = selector.quick(alert_filter)
        names = store_filter.watchlists if store_filter else ()
        self.stream.chosen = tuple(map(written_list_name, names))
        self.stream.refresh()
        self.watchlists.choose(self.stream.chosen, alert_filter)
        if self.filter_line.display and self.filter_line.input.value.strip() == alert_filter.text:
            self.filter_line.show_note(stories(self.stream.row_count))

    # --- the columns --------------------------------------------------------------

    def action_columns(self) -> None:
        """Choose the column by which the alerts are sorted, or one to show or hide."""
        order, hidden = self.stream.order, self.stream.hidden
        rows = [(_("sort by {column}"), self.action_sort_by, f, f == order) for f in view.COLUMNS]
        rows += [
            (_("show {column}"), self.hide_or_show, f, f not in hidden) for f in view.CAN_BE_HIDDEN
        ]
        lines: list[Line] = [
            [
                (f"{signs.CHOSEN if in_force else ' '} ", "accent"),
                (text.format(column=pgettext("column", view.COLUMNS[field])), "plain"),
            ]
            for text, _act, field, in_force in rows
        ]
        acts = [partial(act, field) for _text, act, field, _in_force in rows]
        choose(self, _("Columns"), lines, acts, lambda act: act(), classes="narrow")

    def hide_or_show(self, column: str) -> None:
        """Hide a column of the alerts or show it again, and remember it."""
        self.stream.hidden = tuple(sorted({*self.stream.hidden} ^ {column}))
        self.newsroom.ui_state.update(hidden=self.stream.hidden)
        self.stream.refresh()

    def action_sort_by(self, column: str) -> None:
        """Sort the alerts by a column, or as at first if they are; and remember it."""
        stream = self.stream
        if stream.articles:
            self.show_message(_("All articles stand in the order in which they arrive."))
            return
        stream.order = view.NEWEST_FIRST if column == stream.order else column
        self.newsroom.ui_state.update(order=stream.order)
        self.load_again()

    def load_again(self) -> None:
        """Show the alerts that pass the filter now; the cursor stays on its story.

        Keys wait for them: they are meant for these.
        """
        call = self.filter_stream(self.current_filter)
        worker = self.run_worker(call, group="narrow", exclusive=True)
        if isinstance(self.app, TypeAheadApp):
            self.app.hold_keys(lambda: worker.is_finished)

    # --- the line -----------------------------------------------------------------

    def action_save_filter(self) -> None:
        """Give the filter a row beside the watchlists."""
        if text := self.current_filter.text:
            self.save_filters([*self.newsroom.ui_state.state.saved, text])
            words = _("Saved beside the watchlists: {filter}; X there removes it.", filter=text)
            self.show_message(line(words))
        else:
            self.show_message(_("Filter the alerts first (f)."), error=True)

    def save_filters(self, filters: Iterable[str]) -> None:
        """Remember other saved filters, and show them soon."""
        self.newsroom.ui_state.update(saved=tuple(dict.fromkeys(filters)))
        self.newsroom.read_all_next()

    def action_filter(self) -> None:
        """Open the line of the filter; all articles are searched in the archive."""
        if self.current_filter.articles:
            self.run_worker(self.run_action("app.search"))
            return
        self._before = self.current_filter, self.stream.alert_id
        self._typing_position = None
        if self.current != "stream":
            self.show_pane("stream")
        text = self.current_filter.text
        line = self.filter_line
        line.note.update(filter_hint())
        with line.input.prevent(Input.Changed):
            line.write(f"{text} " if text else "")
        line.display = True
        line.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter the stream soon; show an error, and keep the last valid filter meanwhile."""
        try:
            alert_filter = parse_headline_filter(event.value)
        except QueryError as error:
            self._show_error(event.value, error)
            return
        filter_typed = partial(self._filter_typed, alert_filter, self._before[1])
        self.after_pause("typing", TYPING_PAUSE, filter_typed)

    def _show_error(self, text: str, error: QueryError) -> None:
        """Show an error, or for a filter without a value the values that it can have."""
        candidates = self.newsroom.selector.completion(text).candidates
        if text.endswith(":") and candidates:
            self.filter_line.show_note("  ".join(c.name for c in candidates[:MOST_OFFERED]))
        else:
            self.filter_line.show_error(error)

    def _filter_typed(self, alert_filter: AlertFilter, cursor: int) -> None:
        if not self.filter_line.display:
            return
        call = partial(self.filter_stream, alert_filter, cursor, self._typing_position)
        self.run_worker(call, group="narrow", exclusive=True)  # type: ignore[arg-type]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._keep_filter()

    def _keep_filter(self) -> None:
        """Keep the filter if it is valid."""
        try:
            alert_filter = parse_headline_filter(self.filter_line.input.value)
        except QueryError as error:
            self.filter_line.show_error(error)
            return
        self._close_line()
        self.apply_filter(alert_filter.text, self.stream.alert_id)

    def cancel_filter(self) -> None:
        """Show the alerts from before."""
        self._close_line()
        before, cursor = self._before
        self.apply_filter(before.text, cursor)  # another one may be on its way

    def _close_line(self) -> None:
        self.end_pause("typing")
        self.filter_line.display = False
        self.show_pane("stream")

    def on_key(self, event: events.Key) -> None:
        """Cancel with esc, complete with tab, keep with the down arrow."""
        if not self.filter_line.input.has_focus or event.key not in ("escape", "tab", "down"):
            return
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.cancel_filter()
        elif event.key == "tab":
            self._complete()
        else:
            self._keep_filter()

    def _complete(self) -> None:
        """Complete the last word: as is shown, else with quotes around a name."""
        text = self.filter_line.input.value
        lines = self.newsroom.selector.completed(text)
        longer = [line for line in lines if line.casefold().startswith(text.casefold())]
        if lines:
            self.filter_line.write((longer or lines)[0])

    # --- the list -----------------------------------------------------------------

    def action_choose_filter(self) -> None:
        if self.filter_line.display:
            self.cancel_filter()
        counts, current = self.newsroom.watchlists, self.current_filter
        choose(
            self,
            pgettext("filter", "Show"),
            lambda cells: [line for line, _text in filter_rows(counts, current, cells)],
            [text for _line, text in filter_rows(counts, current, 80)],
            self.apply_filter,
            classes="narrow",
        )

    def action_clear_filter(self) -> None:
        self.apply_filter("")
