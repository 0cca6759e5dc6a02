"""The archive screen: a query, its results as one types, and the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar, ParamSpec, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from index.errors import ArchiveError, QueryError
from monitor.base.errors import CursorError, MonitorError
from monitor.base.garbage import keep_freed
from monitor.base.translation import gettext as _, mark
from monitor.model.article import ArticleDetails, MatchPlace
from monitor.model.config import SavedSearch
from monitor.model.search import PastSearch, Results
from monitor.presentation.spans import Line
from monitor.storage.search.query_resolution import narrow_query
from tui.data.newsroom import NewsroomModel, ThreadRunner
from tui.data.query_history import SAVED_PREFIX, QueryHistory, complete_query, resolve_saved
from tui.key_labels import KeyBinding, bind
from tui.screens.dialogs import choose
from tui.screens.panes import ARTICLE_KEYS, PaneScreen
from tui.type_ahead import TypeAheadApp
from tui.view.article import match_places
from tui.view.search import OfferedRow, facet_rows, result_summary, start_rows, suggestion_rows
from tui.widgets.fields import QueryLine
from tui.widgets.line_list import LineList
from tui.widgets.search_results import ResultList, TrendChart

P = ParamSpec("P")
T = TypeVar("T")
QUERY_PAUSE = 0.25
"""Seconds without a key before the archive is searched."""
PAGE_SIZE = 100
"""Results of a page; the next page is read when the last rows are near."""
BUSY_AFTER = 0.4
"""Seconds after which a search is shown to be running."""
_NO_SAVED = mark("no saved searches; ^s saves one, `searches:` in feeds.yaml lists them")


def query_hint() -> Line:
    """Return the words and fields that a query can have."""
    return [
        (f"   {_('Words')}, ", "quiet"),
        (_('"a phrase"'), "list"),
        (", ", "quiet"),
        (_("title:strike"), "list"),
        (", ", "quiet"),
        (_("AND OR NOT"), "list"),
        (", ", "quiet"),
        (_("NEAR/5"), "list"),
        ("  ", ""),
        (_("@saved"), "list"),
    ]


class ArchiveScreen(PaneScreen):
    """Searches the archive.

    Searches, and what is computed from their results, have a thread each, so that no query delays
    a key or another query.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("slash", "edit", "Go to the query"),
        bind("ctrl+o", "sort", "Sort: newest first, or most relevant first"),
        bind("ctrl+f", "facets", "Show feeds, languages and words of the result"),
        bind("ctrl+s", "save", "Save the search as @NAME"),
        bind("W", "watch", "Make a watchlist of it"),
    ]
    BARS: ClassVar = {
        "query": (
            KeyBinding("enter", "Search"), KeyBinding("escape", "Back"),
            KeyBinding("up", "Earlier query"), KeyBinding("down", "To the results"),
            KeyBinding("tab", "Complete"),
        ),
        "stream": (
            ("back", "Back"), ("open", "Read"), ("edit", "Query"), ("sort", "Sort"),
            ("facets", "Facets"), ("save", "Save"), ("watch", "Watch"), *ARTICLE_KEYS,
            ("next_pane(1)", "Pane"),
        ),
        "reader": (
            ("back", "Back"), ("item(1)", "Next"), *ARTICLE_KEYS, ("edit", "Query"),
            ("zoom", "Zoom"),
        ),
    }  # fmt: skip
    AUTO_FOCUS = "#query"

    def __init__(self, newsroom: NewsroomModel, query: str = "") -> None:
        """Open the archive, searched for a query if there is one."""
        super().__init__(newsroom)
        self._first_query = query
        self.query_line = QueryLine(" / ", partial(complete_query, newsroom), id="query")
        self.query_line.note.update(query_hint())
        self.input = self.query_line.input
        self.history = QueryHistory()
        self.history_loaded = False
        self.sort = "date"
        self.query_text = ""
        """The query of the results on the screen; names of saved searches are resolved."""
        self.trend = TrendChart(newsroom.zone)
        self.results = ResultList(newsroom)
        self._searches = ThreadRunner("search")
        self._extras = ThreadRunner("extras")
        self._searched_text = ""
        """The last line that was searched for."""
        self._answering = False
        """Whether the results that decide the focus after enter are still to come."""
        self._requested_page = ""
        self._start: Sequence[OfferedRow] = ()

    def nothing_to_read(self) -> str:
        return "" if self.results.hit else _("The article under the cursor is read here.")

    def compose(self) -> ComposeResult:
        yield self.status_bar
        yield self.query_line
        yield self.trend
        with self.main:
            yield self.results
            yield self.reader
        yield self.key_bar

    def on_mount(self) -> None:
        """Read the earlier queries."""
        keep_freed()
        self.run_worker(self._load_history(), group="history")
        if self._first_query:
            self.search_for(self._first_query)

    def on_unmount(self) -> None:
        for runner in (self._searches, self._extras):
            runner.close()

    async def _load_history(self) -> None:
        searches = await self.ask(self.newsroom.service.views.searches.recent)
        if searches is not None:
            self.history = QueryHistory([search.query for search in searches])
        self.history_loaded = True
        await self._load_start(searches or ())

    async def _load_start(self, past_searches: Sequence[PastSearch]) -> None:
        """Offer queries to begin with, while there is no query."""
        newsroom = self.newsroom
        saved_searches: Sequence[SavedSearch] = ()
        with suppress(MonitorError):  # the status bar tells of a mistake in feeds.yaml
            saved_searches = await newsroom.ask(newsroom.service.saved_searches)
        self._start = start_rows(
            [(f"{SAVED_PREFIX}{s.name}", s.query.text) for s in saved_searches],
            [s.query for s in past_searches],
        )
        if self.is_attached and not self.input.value.strip() and not self.query_text:
            self.results.offer(self._start)

    # --- the query ------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search after a pause in typing."""
        self._answering = self._answering and event.value.strip() == self._searched_text
        self.after_pause("typing", QUERY_PAUSE, self._search_typed)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once and go to the results."""
        self.search_soon(submitted=True)

    def _search_typed(self) -> None:
        """Search for what was typed, unless enter or a choice has already searched for it."""
        if self.input.value.strip() != self._searched_text:
            self.search_soon()

    def search_soon(self, *, submitted: bool = False) -> None:
        """Search for the query in the line; cancel the search that is running.

        Once it was submitted, keys wait for the results: they are meant for these.
        """
        self.end_pause("typing")
        self._searched_text = self.input.value.strip()
        self._answering = submitted
        if submitted and isinstance(self.app, TypeAheadApp):
            self.app.hold_keys(lambda: not (self._answering and self.is_attached))
        self.run_worker(self.search(submitted=submitted), group="search", exclusive=True)

    def narrow(self, clauses: str) -> None:
        """Add clauses to the query of the results, and search."""
        try:
            text = narrow_query(self.query_text, [clauses])
        except QueryError as error:
            self._show_error(error)
            return
        self.search_for(text)

    def search_for(self, text: str) -> None:
        """Put a query into the line and search for it."""
        self.query_line.write(text)
        self.search_soon(submitted=True)

    def _show_error(self, error: QueryError) -> None:
        """Show a caret under the mistake; one in a saved search is not in the line."""
        if self.input.value.lstrip().startswith(SAVED_PREFIX):
            text = _("{error} in {query}", error=error, query=self.query_text)
            self.query_line.show_note(text, "bad")
        else:
            self.query_line.show_error(error, stripped=True)

    # --- the results ----------------------------------------------------------------

    async def search(self, *, submitted: bool = False) -> None:
        """Search for the query in the line; if it was submitted, go to the results."""
        has_more = await self._show_found(submitted)
        self._answering = submitted and has_more

    async def _show_found(self, submitted: bool) -> bool:
        """Show the results; return whether queries that find more are still to come."""
        text = self.input.value.strip()
        show_note = self.query_line.show_note
        timer = self.set_timer(BUSY_AFTER, lambda: show_note(_("Searching…")))
        try:
            results = await self._search(text)
        except QueryError as error:
            self._show_error(error)
            return False
        except (ArchiveError, MonitorError) as error:
            show_note(str(error), "bad")
            return False
        finally:
            timer.stop()
        if not self.is_attached:
            return False
        self.results.show_results(results or Results((), 0))
        if results is None:
            self.trend.show(None)
            if not text:
                self.results.offer(self._start)
            return False
        self.query_line.note.update(result_summary(results, self.sort))
        if submitted and results.hits:
            self.show_pane("stream")
        if submitted:
            self.history.add(text)
            await self._ask_extra(self.newsroom.service.note_search, text, self.sort)
        self.run_worker(self._show_extras(results, submitted), group="extras", exclusive=True)
        return not results.hits

    async def _search(self, text: str) -> Results | None:
        """Return the results; None without a query, which the note explains."""
        if not text:
            self.query_text = ""
            self.query_line.note.update(query_hint())
            return None
        query = await self._resolve(text)
        if query is None:
            return None
        self.query_text = query
        service = self.newsroom.service
        search = service.archive.search
        return await self._searches.run(search, query, sort=self.sort, limit=PAGE_SIZE)

    async def _resolve(self, text: str) -> str | None:
        """Return the query to search for; None for a name that no saved search has."""
        if not text.startswith(SAVED_PREFIX):
            return text
        searches = await self._searches.run(self.newsroom.service.saved_searches)
        resolved = resolve_saved(searches, text)
        if resolved is not None:
            self.sort = resolved.sort
            return resolved.query
        names = "  ".join(f"{SAVED_PREFIX}{search.name}" for search in searches)
        note = _("saved searches: {names}", names=names) if names else _(_NO_SAVED)
        self.query_line.show_note(note)
        return None

    async def _show_extras(self, results: Results, submitted: bool) -> None:
        """Show severities and the chart; if little was found, queries that find more.

        After enter they get the focus if nothing was found, so that enter runs one.
        """
        service, query = self.newsroom.service, self.query_text
        await self._show_severities(results)
        self.trend.show(await self._ask_extra(service.statistics.trend, [query]))
        self.results.reveal()
        suggestions = await self._ask_extra(service.archive.suggestions, query, results.total)
        self.results.offer(suggestion_rows(suggestions or ()))
        if submitted and suggestions and not results.hits and self._answering:
            self.show_pane("stream")
        self._answering = self._answering and not submitted

    async def _show_severities(self, results: Results) -> None:
        ids = [hit.article.id for hit in results.hits]
        severities = await self._ask_extra(self.newsroom.service.statistics.max_severities, ids)
        self.results.add_severities(severities or {})

    async def _ask_extra(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a call returns, None after an error: the search itself reports errors."""
        try:
            return await self._extras.run(call, *args, **kwargs)
        except (QueryError, ArchiveError, MonitorError):
            return None

    def on_line_list_end_near(self) -> None:
        """Read the next page, once."""
        page = self.results.next_page
        if page and page != self._requested_page:
            self._requested_page = page
            self.run_worker(self._read_page(page), group="search")

    async def _read_page(self, page: str) -> None:
        search, query = self.newsroom.service.archive.search, self.query_text
        try:
            results = await self._searches.run(
                search, query, sort=self.sort, limit=PAGE_SIZE, after=page
            )
        except CursorError:
            return  # the query has changed meanwhile
        except (QueryError, ArchiveError, MonitorError) as error:
            self.show_message(str(error), error=True)
            return
        if self.is_attached and page == self.results.next_page:
            self.results.add_page(results)
            await self._show_severities(results)

    # --- what the base screen asks --------------------------------------------------

    @property
    def target(self) -> tuple[int, str] | None:
        hit = self.results.hit
        return (hit.article.id, hit.article.url) if hit else None

    def match_places(self, details: ArticleDetails) -> Sequence[MatchPlace]:
        """Return the matches of the search."""
        return match_places((), self.results.hit.spans if self.results.hit else ())

    # --- keys -----------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Complete; go through the earlier queries; from the latest one down to the results."""
        field = self.input
        if not field.has_focus or event.key not in ("tab", "up", "down"):
            return
        if event.key == "tab":
            old_text = field.value
            if field.cursor_at_end:
                field.action_cursor_right()
            if field.value == old_text:
                return
        elif (query := self._other_query(event.key)) is not None:
            self.query_line.write(query)
        elif event.key == "down" and self.results.row_count:
            self.show_pane("stream")
        event.stop()
        event.prevent_default()

    def _other_query(self, key: str) -> str | None:
        return self.history.older(self.input.value) if key == "up" else self.history.newer()

    def action_sort(self) -> None:
        self.sort = "score" if self.sort == "date" else "date"
        self.search_soon()

    def action_facets(self) -> None:
        """Show the facets of the results; a chosen one narrows the query."""
        if self.query_text:
            self.run_worker(self._choose_facet(), group="facets", exclusive=True)

    async def _choose_facet(self) -> None:
        self.show_message(_("Counting…"))
        facets = await self.ask(self.newsroom.service.statistics.facets, self.query_text)
        if facets is None:
            return
        self.app.clear_notifications()
        clauses = [row.clause or None for row in facet_rows(facets, 80)]
        if not clauses:
            self.show_message(_("Nothing found."))
            return
        choose(
            self,
            _("Facets"),
            lambda cells: [row.line for row in facet_rows(facets, cells)],
            clauses,
            self.narrow,
            cursor=1,
        )

    def action_save(self) -> None:
        from tui.screens.config_changes import save_search

        save_search(self, self.query_text, self.sort)

    def action_watch(self) -> None:
        from tui.screens.watchlist_form import open_form

        if self.query_text:
            self.run_worker(open_form(self, query=self.query_text), group="form", exclusive=True)
        else:
            self.show_message(_("Write a query first."))

    def action_next_pane(self, step: int) -> None:
        """Go from the query to the results, then to the next pane."""
        if self.input.has_focus:
            self.show_pane("stream" if step > 0 else "reader")
        elif self.current == self.PANES[-1 if step > 0 else 0]:
            self.action_edit()
        else:
            super().action_next_pane(step)

    def action_edit(self) -> None:
        self.input.focus()

    def action_back(self) -> None:
        """End the zoom, leave the reader, then the screen."""
        if self.input.has_focus or (self.current == "stream" and not self.zoomed):
            self.dismiss(None)
        else:
            super().action_back()

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Go to the reader, or search for a suggested query."""
        if self.results.offered_query:
            self.search_for(self.results.offered_query)
        elif self.results.hit is not None:
            self.show_pane("reader")
