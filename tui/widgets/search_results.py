"""The results of a search of the archive: a list of articles, and a chart of articles over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from textual.content import Content

from monitor.base.translation import gettext as _, number
from monitor.model.search import Results, SearchHit, Trend
from monitor.model.watchlist import Severity
from monitor.presentation.spans import Line, fit_line
from tui.data.newsroom import NewsroomModel
from tui.view.search import OfferedRow, result_row
from tui.view.trends import trend_lines
from tui.widgets.line_list import LineList
from tui.widgets.reader import ScrollText


class ResultList(LineList):
    """Articles in the order of the search, page by page; below them queries that are offered."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(id="stream")
        self.border_title = _("Archive")
        self._clock, self._zone = newsroom.clock, newsroom.zone
        self._hits: list[SearchHit] = []
        self._severities: dict[int, Severity] = {}
        self._offers: Sequence[OfferedRow] = ()
        """Queries below the results."""
        self.next_page = ""
        """Cursor of the next page; empty when every result is listed."""

    # --- rows ---------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._hits) + len(self._offers)

    @property
    def has_more(self) -> bool:
        return bool(self.next_page)

    @property
    def hit(self) -> SearchHit | None:
        return self._hits[self.cursor] if self.cursor < len(self._hits) else None

    @property
    def offered_query(self) -> str:
        """The query that is offered under the cursor; empty on headings and results."""
        index = self.cursor - len(self._hits)
        return self._offers[index].query if 0 <= index < len(self._offers) else ""

    def offer(self, rows: Sequence[OfferedRow]) -> None:
        """Offer queries, below the results if there are some."""
        self._offers = rows
        if rows and not self._hits:
            self.cursor = 1
        self.update_row_count()

    def show_results(self, results: Results = Results((), 0)) -> None:
        """List other results, from the first."""
        self._hits, self._offers, self._severities = list(results.hits), (), {}
        self.next_page = results.next
        self.cursor = 0
        self.update_row_count()
        self.scroll_to(y=0, animate=False, force=True)
        self._show_count(results.total)
        self.post_message(self.Highlighted(self))

    def add_page(self, results: Results) -> None:
        """Add the next page below; nothing on the screen moves."""
        self._hits += results.hits
        self.next_page = results.next
        self.update_row_count()
        self._show_count(results.total)

    def add_severities(self, severities: Mapping[int, Severity]) -> None:
        """Mark the articles that raised alerts with the highest severity of these."""
        self._severities |= severities
        self.refresh()

    def _show_count(self, total: int) -> None:
        loaded = len(self._hits)
        text = _("{shown} of {total}", shown=number(loaded), total=number(total))
        self.border_subtitle = Content(text if loaded < total else "")

    # --- painting -----------------------------------------------------------------

    def row_line(self, row: int, cells: int) -> Line:
        if row >= len(self._hits):
            return fit_line(self._offers[row - len(self._hits)].line, cells)
        hit = self._hits[row]
        severity = self._severities.get(hit.article.id)
        return result_row(hit, severity, cells, self._clock(), self._zone)


LOW, HIGH = 1, 3
"""Lines of the bars on screens of fewer than `TALL` lines, and of more."""
TALL = 34
SHORT = 16
"""Lines that a screen must have to show the chart at all."""


class TrendChart(ScrollText, can_focus=False):
    """Articles over time as bars."""

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__(id="trend")
        self._zone = zone
        self.display = False

    def show(self, trend: Trend | None) -> None:
        """Show a trend; hide the chart without a trend or with fewer than two articles."""
        lines = self.app.size.height
        self.display = False
        if trend is not None and trend.series and trend.series[0].total > 1 and lines >= SHORT:
            rows, zone = HIGH if lines >= TALL else LOW, self._zone
            self.update(lambda cells: trend_lines(trend, cells, rows, zone))
            self.display = True
            self.refresh(layout=True)
