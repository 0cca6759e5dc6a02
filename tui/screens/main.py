"""The main screen: watchlists, alerts, reader and feeds."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from index.errors import QueryError
from index.query.filters import offered_filter
from monitor.base.errors import MonitorError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, EscalatedAlert
from monitor.model.watchlist import FEED_HEALTH
from monitor.presentation.spans import Line
from monitor.storage.search.alert_filter import ALL, parse_headline_filter
from tui.base_app import BaseApp
from tui.data.newsroom import NewsroomModel, NewsroomUpdate
from tui.data.story_list import StoryCache
from tui.data.triage_queue import TriageQueue
from tui.key_labels import KeyBinding, bind
from tui.screens.alert_filter import PROMPT
from tui.screens.dialogs import ConfigPlace
from tui.screens.pages import alert_page, show_briefing, show_gaps
from tui.screens.panes import ARTICLE_KEYS, feed_pane_lines
from tui.screens.silences import choose_silence
from tui.screens.status_details import choose_part, open_feeds
from tui.screens.triage import TriageScreen
from tui.view import status
from tui.view.alerts import COLUMNS, HIDDEN, NEWEST_FIRST
from tui.widgets.alert_stream import AlertStream
from tui.widgets.feed_list import FeedPane
from tui.widgets.fields import QueryLine
from tui.widgets.line_list import LineList
from tui.widgets.watchlist_pane import ARTICLES_ROW, WatchlistPane

MORE_CELLS = 3
"""Cells after the name of a watchlist for the number of others (` +1`)."""


class MainScreen(TriageScreen):
    """The first screen of the dashboard; it reads the store once a second, and after commits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: letters that come in the same packet as the slash belong to the query.
        bind("slash", "app.search", "Search the archive", priority=True),
        bind("full_stop", "newest", "Go to the newest alert, and follow"),
        bind("p", "pause", "Pause the list of alerts, or continue"),
        bind("W", "watch_marked", "Make a watchlist of what the marked have in common"),
        bind("m", "silence", "Silence (mute) this watchlist, or end its silence"),
        bind("r", "poll", "Poll this feed now"),
        bind("R", "poll_all", "Poll all feeds"),
        bind("e", "feeds", "Show all feeds with their health"),
        bind(
            "d",
            "app.open_part('deliveries')",
            "Show deliveries that are not sent",
            name="deliveries",
        ),
        bind("b", "briefing", "Show the briefing of the last day"),
        bind("S", "parts", "Show the details of the status bar"),
        # The second key of each is what a French keyboard types without shift.
        bind("1,ampersand", "pane(1)", "Watchlists", name="watchlists"),
        bind("2,latin_small_letter_e_with_acute", "pane(2)", "Alerts", name="alerts"),
        bind("3,quotation_mark", "pane(3)", "Reader", name="reader"),
        bind("4,apostrophe", "pane(4)", "Feeds", name="feeds-pane"),
    ]
    BARS: ClassVar = {
        "stream": (
            ("open", "Read"), ("acknowledge", "Ack"), ("noise", "Noise"), ("filter", "Filter"),
            ("app.search", "Search"), ("back_or_quit", "Quit"), ("undo", "Undo"),
            ("relevant", "Relevant"), ("untriaged(1)", "Next new"), ("note", "Note"),
            ("star", "Star"), ("tag", "Tag"), ("mark", "Mark"), ("close", "Close"), ("why", "Why"),
            ("outlets", "Outlets"), ("similar", "Similar"), ("triage_one", "One list"),
            ("silence", "Silence"), ("briefing", "Briefing"), ("next_pane(1)", "Pane"),
            ("app.command_palette", "Commands"),
        ),
        "reader": (
            ("back", "Back"), ("item(1)", "Next"), ("match(1)", "Match"), ("acknowledge", "Ack"),
            ("noise", "Noise"), ("relevant", "Relevant"), ("note", "Note"), *ARTICLE_KEYS[1:],
            ("zoom", "Zoom"),
        ),
        "watchlists": (
            ("open", "Show"), ("screen.new_watchlist", "New"), ("screen.edit_watchlist", "Edit"),
            ("clear_filter", "Show all"), ("silence", "Silence"), ("edit_file", "Edit feeds.yaml"),
            ("next_pane(1)", "Pane"), ("back", "Back"),
        ),
        "feeds": (
            ("open", "All feeds"), ("poll", "Poll"), ("poll_all", "Poll all"),
            ("edit_file", "Edit feeds.yaml"), ("next_pane(1)", "Pane"), ("back", "Back"),
        ),
        "filter": (
            KeyBinding("enter", "Keep the filter"), KeyBinding("escape", "Cancel"),
            KeyBinding("tab", "Complete"), KeyBinding("down", "To the alerts"),
        ),
    }  # fmt: skip
    PANES = ("watchlists", "stream", "reader", "feeds")
    SIDE_PANES = ("watchlists", "feeds")
    AUTO_FOCUS = "#stream"

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(newsroom)
        self.main.add_class("desk")
        self.alerts = StoryCache(newsroom.read_stories, newsroom.firsts)
        self.filter_line = QueryLine(PROMPT, newsroom.selector.completed, id="filter")
        self.filter_line.display = False
        self._effects: str | None = None
        """What is known of the last edit of feeds.yaml; None before the first look."""
        self.side = Vertical(id="side")
        self.watchlists = WatchlistPane(newsroom)
        self.feeds = FeedPane()
        self.stream = AlertStream(newsroom, self.alerts)
        self.triage = TriageQueue(
            self.alerts,
            newsroom,
            self._on_triage_changed,
            self._on_triage_failed,
            self._on_overtaken,
        )
        self._reading = False
        """Whether the store is being read."""
        self._last_error = ""
        self._paused: tuple[array[int], Sequence[EscalatedAlert]] | None = None
        """New and escalated alerts that wait while the stream is paused; None while it is not."""

    def compose(self) -> ComposeResult:
        yield self.status_bar
        yield self.filter_line
        with self.main:
            yield self.stream
            with Horizontal(id="lower"):
                with self.side:
                    yield self.watchlists
                    yield self.feeds
                yield self.reader
        yield self.key_bar

    def on_mount(self) -> None:
        """Show the newest alerts at once and the others soon; restore filter and panes."""
        self.run_worker(self.triage.work(), group="triage")
        self.stream.set_empty_state(self._empty_state)
        state = self.newsroom.ui_state.state
        self.stream.order = state.order if state.order in COLUMNS else NEWEST_FIRST
        self.stream.hidden = HIDDEN if state.hidden is None else state.hidden
        if state.filter or self.stream.order != NEWEST_FIRST:
            self.run_worker(self._load_filtered(state.filter), group="look")
        else:
            self.load()
            self._look()
        tick = partial(self.app.call_from_thread, self._tick)
        self.call_after_refresh(self.newsroom.commits.start, tick)
        if state.pane in self.PANES and state.pane != "stream":
            self.call_after_refresh(self.show_pane, state.pane)
        self.zoomed = state.zoomed

    # --- reading the store ----------------------------------------------------------

    async def _load_filtered(self, text: str) -> None:
        """Show the alerts that pass the remembered filter."""
        self._reading = True  # the filter can be understood only once the names are read
        self.position = await self.ask(self.newsroom.service.views.version) or self.position
        await self.read_update()
        try:
            parse_headline_filter(text)
        except QueryError:
            self.load()
        else:
            self.apply_filter(text)
            self.show_message(_("Filter of last time: {filter}; F shows all.", filter=line(text)))

    def _look(self) -> None:
        """Read the news, with which the status bar is painted too; its clock goes on meanwhile."""
        if self._reading or self.newsroom.skips_tick():
            super()._look()
        else:
            self.run_worker(self.read_update, group="look")  # type: ignore[arg-type]

    async def read_update(self) -> None:
        """Read the news, and show them."""
        self._reading = True
        alert_filter, position, version = self.current_filter, self.position, self.alerts.version
        try:
            update = await self.newsroom.read_update(
                alert_filter, position, self.stream.on_screen()
            )
        except MonitorError as error:
            self.status_bar.update()
            if str(error) != self._last_error:
                self._last_error = str(error)
                self.stream.set_empty_state(self._empty_state)
                self.show_message(str(error), error=True)
            return
        finally:
            self._reading = False
        self._last_error = ""
        if self.is_attached:
            same_stream = alert_filter == self.current_filter and position == self.position
            self._show_update(update, same_stream, version == self.alerts.version)

    def _show_update(self, update: NewsroomUpdate, same_stream: bool, unchanged: bool) -> None:
        """Show an update.

        Args:
            update: The update.
            same_stream: Whether the stream still shows the alerts that it was read for.
            unchanged: Whether no alert was triaged meanwhile.
        """
        newsroom = self.newsroom
        new_ids = {*update.ids, *(update.later[0] if update.later else ())}  # silenced ones too
        if new_ids:
            self.alerts.forget(new_ids)
        if unchanged:
            changed_ids = self.alerts.update(update.stories)
            self.stream.repaint(changed_ids)
            self._show_again(changed_ids)
        else:
            self.alerts.forget(row.alert for row in update.escalated)
        self.stream.repaint(new_ids)
        if any(
            newsroom.firsts.of(alert.id) != newsroom.firsts.of(story.alerts[0].id)
            for story in update.stories
            for alert in story.alerts
        ):
            self.run_worker(self.regroup(), group="narrow", exclusive=True)
        if same_stream:
            self.position = update.position
            self._add_alerts(update.ids, update.escalated)
        self.status_bar.update()
        if newsroom.status is not None and isinstance(self.app, BaseApp):
            self.app.mourn(newsroom.status)
        if newsroom.status and newsroom.status.edit_effects != self._effects:
            if self._effects is not None and newsroom.status.edit_effects:
                self.show_message(newsroom.status.edit_effects)
            self._effects = newsroom.status.edit_effects
        if newsroom.status is not None and update.is_counted:
            self.watchlists.update(newsroom.status)
        if update.is_recounted:
            names = [line(count.name) for count in newsroom.watchlists if count.total]
            outlets = [line(feed.feed.name) for feed in newsroom.feeds if feed.articles]
            cells = max([8, *map(cell_len, names)]) + MORE_CELLS, max([8, *map(cell_len, outlets)])
            if self.stream.name_cells != cells:
                self.stream.name_cells = cells
                self.stream.refresh()
            self.feeds.update(newsroom.feeds)
            self._share_side()
            self.stream.set_empty_state(self._empty_state)

    def _share_side(self) -> None:
        """Make the panes at the side as wide as the watchlists, at most a third of the screen.

        The feeds get the lines that the watchlists leave, or half if both have many.
        """
        solo, size = self.side.has_class("-solo"), self.app.size
        height = feed_pane_lines(
            (size.height - 2) // 2, self.watchlists.row_count, self.feeds.row_count
        )
        self.feeds.styles.height = "1fr" if solo else height
        self.side.styles.width = "1fr" if solo else min(self.watchlists.cells, size.width // 3)

    def _add_alerts(self, ids: array[int], escalated: Sequence[EscalatedAlert]) -> None:
        if self._paused is None:
            self.stream.add_newer(ids, escalated)
            return
        waiting_ids, waiting_rows = self._paused
        self._paused = waiting_ids + ids, [*waiting_rows, *escalated]
        self._show_paused()

    def _show_paused(self) -> None:
        count = None
        if self._paused is not None:
            ids, escalated = self._paused
            alerts = (*ids, *(row.alert for row in escalated))
            count = len({self.newsroom.firsts.of(alert) for alert in alerts})
        self.newsroom.paused_stories = count
        self.stream.show_paused(count)
        self.status_bar.update()

    def action_pause(self) -> None:
        """Pause the stream and count what waits, or resume."""
        if self._paused is None:
            self._paused = array("q"), []
        else:
            (ids, escalated), self._paused = self._paused, None
            self.stream.add_newer(ids, escalated)
        self._show_paused()

    def drop_paused_alerts(self) -> None:
        """Forget the alerts that wait: they are among those that are shown now."""
        if self._paused is not None:
            self._paused = array("q"), []
            self._show_paused()

    def action_newest(self) -> None:
        """Go to the newest alert; resume a paused stream."""
        if self._paused is not None:
            self.action_pause()
        if self.stream.order != NEWEST_FIRST:
            self.load_again()
        else:
            self.stream.add_newer(at_once=True)
        self.stream.action_top()

    def _empty_state(self, cells: int) -> list[Line]:
        newsroom = self.newsroom
        headline, paragraphs = status.empty_state(
            newsroom.status,
            newsroom.feeds,
            newsroom.watchlists,
            self.current_filter.text,
            newsroom.feeds_hint,
            line(self._last_error),
        )
        return status.empty_state_lines(headline, paragraphs, cells - 4)

    def nothing_to_read(self) -> str:
        if self.stream.alert is not None:
            return ""
        if self.current_filter.text:
            return _("No alert passes the filter, so there is nothing to read. F shows all alerts.")
        return _("The article of the alert under the cursor is read here, once there is one.")

    # --- what the base screen asks --------------------------------------------------

    @property
    def target(self) -> tuple[int, str] | None:
        """Return the article of the alert under the cursor; id 0 if the alert is about a feed."""
        alert = self.stream.alert
        return (alert.article or 0, alert.url) if alert else None

    @property
    def shows_target(self) -> bool:
        """Return whether the current pane is the alerts or the reader."""
        return self.current in ("stream", "reader")

    @property
    def config_place(self) -> ConfigPlace:
        alert, feed = self.stream.alert, self.feeds.feed
        if self.current == "watchlists":
            return "watchlists", self.watchlists.watchlist
        if self.current == "feeds":
            return "feeds", feed.feed.url if feed else ""
        if alert is None:
            return "watchlists", ""
        if alert.watchlist in (FEED_HEALTH, ""):
            return "feeds", self.newsroom.feed_url(alert.feed) or alert.feed
        return "watchlists", alert.watchlist

    # --- the reader -----------------------------------------------------------------

    def follow_cursor(self, message: LineList.Highlighted) -> None:
        """Show the alert under the cursor soon."""
        if message.line_list is self.stream:
            super().follow_cursor(message)

    def _on_triage_changed(self, ids: Collection[int]) -> None:
        super()._on_triage_changed(ids)
        self._show_again(ids)

    def _show_again(self, ids: Collection[int]) -> None:
        """Show the story under the cursor as it is now, if it has one of these alerts."""
        story = self.stream.story
        if story is not None and any(alert.id in ids for alert in story.alerts):
            self.show_article_soon()

    async def show_article(self) -> None:
        """Show the article of the alert under the cursor, or its page if it is about none."""
        alert = self.stream.alert
        if alert is None or alert.article:
            await super().show_article()
            return
        page = await alert_page(self, alert)
        if self.is_attached and self.stream.alert is alert:
            self.reader.show_text(page)

    def arrange_panes(self) -> None:
        """Arrange the panes, and remember the current one."""
        super().arrange_panes()
        self._share_side()
        self.newsroom.ui_state.update(pane=self.current, zoomed=self.zoomed)

    # --- keys and clicks ------------------------------------------------------------

    def action_back(self) -> None:
        """Take the marks away, end the zoom, leave the pane, or end the filter."""
        if self.current != "stream" or (self.zoomed and not self.stream.marks):
            super().action_back()
        elif self.stream.marks:
            self.stream.unmark_all()
        elif self.current_filter is not ALL:
            self.action_clear_filter()

    def action_back_to_list(self) -> None:
        """Leave the zoom or the pane; marks and the filter stay."""
        if self.zoomed or self.current != "stream":
            self.action_back()

    async def action_back_or_quit(self) -> None:
        """Leave the pane; from the alerts, quit."""
        if self.current == "stream":
            await self.run_action("app.leave(True)")
        else:
            self.action_back()

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Read the alert, filter by the watchlist, or open the feeds."""
        if message.line_list is self.stream:
            self.show_pane("reader")
        elif message.line_list is self.watchlists:
            if self.watchlists.cursor == ARTICLES_ROW:
                self.action_articles()
            elif self.watchlists.saved_filter:
                self.apply_filter(self.watchlists.saved_filter)
            else:
                self.show_watchlist(self.watchlists.watchlist)
            self.show_pane("stream")
        else:
            self.action_feeds()

    def action_remove_filter(self) -> None:
        if removed := self.watchlists.saved_filter:
            self.save_filters(f for f in self.newsroom.ui_state.state.saved if f != removed)
        else:
            self.show_message(_("Put the cursor on a saved filter first."), error=True)

    def action_new_watchlist(self) -> None:
        self.action_watchlist_form()

    def action_edit_watchlist(self) -> None:
        if self.watchlists.watchlist:
            self.action_watchlist_form(self.watchlists.watchlist)
        else:
            self.show_message(_("Put the cursor on a watchlist first."), error=True)

    def action_watchlist_form(self, name: str = "", examples: list[Alert] | None = None) -> None:
        """Open the form of a watchlist; without a name, that of a new one."""
        from tui.screens.watchlist_form import open_form

        self.run_worker(open_form(self, name, examples=examples), group="form", exclusive=True)

    def action_watch_marked(self) -> None:
        """Open the form of a watchlist with the query that the marked stories have in common."""
        self.action_watchlist_form(examples=[story.alerts[0] for story in self.stream.marked()])

    def action_silence(self) -> None:
        """Silence the watchlist under the cursor, or one of the story."""
        story = self.stream.story
        names = [name for name in story.watchlists if name] if story else []
        if self.current == "watchlists":
            names = [name] if (name := self.watchlists.watchlist) else []
        if names:
            self.run_worker(choose_silence(self, names), group="silence", exclusive=True)
        else:
            self.show_message(_("Put the cursor on a watchlist first."), error=True)

    def action_parts(self) -> None:
        """Show the details of the status bar; each can be opened."""
        self.run_worker(choose_part(self), group="why", exclusive=True)

    def action_briefing(self) -> None:
        self.run_worker(show_briefing(self), group="why", exclusive=True)

    def action_coverage_gaps(self) -> None:
        """Show the coverage gaps, and the watchlists that they affect."""
        self.run_worker(show_gaps(self), group="why", exclusive=True)

    def show_part(self, name: str) -> None:
        """Show the details of a part of the status bar, if they are on this screen."""
        if name == "untriaged":
            self.apply_filter(offered_filter("state", "new"))
        elif name == "silenced":
            words = offered_filter("is", "silenced"), offered_filter("state", "new")
            self.apply_filter(" ".join(words))
        elif name == "pause":
            self.action_pause()
        elif name == "silences":
            self.show_pane("watchlists")

    def action_feeds(self) -> None:
        open_feeds(self, self.feeds.feed.feed.url if self.feeds.feed else "")

    def action_poll(self) -> None:
        """Poll the feed of the alert, or the one under the cursor in the pane of feeds."""
        feed = self.feeds.feed if self.current == "feeds" else None
        alert = self.stream.alert
        name = feed.feed.name if feed else alert.feed if alert else ""
        url = self.newsroom.feed_url(name)
        if not name:
            self.show_message(_("Put the cursor on an alert or a feed first."), error=True)
        elif url is None:
            text = _("{feed} is not in feeds.yaml any more, and not polled.", feed=line(name))
            self.show_message(text, error=True)
        else:
            self.poll(url, name)
