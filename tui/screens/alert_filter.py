"""Which alerts the stream shows: typed, or chosen from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.timer import Timer

from index.errors import QueryError
from monitor.errors import MonitorError
from monitor.model.search import Filter
from monitor.model.status import StoreVersion
from monitor.model.watchlist import WatchlistCount
from monitor.search.alert_filter import ALL, AlertFilter, parse_headline_filter
from tui.messages import Opened
from tui.screens.dialogs import Dialog
from tui.screens.panes import Panes
from tui.view import facet_rows
from tui.view.facet_rows import with_only
from tui.view.layout import pointed
from tui.view.rows import watchlist_row
from tui.view.styled_text import Line, fit
from tui.widgets.alert_stream import AlertStream
from tui.widgets.filter_line import PROMPT, FilterLine
from tui.widgets.line_list import LineList
from tui.widgets.watchlist_pane import WatchlistPane


class _Choice(NamedTuple):
    """A filter in words."""

    words: str
    name: str = ""
    value: str = ""


_FIXED = (
    _Choice("All alerts"),
    _Choice("Untriaged only", "state", "new"),
    _Choice("Closed ones", "state", "closed"),
    _Choice("Loud ones", "severity", "high"),
    _Choice("Starred", "is", "starred"),
    _Choice("Became louder", "is", "louder"),
    _Choice("Relevant", "is", "relevant"),
    _Choice("Noise", "is", "noise"),
    _Choice("In French", "lang", "fr"),
    _Choice("In English", "lang", "en"),
    _Choice("Of today", "since", "today"),
)


class Choices(LineList):
    """All alerts, the usual filters, then each watchlist; those in force are ticked."""

    def __init__(self, counts: Sequence[WatchlistCount], wanted: AlertFilter) -> None:
        super().__init__()
        self._counts = counts
        self._sieve = wanted

    @property
    def row_count(self) -> int:
        """Return how many choices there are."""
        return len(self._counts) + len(_FIXED)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a choice as a line."""
        _, name, value = choice = self._choice(row)
        on = facet_rows.has(self._sieve, name, value) if name else not self._sieve.text
        if row >= len(_FIXED):
            return watchlist_row(self._counts[row - len(_FIXED)], cells, chosen=on)
        return [("▸ " if on else "  ", "accent"), (fit(choice.words, cells - 2), "plain")]

    def _choice(self, row: int) -> _Choice:
        if row < len(_FIXED):
            return _FIXED[row]
        name = self._counts[row - len(_FIXED)].name
        return _Choice(name, "watch", name)

    @property
    def choice(self) -> str:
        """The filter with that of the row under the cursor, without it where it was in force."""
        _, name, value = self._choice(self.cursor)
        if not name:
            return ""
        on = facet_rows.has(self._sieve, name, value)
        return facet_rows.with_only(self._sieve, name, "" if on else value)


class FilterChoice(Dialog[str]):
    """Asks for a filter; closed without a choice it gives None."""

    def __init__(self, counts: Sequence[WatchlistCount], wanted: AlertFilter) -> None:
        self._choices = Choices(counts, wanted)
        super().__init__("Show", self._choices)

    def on_opened(self, message: Opened) -> None:
        """Take the choice."""
        message.stop()
        self.dismiss(self._choices.choice)


FIRST = 500
"""Alerts read before the first paint; the others follow from a thread."""
PAUSE = 0.15
"""Seconds without a key before the stream is narrowed."""


