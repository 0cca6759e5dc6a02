"""The archive: a query, what it finds as one types, and the reader."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from monitor.model import Reading
from tui.article_page import places
from tui.asking import Continuation, Past
from tui.keys import bar
from tui.lane import Lane
from tui.messages import Moved, Opened
from tui.newsroom import Newsroom
from tui.screens.panes import REST
from tui.screens.searching import HINT, PROMPT, Searching
from tui.widgets.key_bar import KeyBar
from tui.widgets.note import Note
from tui.widgets.reader import Reader
from tui.widgets.result_list import ResultList
from tui.widgets.trend_pane import TrendPane


class Search(Searching):
    """Searches the archive; errors are shown under the column they are at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "edit", "Back to the query"),
        Binding("s", "sort", "Newest first, or best first"),
        Binding("F", "facets", "What it is made of; enter narrows it"),
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

    def __init__(self, newsroom: Newsroom) -> None:
        super().__init__(newsroom)
        self.query_line = Input(
            id="query", compact=True, select_on_focus=False, suggester=Continuation(newsroom)
        )
        self.past = Past()
        self.remembered = False
        """Whether earlier queries have been read."""
        self.lane, self.reckoner, self.counter = Lane("search"), Lane("reckon"), Lane("count")
        self.note = Note(HINT, id="note")
        self.trend = TrendPane(zone=newsroom.zone, id="trend")
        self.results = ResultList(newsroom.clock, zone=newsroom.zone, id="stream")
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay the query out over trend, results and reader."""
        from tui.app import Tocsin

        yield self.status_line
        with Container(id="ask"):
            yield Note([(PROMPT, "accent")], id="prompt")
            yield self.query_line
        yield self.note
        yield self.trend
        with self.main:
            yield self.results
            yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, Search), id="keys")

    def on_mount(self) -> None:
        """Keep the clock going; know what was searched before."""
        self.set_interval(1.0, self.tick)
        self.tick()
        self.run_worker(self._remember(), group="past")

    async def _remember(self) -> None:
        past = await self.answer(self.newsroom.service.searched)
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
    def reading(self) -> Reading | None:
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
            counting = self.counter.ask(self.newsroom.service.facets, self.asked)
            self.app.push_screen(FacetChoice(counting), chosen)

    def action_save(self) -> None:
        """Save the search in feeds.yaml."""
        from tui.screens.keeping import save

        save(self, self.asked, self.sort)

    def action_watch(self) -> None:
        """Make a watchlist of the query."""
        from tui.screens.keeping import watch

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
        reading = await self.answer(self.newsroom.service.read, found.article.id)
        if self.is_attached and found is self.results.found:
            self.reader.read(reading, places((), found.spans))
