"""The stream of alerts, a row a story; it follows new alerts while the cursor is at the top."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.content import Content

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.formatting import stories as story_count
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.model.alert import Alert, EscalatedAlert, StoryAlerts
from monitor.presentation.spans import Line
from monitor.presentation.story import ListedStory
from tui.data.newsroom import NewsroomModel
from tui.data.story_list import StoryCache, StoryOrder
from tui.view.alerts import story_row
from tui.widgets.line_list import LineList

REACTION_SECONDS = 2.5
"""Seconds in which a key may be meant for the earlier story: the reader is 2 s behind."""


class AlertStream(LineList):
    """A row for each story with alerts; they are read by primary key when they come into view."""

    _new_above = 0
    """Stories with new alerts above the screen that the analyst has not seen."""
    _titles = ("", "")

    def __init__(self, newsroom: NewsroomModel, stories: StoryCache) -> None:
        super().__init__(id="stream")
        self._stories = stories
        self._firsts = newsroom.firsts
        self._clock, self._zone = newsroom.clock, newsroom.zone
        self._order = StoryOrder(firsts=self._firsts)
        self._empty_state: Callable[[int], list[Line]] = lambda cells: []
        self._filter = ""
        self._postponed_alerts: list[int] = []
        """New alerts of stories on the screen, which have not moved yet."""
        self._postponed: dict[int, int] = {}
        """Alerts that escalated whose stories have not moved yet, with their escalations."""
        self._paused_stories: int | None = None
        self._followed_at: Timestamp = -math.inf
        """Time at which the cursor went to a new story by itself."""
        self.follow = True
        """Whether the cursor follows new alerts; not while the analyst reads the newest one."""
        self.marks: set[int] = set()
        """Marked stories, by their first alerts."""
        self.chosen: tuple[str, ...] = ()
        """The watchlists that the stream is filtered by."""
        self.list_cells = 8
        """Cells for the names of watchlists."""

    # --- stories ----------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._order)

    @property
    def newest(self) -> int:
        """Id of the newest alert, 0 without any."""
        return self._order.newest

    def load(
        self,
        ids: Iterable[int],
        escalated: Iterable[EscalatedAlert] = (),
        filter: str = "",
        cursor: int = 0,
    ) -> None:
        """Show the stories of other alerts.

        Args:
            ids: The alerts in ascending order.
            escalated: Those of them that have escalated.
            filter: The filter that they pass, as written.
            cursor: An alert of the story to put the cursor on; 0 for that under the cursor now.
        """
        cursor = cursor or self.alert_id
        self._order = StoryOrder(ids, escalated, self._firsts)
        self._filter = filter
        self._postponed.clear()
        self._postponed_alerts.clear()
        self.marks = {story for story in self.marks if self._order.row(story) is not None}
        self._min_lines = self._new_above = 0
        row = self._order.row(cursor) if cursor else None
        self.cursor = row or 0
        self.update_row_count()
        if self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True)
        self.reveal()
        self.update_titles()
        self.post_message(self.Highlighted(self))

    @property
    def just_followed(self) -> bool:
        """Whether a key may be meant for the story that was under the cursor before."""
        return self.cursor == 0 and self._clock() - self._followed_at < REACTION_SECONDS

    def add_older(self, ids: array[int], escalated: Iterable[EscalatedAlert] = ()) -> None:
        """Add the stories of older alerts below; nothing on the screen moves."""
        self._order.add_older(ids, escalated)
        self.update_row_count()
        self.update_titles()

    def add_newer(self, ids: Sequence[int], escalated: Sequence[EscalatedAlert] = ()) -> None:
        """Add newer alerts at the top, with their stories, and those that escalated.

        If the newest row is under the cursor the stream follows. Else no row on the screen
        moves, and a story on the screen stays until the analyst is at the top again.
        """
        following = self.cursor == 0 and round(self.scroll_y) == 0 and self.follow
        moving = {row.alert: row.escalation for row in escalated}
        new_ids = list(ids)
        if following or not self.row_count:
            moving, new_ids = self._postponed | moving, self._postponed_alerts + new_ids
            self._postponed, self._postponed_alerts = {}, []
        else:
            moving, new_ids = self._postpone(moving, new_ids)
        if not moving and not new_ids:
            self.update_titles()
            return
        top = self._order.rows(round(self.scroll_y), 1)
        cursor = self.alert_id
        before = self.row_count
        moved_count = self._order.add(new_ids)
        self._order.escalate((escalation, alert) for alert, escalation in moving.items())
        if following or not before:
            self._followed_at = self._clock() if before else -math.inf
            self.update_row_count()
            self.post_message(self.Highlighted(self, automatic=bool(before)))
        elif moved_count or moving:
            self._keep_still(top[0], cursor, moved_count + len(moving))
        self.update_titles()

    def _postpone(
        self, moving: Mapping[int, int], new_ids: Iterable[int]
    ) -> tuple[dict[int, int], list[int]]:
        """Keep alerts that would move a story on the screen for later; return the others."""
        visible = {self._firsts.of(alert) for alert in (*self.on_screen(), self.alert_id)}
        immediate: list[int] = []
        for alert in new_ids:
            is_visible = self._firsts.of(alert) in visible
            (self._postponed_alerts if is_visible else immediate).append(alert)
        self._postponed |= {a: e for a, e in moving.items() if self._firsts.of(a) in visible}
        return {a: e for a, e in moving.items() if a not in self._postponed}, immediate

    def _keep_still(self, top: int, cursor: int, new_above: int) -> None:
        """Keep the topmost story and the cursor where they are on the screen."""
        row, self.cursor = self._order.row(top) or 0, self._order.row(cursor) or 0
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
        return story_row(
            listed,
            cells,
            self._clock(),
            self._zone,
            marked=self._order.story_at(row) in self.marks,
            list_cells=self.list_cells,
            first=self.chosen,
        )

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
        """Show the filter above, and below the numbers of marked, waiting and new stories."""
        title, marked = _("Alerts"), len(self.marks)
        if self._filter:
            everything = _("{stories} (F: all)", stories=story_count(self.row_count))
            title = f"{title} · {line(self._filter)} · {everything}"
        counts = [ngettext("{count} marked", "{count} marked", marked)] if marked else []
        if self._paused_stories is not None:
            text = _("PAUSED, {waiting} wait (p: resume)", waiting=self._paused_stories)
            counts.append(f"{signs.RESTS} {text}")
        if count := self._new_above:
            counts.append(ngettext("{count} new above (.)", "{count} new above (.)", count))
        updated = {self._firsts.of(a) for a in (*self._postponed, *self._postponed_alerts)}
        if updated:
            counts.append(ngettext("{count} updated (.)", "{count} updated (.)", len(updated)))
        titles = (title, " · ".join(counts))
        if titles != self._titles:  # setting them repaints the whole widget
            self._titles = titles
            self.border_title, self.border_subtitle = map(Content, titles)
