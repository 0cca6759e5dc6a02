"""The bell: rings the terminal, and notifies the desktop, for alerts of high severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line, truncate
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert
from monitor.model.search import Filter
from monitor.model.shown_names import list_name
from monitor.model.watchlist import Severity
from tui.data.newsroom import NewsroomModel

MIN_INTERVAL = 10.0
"""Seconds between two rings; the next ring counts the alerts that arrive in between."""
_MAX_CELLS = 120
"""Width of a notification's text, in cells."""
_HIGH = Filter(severities=(Severity.HIGH,))
_BELL = "\x07"
_END = "\x1b\\"


class Bell:
    """Finds the alerts to ring for: those raised or escalated since it was created."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        self._newsroom = newsroom
        self._checked: tuple[int, int] | None = None
        """Newest alert and newest escalation at the last check."""
        self._last_ring: Timestamp | None = None

    async def new_alerts(self) -> list[Alert]:
        """Return the alerts to ring for now, the newest last; raises StoreError."""
        now = self._newsroom.clock()
        if self._last_ring is not None and 0 <= now - self._last_ring < MIN_INTERVAL:
            return []
        self._checked, alerts = await self._newsroom.ask(self._read_since, self._checked)
        if alerts:
            self._last_ring = now
        return alerts

    def _read_since(self, checked: tuple[int, int] | None) -> tuple[tuple[int, int], list[Alert]]:
        service = self._newsroom.service
        version = service.views.version()
        newest = version.alert, version.escalation
        if checked is None or newest == checked:
            return newest, []
        ids = set(service.views.alerts.ids(_HIGH, after=checked[0]))
        ids |= {row.alert for row in service.views.alerts.escalated(_HIGH, after=checked[1])}
        return newest, [
            alert for alert in service.views.alerts.get(sorted(ids)) if not alert.suppressed
        ]


def bell_text(alerts: Sequence[Alert]) -> str:
    """Return one clean line about some alerts, the newest last."""
    newest = alerts[-1]
    suffix = f" (+{len(alerts) - 1})" if len(alerts) > 1 else ""
    text = _("{name}: {text}", name=list_name(newest.watchlist), text=newest.title or newest.feed)
    return truncate(line(text), _MAX_CELLS) + suffix


def bell_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return the bell, and before it the escape sequence of a desktop notification, if known.

    kitty, foot, WezTerm, iTerm2, Ghostty and Windows Terminal have OSC 9. tmux passes it on only
    with `allow-passthrough on`, but always the bell.
    """
    program = environ.get("TERM_PROGRAM", "") + environ.get("LC_TERMINAL", "")
    variables = ("KITTY_WINDOW_ID", "WEZTERM_PANE", "WT_SESSION")
    notification = ""
    if (
        any(name in environ for name in variables)
        or any(name in program for name in ("iTerm", "ghostty", "WezTerm"))
        or environ.get("TERM", "").startswith(("xterm-kitty", "foot"))
    ):
        notification = f"\x1b]9;tocsin: {line(text)}{_END}"  # not a message
    if notification and environ.get("TMUX"):
        notification = "\x1bPtmux;" + notification.replace("\x1b", "\x1b\x1b") + _END
    return notification + _BELL
