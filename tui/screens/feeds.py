"""Every feed, the worst first, with its reason in words; feeds added, let rest and removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from index.analysis.text_cleaning import line
from monitor.errors import FeedError, MonitorError
from monitor.model.feed import FeedHealth, Health
from tui.data.feed_edits import NO_FILE, discover, write
from tui.data.newsroom import NewsroomModel, Settings
from tui.keys import bar
from tui.messages import Moved, Opened
from tui.screens.config_editor import Place
from tui.screens.dialogs import Choice, Naming
from tui.screens.panes import Panes
from tui.view.feed_page import WEEK, Background, details
from tui.view.feed_row import heads, states
from tui.view.styled_text import Line
from tui.widgets.feed_list import FeedTable
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from monitor.feeds.discovery import Prospect


_HINT: Line = [("The address of a feed, or of a site that has some: lesoir.be", "quiet")]


def add(screen: Panes) -> None:
    """Ask for an address, show what is there, and subscribe to what is chosen."""
    found: list[Prospect] = []

    async def look(address: str) -> str:
        path = screen.newsroom.service.config
        if path is None:
            return NO_FILE
        try:
            found[:] = await discover(screen.newsroom, path, address)
        except FeedError as error:
            return error.reason
        except MonitorError as error:
            return str(error)
        return ""

    def looked(address: str | None) -> None:
        if address is None:
            return
        if len(found) == 1:
            _subscribe_soon(screen, found)
        else:
            _ask_which(screen, address, found)

    screen.app.push_screen(Naming("Add a feed", _HINT, look), looked)


def _ask_which(screen: Panes, address: str, found: Sequence[Prospect]) -> None:
    from monitor.feeds.subscriptions import describe_found

    rows: list[Line] = [
        [
            (f"{line(one.parsed.title) or '(untitled)'}: ", "list"),
            (line(describe_found(one)), "quiet"),
        ]
        for one in found
    ]
    rows.append([(f"All {len(found)} of them", "plain")])

    def chosen(row: int | None) -> None:
        if row is not None:
            _subscribe_soon(screen, found if row == len(found) else [found[row]])

    screen.app.push_screen(Choice(f"{address} has {len(found)} feeds", rows), chosen)


def _subscribe_soon(screen: Panes, found: Sequence[Prospect]) -> None:
    screen.run_worker(_subscribe(screen, list(found)), group="file")


async def _subscribe(screen: Panes, found: Sequence[Prospect]) -> None:
    from monitor.model.feed import Feed

    said: list[str] = []

    def change(path: Path) -> None:
        from monitor.config import load
        from monitor.feeds.subscriptions import describe_found, new_among, subscribe

        named = [Feed(url=one.url, name=one.parsed.title) for one in found]
        fresh, doubles = new_among(named, load(path))
        said.extend(f"Subscribed to already, as {double.name}." for _, double in doubles)
        if fresh:
            config = subscribe(path, None, fresh)
            in_words = {one.url: describe_found(one) for one in found}
            added = config.feeds[-len(fresh) :]
            said.extend(
                f"Added {feed.name}: {in_words[asked.url]}"
                for feed, asked in zip(added, fresh, strict=True)
            )

    trouble = await write(screen.newsroom, change)
    for words in [trouble] if trouble else said:
        screen.tell(words, trouble=bool(trouble))


def rest(screen: Panes, feed: FeedHealth) -> None:
    """Stop polling a feed, or poll it again."""
    screen.run_worker(_rest(screen, feed), group="file")


async def _rest(screen: Panes, feed: FeedHealth) -> None:
    resting = feed.feed.enabled

    def change(path: Path) -> None:
        from monitor.feeds import subscriptions

        subscriptions.set_resting(path, None, feed.feed.url, resting=resting)

    trouble = await write(screen.newsroom, change)
    name = feed.feed.name
    done = f"{name} is not polled any more; p polls it again." if resting else f"{name} is polled."
    screen.tell(trouble or done + _when(screen), trouble=bool(trouble))


def remove(screen: Panes, feed: FeedHealth) -> None:
    """Ask whether a feed is to be taken out of feeds.yaml, and do so."""
    rows: list[Line] = [
        [("No, keep it", "plain")],
        [("Yes; what it brought stays in the archive", "plain")],
    ]

    def chosen(row: int | None) -> None:
        if row == 1:
            screen.run_worker(_remove(screen, feed), group="file")

    screen.app.push_screen(Choice(f"Unsubscribe from {feed.feed.name}?", rows), chosen)


async def _remove(screen: Panes, feed: FeedHealth) -> None:
    def change(path: Path) -> None:
        from monitor.config import load
        from monitor.feeds.subscriptions import subscribed, unsubscribe

        config = load(path)
        there = subscribed(feed.feed.url, config.feeds)
        if there is None:
            raise MonitorError(f"{path.name} has no feed at {feed.feed.url} any more")
        unsubscribe(path, None, [there], config)

    trouble = await write(screen.newsroom, change)
    done = f"Removed {feed.feed.name}; what it brought stays." + _when(screen)
    screen.tell(trouble or done, trouble=bool(trouble))


def _when(screen: Panes) -> str:
    status = screen.newsroom.status
    idle = status is not None and status.monitor is None
    return " In force once a monitor runs." if idle else ""


LOW = 18
"""Lines of a screen below which the heads of the columns are left out."""


class FeedsScreen(Panes):
    """A table of feeds; the one under the cursor in full below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "poll", "Poll this feed now"),
        Binding("R", "poll_all", "Poll all feeds"),
        Binding("a", "add", "Add a feed by its address, or that of its site"),
        Binding("p", "rest", "Pause the feed, or resume it"),
        Binding("X", "remove", "Remove the feed, after confirmation"),
        Binding("f", "states", "Show only feeds with one health"),
        Binding("s", "sort", "Change the order"),
        Binding("b", "missed", "Show coverage gaps"),
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

    def __init__(self, newsroom: NewsroomModel, chosen: FeedHealth | None = None) -> None:
        super().__init__(newsroom)
        self.heads = MessageLine(id="heads")
        self.table = FeedTable(newsroom.feeds, newsroom.clock, id="stream")
        self.details = ScrollText(id="reader")
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
        yield KeyBar(bar(self.BAR, Tocsin, FeedsScreen), id="keys")

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
        service, now = self.newsroom.service, self.newsroom.clock()
        since = now - WEEK
        gaps = [
            gap for gap in service.views.feeds.gaps(since, now) if gap.feed.url == feed.feed.url
        ]
        concerned = [
            one.watchlist
            for one in (service.coverage(since) if gaps else ())
            if any(gap.feed.url == feed.feed.url for gap in one.gaps)
        ]
        return Background(
            polls=service.views.feeds.polls(feed.feed.url),
            gaps=gaps,
            watchlists=concerned,
            settings=self._settings.of(service.config, feed.feed.url),
        )

    # --- choosing ---------------------------------------------------------------

    def action_states(self) -> None:
        """Choose a state, and show only feeds in it."""
        from tui.screens.dialogs import Choice

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
        from tui.screens.status_details import StatusPage
        from tui.view.feed_page import missed

        service, now, zone = self.newsroom.service, self.newsroom.clock(), self.newsroom.zone
        gaps = await self.answer(service.views.feeds.gaps, now - WEEK, now)
        covered = await self.answer(service.coverage, now - WEEK)
        if gaps is not None and covered is not None:
            page = StatusPage("Missed", lambda cells: missed(gaps, covered, cells, now, zone))
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
        add(self)

    def action_rest(self) -> None:
        """Stop polling the feed, or begin again."""
        if self.table.feed is not None:
            rest(self, self.table.feed)

    def action_remove(self) -> None:
        """Take the feed out of feeds.yaml, after a question."""
        if self.table.feed is not None:
            remove(self, self.table.feed)
