"""Every feed, the worst first, with its reason in words; feeds added, let rest and removed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from monitor.model import FeedHealth, Health
from tui.feed_page import WEEK, Background, details
from tui.feed_row import heads, states
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.newsroom import Newsroom
from tui.screens.editing import Place
from tui.screens.panes import Panes
from tui.settings import Settings
from tui.widgets.feed_table import FeedTable
from tui.widgets.key_bar import KeyBar
from tui.widgets.note import Note
from tui.widgets.sheet import Sheet

LOW = 18
"""Lines of a screen below which the heads of the columns are left out."""


class Feeds(Panes):
    """A table of feeds; the one under the cursor in full below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "poll", "Poll this feed now"),
        Binding("R", "poll_all", "Poll all feeds"),
        Binding("a", "add", "Add a feed, by its address or its site's"),
        Binding("p", "rest", "Pause the feed, or poll it again"),
        Binding("X", "remove", "Remove the feed, after a question"),
        Binding("f", "states", "Only feeds in one state"),
        Binding("s", "sort", "Another order"),
        Binding("b", "missed", "What may have been missed"),
    ]
    BAR = (
        ("app.help", "Help"),
        ("poll", "Poll"),
        ("states", "Filter"),
        ("sort", "Sort"),
        ("add", "Add"),
        ("rest", "Pause"),
        ("remove", "Remove"),
        ("missed", "Blind"),
        ("back", "Back"),
    )
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: Newsroom, chosen: FeedHealth | None = None) -> None:
        super().__init__(newsroom)
        self.heads = Note(id="heads")
        self.table = FeedTable(newsroom.feeds, newsroom.clock, id="stream")
        self.details = Sheet(id="reader")
        self.details.border_title = "Feed"
        self.main.add_class("feeds")
        self._chosen = chosen.feed.url if chosen else ""
        self._settings = Settings()

    def compose(self) -> ComposeResult:
        """Lay the table out over the details."""
        from tui.app import Tocsin

        yield self.status_line
        yield self.heads
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

    def on_resize(self, event: Resize) -> None:
        """Fit the heads to the columns."""
        super().on_resize(event)
        self.heads.say([("  ", ""), *heads(self.app.size.width - 4)])

    def share_out(self) -> None:
        """Show the heads with the table, where there is room."""
        super().share_out()
        self.heads.display = self.table.display and self.app.size.height >= LOW

    @property
    def listing(self) -> FeedTable:
        """Return the table."""
        return self.table

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the address of the site of the feed under the cursor, else the feed's."""
        feed = self.table.feed
        return (0, feed.state.link or feed.feed.url) if feed else None

    @property
    def edit_place(self) -> Place:
        """Return the feed under the cursor."""
        feed = self.table.feed
        return "feeds", feed.feed.url if feed else ""

    # --- looking ----------------------------------------------------------------

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
        if feed is None:
            self.details.show(lambda cells: [])
            return
        same = self._shown == feed.feed.url
        self._show(feed, self._known if same else Background(), keep_place=same)
        self.run_worker(self._read(feed), group="log", exclusive=True)

    _shown = ""
    _known = Background()

    def _show(self, feed: FeedHealth, known: Background, *, keep_place: bool) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        self._shown, self._known = feed.feed.url, known
        self.details.show(
            lambda cells: details(feed, (), cells, now, zone, known), keep_place=keep_place
        )

    async def _read(self, feed: FeedHealth) -> None:
        """Add what takes a moment to read."""
        known = await self.answer(self._background, feed)
        if known is not None and self.table.feed is feed:
            self._show(feed, known, keep_place=True)

    def _background(self, feed: FeedHealth) -> Background:
        service, since = self.newsroom.service, self.newsroom.clock() - WEEK
        gaps = [gap for gap in service.gaps(since) if gap.feed.url == feed.feed.url]
        concerned = [
            one.watchlist
            for one in (service.coverage(since) if gaps else ())
            if any(gap.feed.url == feed.feed.url for gap in one.gaps)
        ]
        return Background(
            polls=service.polls(feed.feed.url),
            gaps=gaps,
            watchlists=concerned,
            settings=self._settings.of(service.config, feed.feed.url),
        )

    # --- choosing ---------------------------------------------------------------

    def action_states(self) -> None:
        """Choose a state, and show only feeds in it."""
        from tui.screens.choice import Choice

        known = states(self.newsroom.feeds)

        def chosen(row: int | None) -> None:
            if row is not None:
                self.table.only(known[row][0])

        at = [state for state, _ in known]
        cursor = at.index(self.table.state) if self.table.state in at else 0
        self.app.push_screen(
            Choice("Feeds that are", [row for _, row in known], cursor=cursor), chosen
        )

    def action_sort(self) -> None:
        """Change the order."""
        self.table.reorder()

    def action_missed(self) -> None:
        """Show when feeds were not seen, and what that means for watchlists."""
        self.run_worker(self._missed(), group="missed", exclusive=True)

    async def _missed(self) -> None:
        from tui.missed_page import missed
        from tui.screens.opening import Page

        service, now, zone = self.newsroom.service, self.newsroom.clock(), self.newsroom.zone
        gaps = await self.answer(service.gaps, now - WEEK)
        covered = await self.answer(service.coverage, now - WEEK)
        if gaps is not None and covered is not None:
            page = Page("Missed", lambda cells: missed(gaps, covered, cells, now, zone))
            self.app.push_screen(page)

    # --- the panes --------------------------------------------------------------

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

    # --- feeds ------------------------------------------------------------------

    def action_poll(self) -> None:
        """Poll the feed under the cursor."""
        feed = self.table.feed
        if feed is not None and feed.health is Health.PAUSED:
            self.tell(f"{feed.feed.name} is paused; p polls it again.", trouble=True)
        elif feed is not None:
            self.poll(feed.feed.url, feed.feed.name)

    def action_poll_all(self) -> None:
        """Poll every feed."""
        self.poll(None, "all feeds")

    def action_add(self) -> None:
        """Add a feed to feeds.yaml."""
        from tui.screens.subscribing import add

        add(self)

    def action_rest(self) -> None:
        """Stop polling the feed, or begin again."""
        from tui.screens.subscribing import rest

        if self.table.feed is not None:
            rest(self, self.table.feed)

    def action_remove(self) -> None:
        """Take the feed out of feeds.yaml, after a question."""
        from tui.screens.subscribing import remove

        if self.table.feed is not None:
            remove(self, self.table.feed)
