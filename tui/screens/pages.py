"""Pages over the main screen: the briefing, the coverage gaps, an alert about no article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.alert import UNUSUAL, Alert
from monitor.model.search import Filter
from monitor.presentation.spans import wrap
from tui.screens.dialogs import PageDialog
from tui.screens.panes import PaneScreen
from tui.view.alerts import unusual_page
from tui.view.article import standing_lines
from tui.view.feeds import WEEK, FeedBackground, feed_page, gaps_page
from tui.view.pages import briefing_page
from tui.widgets.reader import TextLayout

if TYPE_CHECKING:
    from monitor.storage.store.sql.alert_views import AlertViews

BRIEFING_SECONDS = 86_400.0
"""Seconds that the briefing covers."""


async def show_briefing(screen: PaneScreen) -> None:
    """Show the stories of the last day by watchlist, and the gaps of feeds."""
    newsroom = screen.newsroom
    since = newsroom.clock() - BRIEFING_SECONDS
    briefing = await screen.ask(newsroom.service.briefing, since)
    if briefing is not None:
        zone = newsroom.zone
        page = PageDialog(_("Briefing"), lambda cells: briefing_page(briefing, cells, zone))
        screen.app.push_screen(page)


async def show_gaps(screen: PaneScreen) -> None:
    """Show the coverage gaps of the last week, and the watchlists that they affect."""
    newsroom = screen.newsroom
    service, now, zone = newsroom.service, newsroom.clock(), newsroom.zone
    gaps = await screen.ask(service.views.feeds.gaps, now - WEEK, now)
    coverage = await screen.ask(service.health.coverage, now - WEEK)
    if gaps is not None and coverage is not None:
        page = PageDialog(
            _("Coverage gaps"), lambda cells: gaps_page(gaps, coverage, cells, now, zone)
        )
        screen.app.push_screen(page)


STORIES_SHOWN = 12
"""Most stories of a watchlist that are listed below an alert about it."""


async def alert_page(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the page of an alert: its triage, then its feed or watchlist."""
    views, zone = screen.newsroom.service.views, screen.newsroom.zone
    decisions = await screen.ask(views.triage.decisions, alert.id)
    last = {alert.id: decisions[-1]} if decisions else {}
    deliveries = await screen.ask(views.deliveries.of_alerts, [alert.id]) or {}
    layout = await (_page_of_watchlist if alert.kind in UNUSUAL else _page_of_feed)(screen, alert)
    return lambda cells: [*standing_lines([alert], last, deliveries, cells, zone), *layout(cells)]


async def _page_of_feed(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the alert, and its feed with its last polls."""
    newsroom, now = screen.newsroom, screen.newsroom.clock()
    feed = next((f for f in newsroom.feeds if f.feed.name == alert.feed), None)
    if feed is None:
        return lambda cells: wrap(line(alert.title), cells, "title")
    polls = await screen.ask(newsroom.service.views.feeds.polls, feed.feed.url) or []
    return lambda cells: [
        *wrap(line(alert.title), cells, "title"),
        [],
        *feed_page(feed, FeedBackground(polls=polls), cells, now, newsroom.zone),
    ]


async def _page_of_watchlist(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the alert, and the last stories of its watchlist."""
    newsroom, now = screen.newsroom, screen.newsroom.clock()
    stories = await screen.ask(_last_stories, newsroom.service.views.alerts, alert) or []
    return lambda cells: unusual_page(alert, stories, cells, now, newsroom.zone)


def _last_stories(views: AlertViews, alert: Alert) -> list[Alert]:
    """Return the last stories of a watchlist before an alert about it, the newest first."""
    filter = Filter(watchlists=(alert.watchlist,), until=alert.raised_at, closed=True)
    alerts = views.get(views.ids(filter, limit=4 * STORIES_SHOWN)[::-1])
    stories = {alert.story_alert: alert for alert in alerts if alert.article is not None}
    return list(stories.values())[:STORIES_SHOWN]
