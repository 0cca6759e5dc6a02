"""Looking each second at what is new, and showing it without disturbing who reads."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from index.errors import QueryError
from monitor.errors import MonitorError
from tui import guidance, sieve
from tui.ink import Line
from tui.newsroom import News
from tui.screens.triaging import Triaging
from tui.stream import Again
from tui.widgets.feed_pane import FeedPane


class Watching(Triaging):
    """The part of the desk that follows the newsroom."""

    feeds: FeedPane
    _looking = False
    _complained = ""
    _held: tuple[array[int], Sequence[Again]] | None = None
    """What came while the stream stood still; None while it moves."""

    def begin(self) -> None:
        """Show the newest alerts at once, then look again each second."""
        self.stream.guide(self._guidance)
        left = self.newsroom.memory.now.filter
        if left:
            self.run_worker(self._begin_filtered(left), group="look")
        else:
            self.load()
            self._tick()
        self.set_interval(1.0, self._tick)

    async def _begin_filtered(self, text: str) -> None:
        """Show the alerts as they were filtered when the dashboard was left."""
        self._looking = True  # names are needed before the filter can be understood
        self.seen = await self.answer(self.newsroom.seen) or self.seen
        await self._look_once()
        try:
            sieve.read(text)
        except QueryError:
            self.load()  # as if there had been none
        else:
            self.apply(text)

    def _tick(self) -> None:
        if self._looking:
            self.tick()  # the clock goes on while the store keeps one waiting
        else:
            self.run_worker(self.look(), group="look")

    async def look(self) -> None:
        """Look once at what is new and show it."""
        self._looking = True
        await self._look_once()

    async def _look_once(self) -> None:
        wanted, seen, version = self.sieve, self.seen, self.alerts.version
        try:
            news = await self.newsroom.look(wanted, seen, self.stream.on_screen())
        except MonitorError as error:
            self.tick()
            if str(error) != self._complained:
                self._complained = str(error)
                self.tell(str(error), trouble=True)
            return
        finally:
            self._looking = False
        self._complained = ""
        if self.is_attached:
            fresh = wanted == self.sieve and seen == self.seen
            self._show(news, fresh=fresh, same=version == self.alerts.version)

    def _show(self, news: News, *, fresh: bool, same: bool) -> None:
        room = self.newsroom
        if same:
            self.stream.repaint(self.alerts.absorb(news.alerts))
        else:
            self.alerts.forget([one.alert for one in news.louder])
        if fresh:
            self.seen = news.upto
            self._arrive(news.ids, news.louder)
        self.tick()
        if news.watchlists is not None:
            mutes = room.status.mutes if room.status else ()
            self.watchlists.tell(room.watchlists, mutes)
            self.feeds.tell(room.feeds)
            self.stream.guide(self._guidance)

    def _arrive(self, ids: array[int], louder: Sequence[Again]) -> None:
        if self._held is None:
            self.stream.arrive(ids, louder)
            return
        waiting, stirred = self._held
        self._held = waiting + ids, [*stirred, *louder]
        self._count_waiting()

    def _count_waiting(self) -> None:
        room = self.newsroom
        room.waiting = len(self._held[0]) + len(self._held[1]) if self._held else None
        self.stream.pause(room.waiting)
        self.tick()

    def action_pause(self) -> None:
        """Let the stream stand still and count what waits, or go on."""
        if self._held is None:
            self._held = array("q"), []
        else:
            (ids, louder), self._held = self._held, None
            self.stream.arrive(ids, louder)
        self._count_waiting()

    def load_anew(self) -> None:
        """Forget what waited: other alerts are shown, these among them."""
        if self._held is not None:
            self._held = array("q"), []
            self._count_waiting()

    def action_newest(self) -> None:
        """Go to the newest alert; go on if the stream stands still."""
        if self._held is not None:
            self.action_pause()
        self.stream.action_top()

    def _guidance(self, cells: int) -> list[Line]:
        room = self.newsroom
        said = guidance.guidance(
            room.status, room.feeds, room.watchlists, self.sieve.text, room.hint
        )
        return guidance.paint(*said, cells - 4)
