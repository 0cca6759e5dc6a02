"""The desk: watchlists, alerts, reader and feeds; where the day is spent."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer

from index.text import line
from monitor.errors import MonitorError
from monitor.model import Filter, Reading
from tui import guidance
from tui.alerts import Alerts
from tui.article_page import places
from tui.feed_page import details
from tui.ink import Line, wrap
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.newsroom import News, Newsroom
from tui.screens.feeds import Feeds
from tui.screens.filtering import Filtering
from tui.screens.panes import REST
from tui.screens.triaging import Triaging
from tui.triage import Triage
from tui.widgets.alert_stream import AlertStream
from tui.widgets.feed_pane import FeedPane
from tui.widgets.key_bar import KeyBar
from tui.widgets.reader import Reader
from tui.widgets.watchlist_pane import WatchlistPane


class Desk(Triaging, Filtering):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "newest", "To the newest alert, and follow"),
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
        """Return the article of the alert under the cursor; 0 if it is about a feed."""
        alert = self.stream.alert
        return (alert.article or 0, alert.url) if alert else None

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
        if not article:
            await self._read_feed()
            return
        reading = await self.answer(self.newsroom.service.read, article)
        if self.is_attached and self.subject and self.subject[0] == article:
            self.reader.read(reading, places(reading.alerts) if reading else ())

    async def _read_feed(self) -> None:
        """Show the feed that the alert under the cursor is about, and its last polls."""
        alert, room, now = self.stream.alert, self.newsroom, self.newsroom.clock()
        feed = next((f for f in room.feeds if alert and f.feed.name == alert.feed), None)
        if alert is None or feed is None:
            self.reader.read(None)
            return
        polls = await self.answer(room.service.polls, feed.feed.url) or []
        if self.is_attached and self.stream.alert is alert:
            title = alert.title
            self.reader.read_feed(
                lambda cells: [
                    *wrap(line(title), cells, "title"),
                    [],
                    *details(feed, polls, cells, now, room.zone),
                ]
            )

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

    def action_newest(self) -> None:
        """Go to the newest alert."""
        self.stream.action_top()

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