class Filtering(Panes):
    """The part of a screen with a stream that chooses its alerts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter as you type: words, watch: lang: state: is: …"),
        Binding("ctrl+f", "choose_filter", "Filter from a list"),
        Binding("F", "clear_filter", "Show all alerts"),
    ]
    stream: AlertStream
    watchlists: WatchlistPane
    filter_line: FilterLine
    sieve: AlertFilter = ALL
    seen = StoreVersion(0, 0, 0, 0)
    """How far the stream has been asked about."""
    _before: tuple[AlertFilter, int] = (ALL, 0)
    _typing: Timer | None = None
    _typed_at: StoreVersion | None = None

    # --- what is shown ------------------------------------------------------------

    def load(self) -> None:
        """Show the newest alerts at once; the others follow."""
        service = self.newsroom.service
        try:
            self.seen = service.views.version()
            ids = service.views.alerts.ids(Filter(), limit=FIRST)
            again = self.newsroom.selecting.louder(ALL, self.newsroom.names)
        except MonitorError as error:
            self.tell(str(error), trouble=True)
            return
        there = len(ids) < FIRST
        self.stream.load(ids, [one for one in again if there or one.above >= ids[0]])
        if not there:
            self.run_worker(self._deepen(), group="narrow", exclusive=True)

    def load_anew(self) -> None:
        """Know that other alerts are shown."""

    async def _deepen(self) -> None:
        select, names = self.newsroom.selecting, self.newsroom.names
        ids = await self.answer(select.ids, ALL, names)
        again = await self.answer(select.louder, ALL, names)
        if ids is not None and again is not None and self.sieve is ALL:
            self.stream.deepen(ids, again)

    def apply(self, text: str, kept: int = 0) -> None:
        """Show only the alerts that a filter lets through, `kept` in sight if it does."""
        try:
            wanted = parse_headline_filter(text)
        except QueryError as error:
            self.tell(f"filter: {error.message}", trouble=True)
            return
        self.newsroom.memory.keep(filter=wanted.text)
        self.run_worker(self.narrow(wanted, kept), group="narrow", exclusive=True)

    def show_watchlist(self, name: str) -> None:
        """Show the alerts of one watchlist, of all without a name; other filters stay."""
        self.apply(with_only(self.sieve, "watch", name))

    async def narrow(
        self, wanted: AlertFilter, kept: int = 0, seen: StoreVersion | None = None
    ) -> None:
        """Show what a sieve lets through, as much as is known of it at first.

        While one types, all is as it was when that was `seen`.
        """
        room = self.newsroom
        select = room.selecting
        if seen is None:
            select.forget()
            seen = self._typed_at = await self.answer(room.service.views.version)
        if seen is None:
            return
        if wanted.has_words and not select.headlines.whole:
            whole, shown = await self.answer(select.read_older), False
            while whole is False:
                if not shown:
                    shown = await self._show_sifted(wanted, seen, kept, whole=False)
                whole = await self.answer(select.read_older)
            if whole is None:
                return
        await self._show_sifted(wanted, seen, kept, whole=True)

    async def _show_sifted(
        self, wanted: AlertFilter, seen: StoreVersion, kept: int, *, whole: bool
    ) -> bool:
        room = self.newsroom
        ids = await self.answer(room.selecting.ids, wanted, room.names)
        again = await self.answer(room.selecting.louder, wanted, room.names)
        if ids is None or again is None:
            return False
        self.sieve, self.seen = wanted, seen
        self.load_anew()
        here = set(ids)
        self.stream.load(ids, [one for one in again if one.alert in here], wanted.text, kept)
        plain = room.selecting.quick(wanted, room.names)
        self.watchlists.choose(plain.watchlists if plain else ())
        if self.filter_line.display and self.filter_line.input.value.strip() == wanted.text:
            every = f" of {room.status.alerts:,}" if room.status else ""
            more = "" if whole else ", reading older headlines…"
            self.filter_line.note.say([(f"   {len(ids):,}{every}{more}", "quiet")])
        return True

    # --- the line -----------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the line of the filter."""
        self._before = self.sieve, self.stream.alert_id
        self._typed_at = None
        if self.current != "stream":
            self.show_pane("stream")
        text = self.sieve.text
        self.filter_line.open(f"{text} " if text else "")

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Narrow the stream; say where a mistake is, what was right until then holds."""
        try:
            wanted = parse_headline_filter(message.text)
        except QueryError as error:
            self.filter_line.doubt(pointed(error, len(PROMPT), self.size.width))
            return
        if self._typing is not None:
            self._typing.stop()
        kept = self._before[1]
        self._typing = self.set_timer(PAUSE, lambda: self._narrow_soon(wanted, kept))

    def _narrow_soon(self, wanted: AlertFilter, kept: int) -> None:
        self.run_worker(self.narrow(wanted, kept, self._typed_at), group="narrow", exclusive=True)

    def on_filter_line_kept(self, message: FilterLine.Kept) -> None:
        """Keep the filter, if it can be understood."""
        try:
            wanted = parse_headline_filter(message.text)
        except QueryError as error:
            self.filter_line.note.say(pointed(error, len(PROMPT), self.size.width))
            return
        self._close_line()
        self.apply(wanted.text, self.stream.alert_id)

    def on_filter_line_left(self) -> None:
        """Show what was shown before."""
        self._close_line()
        before, kept = self._before
        if before != self.sieve:
            self.apply(before.text, kept)

    def _close_line(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self.filter_line.display = False
        self.show_pane("stream")

    # --- the list -----------------------------------------------------------------

    def action_choose_filter(self) -> None:
        """Choose a filter from a list."""
        if self.filter_line.display:
            self.on_filter_line_left()

        def chosen(text: str | None) -> None:
            if text is not None:
                self.apply(text)

        self.app.push_screen(FilterChoice(self.newsroom.watchlists, self.sieve), chosen)

    def action_clear_filter(self) -> None:
        """Show all alerts."""
        self.apply("")
