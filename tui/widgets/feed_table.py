"""Every feed on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from index.article import Timestamp
from monitor.model import FeedHealth, Health
from tui.feed_row import ORDERS, chosen, feed_table_row
from tui.ink import Line
from tui.messages import Moved
from tui.widgets.line_list import LineList


class FeedTable(LineList):
    """Feeds in a state, or all, in an order; the worst first to begin with."""

    BORDER_TITLE = "Feeds"

    def __init__(
        self, feeds: Sequence[FeedHealth], clock: Callable[[], Timestamp], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._all = feeds
        self._feeds: Sequence[FeedHealth] = chosen(feeds, None, 0)
        self._clock = clock
        self.state: Health | None = None
        """Only feeds in this state are shown; None shows all."""
        self.order = 0

    @property
    def row_count(self) -> int:
        """Return how many feeds are shown."""
        return len(self._feeds)

    @property
    def feed(self) -> FeedHealth | None:
        """The feed under the cursor."""
        return self._feeds[self.cursor] if self._feeds else None

    def tell(self, feeds: Sequence[FeedHealth], url: str = "") -> None:
        """Show these feeds; the cursor stays on its feed, or goes to the one of this address."""
        self._all = feeds
        self._choose(url)

    def only(self, state: Health | None) -> None:
        """Show the feeds in a state, all when None."""
        self.state = state
        self._choose()

    def reorder(self) -> None:
        """Go on to the next order."""
        self.order = (self.order + 1) % len(ORDERS)
        self._choose()

    def _choose(self, url: str = "") -> None:
        url = url or (self.feed.feed.url if self.feed else "")
        self._feeds = chosen(self._all, self.state, self.order)
        at = [feed.feed.url for feed in self._feeds]
        self.cursor = at.index(url) if url in at else self.cursor
        self.resize_rows()
        self.reveal()
        words = [f"{self.state} only"] if self.state else []
        words += [ORDERS[self.order].words] if self.order else []
        self.border_title = Content(" · ".join(["Feeds", *words]))
        self.post_message(Moved(self))

    def row_line(self, row: int, cells: int) -> Line:
        """Return a feed as a line."""
        return feed_table_row(self._feeds[row], cells, self._clock())

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without feeds."""
        if self._all:
            return [[(f"  No feed is {self.state} any more: f shows the others.", "quiet")]]
        return [[("  No feeds yet: a adds one, or name some in feeds.yaml.", "quiet")]]
