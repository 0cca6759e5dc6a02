"""The wall: the latest alerts, large, for a screen that nobody sits at. It never writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Digits

from index.article import Timestamp
from monitor.errors import MonitorError
from monitor.model import Alert, Filter, Status
from tui import board, moment
from tui.ink import Line
from tui.rhythm import Rhythm
from tui.stage import Setting, Stage
from tui.widgets.placard import Placard

if TYPE_CHECKING:
    from monitor.service import Service

ROOM = 64
"""Alerts that are read: more than the largest screen shows."""
STATUS_EVERY, ALL_EVERY, ANYWAY = 3, 5, 30
"""Looks between two readings of the status and of all the rest; while nothing is committed."""
_DIGITS_FROM = 70
"""Cells from which there is room for a large clock."""


class Wall(Stage):
    """Shows the alerts that pass a filter, the newest on top, for as long as it runs."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.stay", show=False)]

    def __init__(
        self,
        service: Service,
        filter: Filter,
        *,
        clock: Callable[[], Timestamp],
        **setting: Unpack[Setting],
    ) -> None:
        super().__init__(service, clock=clock, **setting)
        self._filter = filter
        self._status: Status | None = None
        self._known: tuple[str, ...] = ()
        self._alerts: list[Alert] = []
        self._seen = (-1, -1)
        self._counts = Rhythm(STATUS_EVERY, ANYWAY)
        self._all = Rhythm(ALL_EVERY, ANYWAY)
        self._unreadable = ""
        self._head = Placard(id="head")
        self._clock_face = Digits("", id="clock")
        self._alarm = Placard(id="alarm")
        self._board = Placard(id="board")

    def compose(self) -> ComposeResult:
        """Lay out the head with the clock, the band for trouble, and the alerts."""
        with Horizontal(id="top"):
            yield self._head
            yield self._clock_face
        yield self._alarm
        yield self._board

    def on_mount(self) -> None:
        """Look at once, and then each second."""
        self.set_interval(1.0, self.look)
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        """Draw it anew on the new size."""
        self.call_after_refresh(self._draw)

    def action_stay(self) -> None:
        """Do nothing: a wall goes on."""

    # --- looking ----------------------------------------------------------------

    async def look(self) -> None:
        """Look once at what there is, and show it."""
        try:
            await self.newsroom.ask(self._look)
            self._unreadable = ""
        except MonitorError as error:
            self._unreadable = str(error)
            self._counts.hurry()
            self._all.hurry()
        if self.is_running:
            self._draw()

    def _look(self) -> None:
        ask, known = self.newsroom.service, self._status
        commits = ask.commits()
        recounted, all = self._counts.due(commits), self._all.due(commits)
        self._status = ask.status() if recounted or known is None else ask.renewed(known)
        if all and self._filter.watchlists:
            self._known = tuple(count.name for count in ask.watchlists())
        seen = ask.newest_alert(), ask.newest_escalation()
        if seen != self._seen or all:
            ids = set(ask.alert_ids(self._filter, limit=ROOM))
            ids |= {alert for _, alert, _ in ask.stirred(self._filter, after=seen[1] - ROOM)}
            self._alerts = board.latest(ask.alerts(sorted(ids)))
            self._seen = seen

    # --- drawing ----------------------------------------------------------------

    def _draw(self) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        cells = self.size.width
        large = cells >= _DIGITS_FROM and self.size.height >= board.LARGE[1]
        time = moment.clock(now, zone)[:5]
        self._clock_face.display = large
        if large and self._clock_face.value != time:
            self._clock_face.update(time)
        about = board.subject(self._filter, self._known)
        first, second, third = board.head(self._status, now, self._head.size.width, about)
        self._head.styles.height = 3 if large else 1 + bool(third)
        self._head.show([first, second, third] if large else [_timed(first, time), third])
        band = board.alarm(self._status, now, cells, self._unreadable)
        self._alarm.display = bool(band)
        self._alarm.show(band)
        size = self._board.size
        shown = board.rows(self._alerts, now, zone, size.width, size.height)
        if not shown and self._status is not None:
            shown = [([], False), ([("     no alert yet", "quiet")], False)]
        self._board.show([one for one, _ in shown], {n for n, (_, f) in enumerate(shown) if f})


def _timed(first: Line, time: str) -> Line:
    return [*first, (f"  {time}", "title")]
