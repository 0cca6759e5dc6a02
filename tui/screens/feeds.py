"""Every feed, the worst first, with its reason in words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from monitor.model import FeedHealth
from tui.feed_page import details
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.newsroom import Newsroom
from tui.screens.panes import Panes
from tui.widgets.feed_table import FeedTable
from tui.widgets.key_bar import KeyBar
from tui.widgets.sheet import Sheet


class Feeds(Panes):
    """A table of feeds; the one under the cursor in full below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "poll", "Poll this feed now"),
        Binding("R", "poll_all", "Poll all feeds"),
    ]
    BAR = (
        ("app.help", "Help"),
        ("back", "Back"),
        ("poll", "Poll now"),
        ("poll_all", "Poll all"),
        ("open_link", "Open"),
        ("copy_link", "Copy"),
        ("app.leave(True)", "Quit"),
    )
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: Newsroom, chosen: FeedHealth | None = None) -> None:
        super().__init__(newsroom)
        self.table = FeedTable(newsroom.feeds, newsroom.clock, id="stream")
        self.details = Sheet(id="reader")
        self.details.border_title = "Feed"
        self.main.add_class("feeds")
        self._chosen = chosen.feed.url if chosen else ""

    def compose(self) -> ComposeResult:
        """Lay the table out over the details."""
        from tui.app import Tocsin

        yield self.status_line
        with self.main:
            yield self.table
            yield self.details
        yield KeyBar(bar(self.BAR, Tocsin, Feeds), id="keys")

    def on_mount(self) -> None:
        """Show what is known and look again now and then."""
        self.table.tell(self.newsroom.feeds, self._chosen)
        self.set_interval(1.0, self.tick)
        self.set_interval(5.0, self._look_soon)
        self.tick()
        self._look_soon()

    @property
    def listing(self) -> FeedTable:
        """Return the table."""
        return self.table

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the address of the site of the feed under the cursor, else the feed's."""
        feed = self.table.feed
        return (0, feed.state.link or feed.feed.url) if feed else None

    def _look_soon(self) -> None:
        self.run_worker(self.look(), group="look", exclusive=True)

    async def look(self) -> None:
        """Read the feeds' health again."""
        feeds = await self.answer(self.newsroom.service.feeds)
        if feeds is not None and feeds != self.newsroom.feeds:
            self.newsroom.feeds = feeds
            self.table.tell(feeds)

    def on_moved(self, message: Moved) -> None:
        """Show the feed under the cursor in full."""
        feed = self.table.feed
        room = self.newsroom
        if feed is not None:
            now = room.clock()
            self.details.show(lambda cells: details(feed, (), cells, now, room.zone))
            self.run_worker(self._log(feed), group="log", exclusive=True)

    async def _log(self, feed: FeedHealth) -> None:
        """Add the last polls of a feed."""
        polls = await self.answer(self.newsroom.service.polls, feed.feed.url)
        room, now = self.newsroom, self.newsroom.clock()
        if polls and feed is self.table.feed:
            shown = polls
            self.details.show(
                lambda cells: details(feed, shown, cells, now, room.zone), keep_place=True
            )

    def on_opened(self, message: Opened) -> None:
        """Go to the details."""
        self.show_pane("reader")

    def action_back(self) -> None:
        """Leave the zoom, the details, then the screen."""
        if self.zoomed or self.current != "stream":
            super().action_back()
        else:
            self.dismiss(None)

    def action_match(self, by: int) -> None:
        """Do nothing: a feed has no matches."""

    def action_why(self) -> None:
        """Do nothing: a feed matches nothing."""

    def action_copy_link(self) -> None:
        """Copy the feed's own address."""
        feed = self.table.feed
        self.copy(feed.feed.url if feed else "")

    def action_poll(self) -> None:
        """Poll the feed under the cursor."""
        feed = self.table.feed
        if feed is not None:
            self.poll(feed.feed.url, feed.feed.name)

    def action_poll_all(self) -> None:
        """Poll every feed."""
        self.poll(None, "all feeds")
