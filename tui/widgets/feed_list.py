"""The feeds: a summary with the worst of them, and every feed on a line of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from textual.content import Content

from index.article import Timestamp
from monitor.model.feed import FeedHealth, Health
from tui.messages import Moved
from tui.view.feed_row import ORDERS, chosen, feed_table_row
from tui.view.rows import feed_row
from tui.view.styled_text import Line
from tui.widgets.line_list import LineList

WELL = (Health.OK, Health.NEW, Health.PAUSED)


class FeedPane(LineList):
    """Feeds in trouble; every feed is on the feeds screen."""

    BORDER_TITLE = "Feeds"
    IDLE = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feeds: Sequence[FeedHealth] = ()
        self._worst: Sequence[FeedHealth] = ()

    @property
    def row_count(self) -> int:
        """Return how many rows there are: the summary and the worst."""
        return 1 + len(self._worst) if self._feeds else 0

    @property
    def feed(self) -> FeedHealth | None:
        """The feed under the cursor."""
        return self._worst[self.cursor - 1] if 0 < self.cursor <= len(self._worst) else None

    def tell(self, feeds: Sequence[FeedHealth]) -> None:
        """Show how these feeds are."""
        if feeds != self._feeds:
            self._feeds = feeds
            self._worst = [feed for feed in feeds if feed.health not in WELL]
            self.resize_rows()

    def row_line(self, row: int, cells: int) -> Line:
        """Return the summary or a feed as a line."""
        return self._summary() if row == 0 else feed_row(self._worst[row - 1], cells)

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without feeds."""
        return [[(" none in feeds.yaml", "quiet")]]

    def _summary(self) -> Line:
        count = Counter(feed.health for feed in self._feeds)
        bad = count[Health.FAILING] + count[Health.GONE]
        line: Line = [(f"✓ {count[Health.OK]} ok", "ok")]
        if count[Health.NEW]:
            line.append((f"  ○ {count[Health.NEW]} new", "quiet"))
        for health in (Health.LATE, Health.BLIND, Health.SILENT):
            if count[health]:
                line.append((f"  ! {count[health]} {health}", "late"))
        if bad:
            line.append((f"  ✗ {bad} failing", "bad"))
        return line


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
