"""The wall: the latest alerts, large, for a screen that nobody sits at. It never writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Digits

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.errors import MonitorError
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.search import Filter
from monitor.model.status import Status
from tui.base_app import AppSettings, BaseApp
from tui.data.newsroom import Rhythm
from tui.view import times
from tui.view.rows import SEVERITY, alert_row, mark, tally
from tui.view.status_bar import trouble, watching
from tui.view.styled_text import Line, fit, width, wrap
from tui.widgets.message_line import TextBlock

if TYPE_CHECKING:
    from monitor.service.service import Service


FRESH = 60.0
"""Seconds for which an alert stands out."""
LARGE = (60, 16)
"""Cells and lines from which an alert takes more than one line."""
TITLE_LINES = 2

Row = tuple[Line, bool]
"""A line, and whether it stands out."""


def latest(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts as they last asked for attention, the newest first; noise is left out."""
    shown = [alert for alert in alerts if alert.verdict is not Verdict.NOISE]
    return sorted(shown, key=lambda alert: (alert.stirred_at, alert.id), reverse=True)


def subject(filter: Filter, known: Sequence[str]) -> tuple[str, str]:
    """Return what is shown in words, and what is asked for in vain among known watchlists."""
    severities = [severity.value for severity in filter.severities]
    languages = [code or "und" for code in filter.lang]
    words = [*filter.watchlists, *severities, *languages, *filter.feeds]
    there = {name.casefold() for name in known}
    lost = [name for name in filter.watchlists if known and name.casefold() not in there]
    said = f"no watchlist is called {', '.join(lost)}" if lost else ""
    return line(" · ".join(words)), line(said)


def head(
    status: Status | None, now: Timestamp, cells: int, about: tuple[str, str]
) -> tuple[Line, Line, Line]:
    """Return three lines: whose wall it is and who watches, what is shown, what is wrong."""
    said, vain = about
    first: Line = [(" TOCSIN ", "brand")]
    if status is None:
        return [*first, (" opening…", "quiet")], [], []
    words, ink = watching(status, now)
    first.append((f"  {words}", ink))
    waiting = f"  {tally(status.untriaged)} new"
    if width(first) + len(waiting) <= cells:
        first.append((waiting, "new" if status.untriaged else "quiet"))
    wrong = vain or trouble(status)
    return (
        first,
        [(" ", ""), (fit(said or "all alerts", max(1, cells - 1)), "title")],
        [(" ", ""), (fit(f"! {wrong}", max(1, cells - 1)), "bad")] if wrong else [],
    )


def alarm(status: Status | None, now: Timestamp, cells: int, unreadable: str) -> list[Line]:
    """Return a band of three lines while nobody can trust the wall, nothing when all is well."""
    words = line(unreadable)
    if not words and status is not None:
        state, ink = watching(status, now)
        if ink != "bad":
            return []
        words = f"{state[2:].upper()} – nothing new can be shown"
    if not words:
        return []
    shown = fit(words, cells).rstrip()
    used = width([(shown, "")])
    before = (cells - used) // 2
    blank: Line = [(" " * cells, "alarm")]
    said: Line = [(" " * before + shown + " " * (cells - used - before), "alarm")]
    return [blank, said, blank]


def rows(
    alerts: Sequence[Alert], now: Timestamp, zone: tzinfo | None, cells: int, lines: int
) -> list[Row]:
    """Return as many alerts as fit whole, the newest on top."""
    large = cells >= LARGE[0] and lines >= LARGE[1]
    shown: list[Row] = []
    for alert in alerts:
        fresh = 0 <= now - alert.stirred_at < FRESH
        block = _large(alert, now, zone, cells) if large else [alert_row(alert, cells, now, zone)]
        if len(shown) + len(block) > lines:
            break
        shown += [(one, fresh) for one in block]
        if large:
            shown.append(([], False))
    return shown


