"""Every feed on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.article import Timestamp
from monitor.model import FeedHealth
from tui.ink import Line
from tui.messages import Moved
from tui.rows import feed_table_row
from tui.widgets.line_list import LineList


class FeedTable(LineList):
    """Feeds in the order given, the worst first."""

    BORDER_TITLE = "Feeds"

    def __init__(
        self, feeds: Sequence[FeedHealth], clock: Callable[[], Timestamp], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._feeds = feeds
        self._clock = clock

    @property
    def row_count(self) -> int:
        """Return how many feeds there are."""
        return len(self._feeds)

    @property
    def feed(self) -> FeedHealth | None:
        """The feed under the cursor."""
        return self._feeds[self.cursor] if self._feeds else None

    def tell(self, feeds: Sequence[FeedHealth], chosen: str = "") -> None:
        """Show these feeds; the cursor stays on its feed, or goes to the one of this address."""
        url = chosen or (self.feed.feed.url if self.feed else "")
        self._feeds = feeds
        at = [feed.feed.url for feed in feeds]
        if url in at:
            self.cursor = at.index(url)
        self.resize_rows()
        self.reveal()
        self.post_message(Moved(self))

    def row_line(self, row: int, cells: int) -> Line:
        """Return a feed as a line."""
        return feed_table_row(self._feeds[row], cells, self._clock())

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown without feeds."""
        return [[("  No feeds yet: name some in feeds.yaml.", "quiet")]]
