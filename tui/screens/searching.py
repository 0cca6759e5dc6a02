"""What is searched for, and what becomes of the answer: results, their time, what finds more.

The latest query is the only one answered: the archive is asked on a thread of its own, and an
older question is dropped, before its turn or after. What is reckoned from an answer (its trend,
suggestions) is asked on another, what it is made of on a third: none of it holds up a search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from textual.timer import Timer
from textual.widgets import Input

from index.errors import ArchiveError, QueryError
from monitor.errors import CursorError, MonitorError
from monitor.model import Results
from tui.asking import SAVED, Past, called
from tui.ink import Line, fit
from tui.lane import Lane
from tui.messages import Narrowed, NearEnd
from tui.screens.panes import Panes
from tui.widgets.note import Note
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
    note: Note
    trend: TrendPane
    results: ResultList
    lane: Lane
    reckoner: Lane
    counter: Lane
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
        from monitor.search.narrowing import narrowed

        try:
            text = narrowed(self.asked, [by])
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
        return await self.lane.ask(self.newsroom.service.search, query, sort=self.sort, limit=LIMIT)

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
        from monitor.search.helping import FEW

        service, query = self.newsroom.service, self.asked
        rang = await self._reckoned(service.rung, [f.article.id for f in results.found])
        self.results.badge(rang or {})
        trend = await self._reckoned(service.trend, [query])
        self.trend.tell(trend)
        self.results.reveal()
        if results.total < FEW:
            self.results.suggest(await self._reckoned(service.suggestions, query) or ())

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
                self.newsroom.service.search, self.asked, sort=self.sort, limit=LIMIT, after=place
            )
        except CursorError:
            return  # another search was made meanwhile
        except (QueryError, ArchiveError, MonitorError) as error:
            self.tell(str(error), trouble=True)
            return
        if self.is_attached and place == self.results.next:
            self.results.extend(results)
            rang = await self._reckoned(
                self.newsroom.service.rung, [found.article.id for found in results.found]
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
