"""The archive: a query, what it finds as one types, and the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, ParamSpec, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from index.errors import ArchiveError, QueryError
from monitor.errors import CursorError, MonitorError
from monitor.model.article import ArticleDetails
from monitor.model.search import Results
from tui.data.newsroom import NewsroomModel
from tui.data.query_history import SAVED, Continuation, Past, called
from tui.data.serial_executor import SerialExecutor
from tui.keys import bar
from tui.messages import Moved, Narrowed, NearEnd, Opened
from tui.screens.panes import REST, Panes
from tui.view.article_page import places
from tui.view.styled_text import Line, fit
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine
from tui.widgets.reader import Reader
from tui.widgets.result_list import ResultList
from tui.widgets.trend_pane import TrendPane

P = ParamSpec("P")
T = TypeVar("T")
PAUSE = 0.25
"""Seconds without a key before the archive is searched."""
LIMIT = 100
"""Results of a page; the next one is read when its end comes near."""
SLOW = 0.4
"""Seconds after which a search is said to be under way."""
PROMPT = " / "
HINT: Line = [
    ("   Words, ", "quiet"),
    ('"a phrase"', "list"),
    (", ", "quiet"),
    ("title:grève", "list"),
    (", ", "quiet"),
    ("AND OR NOT", "list"),
    (", ", "quiet"),
    ("NEAR/5", "list"),
    ("  ", ""),
    ("@saved", "list"),
    ("  ↑ earlier  esc back", "quiet"),
]
_NONE_SAVED = "   no saved searches; S saves one, `searches:` of feeds.yaml has them"


class Searching(Panes):
    """The part of a screen with a query that searches the archive for it."""

    query_line: Input
    note: MessageLine
    trend: TrendPane
    results: ResultList
    lane: SerialExecutor
    reckoner: SerialExecutor
    counter: SerialExecutor
    past: Past
    sort = "date"
    asked = ""
    """What the results on the screen were found by, names of saved searches resolved."""
    _pause: Timer | None = None

    def on_unmount(self) -> None:
        """Let go of the threads."""
        self.lane.close()
        self.reckoner.close()
        self.counter.close()

    # --- when ---------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search once the typing rests."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self.search_soon)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once and go to the results."""
        self.search_soon(go=True)

    def search_soon(self, *, go: bool = False) -> None:
        """Search for what the line says now, whatever was asked before."""
        if self._pause is not None:
            self._pause.stop()
        self.run_worker(self.search(go=go), group="search", exclusive=True)

    def on_narrowed(self, message: Narrowed) -> None:
        """Ask for more."""
        self.narrow(message.by)

    def narrow(self, by: str) -> None:
        """Ask for what was found and `by` as well."""
        from monitor.search.query_resolution import narrow_query

        try:
            text = narrow_query(self.asked, [by])
        except QueryError as error:
            self.note.say(pointed(error, self.size.width))
            return
        self.ask_for(text)

    def ask_for(self, text: str) -> None:
        """Put a query into the line and search for it."""
        self.query_line.value = text
        self.query_line.action_end()
        self.search_soon(go=True)

    # --- the answer ---------------------------------------------------------------

    async def search(self, *, go: bool = False) -> None:
        """Search for what the query says; `go` moves on to the results."""
        written = self.query_line.value.strip()
        waiting = self.set_timer(SLOW, lambda: self.note.say([("   Searching…", "quiet")]))
        try:
            results = await self._results(written)
        except QueryError as error:
            self.note.say(pointed(error, self.size.width))
            return
        except (ArchiveError, MonitorError) as error:
            self.note.say([(f"   {error}", "bad")])
            return
        finally:
            waiting.stop()
        if not self.is_attached:
            return
        self.results.show(results or Results((), 0))
        if results is None:
            self.trend.tell(None)
            return
        self.note.say(told(results, self.sort))
        if go and results.found:
            self.show_pane("stream")
        if go:
            self.past.note(written)
            await self._reckoned(self.newsroom.service.note_search, written, self.sort)
        self.run_worker(self._reckon(results), group="reckon", exclusive=True)

    async def _results(self, written: str) -> Results | None:
        """Return what is found; None, which is explained, where nothing is asked for."""
        if not written:
            self.asked = ""
            self.note.say(HINT)
            return None
        query = await self._meant(written)
        if query is None:
            return None
        self.asked = query
        return await self.lane.ask(
            self.newsroom.service.archive.search, query, sort=self.sort, limit=LIMIT
        )

    async def _meant(self, written: str) -> str | None:
        """Return the query to search for; None for the name of a search that is not saved."""
        if not written.startswith(SAVED):
            return written
        saved = await self.lane.ask(self.newsroom.service.saved_searches)
        meant = called(saved, written)
        if meant is not None:
            self.sort = meant.sort
            return meant.query
        names = "  ".join(f"{SAVED}{search.name}" for search in saved)
        self.note.say([(f"   saved searches: {names}" if names else _NONE_SAVED, "quiet")])
        return None

    async def _reckon(self, results: Results) -> None:
        """Mark what rang, draw the trend, and look for what would find more."""
        from monitor.search.suggestions import FEW

        service, query = self.newsroom.service, self.asked
        rang = await self._reckoned(
            service.statistics.max_severities, [f.article.id for f in results.found]
        )
        self.results.badge(rang or {})
        trend = await self._reckoned(service.statistics.trend, [query])
        self.trend.tell(trend)
        self.results.reveal()
        if results.total < FEW:
            self.results.suggest(await self._reckoned(service.archive.suggestions, query) or ())

    async def _reckoned(
        self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Return what is reckoned, None where it cannot be: the search itself has told why.

        That it is remembered is a courtesy, which a store that nobody may write to refuses.
        """
        try:
            return await self.reckoner.ask(question, *args, **kwargs)
        except (QueryError, ArchiveError, MonitorError):
            return None

    # --- more -----------------------------------------------------------------------

    def on_near_end(self, message: NearEnd) -> None:
        """Read the next page, once."""
        place = self.results.next
        if place and place != self._asked_for:
            self._asked_for = place
            self.run_worker(self._more(place), group="search")

    _asked_for = ""

    async def _more(self, place: str) -> None:
        try:
            results = await self.lane.ask(
                self.newsroom.service.archive.search,
                self.asked,
                sort=self.sort,
                limit=LIMIT,
                after=place,
            )
        except CursorError:
            return  # another search was made meanwhile
        except (QueryError, ArchiveError, MonitorError) as error:
            self.tell(str(error), trouble=True)
            return
        if self.is_attached and place == self.results.next:
            self.results.extend(results)
            rang = await self._reckoned(
                self.newsroom.service.statistics.max_severities,
                [found.article.id for found in results.found],
            )
            self.results.badge(rang or {})


def pointed(error: QueryError, cells: int) -> Line:
    """Return a caret under the column of a mistake, and the message where it fits."""
    column = min(len(PROMPT) + error.position, cells - 1)
    message = error.message + (f" ({error.hint})" if error.hint else "")
    if column + 2 + len(message) <= cells or column < len(message):
        return [(" " * column + "^ ", "bad"), (message, "bad")]
    return [((message + " ").rjust(column)[-column:], "bad"), ("^", "bad")]


def told(results: Results, sort: str) -> Line:
    """Return how much was found, in which order, and what to know about it."""
    order = "newest first" if sort == "date" else "best first"
    said = f"{results.total:,} found, {order}" if results.total else "Nothing found."
    line: Line = [(f"   {said}", "quiet")]
    for word, forms in list(results.forms.items())[:2]:
        named = ", ".join(forms[:4]) + ", …" * (len(forms) > 4)
        line.append((f"  {fit(word, min(len(word), 20))}: {named}", "quiet"))
    return [*line, (f"  ! {results.note}", "late")] if results.note else line


class ArchiveScreen(Searching):
    """Searches the archive; errors are shown under the column they are at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "edit", "Go to the query"),
        Binding("s", "sort", "Sort: newest first, or most relevant first"),
        Binding("F", "facets", "Show feeds, languages and words of the result"),
        Binding("S", "save", "Save the search as @NAME"),
        Binding("W", "watch", "Make a watchlist of it"),
    ]
    BAR = (
        ("app.help", "Help"),
        ("edit", "Query"),
        ("sort", "Sort"),
        ("facets", "Facets"),
        ("save", "Save"),
        ("watch", "Watch"),
        ("match(1)", "Match"),
        ("open_link", "Open"),
        ("back", "Back"),
    )
    AUTO_FOCUS = "#query"

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(newsroom)
        self.query_line = Input(
            id="query", compact=True, select_on_focus=False, suggester=Continuation(newsroom)
        )
        self.past = Past()
        self.remembered = False
        """Whether earlier queries have been read."""
        self.lane, self.reckoner, self.counter = (
            SerialExecutor("search"),
            SerialExecutor("reckon"),
            SerialExecutor("count"),
        )
        self.note = MessageLine(HINT, id="note")
        self.trend = TrendPane(zone=newsroom.zone, id="trend")
        self.results = ResultList(newsroom.clock, zone=newsroom.zone, id="stream")
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay the query out over trend, results and reader."""
        from tui.app import Tocsin

        yield self.status_line
        with Container(id="ask"):
            yield MessageLine([(PROMPT, "accent")], id="prompt")
            yield self.query_line
        yield self.note
        yield self.trend
        with self.main:
            yield self.results
            yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, ArchiveScreen), id="keys")

    def on_mount(self) -> None:
        """Keep the clock going; know what was searched before."""
        self.set_interval(1.0, self.tick)
        self.tick()
        self.run_worker(self._remember(), group="past")

    async def _remember(self) -> None:
        past = await self.answer(self.newsroom.service.views.searches.recent)
        if past is not None:
            self.past = Past([searched.query for searched in past])
        self.remembered = True

    # --- parts ------------------------------------------------------------------

    @property
    def listing(self) -> ResultList:
        """Return the results."""
        return self.results

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the article under the cursor."""
        found = self.results.found
        return (found.article.id, found.article.url) if found else None

    @property
    def reading(self) -> ArticleDetails | None:
        """Return the article in the reader."""
        return self.reader.reading

    def step(self, by: int) -> None:
        """Step through the matches of the article."""
        self.reader.step(by)

    # --- keys -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Go through earlier queries; leave the latest one downwards."""
        if event.key not in ("up", "down") or not self.query_line.has_focus:
            return
        event.stop()
        query = self.query_line
        other = self.past.older(query.value) if event.key == "up" else self.past.newer()
        if other is not None:
            query.value = other
            query.action_end()
        elif event.key == "down" and self.results.row_count:
            self.show_pane("stream")

    def action_sort(self) -> None:
        """Change the order of the results."""
        self.sort = "score" if self.sort == "date" else "date"
        self.search_soon()

    def action_facets(self) -> None:
        """Show what was found is made of, and narrow it."""
        from tui.screens.facets import FacetChoice

        def chosen(by: str | None) -> None:
            if by:
                self.narrow(by)

        if self.asked:
            counting = self.counter.ask(self.newsroom.service.statistics.facets, self.asked)
            self.app.push_screen(FacetChoice(counting), chosen)

    def action_save(self) -> None:
        """Save the search in feeds.yaml."""
        from tui.screens.saved_queries import save

        save(self, self.asked, self.sort)

    def action_watch(self) -> None:
        """Make a watchlist of the query."""
        from tui.screens.saved_queries import watch

        watch(self, self.asked)

    def action_next_pane(self, by: int) -> None:
        """Go from the query to the results, then on."""
        if self.query_line.has_focus:
            self.show_pane("stream" if by > 0 else "reader")
        elif self.current == self.PANES[-1 if by > 0 else 0]:
            self.action_edit()
        else:
            super().action_next_pane(by)

    def action_edit(self) -> None:
        """Go back to the query."""
        self.query_line.focus()

    def action_back(self) -> None:
        """Leave the zoom, the reader, then the screen."""
        if self.query_line.has_focus or (self.current == "stream" and not self.zoomed):
            self.dismiss(None)
        else:
            super().action_back()

    # --- reading ----------------------------------------------------------------

    def on_moved(self, message: Moved) -> None:
        """Let the reader follow once the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._read_soon)

    def on_opened(self, message: Opened) -> None:
        """Go to the reader, or search for what would find more."""
        suggestion = self.results.suggestion
        if suggestion is not None:
            self.ask_for(suggestion.query)
        elif self.results.found is not None:
            self.show_pane("reader")

    def _read_soon(self) -> None:
        self.run_worker(self.read(), group="read", exclusive=True)

    async def read(self) -> None:
        """Show the article under the cursor with what the search found in it."""
        found = self.results.found
        if found is None:
            self.reader.read(None)
            return
        reading = await self.answer(self.newsroom.service.views.articles.details, found.article.id)
        if self.is_attached and found is self.results.found:
            self.reader.read(reading, places((), found.spans))
