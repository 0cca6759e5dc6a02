"""The page of the trends: a chart of each watchlist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.base.translation import gettext as _
from monitor.model.search import Filter, Trend
from monitor.model.watchlist import FEED_HEALTH
from tui.screens.dialogs import PageDialog
from tui.view.search import facet_clause
from tui.view.trends import trends_page

if TYPE_CHECKING:
    from tui.data.newsroom import NewsroomModel
    from tui.screens.panes import PaneScreen

TREND_SECONDS = 30 * 86_400.0
"""Seconds that the charts are about."""
MOST_CHARTS = 50
"""Watchlists of which there is a chart, in the order of feeds.yaml: each costs a query."""


async def show_trends(screen: PaneScreen) -> None:
    """Show how many articles with an alert each watchlist had on each of the last 30 days."""
    newsroom = screen.newsroom
    names = [count.name for count in newsroom.watchlists if count.name != FEED_HEALTH]
    clauses = [(name, facet_clause("watch", name)) for name in names]
    charted = [(name, clause) for name, clause in clauses if clause][:MOST_CHARTS]
    if not charted:
        screen.show_message(_("There is no watchlist yet."))
        return
    charted_names, queries = zip(*charted, strict=True)
    trend = await screen.ask(_trend, newsroom, queries)
    if trend is not None:
        page = PageDialog(
            _("Articles with alerts, in the last 30 days"),
            lambda cells: trends_page(trend, charted_names, cells, newsroom.zone),
        )
        screen.app.push_screen(page)


def _trend(newsroom: NewsroomModel, queries: Sequence[str]) -> Trend:
    since = newsroom.clock() - TREND_SECONDS
    return newsroom.service.statistics.trend(queries, Filter(since=since))
