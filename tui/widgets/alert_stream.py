"""The stream of alerts, a row a story; it follows new alerts while the cursor is at the top."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from rich.cells import cell_len
from textual.content import Content

from monitor.base import signs
from monitor.base.errors import StoreError
from monitor.base.formatting import stories as story_count
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext
from monitor.model.alert import Alert, EscalatedAlert, StoryAlerts
from monitor.presentation.spans import Line
from monitor.presentation.story import ListedStory
from tui.data.newsroom import NewsroomModel
from tui.data.story_list import StoryCache, StoryOrder
from tui.view import alerts as view
from tui.widgets.line_list import LineList

FILLING_SECONDS = 2.0
"""Seconds without a new story after which a list that was empty counts as read."""


class AlertStream(LineList):
    """A row for each story with alerts; they are read by primary key when they come into view."""

    HAS_HEADER = True
    _new_above = 0
    """Stories with new alerts above the screen that the analyst has not seen."""
    _titles: tuple[str, str] | None = None

    def __init__(self, newsroom: NewsroomModel, stories: StoryCache) -> None:
        super().__init__(id="stream")
        self._stories = stories
        self._firsts = newsroom.firsts
        self._clock, self._zone = newsroom.clock, newsroom.zone
        self._order = StoryOrder(firsts=self._firsts)
        self._empty_state: Callable[[int], list[Line]] = lambda cells: []
        self._filter = ""
        self._waiting: list[int] = []
        """New alerts that are not in their places yet, as this would move what is read."""
        self._waiting_escalated: list[EscalatedAlert] = []
        self._paused_stories: int | None = None
        self._filled_at = -math.inf
        """Time at which an empty list last got a story, as long as nobody has moved in it."""
        self.follow = True
        """Whether new stories may move the rows: the analyst has last gone to the top."""
        self.order = view.NEWEST_FIRST
        """The column by which the stories are sorted."""
        self.hidden: Collection[str] = view.HIDDEN
        """The columns that are hidden."""
        self.articles = False
        """Whether all articles are shown, alert or not."""
        self.marks: set[int] = set()
        """Marked stories, by their first alerts."""
        self.chosen: tuple[str, ...] = ()
        """The watchlists that the stream is filtered by."""
        self.name_cells = 8, 8
        """Cells that the names of watchlists, and those of outlets, want."""

    # --- stories ----------------------------------------------------------------

    @property
    def has_more(self) -> bool:
        return self.articles

    @property
    def row_count(self) -> int:
        return len(self._order)

    def load(
        self,
        ids: Iterable[int],
        escalated: Iterable[EscalatedAlert] = (),
        filter: str = "",
        cursor: int = 0,
        ranks: Mapping[int, int] | None = None,
    ) -> None:
        """Show the stories of other alerts.

        Args:
            ids: The alerts in ascending order.
            escalated: Those of them that have escalated.
            filter: The filter that they pass, as written.
            cursor: An alert of the story to put the cursor on; 0 for that under the cursor now.
            ranks: The rank of each alert in the order of a column; None for the newest first.
        """
        cursor = cursor or self.alert_id
        self._order = StoryOrder(ids, escalated, self._firsts, ranks)
        self._filter = filter
        self._waiting, self._waiting_escalated = [], []
        self.marks = {story for story in self.marks if self._order.row(story) is not None}
        self._min_lines = self._new_above = 0
        row = self._order.row(cursor) if cursor else None
        self.cursor = row or 0
        self.follow = not self.cursor
        self.update_row_count()
        if self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True)
        self.reveal()
        self.update_titles()
        self.post_message(self.Highlighted(self))

    def go_to(self, row: int) -> None:
        """Put the cursor on a row; at the top, let new stories in."""
        self.follow, self._filled_at = row <= 0, -math.inf
        super().go_to(row)

    def add_older(self, ids: array[int], escalated: Iterable[EscalatedAlert] = ()) -> None:
        """Add the stories of older alerts below; nothing on the screen moves."""
        self._order.add_older(ids, escalated)
        self.update_row_count()
        self.update_titles()

    def add_newer(
        self,
        ids: Iterable[int] = (),
        escalated: Iterable[EscalatedAlert] = (),
        *,
        at_once: bool = False,
    ) -> None:
        """Add newer alerts at the top, with their stories, and those that escalated.

        The cursor stays on its story, and the story as it is read there; only in a list that fills
        it goes with the newest. While the analyst is at the top, the rows move as long as the
        cursor stays in view; else none does, and nothing comes into a list sorted by a column.
        What waits is counted, and comes once it moves nothing, or with `at_once`.
        """
        ids, escalated = [*self._waiting, *ids], [*self._waiting_escalated, *escalated]
        before, cursor, top = self.row_count, self.alert_id, self.on_screen()[:1]
        fills = not before or self._clock() - self._filled_at < FILLING_SECONDS
        follows = fills or at_once or (self.follow and round(self.scroll_y) == 0)
        still = () if fills or at_once else (cursor,) if follows else (cursor, *self.on_screen())
        still_stories = {self._firsts.of(alert) for alert in still}

        def waits(alert: int) -> bool:
            stories = {self._firsts.of(alert), *self._articles_of(alert)}
            return self.order != view.NEWEST_FIRST or not stories.isdisjoint(still_stories)

        self._waiting = [alert for alert in ids if waits(alert)]
        self._waiting_escalated = [row for row in escalated if waits(row.alert)]
        moving = [row for row in escalated if not waits(row.alert)]
        new_ids = [alert for alert in ids if not waits(alert)]
        if moving or new_ids:
            self._order.remove(row for alert in new_ids for row in self._articles_of(alert))
            moved_count = self._order.add(new_ids) + len(moving)
            self._order.escalate(moving)
            self.cursor = 0 if fills else self._order.row(cursor) or 0
            if follows and self.cursor < self.page:
                self.update_row_count()
            else:
                self._keep_still(top[0], moved_count)
            if fills:
                self._filled_at = self._clock()
                self.post_message(self.Highlighted(self))
        self.update_titles()

    def _articles_of(self, alert: int) -> list[int]:
        """Return the articles of a new alert's story that have rows of their own."""
        articles = set()
        with suppress(StoreError):  # the screen reports it at its next read
            story = self._stories.get(alert) if self.articles and alert > 0 else None
            articles = {-(a.article or 0) for a in story.alerts} if story else set()
        return [row for row in articles if self._order.row(row) is not None]

    def _keep_still(self, top: int, new_above: int) -> None:
        """Keep the topmost story where it is on the screen."""
        row = self._order.row(top) or 0
        self._new_above += new_above
        self._min_lines = row + self.page
        self.update_row_count()
        self.scroll_to(y=row, animate=False, force=True)

    def show_paused(self, count: int | None) -> None:
        """Show that the stream is paused and how many stories wait; None when it is not."""
        self._paused_stories = count
        self.set_class(count is not None, "-paused")
        self.update_titles()

    # --- rows -------------------------------------------------------------------

    @property
    def alert_id(self) -> int:
        """Id of the leading alert of the story under the cursor, 0 without any."""
        return self._order.at(self.cursor) if self.cursor < self.row_count else 0

    @property
    def alert(self) -> Alert | None:
        row = self.at(self.cursor) if self.row_count else None
        return row.lead if row else None

    @property
    def story(self) -> StoryAlerts | None:
        row = self.at(self.cursor) if self.row_count else None
        return row.story if row else None

    def at(self, row: int) -> ListedStory | None:
        """Return the story on a row; None if it is deleted or the store cannot be read now."""
        lead = self._order.at(row)
        try:
            story = self._stories.get(lead, lambda: self._order.block(row))
        except StoreError:
            return None  # the screen reports the error at its next read
        if story is None:
            return None
        return ListedStory(
            story, next((alert for alert in story.alerts if alert.id == lead), story.newest)
        )

    def on_screen(self) -> list[int]:
        return self._order.rows(round(self.scroll_y), self.page)

    def row_of(self, alert: int) -> int | None:
        """Return the row of the story of an alert, None if it is not shown."""
        return self._order.row(alert)

    def repaint(self, ids: Iterable[int]) -> None:
        """Paint the stories of alerts again if they are on the screen."""
        stories = {self._firsts.of(alert_id) for alert_id in ids}
        if not stories:
            return
        for row, alert_id in enumerate(self.on_screen(), round(self.scroll_y)):
            if self._firsts.of(alert_id) in stories:
                self.refresh_line(row)

    def mark(self, alert: int) -> None:
        self.marks ^= {self._firsts.of(alert)}
        self.repaint({alert})
        self.update_titles()

    def marked(self) -> list[StoryAlerts]:
        """Return the marked stories, the oldest first."""
        rows = sorted((self._order.row(story) or 0 for story in self.marks), reverse=True)
        return [listed.story for row in rows if (listed := self.at(row)) is not None]

    def unmark_all(self) -> None:
        marked, self.marks = self.marks, set()
        self.repaint(marked)
        self.update_titles()

    # --- painting ---------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        listed = self.at(row)
        if listed is None:
            return [(f"  {_('(not available)')}", "quiet")]
        return view.story_row(
            listed,
            self._columns(cells),
            self._clock(),
            self._zone,
            marked=self._order.story_at(row) in self.marks,
            first=self.chosen,
        )

    def header_line(self, cells: int) -> Line:
        return [
            (text, "accent" if column == self.order else "quiet")
            for text, column in view.alert_header(self._columns(cells), self.order)
        ]

    def click_header(self, cell: int) -> None:
        """Sort by the column at a cell."""
        for text, column in view.alert_header(self._columns(self.size.width - 1), self.order):
            if 0 <= cell < cell_len(text):
                self.call_later(self.screen.run_action, f"sort_by('{column}')")
            cell -= cell_len(text)

    def _columns(self, cells: int) -> view.AlertColumns:
        return view.alert_columns(cells, *self.name_cells, self.hidden)

    def empty_lines(self, cells: int) -> list[Line]:
        return self._empty_state(cells)

    def set_empty_state(self, empty_state: Callable[[int], list[Line]]) -> None:
        """Set the text of an empty stream, as lines of so many cells."""
        self._empty_state = empty_state
        if not self.row_count:
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Count new stories down as they come into view."""
        super().watch_scroll_y(old_value, new_value)
        new_above = min(self._new_above, round(new_value))
        if round(new_value) == 0 and self._min_lines:
            self._min_lines = 0
            self.update_row_count()
        if new_above != self._new_above:
            self._new_above = new_above
            self.update_titles()

    def update_titles(self) -> None:
        """Show the numbers of marked, waiting and new stories, and the filter, at the top."""
        title, marked = "", len(self.marks)
        if self._filter:
            everything = _("{stories} (F: all)", stories=story_count(self.row_count))
            title = f" · {line(self._filter)} · {everything}"
        elif self.articles:
            title = f" · {_('F: alerts')}"
        counts = [ngettext("{count} marked", "{count} marked", marked)] if marked else []
        if self._paused_stories is not None:
            text = _("PAUSED, {waiting} wait (p: resume)", waiting=self._paused_stories)
            counts.append(f"{signs.RESTS} {text}")
        alerts = (*self._waiting, *(row.alert for row in self._waiting_escalated))
        waiting = {story: self._order.row(story) for story in map(self._firsts.of, alerts)}
        updated = sum(row is not None for row in waiting.values())
        if count := self._new_above + len(waiting) - updated:
            counts.append(ngettext("{count} new (.)", "{count} new (.)", count))
        if updated:
            counts.append(ngettext("{count} updated (.)", "{count} updated (.)", updated))
        titles = ("".join(f" · {text}" for text in counts), title)
        if titles != self._titles:  # setting them repaints the whole widget
            self._titles = titles
            name = _("All articles") if self.articles else _("Alerts")
            self.border_title = Content.assemble(name, (titles[0], "$accent"), titles[1])
