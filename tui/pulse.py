"""The status line: who watches, what waits, how the feeds are, what is wrong, what time it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from index.article import Timestamp
from monitor.model import Health, Status
from tui import moment
from tui.ink import Line, fit, width
from tui.rows import tally

STALE_AFTER = 15.0
"""Seconds without a sign of life of the monitor before its light goes out."""


def watching(status: Status, now: Timestamp) -> tuple[str, str]:
    """Return words and ink for the monitor: live, stale or nobody."""
    if status.monitor is None:
        return "○ nobody watches", "bad"
    if status.pulse is None:
        return "◌ starting", "late"
    silence = now - status.pulse
    if silence > STALE_AFTER:
        return f"◌ stale {moment.age(silence)}", "bad"
    return f"● live {moment.age(silence)}", "ok"


def trouble(status: Status) -> str:
    """Return what the analyst must know beyond counts, empty when all is well."""
    if status.network_down:
        return f"network: {status.network_down}"
    if status.config_error:
        place = status.config_error.find("line ")
        return f"feeds.yaml {status.config_error[max(0, place) :]} (not in force)"
    return ""


class Part(NamedTuple):
    """A piece of the line, and the name of what it opens; empty opens nothing."""

    line: Line
    opens: str = ""


def parts(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    waiting: int | None = None,
) -> list[Part]:
    """Return the line in its parts, on exactly so many cells; what matters least gives way first.

    `waiting` is how many alerts wait while the stream stands still, None while it moves.
    """
    brand: Line = [(" TOCSIN ", "brand")]
    clock = moment.clock(now, zone) + " "
    if status is None:
        return _spread([Part(brand), Part([(" opening…", "quiet")])], clock, cells)
    words, ink = watching(status, now)
    shown = [Part(brand), Part([(f" {words}", ink)], "monitor")]
    problem = trouble(status)
    pieces = _pieces(status, waiting)
    if problem and cells < 100:
        pieces = [piece for piece in pieces if piece.opens in ("pause", "untriaged")]
    for piece in pieces:
        if _width(shown) + width(piece.line) >= cells:
            break
        shown.append(piece)
    room = cells - _width(shown) - 3
    if problem and room > 8:
        clock = clock if room > len(clock) + 24 else ""
        text = f"! {problem}"
        said = fit(text, min(len(text), room - len(clock))).rstrip()
        opens = "monitor" if status.network_down else "rules"
        shown += [Part([("  ", "")]), Part([(said, "bad")], opens)]
    return _spread(shown, clock, cells)


def status_line(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    waiting: int | None = None,
) -> Line:
    """Return the line on exactly so many cells."""
    return [run for part in parts(status, now, zone, cells, waiting) for run in part.line]


def _pieces(status: Status, waiting: int | None) -> list[Part]:
    fresh = f"{tally(status.untriaged)} new"
    paused = [Part([(f"  ‖ PAUSED, {waiting} wait", "late")], "pause")]
    rules = [Part([("  rules ✓", "quiet")], "rules")]
    mutes = [Part([(f"  {len(status.mutes)} muted", "quiet")], "mutes")]
    blind = [(f"  blind {status.blind}", "late" if status.blind else "quiet")]
    return [
        *(paused if waiting is not None else []),
        Part([(f"  {fresh}", "new" if status.untriaged else "quiet")], "untriaged"),
        *_unsent(status),
        Part([("  feeds ", "quiet"), *_feeds(status)], "feeds"),
        Part(blind, "blind"),
        *(mutes if status.mutes else []),
        *(rules if status.monitor and not status.config_error else []),
    ]


def _unsent(status: Status) -> list[Part]:
    """Return how many deliveries are on their way and were given up; nothing when none are."""
    said = ((status.unsent, "unsent", "quiet"), (status.dead, "undelivered", "bad"))
    return [
        Part([(f"  {tally(count)} {word}", ink)], "deliveries")
        for count, word, ink in said
        if count
    ]


def _feeds(status: Status) -> Line:
    """Return how many feeds are well, odd (late, blind or silent) and failing."""
    count = {health: status.feeds.get(health, 0) for health in Health}
    bad = count[Health.FAILING] + count[Health.GONE]
    line: Line = [(f"{count[Health.OK]}✓", "ok" if count[Health.OK] else "quiet")]
    if count[Health.NEW]:
        line.append((f" {count[Health.NEW]}○", "quiet"))
    odd = count[Health.LATE] + count[Health.BLIND] + count[Health.SILENT]
    line.append((f" {odd}!", "late" if odd else "quiet"))
    line.append((f" {bad}✗", "bad" if bad else "quiet"))
    return line


def _width(shown: Iterable[Part]) -> int:
    return sum(width(part.line) for part in shown)


def _spread(shown: list[Part], right: str, cells: int) -> list[Part]:
    """Return parts with something at their right end, if that fits."""
    gap = cells - _width(shown) - len(right)
    return [*shown, Part([(" " * gap, ""), (right, "quiet")])] if gap > 0 else shown
