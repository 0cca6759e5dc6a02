"""The wall: the latest alerts in large type, for a screen without a keyboard. It never writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Unpack

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Digits

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import short_span, shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.alert import AlertState, StoryAlerts, Verdict
from monitor.model.search import Filter
from monitor.model.shown_names import severity_name
from monitor.model.status import Status
from monitor.presentation import times
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line, fit, fit_line, width, wrap
from monitor.presentation.story import ListedStory, describe_outlet
from tui.base_app import AppSettings, BaseApp
from tui.data.newsroom import ReadSchedule
from tui.view.alerts import alert_columns, story_row, triage_glyphs, watchlist_badges
from tui.view.status import monitor_state, new_stories, status_problem
from tui.widgets.styled_widget import TextBlock

if TYPE_CHECKING:
    from monitor.presentation.service.service import Service


FRESH_SECONDS = 60.0
"""Seconds for which a new alert is highlighted."""
LARGE_SIZE = (60, 16)
"""Cells and lines from which an alert takes more than one line."""
TITLE_LINES = 2

BoardRow = tuple[Line, bool]
"""A line, and whether it is highlighted."""


def latest_stories(stories: Iterable[StoryAlerts]) -> list[ListedStory]:
    """Return stories in the order of their last event, the newest first, without noise."""
    rows = [
        ListedStory(story, story.newest) for story in stories if story.verdict is not Verdict.NOISE
    ]
    return sorted(rows, key=lambda row: (row.lead.stirred_at, row.lead.id), reverse=True)


def wall_subject(filter: Filter, watchlists: Sequence[str]) -> tuple[str, str]:
    """Return the filter in words, and an error about watchlists that do not exist.

    `watchlists` are the names of all watchlists, empty before they are known.
    """
    severities = [severity_name(severity) for severity in filter.severities]
    languages = [code or "und" for code in filter.lang]
    words = [*filter.watchlists, *severities, *languages, *filter.feeds]
    existing = {name.casefold() for name in watchlists}
    missing = [name for name in filter.watchlists if name.casefold() not in existing]
    error = _("there is no watchlist {names}", names=", ".join(missing))
    return line(" · ".join(words)), line(error) if watchlists and missing else ""


def wall_header(
    status: Status | None, now: Timestamp, cells: int, subject: tuple[str, str]
) -> tuple[Line, Line, Line]:
    """Return three lines: the state of the monitor, the subject, and any problem."""
    title, error = subject
    first: Line = [(" TOCSIN ", "brand")]
    if status is None:
        return [*first, (f" {_('opening…')}", "quiet")], [], []
    words, style = monitor_state(status, now)
    first.append((f"  {words}", style))
    untriaged = f"  {new_stories(status)}"
    if width(first) + len(untriaged) <= cells:
        first.append((untriaged, "new" if status.untriaged else "quiet"))
    problem = error or status_problem(status)
    return (
        first,
        [(" ", ""), (fit(title or _("all alerts"), max(1, cells - 1)), "title")],
        [(" ", ""), (fit(f"{signs.LOOK} {problem}", max(1, cells - 1)), "bad")] if problem else [],
    )


def alarm_lines(status: Status | None, now: Timestamp, cells: int, store_error: str) -> list[Line]:
    """Return a band of three lines while the wall cannot show new alerts; else nothing."""
    text = line(store_error)
    if not text and status is not None:
        state, style = monitor_state(status, now)
        if style == "bad":
            text = _("{state} – new alerts cannot be shown", state=state[2:].upper())
    if not text:
        return []
    text = fit(text, cells).rstrip()
    padding = " " * ((cells - cell_len(text)) // 2)
    return [[(set_cell_size(words, cells), "alarm")] for words in ("", padding + text, "")]


def board_rows(
    stories: Sequence[ListedStory], now: Timestamp, zone: tzinfo | None, cells: int, lines: int
) -> list[BoardRow]:
    """Return as many stories as fit whole on so many lines, the newest at the top."""
    large = cells >= LARGE_SIZE[0] and lines >= LARGE_SIZE[1]
    rows: list[BoardRow] = []
    columns = alert_columns(cells)
    for story in stories:
        is_fresh = 0 <= now - story.lead.stirred_at < FRESH_SECONDS
        block = _large(story, now, zone, cells) if large else [story_row(story, columns, now, zone)]
        if len(rows) + len(block) > lines:
            break
        rows += [(row, is_fresh) for row in block]
        if large:
            rows.append(([], False))
    return rows


def _large(listed: ListedStory, now: Timestamp, zone: tzinfo | None, cells: int) -> list[Line]:
    """Return a story on two or three lines: its headline, and its details below."""
    story, alert = listed.story, listed.lead
    new = story.state is AlertState.NEW
    title = wrap(shown_title(line(alert.title)), cells - 6, "title" if new else "quiet")
    if len(title) > TITLE_LINES:
        remainder = "".join(text for row in title[TITLE_LINES - 1 :] for text, _style in row)
        title[TITLE_LINES - 1 :] = [[(fit(remainder + "…", cells - 6), title[0][0][1])]]
    first: Line = [(" ", ""), severity_run(story.severity), *triage_glyphs(story)[:2], *title[0]]
    other_lines = [[(" " * 5, ""), *row] for row in title[1:]]
    return [first, *other_lines, _details_line(listed, now, zone, cells)]


def _details_line(listed: ListedStory, now: Timestamp, zone: tzinfo | None, cells: int) -> Line:
    alert = listed.lead
    at = alert.stirred_at
    lang = f" · {alert.lang}" if alert.lang else ""
    reason = f" · {signs.ESCALATED} {alert.escalations[-1].words}" if alert.escalations else ""
    details = line(f"{describe_outlet(alert)}{lang}{reason}")
    when = f"     {times.short(at, now, zone)}  {short_span(now - at)}  "
    names = watchlist_badges(listed.story.watchlists, min(36, max(1, cells - len(when)))).rstrip()
    return fit_line([(when, "quiet"), (names, "list"), ("  ", ""), (details, "quiet")], cells)


MAX_ALERTS = 64
"""Alerts that are read: more than the largest screen shows."""
STATUS_EVERY, ALERTS_EVERY, IDLE_EVERY = 3, 5, 30
"""Seconds between two reads of the status, of the alerts, and of both while nobody commits."""
_DIGITS_FROM = 70
"""Width of the screen from which there is room for a large clock."""


class Wall(BaseApp):
    """Shows the latest alerts that pass a filter, the newest at the top."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.stay", show=False),
        Binding("q", "app.leave(True)", show=False),
    ]

    def __init__(
        self,
        service: Service,
        filter: Filter,
        *,
        clock: Callable[[], Timestamp],
        **settings: Unpack[AppSettings],
    ) -> None:
        super().__init__(service, clock=clock, **settings)
        self._filter = filter
        self._status: Status | None = None
        self._watchlists: tuple[str, ...] = ()
        self._stories: list[ListedStory] = []
        self._newest = (-1, -1)
        self._status_schedule = ReadSchedule(STATUS_EVERY, IDLE_EVERY)
        self._alerts_schedule = ReadSchedule(ALERTS_EVERY, IDLE_EVERY)
        self._store_error = ""
        self._header = TextBlock(id="head")
        self._large_clock = Digits("", id="clock")
        self._alarm = TextBlock(id="alarm")
        self._board = TextBlock(id="board")

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield self._header
            yield self._large_clock
        yield self._alarm
        yield self._board

    def on_mount(self) -> None:
        self._ticks = self.set_interval(1.0, self.read_update)
        self.newsroom.commits.start(partial(self.call_from_thread, self._wake))
        self.call_after_refresh(self.read_update)

    def _wake(self) -> None:
        self._ticks.reset()
        self.run_worker(self.read_update)  # type: ignore[arg-type]

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def action_stay(self) -> None:
        """Do nothing: `esc` does not leave the wall."""

    async def read_update(self) -> None:
        try:
            await self.newsroom.ask(self._read)
            self._store_error = ""
        except MonitorError as error:
            self._store_error = str(error)
            self.newsroom.read_all_next()
            self._status_schedule.force()
            self._alerts_schedule.force()
        if self.is_running:
            self._show()
        if self._status is not None:
            self.mourn(self._status)

    def _read(self) -> None:
        service, old = self.newsroom.service, self._status
        version = self.newsroom.read_version()
        recount = self._status_schedule.due(version.commits)
        reread = self._alerts_schedule.due(version.commits)
        self._status = (
            service.health.status() if recount or old is None else service.health.renewed(old)
        )
        if reread and self._filter.watchlists:
            self._watchlists = tuple(count.name for count in service.statistics.watchlists())
        newest = version.alert, version.escalation
        if newest != self._newest or reread:
            after = version.escalation - MAX_ALERTS
            ids = set(service.views.alerts.ids(self._filter, limit=MAX_ALERTS))
            ids |= {row.alert for row in service.views.alerts.escalated(self._filter, after=after)}
            self._stories = latest_stories(service.views.alerts.stories(sorted(ids)))
            self._newest = newest

    def _show(self) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        cells = self.size.width
        large = cells >= _DIGITS_FROM and self.size.height >= LARGE_SIZE[1]
        time = times.clock(now, zone)[:5]
        self._large_clock.display = large
        if large and self._large_clock.value != time:
            self._large_clock.update(time)
        subject = wall_subject(self._filter, self._watchlists)
        header = wall_header(self._status, now, self._header.size.width, subject)
        first, _subject, problem = header
        self._header.styles.height = 3 if large else 1 + bool(problem)
        if large:
            self._header.update(*header)
        else:
            self._header.update([*first, (f"  {time}", "title")], problem)
        band = alarm_lines(self._status, now, cells, self._store_error)
        self._alarm.display = bool(band)
        self._alarm.update(*band)
        self.call_after_refresh(self._show_board)  # its size depends on those above it

    def _show_board(self) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        size = self._board.size
        rows = board_rows(self._stories, now, zone, size.width, size.height)
        if not rows and self._status is not None:
            rows = [([], False), ([(f"     {_('no alert yet')}", "quiet")], False)]
        fresh_rows = {number for number, (_row, is_fresh) in enumerate(rows) if is_fresh}
        self._board.update(*(row for row, _fresh in rows), highlighted=fresh_rows)
