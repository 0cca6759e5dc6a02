"""How the feeds are: a summary, then the worst with their reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.model import Health
from tui.ink import Line
from tui.rows import feed_row
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from monitor.model import FeedHealth

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
