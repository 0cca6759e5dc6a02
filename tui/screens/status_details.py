"""What each part of the status bar opens, by a click on it or from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.base.formatting import articles, stories
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.model.feed import Health
from monitor.model.status import Status
from monitor.presentation import times
from monitor.presentation.spans import Line, wrap
from tui.data.newsroom import NewsroomModel
from tui.screens.deliveries import DeliveriesDialog
from tui.screens.dialogs import ChoiceDialog, PageDialog
from tui.screens.feeds import FeedsScreen, show_gaps
from tui.screens.panes import PaneScreen
from tui.view.status import monitor_state


def status_rows(status: Status, newsroom: NewsroomModel) -> Iterator[tuple[str, Line]]:
    """Yield the name of each part of the status bar, and its details as a line."""
    words, style = monitor_state(status, newsroom.clock())
    yield "monitor", _row(_("Monitor"), words, style)
    if status.network_down:
        yield "monitor", _row(_("Network"), line(status.network_down), "bad")
    yield "untriaged", _row(_("New"), stories(status.untriaged))
    if status.silenced:
        yield "silenced", _row(_("Silenced"), stories(status.silenced))
    feeds = ", ".join(f"{n} {health.label}" for health, n in status.feeds.items() if n)
    yield "feeds", _row(_("Feeds"), feeds or _("none"))
    gaps = ngettext(
        "{count} feed may have missed articles in the last day",
        "{count} feeds may have missed articles in the last day",
        status.incomplete,
    )
    yield "gaps", _row(_("Gaps"), gaps, "late" if status.incomplete else "plain")
    unsent = _(
        "{waiting} waiting, {failed} failed",
        waiting=number(status.unsent),
        failed=number(status.dead),
    )
    yield "deliveries", _row(_("Deliveries"), unsent, "bad" if status.dead else "plain")
    error = line(status.config_error)
    rules = _("not loaded: {error}", error=error) if error else _("loaded")
    yield "rules", _row("feeds.yaml", rules, "bad" if error else "plain")
    silenced = ngettext("{count} watchlist", "{count} watchlists", len(status.silences))
    yield "silences", _row(_("Silences"), silenced)


def _row(label: str, text: str, style: str = "plain") -> Line:
    return [(f"{label:<13}", "quiet"), (text, style)]


def monitor_page(newsroom: NewsroomModel) -> Callable[[int], list[Line]]:
    """Return a layout of what is known of the monitor."""
    status, now, zone = newsroom.status, newsroom.clock(), newsroom.zone

    def page(cells: int) -> list[Line]:
        if status is None:
            return wrap(_("The status is not known yet."), cells, "plain")
        words, style = monitor_state(status, now)
        lines = wrap(words, cells, style)
        if status.elsewhere:
            for monitor in status.elsewhere:
                buckets = ngettext("{count} bucket", "{count} buckets", monitor.buckets)
                words = _("{name} has {buckets}", name=line(monitor.name), buckets=buckets)
                lines += wrap(words, cells, "plain")
        elif status.monitor is None:
            text = _("No feed is polled and no alert is raised. `tocsin` starts the monitor.")
            lines += wrap(text, cells, "plain")
        else:
            since = times.full(status.monitor.since, zone)
            lines += wrap(_("pid {pid}", pid=status.monitor.pid), cells, "plain")
            lines += wrap(_("since {time}", time=since), cells, "plain")
            config = line(status.monitor.config)
            lines += wrap(_("reads {file}", file=config), cells, "plain")
            if status.no_vectors:
                why = line(status.no_vectors)
                lines += wrap(_("makes no vectors: {reason}", reason=why), cells, "quiet")
        if status.store_damage:
            damage = line(status.store_damage)
            lines += wrap(_("store: {damage}", damage=damage), cells, "bad")
        if status.network_down:
            lines += wrap(line(status.network_down), cells, "bad")
        if status.log:
            lines += wrap(_("log: {file}", file=line(status.log)), cells, "quiet")
        indexed = _(
            "{indexed} of {articles} are indexed",
            indexed=number(status.indexed),
            articles=articles(status.articles),
        )
        return [*lines, [], *wrap(indexed, cells, "plain")]

    return page


def open_part(screen: PaneScreen, name: str) -> None:
    """Open what a part of the status bar is about."""
    app = screen.app
    match name:
        case "monitor":
            app.push_screen(PageDialog(_("The monitor"), monitor_page(screen.newsroom)))
        case "deliveries":
            app.push_screen(DeliveriesDialog(screen.newsroom))
        case "rules":
            screen.run_worker(screen.run_action("edit_file"), group="edit", exclusive=True)
        case "feeds":
            if not isinstance(screen, FeedsScreen):
                feeds = screen.newsroom.feeds
                worst = next((feed for feed in feeds if feed.health in _BAD), None)
                app.push_screen(FeedsScreen(screen.newsroom, worst))
        case "gaps":
            screen.run_worker(show_gaps(screen), group="coverage_gaps", exclusive=True)
        case _:
            app.run_worker(app.run_action(f"app.show_on_main('{name}')"), group="main")


_BAD = (Health.FAILING, Health.GONE, Health.LATE, Health.SILENT, Health.QUARANTINED)
"""What the list of feeds is opened for."""


async def choose_part(screen: PaneScreen) -> None:
    """Show the details of the status bar, and open the chosen part."""
    status = await screen.ask(screen.newsroom.service.status)
    if status is None:
        return
    names, lines = zip(*status_rows(status, screen.newsroom), strict=True)

    def on_choice(row: int | None) -> None:
        if row is not None:
            open_part(screen, names[row])

    screen.app.push_screen(ChoiceDialog(_("The newsroom; enter opens"), list(lines)), on_choice)
