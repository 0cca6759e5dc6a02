"""Which alerts the stream shows: as one types, or from a list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer

from index.errors import QueryError
from monitor.errors import MonitorError
from monitor.model import Filter
from tui import sieve
from tui.clauses import with_only
from tui.newsroom import Seen
from tui.pointing import pointed
from tui.screens.panes import Panes
from tui.sieve import ALL, Sieve
from tui.widgets.alert_stream import AlertStream
from tui.widgets.filter_line import PROMPT, FilterLine
from tui.widgets.watchlist_pane import WatchlistPane

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
    sieve: Sieve = ALL
    seen = Seen()
    """How far the stream has been asked about."""
    _before: tuple[Sieve, int] = (ALL, 0)
    _typing: Timer | None = None
    _typed_at: Seen | None = None

    # --- what is shown ------------------------------------------------------------

    def load(self) -> None:
        """Show the newest alerts at once; the others follow."""
        service = self.newsroom.service
        try:
            self.seen = self.newsroom.seen()
            ids = service.alert_ids(Filter(), limit=FIRST)
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
            wanted = sieve.read(text)
        except QueryError as error:
            self.tell(f"filter: {error.message}", trouble=True)
            return
        self.newsroom.memory.keep(filter=wanted.text)
        self.run_worker(self.narrow(wanted, kept), group="narrow", exclusive=True)

    def show_watchlist(self, name: str) -> None:
        """Show the alerts of one watchlist, of all without a name; other filters stay."""
        self.apply(with_only(self.sieve, "watch", name))

    async def narrow(self, wanted: Sieve, kept: int = 0, seen: Seen | None = None) -> None:
        """Show what a sieve lets through, as much as is known of it at first.

        While one types, all is as it was when that was `seen`.
        """
        room = self.newsroom
        select = room.selecting
        if seen is None:
            select.forget()
            seen = self._typed_at = await self.answer(room.seen)
        if seen is None:
            return
        if wanted.words and not select.headlines.whole:
            whole, shown = await self.answer(select.read_older), False
            while whole is False:
                if not shown:
                    shown = await self._show_sifted(wanted, seen, kept, whole=False)
                whole = await self.answer(select.read_older)
            if whole is None:
                return
        await self._show_sifted(wanted, seen, kept, whole=True)

    async def _show_sifted(self, wanted: Sieve, seen: Seen, kept: int, *, whole: bool) -> bool:
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
            wanted = sieve.read(message.text)
        except QueryError as error:
            self.filter_line.doubt(pointed(error, len(PROMPT), self.size.width))
            return
        if self._typing is not None:
            self._typing.stop()
        kept = self._before[1]
        self._typing = self.set_timer(PAUSE, lambda: self._narrow_soon(wanted, kept))

    def _narrow_soon(self, wanted: Sieve, kept: int) -> None:
        self.run_worker(self.narrow(wanted, kept, self._typed_at), group="narrow", exclusive=True)

    def on_filter_line_kept(self, message: FilterLine.Kept) -> None:
        """Keep the filter, if it can be understood."""
        try:
            wanted = sieve.read(message.text)
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
        from tui.screens.filter import FilterChoice

        if self.filter_line.display:
            self.on_filter_line_left()

        def chosen(text: str | None) -> None:
            if text is not None:
                self.apply(text)

        self.app.push_screen(FilterChoice(self.newsroom.watchlists, self.sieve), chosen)

    def action_clear_filter(self) -> None:
        """Show all alerts."""
        self.apply("")
