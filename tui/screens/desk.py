"""The desk: watchlists, alerts, reader and feeds; where the day is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer

from monitor.errors import MonitorError
from monitor.model import Alert, AlertState, Filter, Reading, Verdict
from tui import guidance
from tui.alerts import Alerts, Change
from tui.article_page import places
from tui.ink import Line
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.newsroom import News, Newsroom
from tui.screens.feeds import Feeds
from tui.screens.panes import REST, Panes
from tui.triage import Triage
from tui.widgets.alert_stream import AlertStream
from tui.widgets.feed_pane import FeedPane
from tui.widgets.key_bar import KeyBar
from tui.widgets.reader import Reader
from tui.widgets.watchlist_pane import WatchlistPane

FIRST = 500
"""Alerts read before the first paint; the others follow from a thread."""
NEAR = 1024
"""Rows looked through at once for the next untriaged alert."""


class Desk(Panes):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Acknowledge, and on to the next"),
        Binding("A", "acknowledge_shown", "Acknowledge all on the screen"),
        Binding("x", "noise", "Noise: a verdict, kept; and on"),
        Binding("s", "star", "Star, or not"),
        Binding("u", "undo", "Undo"),
        Binding("n", "untriaged(1)", "Next untriaged alert"),
        Binding("N", "untriaged(-1)", "Previous untriaged alert"),
        Binding("full_stop", "newest", "To the newest alert, and follow"),
        Binding("f", "filter", "Filter the alerts"),
        Binding("F", "clear_filter", "Show all alerts"),
        Binding("r", "poll", "Poll this feed now"),
        Binding("R", "poll_all", "Poll all feeds"),
        Binding("e", "feeds", "All feeds, with reasons"),
        Binding("1", "pane(1)", "Watchlists"),
        Binding("2", "pane(2)", "Alerts"),
        Binding("3", "pane(3)", "Reader"),
        Binding("4", "pane(4)", "Feeds"),
    ]
    BAR = (
        ("app.help", "Help"),
        ("acknowledge", "Ack"),
        ("undo", "Undo"),
        ("untriaged(1)", "Next"),
        ("noise", "Noise"),
        ("open_link", "Open"),
        ("app.search", "Search"),
        ("app.command_palette", "Commands"),
        ("app.leave(True)", "Quit"),
    )
    PANES = ("watchlists", "stream", "reader", "feeds")
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: Newsroom) -> None:
        super().__init__(newsroom)
        self.filter = Filter()
        self.alerts = Alerts(newsroom.service.alerts)
        self.watchlists = WatchlistPane(id="watchlists")
        self.feeds = FeedPane(id="feeds")
        self.stream = AlertStream(
            self.alerts, clock=newsroom.clock, zone=newsroom.zone, id="stream"
        )
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self.triage = Triage(self.alerts, newsroom.write, self._shown, self._not_stored)
        self._rest: Timer | None = None
        self._looking = False
        self._complained = ""

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        from tui.app import Tocsin

        yield self.status_line
        with Container(id="body"):
            with Vertical(id="side"):
                yield self.watchlists
                yield self.feeds
            with self.main:
                yield self.stream
                yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, Desk), id="keys")

    def on_mount(self) -> None:
        """Show the newest alerts at once, the rest soon, and look again each second."""
        self.stream.guide(self._guidance)
        self.load()
        self.run_worker(self.triage.work(), group="triage")
        self.set_interval(1.0, self._tick)
        self._tick()

    # --- parts ------------------------------------------------------------------

    @property
    def listing(self) -> AlertStream:
        """Return the alerts."""
        return self.stream

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the article of the alert under the cursor."""
        alert = self.stream.alert
        return (alert.article, alert.url) if alert else None

    # --- looking ----------------------------------------------------------------

    def _tick(self) -> None:
        self.tick()
        if not self._looking:
            self.run_worker(self.look(), group="look")

    async def look(self) -> None:
        """Look once at what is new and show it."""
        self._looking = True
        filter, version = self.filter, self.alerts.version
        try:
            visible = self.stream.on_screen()
            news = await self.newsroom.look(filter, self.stream.newest, visible)
        except MonitorError as error:
            if str(error) != self._complained:
                self._complained = str(error)
                self.tell(str(error), trouble=True)
            return
        finally:
            self._looking = False
        self._complained = ""
        if self.is_attached:
            self._show(news, fresh=filter == self.filter, same=version == self.alerts.version)

    def _show(self, news: News, *, fresh: bool, same: bool) -> None:
        room = self.newsroom
        if fresh and news.ids:
            self.stream.arrive(news.ids)
        if news.alerts is not None and same:
            self.stream.repaint(self.alerts.absorb(news.alerts))
        if news.status is not None:
            self.tick()
        if news.watchlists is not None:
            self.watchlists.tell(room.watchlists)
            self.feeds.tell(room.feeds)
            self.stream.guide(self._guidance)

    def load(self) -> None:
        """Show the alerts that pass the filter."""
        try:
            ids = self.newsroom.service.alert_ids(self.filter, limit=FIRST)
        except MonitorError as error:
            self.tell(str(error), trouble=True)
            return
        self.stream.load(ids, self._subject_words())
        self.watchlists.choose(self.filter.watchlists)
        if len(ids) == FIRST:
            self.run_worker(self._deepen(self.filter), group="deepen", exclusive=True)

    async def _deepen(self, filter: Filter) -> None:
        ids = await self.answer(self.newsroom.service.alert_ids, filter)
        if ids is not None and filter == self.filter:
            self.stream.deepen(ids)

    def _guidance(self, cells: int) -> list[Line]:
        room = self.newsroom
        said = guidance.guidance(room.status, room.feeds, room.watchlists, self.filter, room.hint)
        return guidance.paint(*said, cells - 4)

    # --- reading ----------------------------------------------------------------

    def on_moved(self, message: Moved) -> None:
        """Let the reader follow the alerts once the cursor rests."""
        if message.source.id == "stream":
            if self._rest is not None:
                self._rest.stop()
            self._rest = self.set_timer(REST, self._read_soon)

    def _read_soon(self) -> None:
        self.run_worker(self.read(), group="read", exclusive=True)

    async def read(self) -> None:
        """Show the article of the alert under the cursor."""
        if self.subject is None:
            self.reader.read(None)
            return
        article = self.subject[0]
        reading = await self.answer(self.newsroom.service.read, article)
        if self.is_attached and self.subject and self.subject[0] == article:
            self.reader.read(reading, places(reading.alerts) if reading else ())

    def on_opened(self, message: Opened) -> None:
        """Read an alert; filter by a watchlist; look at the feeds."""
        if message.source.id == "stream":
            self.show_pane("reader")
        elif message.source.id == "watchlists":
            name = self.watchlists.watchlist
            self.apply(Filter(watchlists=(name,) if name else (), state=self.filter.state))
            self.show_pane("stream")
        else:
            self.action_feeds()

    @property
    def reading(self) -> Reading | None:
        """Return the article in the reader."""
        return self.reader.reading

    def step(self, by: int) -> None:
        """Step through the matches of the article."""
        self.reader.step(by)

    def share_out(self) -> None:
        """Hold the stream while someone reads: the newest must not slip away under them."""
        super().share_out()
        self.stream.held = self.current == "reader"

    # --- triage -----------------------------------------------------------------

    def _say(self, change: Change, *, on: bool) -> None:
        alert = self.stream.alert
        if alert is not None:
            self.triage.say([alert], change)
            if on:
                self.stream.action_move(1)

    def action_acknowledge(self) -> None:
        """Acknowledge the alert."""
        self._say(Change(state=AlertState.ACKNOWLEDGED), on=True)

    def action_noise(self) -> None:
        """Call the alert noise."""
        self._say(Change(state=AlertState.ACKNOWLEDGED, verdict=Verdict.NOISE), on=True)

    def action_star(self) -> None:
        """Star the alert or take the star away."""
        alert = self.stream.alert
        if alert is not None:
            self._say(Change(starred=not alert.starred), on=False)

    def action_acknowledge_shown(self) -> None:
        """Acknowledge every alert on the screen."""
        shown = [self.alerts.get(alert) for alert in self.stream.on_screen()]
        self.triage.say([a for a in shown if a], Change(state=AlertState.ACKNOWLEDGED))

    def action_undo(self) -> None:
        """Take back the last verdict and go where it was."""
        ids = self.triage.undo()
        if not ids:
            self.tell("Nothing to undo.")
        elif len(ids) == 1:
            row = self.stream.row_of(next(iter(ids)))
            if row is not None:
                self.stream.go(row)

    def _shown(self, ids: Iterable[int]) -> None:
        self.stream.repaint(ids)

    def _not_stored(self, why: str) -> None:
        self.tell(f"Not stored, taken back: {why}", trouble=True)

    def action_untriaged(self, by: int) -> None:
        """Go to the next alert that waits for a verdict."""
        row = self.stream.cursor + by
        end = self.stream.row_count if by > 0 else -1
        for at in range(row, end, by):
            if abs(at - row) > NEAR:
                self.run_worker(self._far_untriaged(at, by), group="untriaged", exclusive=True)
                return
            if _waits(self.stream.at(at)):
                self.stream.go(at)
                return
        self.tell("No untriaged alert below." if by > 0 else "No untriaged alert above.")

    async def _far_untriaged(self, row: int, by: int) -> None:
        """Ask the store for the next untriaged alert beyond the rows at hand."""
        waiting = replace(self.filter, state=AlertState.NEW)
        ids = await self.answer(self.newsroom.service.alert_ids, waiting)
        if ids is None:
            return
        pending = self.alerts.pending()
        there = (
            self.stream.row_of(a) for a in (reversed(ids) if by > 0 else ids) if a not in pending
        )
        found = next((r for r in there if r is not None and (r - row) * by >= 0), None)
        if found is None:
            self.tell("No untriaged alert that way.")
        else:
            self.stream.go(found)

    def action_newest(self) -> None:
        """Go to the newest alert."""
        self.stream.action_top()

    # --- filter -----------------------------------------------------------------

    def apply(self, filter: Filter) -> None:
        """Show only the alerts that pass a filter."""
        if filter != self.filter:
            self.filter = filter
            self.load()

    def action_filter(self) -> None:
        """Choose a filter."""
        from tui.screens.filter import FilterChoice

        def chosen(filter: Filter | None) -> None:
            if filter is not None:
                self.apply(filter)

        self.app.push_screen(FilterChoice(self.newsroom.watchlists, self.filter), chosen)

    def action_clear_filter(self) -> None:
        """Show all alerts."""
        self.apply(Filter())

    def _subject_words(self) -> str:
        words = [*self.filter.watchlists]
        if self.filter.state is AlertState.NEW:
            words.append("untriaged only")
        return " · ".join(words)

    # --- feeds ------------------------------------------------------------------

    def action_feeds(self) -> None:
        """Show every feed with its health."""
        chosen = self.feeds.feed
        self.app.push_screen(Feeds(self.newsroom, chosen))

    def action_poll(self) -> None:
        """Poll the feed of this alert, or the one under the cursor in the pane of feeds."""
        feed = self.feeds.feed if self.current == "feeds" else None
        alert = self.stream.alert
        name = feed.feed.name if feed else alert.feed if alert else ""
        url = self.newsroom.feed_url(name)
        if url is None:
            self.tell("Which feed? Put the cursor on an alert or a feed.", trouble=True)
        else:
            self.poll(url, name)

    def action_poll_all(self) -> None:
        """Poll every feed."""
        self.poll(None, "all feeds")


def _waits(alert: Alert | None) -> bool:
    return alert is not None and alert.state is AlertState.NEW
