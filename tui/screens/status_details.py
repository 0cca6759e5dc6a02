"""What each part of the status line opens, by a click on it or from a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.analysis.text_cleaning import line
from monitor.formatting import counted
from monitor.model.feed import Health
from monitor.model.status import Status
from tui.screens.dialogs import Dialog
from tui.view import times
from tui.view.status_bar import watching
from tui.view.styled_text import Line, wrap
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.data.newsroom import NewsroomModel
    from tui.screens.panes import Panes


def listed(status: Status, newsroom: NewsroomModel) -> Iterator[tuple[str, Line]]:
    """Yield the name of each part, and what it is in words."""
    words, ink = watching(status, newsroom.clock())
    yield "monitor", [("Monitor      ", "quiet"), (words, ink)]
    yield "untriaged", [("Untriaged    ", "quiet"), (counted(status.untriaged, "alert"), "plain")]
    feeds = ", ".join(f"{n} {health}" for health, n in status.feeds.items() if n) or "none"
    yield "feeds", [("Feeds        ", "quiet"), (feeds, "plain")]
    gaps = sum(status.gaps.values())
    missing = (
        f"{status.blind} now; {counted(gaps, 'feed')} may have missed articles in the last day"
    )
    yield "blind", [("Blind        ", "quiet"), (missing, "late" if status.blind else "plain")]
    unsent = f"{status.unsent} on their way, {status.dead} given up"
    yield "deliveries", [("Deliveries   ", "quiet"), (unsent, "bad" if status.dead else "plain")]
    error = line(status.config_error)
    yield (
        "rules",
        [
            ("feeds.yaml   ", "quiet"),
            (f"not in force: {error}", "bad") if error else ("in force", "plain"),
        ],
    )
    yield "mutes", [("Muted        ", "quiet"), (counted(len(status.mutes), "watchlist"), "plain")]


def monitor_page(newsroom: NewsroomModel) -> Callable[[int], list[Line]]:
    """Return what is known of the monitor as a page."""
    status, now, zone = newsroom.status, newsroom.clock(), newsroom.zone

    def page(cells: int) -> list[Line]:
        if status is None:
            return wrap("Nothing is known yet.", cells, "plain")
        words, ink = watching(status, now)
        lines = wrap(words, cells, ink)
        if status.monitor is None:
            lines += wrap("Nobody polls and nothing is raised. `tocsin` starts it.", cells, "plain")
        else:
            lines += wrap(f"pid {status.monitor.pid}", cells, "plain")
            lines += wrap(f"since {times.full(status.monitor.since, zone)}", cells, "plain")
            lines += wrap(f"reads {line(status.monitor.config)}", cells, "plain")
        if status.network_down:
            lines += wrap(f"network: {line(status.network_down)}", cells, "bad")
        if status.log:
            lines += wrap(f"log: {line(status.log)}", cells, "quiet")
        searchable = f"{status.indexed:,} of {counted(status.articles, 'article')} can be searched"
        return [*lines, [], *wrap(searchable, cells, "plain")]

    return page


def open_part(screen: Panes, name: str) -> None:
    """Open what a part of the status line tells of."""
    from tui.screens.main import MainScreen

    desk = next((each for each in screen.app.screen_stack if isinstance(each, MainScreen)), None)
    match name:
        case "monitor":
            screen.app.push_screen(StatusPage("The monitor", monitor_page(screen.newsroom)))
        case "deliveries":
            from tui.screens.deliveries import UnsentDeliveries

            screen.app.push_screen(UnsentDeliveries(screen.newsroom))
        case "rules":
            screen.run_worker(screen.run_action("edit_file"), group="edit", exclusive=True)
        case "feeds" | "blind":
            from tui.screens.feeds import FeedsScreen

            if not isinstance(screen, FeedsScreen):
                worst = next((f for f in screen.newsroom.feeds if _meant(f.health, name)), None)
                screen.app.push_screen(FeedsScreen(screen.newsroom, worst))
        case _ if desk is not None:
            while not isinstance(screen.app.screen, MainScreen):
                screen.app.pop_screen()
            desk.open_here(name)


def _meant(health: Health, name: str) -> bool:
    bad = (Health.FAILING, Health.GONE, Health.LATE, Health.SILENT)
    return health is Health.BLIND if name == "blind" else health in bad


class StatusPage(Dialog[None]):
    """A page in a frame."""

    def __init__(self, title: str, page: Callable[[int], list[Line]]) -> None:
        super().__init__(title, ScrollText(page))


async def ask_for_part(screen: Panes) -> None:
    """Show the parts of the status line in words, and open the chosen one."""
    from tui.screens.dialogs import Choice

    status = await screen.answer(screen.newsroom.service.status)
    if status is None:
        return
    names, lines = zip(*listed(status, screen.newsroom), strict=True)

    def chosen(row: int | None) -> None:
        if row is not None:
            open_part(screen, names[row])

    screen.app.push_screen(Choice("The newsroom; enter opens", list(lines)), chosen)
