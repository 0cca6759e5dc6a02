"""How what a search finds is spread over time; a click on a bar narrows the search to it."""

from __future__ import annotations

from datetime import tzinfo

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from monitor.model.search import Trend
from tui.messages import Narrowed
from tui.view.styled_text import Line
from tui.view.trend_page import between, columns, drawn
from tui.widgets.styled_widget import StyledWidget

LOW, HIGH = 1, 3
"""Lines of the bars, on screens of fewer than `TALL` lines and of more."""
TALL = 34
SHORT = 16
"""Lines of a screen from which there is room for bars at all."""


class TrendPane(StyledWidget):
    """Bars, and from when to when they reach."""

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._zone = zone
        self._trend: Trend | None = None
        self.display = False

    def tell(self, trend: Trend | None) -> None:
        """Show another trend; without one, or without articles, nothing."""
        there = trend is not None and bool(trend.series) and trend.series[0].total > 1
        self._trend = trend if there else None
        self.display = there and self.app.size.height >= SHORT
        self.refresh(layout=True)

    @property
    def _rows(self) -> int:
        return HIGH if self.app.size.height >= TALL else LOW

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return self._rows + 1

    def render_line(self, y: int) -> Strip:
        """Return one line of it."""
        cells = self.size.width - 2
        lines: list[Line] = []
        if self._trend is not None and cells > 0:
            lines = drawn(self._trend, cells, self._rows, self._zone)
        return self.strip([(" ", ""), *(lines[y] if y < len(lines) else [])], self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Narrow the search to the bar under the mouse."""
        if self._trend is None:
            return
        bars, wide = columns(self._trend, self.size.width - 2)
        at = (event.x - 1) // wide
        if 0 <= at < len(bars) and (by := between(self._trend, bars[at], self._zone)):
            self.post_message(Narrowed(by))
