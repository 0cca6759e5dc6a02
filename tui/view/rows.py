"""One row of each list as a line of styled text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from index.analysis import text_cleaning as safe
from index.analysis.text_cleaning import line as safe_line
from index.article import Timestamp
from monitor.formatting import sparkline
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.feed import FeedHealth, Health
from monitor.model.search import Found, Suggestion
from monitor.model.severity import Severity
from monitor.model.watchlist import WatchlistCount
from tui.view import times
from tui.view.styled_text import Line, Span, cut, fit

SEVERITY = {Severity.HIGH: "▲", Severity.MEDIUM: "●", Severity.LOW: "·"}
HEALTH = {
    Health.OK: ("✓", "ok"),
    Health.NEW: ("○", "quiet"),
    Health.LATE: ("!", "late"),
    Health.BLIND: ("!", "late"),
    Health.SILENT: ("!", "late"),
    Health.FAILING: ("✗", "bad"),
    Health.GONE: ("✗", "bad"),
    Health.PAUSED: ("‖", "quiet"),
}


def mark(alert: Alert) -> tuple[str, str]:
    """Return the glyph and ink of what the analyst has made of an alert."""
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
    """Return an alert on one line: severity, time, mark, watchlist, title, outlet, copies.

    One that became louder shows when, and why before its title. `◆` is marked by hand.

    An old article found when a feed was first read shows its own date after a `‹`; `?` and
    `»` mark articles without a date or with one in the future.
    """
    settled = alert.state is not AlertState.NEW
    body = "quiet" if settled or alert.verdict is Verdict.NOISE else "plain"
    about_feed = alert.article is None  # which has no date of its own
    odd = "" if about_feed else times.dated(alert.published, alert.raised_at)
    old = alert.backfill and alert.published is not None and not odd
    louder = alert.escalations[-1] if alert.stirred_at != alert.raised_at else None
    at = alert.published if old and alert.published is not None else alert.stirred_at
    glyph, glyph_ink = mark(alert)
    list_cells = 0 if cells < 50 else min(14, max(8, cells // 6))
    outlet_cells = 0 if cells < 60 else min(16, max(10, cells // 8))
    copies = f"+{alert.duplicates}" if alert.duplicates else ""
    line: Line = [
        (SEVERITY[alert.severity], f"{alert.severity}"),
        ("◆" if marked else "↑" if louder else " ", "accent"),
        (fit(times.short(at, now, zone), 6, right=True), "quiet"),
        ("‹" if old else _DAY[odd], "late" if odd else "quiet"),
        (f"{glyph} ", glyph_ink),
    ]
    if list_cells:
        line += [(fit(alert.watchlist, list_cells), "list"), (" ", "")]
    used = 2 + 6 + 1 + 2 + (list_cells + 1 if list_cells else 0)
    tail = (outlet_cells + 1 if outlet_cells else 0) + (4 if cells >= 50 else 0)
    room = max(1, cells - used - tail)
    if louder and room >= 30:
        said = safe_line(louder.words).partition(":")[0]
        why = fit(said, min(cell_len(said), max(room // 2, min(18, room - 12))))
        line += [(why, "late"), (" · ", "quiet")]
        room -= cell_len(why) + 3
    tags = f" #{' #'.join(alert.tags)}" if alert.tags and room >= 24 else ""
    tags = fit(tags, min(cell_len(tags), room // 3)) if tags else ""
    line.append((fit(alert.title or "(no title)", room - cell_len(tags)), body))
    line.append((tags, "copies"))
    if outlet_cells:
        line += [(" ", ""), (fit(alert.feed, outlet_cells), "quiet")]
    if cells >= 50:
        line.append((fit(copies, 4, right=True), "copies"))
    return line


def copies_at(cells: int) -> int | None:
    """Return the cell of a row where `+14` begins, None where rows are too narrow for it."""
    return cells - 4 if cells >= 50 else None


def spark(counts: Sequence[int], cells: int = 12) -> str:
    """Return counts as bars, the last ones, scaled to the largest; nothing is a blank."""
    return sparkline(counts[-cells:], cells).rjust(cells)


def watchlist_row(count: WatchlistCount, cells: int, *, chosen: bool, muted: str = "") -> Line:
    """Return a watchlist on one line: name, the last day as bars, today/usual, untriaged.

    `▲` says that today is a surprise; `muted` until when nobody is told, in place of the bars.
    """
    bars = 12 if cells >= 30 else 0
    name = max(4, cells - bars - 14)
    fresh = f"+{tally(count.untriaged)}" if count.untriaged else ""
    pace = count.pace
    today = tally(pace.today)
    usual = "" if pace.usual is None else f"/{tally(round(pace.usual))}"
    line: Line = [
        ("▸" if chosen else " ", "accent"),
        (fit(count.name, name), "accent" if chosen else "quiet" if muted else "plain"),
    ]
    if bars:
        told = f"‖ to {muted}" if muted else spark(count.spark, bars)
        line += [(" " + fit(told, bars), "late" if muted else f"{count.severity}")]
    line += [
        (fit(today + usual, 7, right=True), "new" if pace.surprise else "quiet"),
        ("▲" if pace.surprise else " ", "high"),
        (fit(fresh, 4, right=True), "new"),
    ]
    used = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * (cells - used), "")] if used < cells else line


def pace_in_words(count: WatchlistCount, weekday: str) -> str:
    """Return how today is to be taken, and of how many days that is known."""
    pace = count.pace
    if pace.usual is None:
        known = f"{pace.weeks} {weekday}" if pace.weeks else "none yet"
        return f"today {pace.today}; usual unknown ({known})"
    return f"today {pace.today}, usual {pace.usual:.3g} by now ({pace.weeks} {weekday})"


def tally(number: int) -> str:
    """Return a count in at most five cells: `999`, `12.3k`, `1.2M`."""
    if number < 10_000:
        return str(number)
    return f"{number / 1000:.3g}k" if number < 999_500 else f"{number / 1e6:.3g}M"


def feed_row(feed: FeedHealth, cells: int) -> Line:
    """Return a feed in trouble on one line: glyph, name, why."""
    glyph, ink = HEALTH[feed.health]
    name = min(18, max(8, cells * 2 // 5))
    return [
        (f"{glyph} ", ink),
        (fit(feed.feed.name, name), "plain"),
        (" ", ""),
        (fit(feed.words, max(1, cells - name - 3)), "quiet"),
    ]


SNIPPET = 24
"""Cells from which the words around the matches are shown behind a title."""
FORMS = 6
"""Forms of a word that a suggestion names."""
_DAY = {"undated": "?", "future": "»", "": " "}


def result_row(
    found: Found, rang: Severity | None, cells: int, now: Timestamp, zone: tzinfo | None
) -> Line:
    """Return an article on one line: date, its loudest alert, title, words around, outlet."""
    article = found.article
    odd = times.dated(article.published, article.seen)
    outlet = 0 if cells < 50 else min(18, cells // 6)
    room = max(1, cells - 10 - (outlet + 1 if outlet else 0))
    line: Line = [
        (fit(times.short(article.date, now, zone), 6, right=True), "quiet"),
        (_DAY[odd] + " ", "late"),
        (f"{SEVERITY[rang]} " if rang else "  ", f"{rang}" if rang else ""),
        *_words(found, room),
    ]
    return [*line, (" ", ""), (fit(found.feed, outlet), "quiet")] if outlet else line


def _words(found: Found, cells: int) -> Line:
    """Return the title and, where there is room, the words around the matches, both lit."""
    title = safe.line(found.article.title[: 8 * cells]) or "(no title)"
    lit = [(start, end) for part, start, end in found.spans if part == "title"]
    rest = cells - cell_len(title) - 2
    if rest < SNIPPET or not found.snippet or found.snippet == found.article.title:
        return lit_to(title, found.article.title, lit, cells, "plain")
    return [
        *lit_to(title, found.article.title, lit, cell_len(title), "plain"),
        ("  ", ""),
        *lit_to(found.snippet, found.snippet, found.lit, rest, "quiet"),
    ]


def lit_to(text: str, stored: str, lit: Sequence[tuple[int, int]], cells: int, ink: str) -> Line:
    """Return text on so many cells, its matches lit as long as it is what was stored."""
    shown = fit(text, cells)
    kept = shown.rstrip().removesuffix("…")
    if not stored.startswith(kept):
        return [(shown, ink)]
    spans: list[Span] = [(a, min(b, len(kept)), "hit") for a, b in lit if a < len(kept)]
    return cut(shown, spans, 0, len(shown), ink)


def suggestion_row(suggestion: Suggestion, cells: int) -> Line:
    """Return a search that finds more: how much, and what it does otherwise."""
    gone = suggestion.written or " ".join(suggestion.without)
    forms = ", ".join(suggestion.forms[:FORMS]) + ", …" * (len(suggestion.forms) > FORMS)
    instead = f"with {suggestion.instead}" + (f": {forms}" if forms else "")
    words = instead if suggestion.instead else f"without {gone}"
    return [
        (fit(f"+{suggestion.gained:,}", 10, right=True), "accent"),
        ("  ", ""),
        (fit(words, max(1, cells - 12)), "list"),
    ]
