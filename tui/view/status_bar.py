"""The status line: who watches, what waits, how the feeds are, what is wrong, what time it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from index.article import Timestamp
from monitor.model.feed import Health
from monitor.model.status import Status
from tui.view import times
from tui.view.rows import tally
from tui.view.styled_text import Line, fit, width

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
        return f"◌ stale {times.age(silence)}", "bad"
    return f"● live {times.age(silence)}", "ok"


def trouble(status: Status) -> str:
    """Return what the analyst must know beyond counts, empty when all is well."""
    if status.network_down:
        return f"network: {status.network_down}"
    if status.config_error:
        place = status.config_error.find("line ")
        return f"feeds.yaml {status.config_error[max(0, place) :]} (not in force)"
    return ""


class StatusPart(NamedTuple):
    """A piece of the line, and the name of what it opens; empty opens nothing."""

    line: Line
    opens: str = ""


def parts(
    status: Status | None,
    now: Timestamp,
    zone: tzinfo | None,
    cells: int,
    waiting: int | None = None,
) -> list[StatusPart]:
    """Return the line in its parts, on exactly so many cells; what matters least gives way first.

    `waiting` is how many alerts wait while the stream stands still, None while it moves.
    """
    brand: Line = [(" TOCSIN ", "brand")]
    clock = times.clock(now, zone) + " "
    if status is None:
        return _spread([StatusPart(brand), StatusPart([(" opening…", "quiet")])], clock, cells)
    words, ink = watching(status, now)
    shown = [StatusPart(brand), StatusPart([(f" {words}", ink)], "monitor")]
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
        shown += [StatusPart([("  ", "")]), StatusPart([(said, "bad")], opens)]
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


def _pieces(status: Status, waiting: int | None) -> list[StatusPart]:
    fresh = f"{tally(status.untriaged)} new"
    paused = [StatusPart([(f"  ‖ PAUSED, {waiting} wait", "late")], "pause")]
    rules = [StatusPart([("  rules ✓", "quiet")], "rules")]
    mutes = [StatusPart([(f"  {len(status.mutes)} muted", "quiet")], "mutes")]
    blind = [(f"  blind {status.blind}", "late" if status.blind else "quiet")]
    return [
        *(paused if waiting is not None else []),
        StatusPart([(f"  {fresh}", "new" if status.untriaged else "quiet")], "untriaged"),
        *_unsent(status),
        StatusPart([("  feeds ", "quiet"), *_feeds(status)], "feeds"),
        StatusPart(blind, "blind"),
        *(mutes if status.mutes else []),
        *(rules if status.monitor and not status.config_error else []),
    ]


def _unsent(status: Status) -> list[StatusPart]:
    """Return how many deliveries are on their way and were given up; nothing when none are."""
    said = ((status.unsent, "unsent", "quiet"), (status.dead, "undelivered", "bad"))
    return [
        StatusPart([(f"  {tally(count)} {word}", ink)], "deliveries")
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


def _width(shown: Iterable[StatusPart]) -> int:
    return sum(width(part.line) for part in shown)


def _spread(shown: list[StatusPart], right: str, cells: int) -> list[StatusPart]:
    """Return parts with something at their right end, if that fits."""
    gap = cells - _width(shown) - len(right)
    return [*shown, StatusPart([(" " * gap, ""), (right, "quiet")])] if gap > 0 else shown
