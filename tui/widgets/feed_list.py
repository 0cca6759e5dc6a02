"""The lists of feeds: a pane with those that have problems, and a table of every feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from monitor.base import signs
from monitor.base.translation import gettext as _, number, pgettext
from monitor.model.feed import FeedHealth, Health
from monitor.presentation.spans import Line, fit, width
from tui.data.newsroom import NewsroomModel
from tui.view.feeds import (
    FEED_ORDERS,
    feed_columns,
    feed_name_cells,
    feed_row,
    feed_table_header,
    feed_table_row,
    select_feeds,
)
from tui.widgets.line_list import LineList

WELL = (Health.OK, Health.NEW, Health.PAUSED)
_NEED_A_LOOK = (Health.LATE, Health.BLIND, Health.SILENT, Health.QUARANTINED)


class FeedPane(LineList):
    """A summary, and the feeds with problems; every feed is on the feeds screen."""

    IDLE_CURSOR = ""

    def __init__(self) -> None:
        super().__init__(id="feeds")
        self.border_title = _("Feeds")
        self._feeds: Sequence[FeedHealth] | None = None
        """None before they are read."""
        self._problems: Sequence[FeedHealth] = ()

    @property
    def row_count(self) -> int:
        return 1 + len(self._problems) if self._feeds else 0

    @property
    def feed(self) -> FeedHealth | None:
        return self._problems[self.cursor - 1] if 0 < self.cursor <= len(self._problems) else None

    def update(self, feeds: Sequence[FeedHealth]) -> None:
        if feeds != self._feeds:
            self._feeds = feeds
            self._problems = [feed for feed in feeds if feed.health not in WELL]
            self.update_row_count()
            self._show_title()

    def _show_title(self) -> None:
        """Show what follows the names of feeds with problems, above it if there is room."""
        names = feed_name_cells(self._problems, self.scrollable_content_region.width - 1)
        title, head = _("Feeds"), pgettext("column", "reason")
        if self._problems and cell_len(title) < names and names + cell_len(head) < self.size.width:
            title = fit(title, names + 2) + head
        self.border_title = Content(title)

    def on_resize(self) -> None:
        super().on_resize()
        self._show_title()

    def row_line(self, row: int, cells: int) -> Line:
        if row == 0:
            return self._summary(cells)
        names = feed_name_cells(self._problems, cells)
        return feed_row(self._problems[row - 1], cells, names)

    def empty_lines(self, cells: int) -> list[Line]:
        """Return the lines of a pane without feeds; none before they are read."""
        return [[(f" {_('none in feeds.yaml')}", "quiet")]] if self._feeds is not None else []

    def _summary(self, cells: int) -> Line:
        """Return the number of feeds in each state, in signs alone where words have no room."""
        counts = Counter(feed.health for feed in self._feeds or ())
        bad = counts[Health.FAILING] + counts[Health.GONE]
        parts = [
            (signs.OK, counts[Health.OK], Health.OK, "ok"),
            (signs.NOT_YET, counts[Health.NEW], Health.NEW, "quiet"),
            *((signs.LOOK, counts[health], health, "late") for health in _NEED_A_LOOK),
            (signs.FAILED, bad, Health.FAILING, "bad"),
        ]
        parts = [part for part in parts if part[1] or part[2] is Health.OK]
        line = [(f"{sign} {count} {health.label}  ", style) for sign, count, health, style in parts]
        if width(line) - 2 <= cells:
            return line
        return [(f"{sign} {count}  ", style) for sign, count, _health, style in parts]


class FeedTable(LineList):
    """All feeds, those in one state or those with some words; at first the worst first."""

    HAS_HEADER = True

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(id="stream")
        self.border_title = _("Feeds")
        self._all = newsroom.feeds
        self._feeds: Sequence[FeedHealth] = select_feeds(self._all, None, 0)
        self._clock = newsroom.clock
        self._words = ""
        self.state: Health | None = None
        """Only feeds in this state are shown; None for all."""
        self.order = 0

    @property
    def row_count(self) -> int:
        return len(self._feeds)

    @property
    def feed(self) -> FeedHealth | None:
        return self._feeds[self.cursor] if self._feeds else None

    def update(self, feeds: Sequence[FeedHealth], url: str = "") -> None:
        """Show feeds; the cursor stays on its feed, or goes to the one at an address."""
        self._all = feeds
        self._select(url)

    def show_state(self, state: Health | None) -> None:
        """Show only the feeds in a state; None for all."""
        self.state = state
        self._select()

    def show_words(self, words: str) -> None:
        """Show only the feeds with these words in name, address or tags."""
        self._words = words
        self._select()

    def next_order(self) -> None:
        self.order = (self.order + 1) % len(FEED_ORDERS)
        self._select()

    def _select(self, url: str = "") -> None:
        url = url or (self.feed.feed.url if self.feed else "")
        self._feeds = select_feeds(self._all, self.state, self.order, self._words)
        urls = [feed.feed.url for feed in self._feeds]
        self.cursor = urls.index(url) if url in urls else self.cursor
        self.update_row_count()
        self.reveal()
        labels = [_("{state} only", state=self.state.label)] if self.state else []
        labels += [_(FEED_ORDERS[self.order][0])] if self.order else []
        visible, total = len(self._feeds), len(self._all)
        count = number(total) if visible == total else f"{number(visible)}/{number(total)}"
        self.border_title = Content(" · ".join([f"{_('Feeds')} {count}", *labels]))
        self.post_message(self.Highlighted(self))

    def row_line(self, row: int, cells: int) -> Line:
        columns = feed_columns(cells, self._all)
        return feed_table_row(self._feeds[row], cells, self._clock(), columns)

    def header_line(self, cells: int) -> Line:
        return feed_table_header(cells, feed_columns(cells, self._all))

    def empty_lines(self, cells: int) -> list[Line]:
        """Return the lines of a table without feeds."""
        if self._all and self._words.strip():
            return [[(f"  {_('No feed is found; esc shows all.')}", "quiet")]]
        if self._all:
            text = _("No feed has this state now; ^f shows the others.")
            if self.state:
                text = _(
                    "No feed has this state now: {state}; ^f shows the others.",
                    state=self.state.label,
                )
            return [[(f"  {text}", "quiet")]]
        return [[(f"  {_('No feeds yet; ^n adds one, or add some to feeds.yaml.')}", "quiet")]]
