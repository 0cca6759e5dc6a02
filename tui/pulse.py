"""The status line: who watches, what waits, how the feeds are, what is wrong, what time it is."""

from __future__ import annotations

from datetime import tzinfo

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
        return f"feeds.yaml not in force: {status.config_error}"
    return ""


def status_line(status: Status | None, now: Timestamp, zone: tzinfo | None, cells: int) -> Line:
    """Return the line on exactly so many cells; what matters least gives way first."""
    clock = moment.clock(now, zone) + " "
    if status is None:
        return _spread([(" TOCSIN ", "brand"), (" opening…", "quiet")], clock, cells)
    words, ink = watching(status, now)
    left: Line = [(" TOCSIN ", "brand"), (f" {words}", ink)]
    fresh = f"{tally(status.untriaged)} new"
    pieces: list[Line] = [
        [(f"  {fresh}", "new" if status.untriaged else "quiet")],
        *_unsent(status),
        [("  feeds ", "quiet"), *_feeds(status)],
        [(f"  blind {status.blind}", "late")] if status.blind else [("  blind 0", "quiet")],
    ]
    problem = trouble(status)
    if problem and cells < 100:
        pieces = pieces[:1]
    for piece in pieces:
        if width(left) + width(piece) >= cells:
            break
        left += piece
    room = cells - width(left) - 3
    if problem and room > 8:
        clock = clock if room > len(clock) + 24 else ""
        text = f"! {problem}"
        left += [("  ", ""), (fit(text, min(len(text), room - len(clock))).rstrip(), "bad")]
    return _spread(left, clock, cells)


def _unsent(status: Status) -> list[Line]:
    """Return how many deliveries are on their way and were given up; nothing when none are."""
    said = ((status.unsent, "unsent", "quiet"), (status.dead, "undelivered", "bad"))
    return [[(f"  {tally(count)} {word}", ink)] for count, word, ink in said if count]


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


def _spread(left: Line, right: str, cells: int) -> Line:
    """Return a line with something at its right end, if that fits."""
    gap = cells - width(left) - len(right)
    return [*left, (" " * gap, ""), (right, "quiet")] if gap > 0 else left
