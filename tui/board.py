"""What a wall shows: who watches, the time, and the latest alerts, large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from index.article import Timestamp
from index.text import line
from monitor.model import Alert, AlertState, Filter, Status, Verdict
from tui import moment
from tui.ink import Line, fit, width, wrap
from tui.pulse import trouble, watching
from tui.rows import SEVERITY, alert_row, mark, tally

FRESH = 60.0
"""Seconds for which an alert stands out."""
LARGE = (60, 16)
"""Cells and lines from which an alert takes more than one line."""
TITLE_LINES = 2

Row = tuple[Line, bool]
"""A line, and whether it stands out."""


def latest(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts as they last asked for attention, the newest first; noise is left out."""
    shown = [alert for alert in alerts if alert.verdict is not Verdict.NOISE]
    return sorted(shown, key=lambda alert: (alert.stirred_at, alert.id), reverse=True)


def subject(filter: Filter, known: Sequence[str]) -> tuple[str, str]:
    """Return what is shown in words, and what is asked for in vain among known watchlists."""
    severities = [severity.value for severity in filter.severities]
    languages = [code or "und" for code in filter.lang]
    words = [*filter.watchlists, *severities, *languages, *filter.feeds]
    there = {name.casefold() for name in known}
    lost = [name for name in filter.watchlists if known and name.casefold() not in there]
    said = f"no watchlist is called {', '.join(lost)}" if lost else ""
    return line(" · ".join(words)), line(said)


def head(
    status: Status | None, now: Timestamp, cells: int, about: tuple[str, str]
) -> tuple[Line, Line, Line]:
    """Return three lines: whose wall it is and who watches, what is shown, what is wrong."""
    said, vain = about
    first: Line = [(" TOCSIN ", "brand")]
    if status is None:
        return [*first, (" opening…", "quiet")], [], []
    words, ink = watching(status, now)
    first.append((f"  {words}", ink))
    waiting = f"  {tally(status.untriaged)} new"
    if width(first) + len(waiting) <= cells:
        first.append((waiting, "new" if status.untriaged else "quiet"))
    wrong = vain or trouble(status)
    return (
        first,
        [(" ", ""), (fit(said or "all alerts", max(1, cells - 1)), "title")],
        [(" ", ""), (fit(f"! {wrong}", max(1, cells - 1)), "bad")] if wrong else [],
    )


def alarm(status: Status | None, now: Timestamp, cells: int, unreadable: str) -> list[Line]:
    """Return a band of three lines while nobody can trust the wall, nothing when all is well."""
    words = line(unreadable)
    if not words and status is not None:
        state, ink = watching(status, now)
        if ink != "bad":
            return []
        words = f"{state[2:].upper()} – nothing new can be shown"
    if not words:
        return []
    shown = fit(words, cells).rstrip()
    used = width([(shown, "")])
    before = (cells - used) // 2
    blank: Line = [(" " * cells, "alarm")]
    said: Line = [(" " * before + shown + " " * (cells - used - before), "alarm")]
    return [blank, said, blank]


def rows(
    alerts: Sequence[Alert], now: Timestamp, zone: tzinfo | None, cells: int, lines: int
) -> list[Row]:
    """Return as many alerts as fit whole, the newest on top."""
    large = cells >= LARGE[0] and lines >= LARGE[1]
    shown: list[Row] = []
    for alert in alerts:
        fresh = 0 <= now - alert.stirred_at < FRESH
        block = _large(alert, now, zone, cells) if large else [alert_row(alert, cells, now, zone)]
        if len(shown) + len(block) > lines:
            break
        shown += [(one, fresh) for one in block]
        if large:
            shown.append(([], False))
    return shown


def _large(alert: Alert, now: Timestamp, zone: tzinfo | None, cells: int) -> list[Line]:
    """Return the title on one or two lines, and below it what else is known."""
    new = alert.state is AlertState.NEW
    glyph, ink = mark(alert)
    title = wrap(line(alert.title) or "(no title)", cells - 6, "title" if new else "quiet")
    if len(title) > TITLE_LINES:
        rest = "".join(text for one in title[TITLE_LINES - 1 :] for text, _ in one)
        title[TITLE_LINES - 1 :] = [[(fit(rest + "…", cells - 6), title[0][0][1])]]
    first: Line = [
        (f" {SEVERITY[alert.severity]} ", f"{alert.severity}"),
        (f"{glyph} ", ink),
        *title[0],
    ]
    more = [[(" " * 5, ""), *one] for one in title[1:]]
    return [first, *more, _about(alert, now, zone, cells)]


def _about(alert: Alert, now: Timestamp, zone: tzinfo | None, cells: int) -> Line:
    at = alert.stirred_at
    copies = f" +{alert.copies}" if alert.copies else ""
    lang = f" · {alert.lang}" if alert.lang else ""
    why = f" · ↑ {alert.escalations[-1].words}" if alert.escalations else ""
    said = line(f"{alert.feed}{copies}{lang}{why}")
    when = f"     {moment.short(at, now, zone)}  {moment.age(now - at)}  "
    name = fit(line(alert.watchlist), min(24, max(1, cells - len(when)))).rstrip()
    room = max(0, cells - len(when) - width([(name, "")]) - 2)
    return [(when, "quiet"), (name, "list"), ("  ", ""), (fit(said, room), "quiet")]
