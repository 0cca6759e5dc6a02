"""The details of each part of the status bar, opened by a click on it or from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import articles, behind_since, shown_title, span, stories
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext, number
from monitor.model.delivery import UNSENT, Delivery, DeliveryState
from monitor.model.feed import Health
from monitor.model.recall import Recall
from monitor.model.shown_names import describe_overdue, list_name
from monitor.model.status import Status
from monitor.presentation import times
from monitor.presentation.recall import describe_recall
from monitor.presentation.spans import Line, fit, wrap
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.screens.dialogs import ChoiceList, Dialog, NewsroomScreen, PageDialog, choose
from tui.screens.pages import show_gaps
from tui.screens.panes import PaneScreen
from tui.view.status import monitor_state
from tui.widgets.line_list import LineList


def status_rows(
    status: Status, recall: Recall | None, newsroom: NewsroomModel
) -> Iterator[tuple[str, Line]]:
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
    if recall is not None:
        yield "gaps", _row(_("Coverage"), describe_recall(recall))
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
    """Return a layout of the facts about the monitor."""
    status, now, zone = newsroom.status, newsroom.clock(), newsroom.zone
    facts: list[tuple[str, str]] = [(_("The status is not known yet."), "plain")]
    if status is not None:
        facts = [monitor_state(status, now), *_monitor_facts(status, zone)]
    return lambda cells: [row for text, style in facts for row in wrap(line(text), cells, style)]


def _monitor_facts(status: Status, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    if status.elsewhere:
        for monitor in status.elsewhere:
            buckets = ngettext("{count} bucket", "{count} buckets", monitor.buckets)
            yield _("{name} has {buckets}", name=monitor.name, buckets=buckets), "plain"
    elif status.monitor is None:
        yield _("No feed is polled and no alert is raised. ! starts the monitor."), "plain"
    else:
        yield _("pid {pid}", pid=status.monitor.pid), "plain"
        since = behind_since(times.full(status.monitor.since, zone))
        yield _("since {time}", time=since), "plain"
        yield _("reads {file}", file=status.monitor.config), "plain"
        if status.no_vectors:
            yield _("does not find similar articles: {reason}", reason=status.no_vectors), "quiet"
    for monitor in status.overdue:
        yield describe_overdue(monitor), "bad"
    if status.store_damage:
        yield _("store: {damage}", damage=status.store_damage), "bad"
    if status.index_waits:
        yield status.index_waits, "bad"
    if status.network_down:
        yield status.network_down, "bad"
    if status.log:
        yield _("log: {file}", file=status.log), "quiet"
    indexed, count = number(status.indexed), articles(status.articles)
    yield _("{indexed} of {articles} are indexed", indexed=indexed, articles=count), "plain"


def open_part(screen: PaneScreen, name: str) -> None:
    """Open the details of a part of the status bar."""
    app = screen.app
    match name:
        case "monitor":
            app.push_screen(PageDialog(_("The monitor"), monitor_page(screen.newsroom)))
        case "deliveries":
            app.push_screen(DeliveriesDialog(screen))
        case "rules":
            screen.run_worker(screen.run_action("edit_file"), group="edit", exclusive=True)
        case "feeds":
            urls = (feed.feed.url for feed in screen.newsroom.feeds if feed.health in _BAD)
            open_feeds(screen, next(urls, ""))
        case "gaps":
            screen.run_worker(show_gaps(screen), group="coverage_gaps", exclusive=True)
        case _:
            app.run_worker(app.run_action(f"app.show_on_main('{name}')"), group="main")


_BAD = (Health.FAILING, Health.GONE, Health.LATE, Health.SILENT, Health.QUARANTINED)
"""States of feeds; the list of feeds opens at the first feed in one of them."""


def open_feeds(screen: PaneScreen, url: str) -> None:
    """Open the screen of the feeds, with the cursor on the one at an address."""
    from tui.screens.feeds import FeedsScreen

    if not isinstance(screen, FeedsScreen):
        screen.app.push_screen(FeedsScreen(screen.newsroom, url))


async def choose_part(screen: PaneScreen) -> None:
    """Show the details of the status bar, and open the chosen part."""
    health = screen.newsroom.service.health
    status = await screen.ask(health.status)
    if status is None:
        return
    recall = await screen.ask(health.recall_of_the_day)
    names, lines = zip(*status_rows(status, recall, screen.newsroom), strict=True)

    title = _("The newsroom; enter opens")
    choose(screen, title, lines, names, lambda name: open_part(screen, name))


# --- deliveries -----------------------------------------------------------------------

_STATE_GLYPHS = {
    DeliveryState.WAITING: (signs.NOT_YET, "quiet"),
    DeliveryState.DEAD: (signs.FAILED, "bad"),
}


def delivery_line(delivery: Delivery, title: str, now: Timestamp, cells: int) -> Line:
    """Return a delivery on one line: its channel, its alert, and why it is not sent."""
    glyph, style = _STATE_GLYPHS.get(delivery.state, (signs.OK, "ok"))
    channel = min(16, max(8, cells // 6))
    status = delivery_status(delivery, now)
    status_cells = min(len(status), cells // 2)
    if delivery.briefing is not None:
        title = _("briefing: {name}", name=delivery.why.rpartition(" ")[0])
    return [
        (f"{glyph} ", style),
        (fit(delivery.channel, channel), "list"),
        (" ", ""),
        (fit(title, max(1, cells - channel - status_cells - 5)), "plain"),
        ("  ", ""),
        (fit(status, status_cells), style),
    ]


def delivery_status(delivery: Delivery, now: Timestamp) -> str:
    """Return the reason why a delivery is not sent, and the time of the next attempt."""
    parts = [line(delivery.reason)] if delivery.reason else []
    if delivery.attempts:
        parts.append(_("tried {count}×", count=delivery.attempts))
    if delivery.state is DeliveryState.DEAD:
        parts.append(_("given up"))
    else:
        due = delivery.due - now
        parts.append(_("due now") if due <= 0 else _("due in {time}", time=span(due)))
    return ", ".join(parts)


class DeliveriesDialog(Dialog[None]):
    """A list of deliveries; enter or r retries the one under the cursor, R all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("r", "retry", "Send this one again now"),
        bind("R", "retry_all", "Send all that failed again"),
    ]

    def __init__(self, screen: NewsroomScreen) -> None:
        """Set the dialog up; it asks over a screen, which shows the errors."""
        self._screen = screen
        self._deliveries: Sequence[Delivery] = ()
        empty = _("No delivery waits, and none has failed.")
        self._list = ChoiceList(lambda cells: [], empty=empty)
        super().__init__(_("Deliveries"), self._list)
        self._list.border_subtitle = _("r: retry  R: all  esc: close")

    def on_mount(self) -> None:
        """Show the deliveries, and read them again every two seconds."""
        self.set_interval(2.0, self._read_soon)
        self._read_soon()

    async def on_line_list_selected(self, message: LineList.Selected) -> None:
        """Retry the delivery as the key does: a read-only dashboard refuses that action."""
        message.stop()
        await self.run_action("retry")

    def _read_soon(self) -> None:
        self.run_worker(self.read_deliveries(), group="look", exclusive=True)

    async def read_deliveries(self) -> None:
        """Read the deliveries that are not sent; the newest come first."""
        views, now = self._screen.newsroom.service.views, self._screen.newsroom.clock()
        deliveries = await self._screen.ask(views.deliveries.newest, UNSENT, limit=500) or []
        ids = [delivery.alert for delivery in deliveries]
        alerts = await self._screen.ask(views.alerts.get, ids)
        if alerts is None or not self.is_attached:
            return
        self._deliveries = deliveries[::-1]
        titles = {
            a.id: _("{name}: {text}", name=list_name(a.watchlist), text=shown_title(a.title))
            for a in alerts
        }
        self._list.show(
            lambda cells: [
                delivery_line(d, titles.get(d.alert, _("(deleted)")), now, cells)
                for d in self._deliveries
            ]
        )

    def action_retry(self) -> None:
        """Retry the delivery under the cursor."""
        if self._deliveries:
            delivery = self._deliveries[self._list.cursor]
            self.run_worker(self._retry([delivery.id]), group="retry")

    def action_retry_all(self) -> None:
        """Retry every delivery that has failed."""
        self.run_worker(self._retry(None), group="retry")

    async def _retry(self, ids: list[int] | None) -> None:
        newsroom = self._screen.newsroom
        retry = newsroom.service.views.deliveries.retry
        count = await self._screen.ask(retry, ids, newsroom.clock())
        if count is None:
            return
        is_stopped = newsroom.status is not None and not newsroom.status.is_watched
        text = ngettext("{count} due now", "{count} due now", count)
        if is_stopped:
            text = ngettext(
                "{count} due now; ! starts the monitor",
                "{count} due now; ! starts the monitor",
                count,
            )
        self._screen.show_message(text, error=is_stopped or not count)
        await self.read_deliveries()
