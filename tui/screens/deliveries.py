"""Deliveries to channels that wait or have failed, with the reasons; they can be retried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.formatting import shown_title, span
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.model.alert import Alert
from monitor.model.delivery import UNSENT, Delivery, DeliveryState
from monitor.presentation.spans import Line, fit
from tui.data.newsroom import NewsroomModel
from tui.key_labels import bind
from tui.screens.dialogs import Dialog
from tui.widgets.line_list import LineList

_STATE_GLYPHS = {
    DeliveryState.WAITING: (signs.NOT_YET, "quiet"),
    DeliveryState.DEAD: (signs.FAILED, "bad"),
}


class DeliveryList(LineList):
    """A row for each delivery: its channel, its alert, and why it is not sent."""

    def __init__(self) -> None:
        super().__init__()
        self._deliveries: Sequence[Delivery] = ()
        self._titles: dict[int, str] = {}
        self._now: Timestamp = 0.0

    @property
    def row_count(self) -> int:
        return len(self._deliveries)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of rows, or one line for the empty list."""
        return max(1, self.row_count)

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor."""
        return self._deliveries[self.cursor] if self._deliveries else None

    def update(
        self, deliveries: Sequence[Delivery], alerts: Sequence[Alert], now: Timestamp
    ) -> None:
        """Show deliveries, the newest first.

        Args:
            deliveries: The deliveries, the oldest first.
            alerts: Their alerts.
            now: The present time.
        """
        self._deliveries = list(reversed(deliveries))
        self._titles = {
            a.id: _("{name}: {text}", name=a.watchlist, text=shown_title(a.title)) for a in alerts
        }
        self._now = now
        self.update_row_count()
        if self.parent is not None:
            self.refresh(layout=True)

    def row_line(self, row: int, cells: int) -> Line:
        delivery = self._deliveries[row]
        glyph, style = _STATE_GLYPHS.get(delivery.state, (signs.OK, "ok"))
        channel = min(16, max(8, cells // 6))
        status = delivery_status(delivery, self._now)
        status_cells = min(len(status), cells // 2)
        title = self._titles.get(delivery.alert, _("(deleted)"))
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

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown when everything is sent."""
        return [[(f" {_('No delivery waits, and none has failed.')}", "quiet")]]


def delivery_status(delivery: Delivery, now: Timestamp) -> str:
    """Return why a delivery is not sent, and when the next attempt is."""
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

    def __init__(self, newsroom: NewsroomModel) -> None:
        self._newsroom = newsroom
        self._list = DeliveryList()
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
        """Read the deliveries that are not sent."""
        newsroom = self._newsroom
        try:
            views = newsroom.service.views
            deliveries = await newsroom.ask(views.deliveries.newest, UNSENT, limit=500)
            ids = [delivery.alert for delivery in deliveries]
            alerts = await newsroom.ask(views.alerts.get, ids)
        except MonitorError as error:
            self.app.notify(line(str(error)), severity="warning", markup=False)
            return
        if self.is_attached:
            self._list.update(deliveries, alerts, newsroom.clock())

    def action_retry(self) -> None:
        """Retry the delivery under the cursor."""
        delivery = self._list.delivery
        if delivery is not None:
            self.run_worker(self._retry([delivery.id]), group="retry")

    def action_retry_all(self) -> None:
        """Retry every delivery that has failed."""
        self.run_worker(self._retry(None), group="retry")

    async def _retry(self, ids: list[int] | None) -> None:
        newsroom = self._newsroom
        try:
            count = await newsroom.ask(
                newsroom.service.views.deliveries.retry, ids, newsroom.clock()
            )
        except MonitorError as error:
            text, warning = line(str(error)), True
        else:
            stopped = newsroom.status is not None and not newsroom.status.is_watched
            if stopped:
                text = ngettext(
                    "{count} due now; `tocsin` starts the monitor",
                    "{count} due now; `tocsin` starts the monitor",
                    count,
                )
            else:
                text = ngettext("{count} due now", "{count} due now", count)
            warning = stopped or not count
        self.app.notify(text, severity="warning" if warning else "information", markup=False)
        await self.read_deliveries()
