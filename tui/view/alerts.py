"""Alerts and watchlists as rows of styled text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from index.analysis.text_cleaning import line as safe_line
from index.article import Timestamp
from monitor.formatting import sparkline
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.severity import SEVERITY_SIGNS
from monitor.model.watchlist import WatchlistCount
from tui.view import times
from tui.view.styled_text import Line, fit

DATE_MARKS = {"undated": "?", "future": "»", "": " "}
"""Marks of a publication date that is missing or in the future."""


def triage_glyph(alert: Alert) -> tuple[str, str]:
    """Return the glyph and style of an alert's triage: star, verdict, state or note."""
    if alert.starred:
        return "★", "star"
    if alert.verdict is not Verdict.NONE:
        return ("×", "quiet") if alert.verdict is Verdict.NOISE else ("✓", "ok")
    if alert.state is AlertState.CLOSED:
        return "▪", "quiet"
    if alert.note:
        return "✎", "copies"
    return ("•", "new") if alert.state is AlertState.NEW else (" ", "quiet")


def alert_row(
    alert: Alert, cells: int, now: Timestamp, zone: tzinfo | None, *, marked: bool = False
) -> Line:
    """Return an alert on one line: severity, time, triage, watchlist, title, outlet, copies.

    An escalated alert shows the time of its escalation, and the reason before its title. An
    article older than its feed's subscription shows its own date after a `‹`; `?` and `»` mark
    articles without a date or with a date in the future.

    Args:
        alert: The alert.
        cells: Width of the line.
        now: The present time: times of today are shown as hours.
        zone: The time zone; None is the machine's.
        marked: Whether the analyst marked it, for an action on several alerts.
    """
    triaged = alert.state is not AlertState.NEW
    body = "quiet" if triaged or alert.verdict is Verdict.NOISE else "plain"
    about_feed = alert.article is None  # a feed has no date
    anomaly = "" if about_feed else times.date_anomaly(alert.published, alert.raised_at)
    old = alert.backfill and alert.published is not None and not anomaly
    escalation = alert.escalations[-1] if alert.stirred_at != alert.raised_at else None
    at = alert.published if old and alert.published is not None else alert.stirred_at
    glyph, glyph_style = triage_glyph(alert)
    list_cells = 0 if cells < 50 else min(14, max(8, cells // 6))
    outlet_cells = 0 if cells < 60 else min(16, max(10, cells // 8))
    copies = f"+{alert.duplicates}" if alert.duplicates else ""
    line: Line = [
        (SEVERITY_SIGNS[alert.severity], f"{alert.severity}"),
        ("◆" if marked else "↑" if escalation else " ", "accent"),
        (fit(times.short(at, now, zone), 6, right=True), "quiet"),
        ("‹" if old else DATE_MARKS[anomaly], "late" if anomaly else "quiet"),
        (f"{glyph} ", glyph_style),
    ]
    if list_cells:
        line += [(fit(alert.watchlist, list_cells), "list"), (" ", "")]
    used = 2 + 6 + 1 + 2 + (list_cells + 1 if list_cells else 0)
    tail = (outlet_cells + 1 if outlet_cells else 0) + (4 if cells >= 50 else 0)
    room = max(1, cells - used - tail)
    if escalation and room >= 30:
        reason = safe_line(escalation.words).partition(":")[0]
        reason = fit(reason, min(cell_len(reason), max(room // 2, min(18, room - 12))))
        line += [(reason, "late"), (" · ", "quiet")]
        room -= cell_len(reason) + 3
    tags = f" #{' #'.join(alert.tags)}" if alert.tags and room >= 24 else ""
    tags = fit(tags, min(cell_len(tags), room // 3)) if tags else ""
    line.append((fit(alert.title or "(no title)", room - cell_len(tags)), body))
    line.append((tags, "copies"))
    if outlet_cells:
        line += [(" ", ""), (fit(alert.publisher, outlet_cells), "quiet")]
    if cells >= 50:
        line.append((fit(copies, 4, right=True), "copies"))
    return line


def copies_column(cells: int) -> int | None:
    """Return the cell where the count of copies (`+14`) begins; None in rows too narrow for it."""
    return cells - 4 if cells >= 50 else None


def spark(counts: Sequence[int], cells: int = 12) -> str:
    """Return the last `cells` counts as bars, scaled to the largest; zero is a blank."""
    return sparkline(counts[-cells:], cells).rjust(cells)


def watchlist_row(count: WatchlistCount, cells: int, *, chosen: bool, silenced: str = "") -> Line:
    """Return a watchlist on one line: name, the last day as bars, today/usual, untriaged.

    Args:
        count: The watchlist and its counts; `▲` marks an unusual number of alerts today.
        cells: Width of the line.
        chosen: Whether the stream is filtered by it.
        silenced: Until when it is silenced, shown in place of the bars; empty if it is not.
    """
    bars = 12 if cells >= 30 else 0
    name = max(4, cells - bars - 14)
    untriaged = f"+{short_count(count.untriaged)}" if count.untriaged else ""
    baseline = count.pace
    today = short_count(baseline.today)
    usual = "" if baseline.usual is None else f"/{short_count(round(baseline.usual))}"
    line: Line = [
        ("▸" if chosen else " ", "accent"),
        (fit(count.name, name), "accent" if chosen else "quiet" if silenced else "plain"),
    ]
    if bars:
        text = f"‖ to {silenced}" if silenced else spark(count.spark, bars)
        line += [(" " + fit(text, bars), "late" if silenced else f"{count.severity}")]
    line += [
        (fit(today + usual, 7, right=True), "new" if baseline.surprise else "quiet"),
        ("▲" if baseline.surprise else " ", "high"),
        (fit(untriaged, 4, right=True), "new"),
    ]
    used = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * (cells - used), "")] if used < cells else line


def baseline_text(count: WatchlistCount, weekday: str) -> str:
    """Return today's alerts beside the usual number by this time; empty without a baseline."""
    baseline = count.pace
    if baseline.usual is None:
        return ""
    weeks = f"{baseline.weeks} {weekday}"
    return f"today {baseline.today}, usual {baseline.usual:.3g} by now ({weeks})"


def short_count(number: int) -> str:
    """Return a count in at most five cells: `999`, `12.3k`, `1.2M`."""
    if number < 10_000:
        return str(number)
    return f"{number / 1000:.3g}k" if number < 999_500 else f"{number / 1e6:.3g}M"
