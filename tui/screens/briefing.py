"""The briefing of the last day, in the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.base.translation import gettext as _
from tui.screens.dialogs import PageDialog
from tui.view.briefing import briefing_page

if TYPE_CHECKING:
    from tui.screens.panes import PaneScreen

BRIEFING_SECONDS = 86_400.0
"""Seconds that the briefing is about."""


async def show_briefing(screen: PaneScreen) -> None:
    """Show what the last day brought, by watchlist, and what may be missing."""
    newsroom = screen.newsroom
    since = newsroom.clock() - BRIEFING_SECONDS
    briefing = await screen.ask(newsroom.service.briefing, since)
    if briefing is not None:
        zone = newsroom.zone
        page = PageDialog(_("Briefing"), lambda cells: briefing_page(briefing, cells, zone))
        screen.app.push_screen(page)
