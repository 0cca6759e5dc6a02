"""The main screen: watchlists, alerts, reader and feeds; where the day is spent."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer

from index.analysis.text_cleaning import line
from index.errors import QueryError
from monitor.errors import MonitorError
from monitor.model.alert import EscalatedAlert
from monitor.model.article import ArticleDetails
from monitor.model.watchlist import FEED_HEALTH
from monitor.search.alert_filter import parse_headline_filter
from tui.data.alert_cache import Alerts
from tui.data.newsroom import News, NewsroomModel
from tui.data.triage_queue import Triage
from tui.keys import bar
from tui.messages import Moved, Opened, Storied
from tui.screens.panes import REST
from tui.screens.triage import Triaging
from tui.view import empty_state
from tui.view.article_page import places
from tui.view.feed_page import details
from tui.view.styled_text import Line, wrap
from tui.widgets.alert_stream import AlertStream
from tui.widgets.feed_list import FeedPane
from tui.widgets.filter_line import FilterLine
from tui.widgets.key_bar import KeyBar
from tui.widgets.reader import Reader
from tui.widgets.watchlist_pane import WatchlistPane

if TYPE_CHECKING:
    from tui.screens.config_editor import Place


class Watching(Triaging):
    """The part of the desk that follows the newsroom."""

    feeds: FeedPane
    _looking = False
    _complained = ""
    _held: tuple[array[int], Sequence[EscalatedAlert]] | None = None
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
        self.seen = await self.answer(self.newsroom.service.views.version) or self.seen
        await self._look_once()
        try:
            parse_headline_filter(text)
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

    def _arrive(self, ids: array[int], louder: Sequence[EscalatedAlert]) -> None:
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
        said = empty_state.guidance(
            room.status, room.feeds, room.watchlists, self.sieve.text, room.hint
        )
        return empty_state.paint(*said, cells - 4)


CALM = 2.0
"""Seconds for which the reader stays with an arrival before it follows the next."""


class MainScreen(Watching):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "newest", "Go to the newest alert, and follow"),
        Binding("p", "pause", "Pause the list of alerts, or continue"),
        Binding("m", "mute", "Mute this watchlist, or end its mute"),
        Binding("r", "poll", "Poll this feed now"),
        Binding("R", "poll_all", "Poll all feeds"),
        Binding("e", "feeds", "Show all feeds with their health"),
        Binding("d", "open_part('deliveries')", "Show deliveries that are not sent"),
        Binding("S", "parts", "Show the details of the status line"),
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
        ("filter", "Filter"),
        ("app.search", "Search"),
        ("app.command_palette", "Commands"),
        ("app.leave(True)", "Quit"),
    )
    PANES = ("watchlists", "stream", "reader", "feeds")
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(newsroom)
        self.alerts = Alerts(newsroom.service.views.alerts.get)
        self.filter_line = FilterLine(lambda: newsroom.names, id="filter-line")
        self.watchlists = WatchlistPane(newsroom.clock, zone=newsroom.zone, id="watchlists")
        self.feeds = FeedPane(id="feeds")
        self.stream = AlertStream(
            self.alerts, clock=newsroom.clock, zone=newsroom.zone, id="stream"
        )
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self.triage = Triage(self.alerts, newsroom, self._shown, self._not_stored)
        self._rest: Timer | None = None
        self._calm: Timer | None = None
        self._missed = False
        """Something came meanwhile that the reader has not followed yet."""

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        from tui.app import Tocsin

        yield self.status_line
        yield self.filter_line
        with Container(id="body"):
            with Vertical(id="side"):
                yield self.watchlists
                yield self.feeds
            with self.main:
                yield self.stream
                yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, MainScreen), id="keys")

    def on_mount(self) -> None:
        """Show the newest alerts at once, the rest soon, and look again each second."""
        self.run_worker(self.triage.work(), group="triage")
        self.begin()
        self.as_left()

    def as_left(self) -> None:
        """Give the panes the places that they had when the dashboard was left."""
        left = self.newsroom.memory.now
        if left.pane in self.PANES and left.pane != "stream":
            self.call_after_refresh(self.show_pane, left.pane)
        self.zoomed = left.zoomed

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

    @property
    def edit_place(self) -> Place:
        """Return the watchlist or feed under the cursor."""
        alert, feed = self.stream.alert, self.feeds.feed
        if self.current == "watchlists":
            return "watchlists", self.watchlists.watchlist
        if self.current == "feeds":
            return "feeds", feed.feed.name if feed else ""
        if alert is None:
            return "watchlists", ""
        if alert.watchlist == FEED_HEALTH:
            return "feeds", alert.feed
        return "watchlists", alert.watchlist

    # --- reading ----------------------------------------------------------------

    def on_moved(self, message: Moved) -> None:
        """Let the reader follow the alerts once the cursor rests, arrivals at an even pace."""
        if message.source.id != "stream":
            return
        if message.by_itself:
            if self._calm is not None:
                self._missed = True
                return
            self._calm = self.set_timer(CALM, self._go_on)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._read_soon)

    def _go_on(self) -> None:
        self._calm = None
        if self._missed:
            self._missed = False
            self.on_moved(Moved(self.stream, by_itself=True))

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
        reading = await self.answer(self.newsroom.service.views.articles.details, article)
        if self.is_attached and self.subject and self.subject[0] == article:
            self.reader.read(reading, places(reading.alerts) if reading else ())

    async def _read_feed(self) -> None:
        """Show the feed that the alert under the cursor is about, and its last polls."""
        alert, room, now = self.stream.alert, self.newsroom, self.newsroom.clock()
        feed = next((f for f in room.feeds if alert and f.feed.name == alert.feed), None)
        if alert is None or feed is None:
            self.reader.read(None)
            return
        polls = await self.answer(room.service.views.feeds.polls, feed.feed.url) or []
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
            self.show_watchlist(self.watchlists.watchlist)
            self.show_pane("stream")
        else:
            self.action_feeds()

    def on_storied(self, message: Storied) -> None:
        """Show who else tells the story that was clicked."""
        self.action_outlets()

    @property
    def reading(self) -> ArticleDetails | None:
        """Return the article in the reader."""
        return self.reader.reading

    def step(self, by: int) -> None:
        """Step through the matches of the article."""
        self.reader.step(by)

    def share_out(self) -> None:
        """Hold the stream while someone reads: the newest must not slip away under them."""
        super().share_out()
        self.stream.held = self.current == "reader"
        if self.stream.held and self._missed:
            self._missed = False
            self._read_soon()
        self.newsroom.memory.keep(pane=self.current, zoomed=self.zoomed)

    # --- the rest ---------------------------------------------------------------

    def action_mute(self) -> None:
        """Mute the watchlist under the cursor, or that of the alert."""
        from tui.screens.triage import ask_to_mute

        alert = self.stream.alert
        name = alert.watchlist if alert else ""
        if self.current == "watchlists":
            name = self.watchlists.watchlist
        if name:
            self.run_worker(ask_to_mute(self, name), group="mute", exclusive=True)
        else:
            self.tell("Which watchlist? Put the cursor on it.", trouble=True)

    def action_parts(self) -> None:
        """Show what the status line says, to be opened."""
        from tui.screens.status_details import ask_for_part

        self.run_worker(ask_for_part(self), group="why", exclusive=True)

    def open_here(self, name: str) -> None:
        """Open a part of the status line that is shown on the desk."""
        if name == "untriaged":
            self.apply("state:new")
        elif name == "pause":
            self.action_pause()
        elif name == "mutes":
            self.show_pane("watchlists")

    def action_feeds(self) -> None:
        """Show every feed with its health."""
        from tui.screens.feeds import FeedsScreen

        chosen = self.feeds.feed
        self.app.push_screen(FeedsScreen(self.newsroom, chosen))

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
