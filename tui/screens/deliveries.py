"""What is on its way to channels and what was given up, with the reasons; try it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from index.analysis.text_cleaning import line
from index.article import Timestamp
from monitor.formatting import span
from monitor.model.alert import Alert
from monitor.model.delivery import UNSENT, Delivery, DeliveryState
from tui.data.newsroom import NewsroomModel
from tui.messages import Opened
from tui.screens.dialogs import Dialog
from tui.view.styled_text import Line, fit
from tui.widgets.line_list import LineList

_SIGNS = {DeliveryState.WAITING: ("…", "quiet"), DeliveryState.DEAD: ("✗", "bad")}


class Unsent(LineList):
    """A line to a delivery: what it tells of, and why it is not sent."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Sequence[Delivery] = ()
        self._titles: dict[int, str] = {}
        self._now: Timestamp = 0.0

    @property
    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self._found)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines all rows take; nothing is said on one."""
        return max(1, self.row_count)

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor."""
        return self._found[self.cursor] if self._found else None

    def tell(self, found: Sequence[Delivery], alerts: Sequence[Alert], now: Timestamp) -> None:
        """Show these deliveries, the newest first."""
        self._found = list(reversed(found))
        self._titles = {a.id: f"{a.watchlist}: {a.title or '(untitled)'}" for a in alerts}
        self._now = now
        self.resize_rows()
        if self.parent is not None:
            self.refresh(layout=True)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a delivery as a line."""
        one = self._found[row]
        sign, ink = _SIGNS.get(one.state, ("✓", "ok"))
        channel = min(16, max(8, cells // 6))
        why = why_not(one, self._now)
        reason = min(len(why), cells // 2)
        about = self._titles.get(one.alert, "(dropped)")
        return [
            (f"{sign} ", ink),
            (fit(one.channel, channel), "list"),
            (" ", ""),
            (fit(about, max(1, cells - channel - reason - 5)), "plain"),
            ("  ", ""),
            (fit(why, reason), ink),
        ]

    def empty_lines(self, cells: int) -> list[Line]:
        """Return what is shown when everything was sent."""
        return [[(" Nothing waits and nothing was given up.", "quiet")]]


def why_not(one: Delivery, now: Timestamp) -> str:
    """Return why a delivery is not sent, and what comes next."""
    said = [line(one.reason)] if one.reason else []
    if one.attempts:
        said.append(f"tried {one.attempts}×")
    if one.state is DeliveryState.DEAD:
        said.append("given up")
    else:
        said.append("due now" if one.due <= now else f"due in {span(one.due - now)}")
    return ", ".join(said)


class UnsentDeliveries(Dialog[None]):
    """A list of them; enter or r tries the one under the cursor again, R all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Send this one again now"),
        Binding("R", "retry_all", "Send all that failed again"),
    ]

    def __init__(self, newsroom: NewsroomModel) -> None:
        self._newsroom = newsroom
        self._list = Unsent()
        super().__init__("Deliveries", self._list)
        self._list.border_subtitle = "r: try again  R: all  esc: close"

    def on_mount(self) -> None:
        """Show them, and look again now and then."""
        self.set_interval(2.0, self._look_soon)
        self._look_soon()

    async def on_opened(self, message: Opened) -> None:
        """Try the chosen one again, as by its key: a dashboard that only looks refuses both."""
        message.stop()
        await self.run_action("retry")

    def _look_soon(self) -> None:
        self.run_worker(self.look(), group="look", exclusive=True)

    async def look(self) -> None:
        """Read the deliveries that are not sent."""
        from monitor.errors import MonitorError

        room = self._newsroom
        try:
            found = await room.ask(room.service.views.deliveries.newest, UNSENT, limit=500)
            alerts = await room.ask(room.service.views.alerts.get, [one.alert for one in found])
        except MonitorError as error:
            self.app.notify(line(str(error)), severity="warning", markup=False)
            return
        if self.is_attached:
            self._list.tell(found, alerts, room.clock())

    def action_retry(self) -> None:
        """Try the one under the cursor again."""
        one = self._list.delivery
        if one is not None:
            self.run_worker(self._retry([one.id]), group="retry")

    def action_retry_all(self) -> None:
        """Try all again that failed or were given up."""
        self.run_worker(self._retry(None), group="retry")

    async def _retry(self, ids: list[int] | None) -> None:
        from monitor.errors import MonitorError

        room = self._newsroom
        try:
            count = await room.ask(room.service.views.deliveries.retry, ids, room.clock())
        except MonitorError as error:
            said, bad = line(str(error)), True
        else:
            nobody = room.status is not None and room.status.monitor is None
            said = f"{count} due now" + ("; start the monitor with `tocsin`" if nobody else "")
            bad = nobody or not count
        self.app.notify(said, severity="warning" if bad else "information", markup=False)
        await self.look()
