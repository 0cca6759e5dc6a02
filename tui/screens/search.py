"""The archive: a query, what it finds as one types, and the reader."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from index.errors import ArchiveError, QueryError
from monitor.errors import MonitorError
from monitor.model import Reading, Results
from tui.article_page import places
from tui.asking import SAVED, Continuation, Past, called
from tui.ink import Line
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.newsroom import Newsroom
from tui.screens.panes import REST, Panes
from tui.widgets.key_bar import KeyBar
from tui.widgets.note import Note
from tui.widgets.reader import Reader
from tui.widgets.result_list import ResultList

PAUSE = 0.25
"""Seconds without a key before the archive is searched."""
LIMIT = 200
"""Results listed; whoever needs more narrows the query."""
PROMPT = " / "


class Search(Panes):
    """Searches the archive; errors are shown under the column they are at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "edit", "Back to the query"),
        Binding("s", "sort", "Newest first, or best first"),
    ]
    BAR = (
        ("app.help", "Help"),
        ("edit", "Query"),
        ("sort", "Sort"),
        ("match(1)", "Match"),
        ("why", "Why"),
        ("open_link", "Open"),
        ("copy_link", "Copy"),
        ("back", "Back"),
        ("app.leave(True)", "Quit"),
    )
    AUTO_FOCUS = "#query"

    def __init__(self, newsroom: Newsroom) -> None:
        super().__init__(newsroom)
        self.query_line = Input(
            id="query", compact=True, select_on_focus=False, suggester=Continuation(newsroom)
        )
        self._past = Past()
        self.remembered = False
        """Whether earlier queries have been read."""
        self.note = Note(_HINT, id="note")
        self.results = ResultList(newsroom.clock, zone=newsroom.zone, id="stream")
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._sort = "date"
        self._pause: Timer | None = None
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay the query out over results and reader."""
        from tui.app import Tocsin

        yield self.status_line
        with Container(id="ask"):
            yield Note([(PROMPT, "accent")], id="prompt")
            yield self.query_line
        yield self.note
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
            self._past = Past([searched.query for searched in past])
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

    # --- searching --------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search once the typing rests."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._search_soon)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once and go to the results."""
        if self._pause is not None:
            self._pause.stop()
        self.run_worker(self.search(go=True), group="search", exclusive=True)

    def on_key(self, event: events.Key) -> None:
        """Go through earlier queries; leave the latest one downwards."""
        if event.key not in ("up", "down") or not self.query_line.has_focus:
            return
        event.stop()
        query = self.query_line
        other = self._past.older(query.value) if event.key == "up" else self._past.newer()
        if other is not None:
            query.value = other
            query.action_end()
        elif event.key == "down" and self.results.row_count:
            self.show_pane("stream")

    def _search_soon(self) -> None:
        self.run_worker(self.search(), group="search", exclusive=True)

    async def search(self, *, go: bool = False) -> None:
        """Search for what the query says; `go` moves on to the results."""
        written = self.query_line.value
        if not written.strip():
            self.results.show(())
            self.note.say(_HINT)
            return
        try:
            query = await self._meant(written.strip())
            if query is None:
                self.results.show(())
                return
            results = await self.newsroom.ask(
                self.newsroom.service.search, query, sort=self._sort, limit=LIMIT
            )
        except QueryError as error:
            self.note.say(pointed(error, self.size.width))
            return
        except (ArchiveError, MonitorError) as error:
            self.note.say([(f"   {error}", "bad")])
            return
        if not self.is_attached:
            return
        self.results.show(results.found)
        self.note.say(told(results, self._sort))
        if go and results.found:
            self.show_pane("stream")
        if go:
            self._past.note(written.strip())
            await self.answer(self.newsroom.service.note_search, written, self._sort)

    async def _meant(self, written: str) -> str | None:
        """Return the query to search for; None for the name of a search that is not saved."""
        if not written.startswith(SAVED):
            return written
        saved = await self.newsroom.ask(self.newsroom.service.saved_searches)
        search = called(saved, written)
        if search is not None:
            self._sort = search.sort
            return search.query.text
        names = "  ".join(f"{SAVED}{search.name}" for search in saved)
        self.note.say([(f"   saved searches: {names}" if names else _NONE_SAVED, "quiet")])
        return None

    @property
    def reading(self) -> Reading | None:
        """Return the article in the reader."""
        return self.reader.reading

    def step(self, by: int) -> None:
        """Step through the matches of the article."""
        self.reader.step(by)

    def action_sort(self) -> None:
        """Change the order of the results."""
        self._sort = "score" if self._sort == "date" else "date"
        self._search_soon()

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
        """Go to the reader."""
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


_NONE_SAVED = "   no saved searches; they stand under `searches:` in feeds.yaml"
_HINT: Line = [
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
    shown = f", the first {len(results.found)}" if results.total > len(results.found) else ""
    line: Line = [(f"   {results.total} found{shown}, {order}", "quiet")]
    return [*line, (f"  ! {results.note}", "late")] if results.note else line
