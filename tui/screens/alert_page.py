"""What the reader shows of an alert that is about a feed or a watchlist, and no article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.base.text_cleaning import line
from monitor.model.alert import UNUSUAL, Alert
from monitor.model.search import Filter
from monitor.presentation.spans import wrap
from tui.view.alerts import unusual_page
from tui.view.article import standing_lines
from tui.view.feeds import feed_page

if TYPE_CHECKING:
    from monitor.storage.store.sql.alert_views import AlertViews
    from tui.screens.panes import PaneScreen
    from tui.widgets.scroll_text import TextLayout

STORIES_SHOWN = 12
"""Stories of a watchlist that are listed below an alert about it."""


async def alert_page(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the page of an alert: what is known of it, then what it is about."""
    views, zone = screen.newsroom.service.views, screen.newsroom.zone
    decided = await screen.ask(views.triage.decisions, alert.id)
    last = {alert.id: decided[-1]} if decided else {}
    sent = await screen.ask(views.deliveries.of_alerts, [alert.id]) or {}
    about = await (_page_of_watchlist if alert.kind in UNUSUAL else _page_of_feed)(screen, alert)
    return lambda cells: [*standing_lines([alert], last, sent, cells, zone), *about(cells)]


async def _page_of_feed(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the alert, and its feed with its last polls."""
    newsroom, now = screen.newsroom, screen.newsroom.clock()
    feed = next((each for each in newsroom.feeds if each.feed.name == alert.feed), None)
    if feed is None:
        return lambda cells: wrap(line(alert.title), cells, "title")
    polls = await screen.ask(newsroom.service.views.feeds.polls, feed.feed.url) or []
    return lambda cells: [
        *wrap(line(alert.title), cells, "title"),
        [],
        *feed_page(feed, polls, cells, now, newsroom.zone),
    ]


async def _page_of_watchlist(screen: PaneScreen, alert: Alert) -> TextLayout:
    """Return the alert, and the last stories of its watchlist."""
    newsroom, now = screen.newsroom, screen.newsroom.clock()
    stories = await screen.ask(_last_stories, newsroom.service.views.alerts, alert) or []
    return lambda cells: unusual_page(alert, stories, cells, now, newsroom.zone)


def _last_stories(views: AlertViews, alert: Alert) -> list[Alert]:
    """Return the last stories of a watchlist before an alert about it, the newest first."""
    filter = Filter(watchlists=(alert.watchlist,), until=alert.raised_at, closed=True)
    found = views.get(views.ids(filter, limit=4 * STORIES_SHOWN)[::-1])
    stories = {one.story_alert: one for one in found if one.article is not None}
    return list(stories.values())[:STORIES_SHOWN]
