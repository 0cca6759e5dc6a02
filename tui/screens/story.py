"""What more there is to an article: other outlets that tell it, and its edits."""

from __future__ import annotations

from tui.screens.article import ArticleScreen
from tui.screens.edits import Edits, found
from tui.screens.outlets import Outlets
from tui.screens.panes import Panes


async def ask_for_outlet(screen: Panes, article: int) -> None:
    """Show who tells the story of an article, and open the one that is chosen."""
    reading = await screen.answer(screen.newsroom.service.read, article)
    if reading is None:
        return
    telling = reading.telling
    if len(telling.outlets) < 2 and not telling.elsewhere:
        screen.tell(f"Only {reading.feed} has this story.")
        return

    def chosen(other: int | None) -> None:
        if other and other != article:
            read_aside(screen, other, [o.article for o in (*telling.outlets, *telling.elsewhere)])

    screen.app.push_screen(Outlets(telling, article, screen.newsroom.zone), chosen)


def read_aside(screen: Panes, article: int, among: list[int]) -> None:
    """Open an article over a screen; on a screen of that kind, in its place."""
    aside = ArticleScreen(screen.newsroom, article, among)
    if isinstance(screen, ArticleScreen):
        screen.app.switch_screen(aside)
    else:
        screen.app.push_screen(aside)


async def show_edits(screen: Panes, article: int) -> None:
    """Show what the edits of an article changed."""
    known = await screen.answer(found, screen.newsroom.service, article)
    if known is not None:
        screen.app.push_screen(Edits(*known, screen.newsroom.zone))
