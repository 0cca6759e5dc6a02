"""The bell: tells the analyst's terminal and desktop that something loud has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.analysis.text_cleaning import line, truncate
from index.article import Timestamp
from monitor.model.alert import Alert
from monitor.model.search import Filter
from monitor.model.severity import Severity
from tui.data.newsroom import NewsroomModel

PAUSE = 10.0
"""Seconds between two rings: what comes meanwhile is told by the next one."""
_ROOM = 120
"""Cells of a notification."""
_LOUD = Filter(severities=(Severity.HIGH,))
_BELL = "\x07"
_END = "\x1b\\"


class Bell:
    """Knows what it has rung for; what was there when it was made does not ring."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        self._newsroom = newsroom
        self._heard: tuple[int, int] | None = None
        self._rang: Timestamp | None = None

    async def listen(self) -> list[Alert]:
        """Return the loud alerts to ring for now, the newest last; raises StoreError."""
        now = self._newsroom.clock()
        if self._rang is not None and 0 <= now - self._rang < PAUSE:
            return []
        heard, loud = await self._newsroom.ask(self._since, self._heard)
        self._heard = heard
        if loud:
            self._rang = now
        return loud

    def _since(self, heard: tuple[int, int] | None) -> tuple[tuple[int, int], list[Alert]]:
        ask = self._newsroom.service
        version = ask.views.version()
        now = version.alert, version.escalation
        if heard is None or now == heard:
            return now, []
        ids = set(ask.views.alerts.ids(_LOUD, after=heard[0]))
        ids |= {one.alert for one in ask.views.alerts.escalated(_LOUD, after=heard[1])}
        return now, [alert for alert in ask.views.alerts.get(sorted(ids)) if not alert.suppressed]


def in_words(alerts: Sequence[Alert]) -> str:
    """Return what is said of some loud alerts, in one clean line."""
    newest = alerts[-1]
    more = f" (+{len(alerts) - 1})" if len(alerts) > 1 else ""
    return truncate(line(f"{newest.watchlist}: {newest.title or newest.feed}"), _ROOM) + more


def ringing(text: str, environ: Mapping[str, str]) -> str:
    """Return what to write to the terminal: a bell, and a notification where it knows them.

    OSC 99 is kitty's, OSC 777 that of foot, rxvt and WezTerm, OSC 9 that of iTerm2, Ghostty and
    Windows Terminal. tmux hands them on only with `allow-passthrough on`, the bell always.
    """
    said = line(text)
    note = _notification(said, environ)
    if note and environ.get("TMUX"):
        note = "\x1bPtmux;" + note.replace("\x1b", "\x1b\x1b") + _END
    return note + _BELL


def _notification(said: str, environ: Mapping[str, str]) -> str:
    program = environ.get("TERM_PROGRAM", "") + " " + environ.get("LC_TERMINAL", "")
    term = environ.get("TERM", "")
    if "KITTY_WINDOW_ID" in environ or term == "xterm-kitty":
        return f"\x1b]99;i=tocsin;tocsin: {said}{_END}"
    if "WEZTERM_PANE" in environ or term.startswith(("foot", "rxvt")):
        return f"\x1b]777;notify;tocsin;{said.replace(';', ',')}{_END}"
    known = ("iTerm", "ghostty", "WezTerm")
    if any(name in program for name in known) or "WT_SESSION" in environ:
        return f"\x1b]9;tocsin: {said}{_END}"
    return ""