def _large(alert: Alert, now: Timestamp, zone: tzinfo | None, cells: int) -> list[Line]:
    """Return the title on one or two lines, and below it what else is known."""
    new = alert.state is AlertState.NEW
    glyph, ink = mark(alert)
    title = wrap(line(alert.title) or "(no title)", cells - 6, "title" if new else "quiet")
    if len(title) > TITLE_LINES:
        rest = "".join(text for one in title[TITLE_LINES - 1 :] for text, _ in one)
        title[TITLE_LINES - 1 :] = [[(fit(rest + "…", cells - 6), title[0][0][1])]]
    first: Line = [
        (f" {SEVERITY[alert.severity]} ", f"{alert.severity}"),
        (f"{glyph} ", ink),
        *title[0],
    ]
    more = [[(" " * 5, ""), *one] for one in title[1:]]
    return [first, *more, _about(alert, now, zone, cells)]


def _about(alert: Alert, now: Timestamp, zone: tzinfo | None, cells: int) -> Line:
    at = alert.stirred_at
    copies = f" +{alert.duplicates}" if alert.duplicates else ""
    lang = f" · {alert.lang}" if alert.lang else ""
    why = f" · ↑ {alert.escalations[-1].words}" if alert.escalations else ""
    said = line(f"{alert.feed}{copies}{lang}{why}")
    when = f"     {times.short(at, now, zone)}  {times.age(now - at)}  "
    name = fit(line(alert.watchlist), min(24, max(1, cells - len(when)))).rstrip()
    room = max(0, cells - len(when) - width([(name, "")]) - 2)
    return [(when, "quiet"), (name, "list"), ("  ", ""), (fit(said, room), "quiet")]


ROOM = 64
"""Alerts that are read: more than the largest screen shows."""
STATUS_EVERY, ALL_EVERY, ANYWAY = 3, 5, 30
"""Looks between two readings of the status and of all the rest; while nothing is committed."""
_DIGITS_FROM = 70
"""Cells from which there is room for a large clock."""


class Wall(BaseApp):
    """Shows the alerts that pass a filter, the newest on top, for as long as it runs."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.stay", show=False)]

    def __init__(
        self,
        service: Service,
        filter: Filter,
        *,
        clock: Callable[[], Timestamp],
        **setting: Unpack[AppSettings],
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
        self._head = TextBlock(id="head")
        self._clock_face = Digits("", id="clock")
        self._alarm = TextBlock(id="alarm")
        self._board = TextBlock(id="board")

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
        version = ask.views.version()
        recounted, all = self._counts.due(version.commits), self._all.due(version.commits)
        self._status = ask.status() if recounted or known is None else ask.renewed(known)
        if all and self._filter.watchlists:
            self._known = tuple(count.name for count in ask.statistics.watchlists())
        seen = version.alert, version.escalation
        if seen != self._seen or all:
            ids = set(ask.views.alerts.ids(self._filter, limit=ROOM))
            escalated = ask.views.alerts.escalated(self._filter, after=version.escalation - ROOM)
            ids |= {one.alert for one in escalated}
            self._alerts = latest(ask.views.alerts.get(sorted(ids)))
            self._seen = seen

    # --- drawing ----------------------------------------------------------------

    def _draw(self) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        cells = self.size.width
        large = cells >= _DIGITS_FROM and self.size.height >= LARGE[1]
        time = times.clock(now, zone)[:5]
        self._clock_face.display = large
        if large and self._clock_face.value != time:
            self._clock_face.update(time)
        about = subject(self._filter, self._known)
        first, second, third = head(self._status, now, self._head.size.width, about)
        self._head.styles.height = 3 if large else 1 + bool(third)
        self._head.show([first, second, third] if large else [_timed(first, time), third])
        band = alarm(self._status, now, cells, self._unreadable)
        self._alarm.display = bool(band)
        self._alarm.show(band)
        size = self._board.size
        shown = rows(self._alerts, now, zone, size.width, size.height)
        if not shown and self._status is not None:
            shown = [([], False), ([("     no alert yet", "quiet")], False)]
        self._board.show([one for one, _ in shown], {n for n, (_, f) in enumerate(shown) if f})


def _timed(first: Line, time: str) -> Line:
    return [*first, (f"  {time}", "title")]
