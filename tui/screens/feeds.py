"""The feeds screen: every feed, the worst first, with the reason of its state."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from monitor.base.translation import gettext as _
from monitor.model.feed import FeedHealth, Health
from tui.data.newsroom import FeedSettings, NewsroomModel
from tui.key_labels import KeyBinding, bind
from tui.screens.archive import ArchiveScreen
from tui.screens.config_changes import add_feed, pause_feed, remove_feed
from tui.screens.dialogs import ConfigPlace, choose
from tui.screens.pages import show_gaps
from tui.screens.panes import PaneScreen
from tui.view.feeds import WEEK, FeedBackground, feed_page, state_rows
from tui.view.search import facet_clause
from tui.widgets.feed_list import FeedTable
from tui.widgets.line_list import LineList


class FeedsScreen(PaneScreen):
    """A table of feeds; below it the page of the feed under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("r", "poll", "Poll this feed now"),
        bind("R", "poll_all", "Poll all feeds"),
        bind("ctrl+n", "add", "Add a feed by its address, or that of its site"),
        bind("P", "pause_feed", "Pause the feed, or resume it"),
        bind("X", "remove", "Remove the feed, after confirmation"),
        bind("f,slash", "find", "Find feeds by name, address or tag", name="find-feeds"),
        bind("ctrl+f", "states", "Show only feeds with one health"),
        bind("ctrl+o", "sort", "Sort: change the order"),
        bind("ctrl+g", "coverage_gaps", "Show coverage gaps"),
        bind("enter", "feed_articles", "On the page of a feed: show its articles"),
    ]
    BARS: ClassVar = {
        "stream": (
            ("back", "Back"), ("open", "Read"), ("poll", "Poll"), ("find", "Find"),
            ("states", "Filter"), ("sort", "Sort"), ("add", "Add"), ("pause_feed", "Pause"),
            ("remove", "Remove"), ("coverage_gaps", "Gaps"), ("edit_file", "Edit feeds.yaml"),
            ("open_link", "Open"), ("next_pane(1)", "Pane"),
        ),
        "reader": (
            ("back", "Back"), ("feed_articles", "Articles"), ("item(1)", "Next feed"),
            ("poll", "Poll"), ("zoom", "Zoom"), ("edit_file", "Edit feeds.yaml"),
            ("next_pane(1)", "Pane"),
        ),
        "find": (KeyBinding("enter", "To the feeds"), KeyBinding("escape", "Show all")),
    }  # fmt: skip
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: NewsroomModel, url: str = "") -> None:
        super().__init__(newsroom)
        self.input = Input(id="find", compact=True, placeholder=_("a name, an address or a tag"))
        self.input.display = False
        self.table = FeedTable(newsroom)
        self.reader.border_title = _("Feed")
        self.main.add_class("feeds")
        self._url = url
        self._settings = FeedSettings()
        self._shown_url = ""
        self._background = FeedBackground()

    def compose(self) -> ComposeResult:
        yield self.status_bar
        yield self.input
        with self.main:
            yield self.table
            yield self.reader
        yield self.key_bar

    def on_mount(self) -> None:
        """Show the feeds as last read, and read them again every five seconds."""
        self.table.update(self.newsroom.feeds, self._url)
        self.set_interval(5.0, self._read_feeds_soon)
        self._read_feeds_soon()

    @property
    def target(self) -> tuple[int, str] | None:
        """Return the address of the feed's site, else of the feed."""
        feed = self.table.feed
        return (0, feed.state.link or feed.feed.url) if feed else None

    @property
    def config_place(self) -> ConfigPlace:
        feed = self.table.feed
        return "feeds", feed.feed.url if feed else ""

    # --- reading the store ------------------------------------------------------

    def _read_feeds_soon(self) -> None:
        self.run_worker(self.read_feeds(), group="look", exclusive=True)

    async def read_feeds(self) -> None:
        """Read the health of the feeds again."""
        feeds = await self.ask(self.newsroom.service.health.feeds)
        if feeds is not None and feeds != self.newsroom.feeds:
            self.newsroom.feeds = feeds
            self.table.update(feeds)

    def follow_cursor(self, message: LineList.Highlighted) -> None:
        """Show the page of the feed under the cursor."""
        feed = self.table.feed
        if feed is None:
            self.reader.show_article(None)
            return
        is_same = self._shown_url == feed.feed.url
        self._show(feed, self._background if is_same else FeedBackground(), keep_place=is_same)
        self.run_worker(self._read_background(feed), group="log", exclusive=True)

    def _show(self, feed: FeedHealth, background: FeedBackground, *, keep_place: bool) -> None:
        now, zone = self.newsroom.clock(), self.newsroom.zone
        self._shown_url, self._background = feed.feed.url, background
        self.reader.update(
            lambda cells: feed_page(feed, background, cells, now, zone), keep_place=keep_place
        )

    async def _read_background(self, feed: FeedHealth) -> None:
        """Add the details that take a moment to read to the page."""
        background = await self.ask(self._background_of, feed)
        if background is not None and self.table.feed is feed:
            self._show(feed, background, keep_place=True)

    def _background_of(self, feed: FeedHealth) -> FeedBackground:
        service, now = self.newsroom.service, self.newsroom.clock()
        since, url = now - WEEK, feed.feed.url
        gaps = [gap for gap in service.views.feeds.gaps(since, now) if gap.feed.url == url]
        watchlists = [
            item.watchlist
            for item in (service.health.coverage(since) if gaps else ())
            if any(gap.feed.url == url for gap in item.gaps)
        ]
        return FeedBackground(
            polls=service.views.feeds.polls(url),
            gaps=gaps,
            watchlists=watchlists,
            settings=self._settings.of(service.config, url),
        )

    # --- the table --------------------------------------------------------------

    def action_find(self) -> None:
        self.input.display = True
        self.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the feeds with these words."""
        self.table.show_words(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the feeds that were found."""
        self.input.display = bool(event.value.strip())
        self.show_pane("stream")

    def action_states(self) -> None:
        """Choose a state, and show only feeds in it."""
        options = state_rows(self.newsroom.feeds)

        states = [state for state, _row in options]
        choose(
            self,
            _("Feeds that are"),
            [row for _state, row in options],
            range(len(states)),
            lambda row: self.table.show_state(states[row]),
            cursor=states.index(self.table.state) if self.table.state in states else 0,
        )

    def action_sort(self) -> None:
        self.table.next_order()

    def action_coverage_gaps(self) -> None:
        """Show the coverage gaps, and the watchlists that they affect."""
        self.run_worker(show_gaps(self), group="coverage_gaps", exclusive=True)

    # --- panes ------------------------------------------------------------------

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        self.show_pane("reader")

    def action_back(self) -> None:
        """End the zoom, leave the page, end search and state, then leave the screen."""
        is_empty = self.table.state is not None and not self.table.row_count
        if is_empty or (self.input.display and (self.input.has_focus or self.current == "stream")):
            self.input.value = ""
            self.input.display = False
            self.table.show_state(None)
            self.show_pane("stream")
        elif self.zoomed or self.current != "stream":
            super().action_back()
        else:
            self.dismiss(None)

    async def action_feed_articles(self) -> None:
        feed = self.table.feed
        clause = facet_clause("feed", feed.feed.name) if feed else ""
        if clause:
            await self.app.push_screen(ArchiveScreen(self.newsroom, clause))

    def action_copy_link(self) -> None:
        feed = self.table.feed
        self.copy(feed.feed.url if feed else "")

    # --- feeds ------------------------------------------------------------------

    def action_poll(self) -> None:
        feed = self.table.feed
        if feed is not None and feed.health is Health.PAUSED:
            text = _("{feed} is paused; P polls it again.", feed=feed.feed.name)
            self.show_message(text, error=True)
        elif feed is not None:
            self.poll(feed.feed.url, feed.feed.name)

    def action_add(self) -> None:
        add_feed(self)

    def action_pause_feed(self) -> None:
        """Pause the feed, or poll it again."""
        if self.table.feed is not None:
            self.run_worker(pause_feed(self, self.table.feed), group="file")

    def action_remove(self) -> None:
        """Remove the feed from feeds.yaml, after a question."""
        if self.table.feed is not None:
            remove_feed(self, self.table.feed)
