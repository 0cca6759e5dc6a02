"""Counts, durations and moments as text, sparklines, and durations from text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from index.article import Timestamp
from monitor import signs


def counted(count: int, noun: str, many: str = "") -> str:
    """Return a number with its noun: `1 article`, `1,200 entries`.

    `many` is the plural, if it is not the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def shown_title(title: str) -> str:
    """Return a title as people read it: `(untitled)` if it is empty."""
    return title or "(untitled)"


_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def alert_number(id: int) -> str:
    """Return the number of an alert as people read and type it: a5. Articles are plain: 5."""
    return f"a{id}"


def span(seconds: float) -> str:
    """Return a duration in its largest fitting unit, rounded: `40 s`, `2 min`, `6 h`, `31 d`."""
    for unit, name in _UNITS:
        if seconds >= unit * 0.995:
            return f"{round(seconds / unit)} {name}"
    return f"{max(0, round(seconds))} s"


def exact(seconds: float) -> str:
    """Return a duration with nothing rounded away: `1 h 30 min`, `90 s` as `1 min 30 s`."""
    parts = []
    left = round(seconds, 3)
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count:g} {name}")
    return " ".join([*parts, f"{left:g} s"] if left or not parts else parts)


def seconds(text: str) -> float:
    """Return the seconds of 15m, 90s, 2h, 1d or 1h30m; raises ValueError in words."""
    compact = text.replace(" ", "").lower()
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        raise ValueError(
            f"`{text}` lacks a unit; write {compact}m for minutes, {compact}s for seconds"
        )
    if not re.fullmatch(r"(\d+(\.\d+)?(s|min|m|h|d))+", compact):
        raise ValueError(f"`{text}` is not a duration; write 30s, 15m, 2h or 1d")
    found = re.findall(r"(\d+(?:\.\d+)?)(s|min|m|h|d)", compact)
    return sum(float(number) * _SECONDS[unit] for number, unit in found)


def iso(moment: Timestamp | None) -> str | None:
    """Return a moment as 2023-10-09T07:09:00Z; None for None, and for what no calendar holds."""
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None


def sparkline(counts: Sequence[int], width: int) -> str:
    """Return counts as bars, scaled to the largest; 0 is a blank.

    Args:
        counts: Oldest first.
        width: Bars at most; where there are more counts, a bar is the sum of several.
    """
    bars = list(_summed(counts, width))
    top = max(bars, default=0)
    return "".join(signs.BARS[(bar * len(signs.BARS) - 1) // top] if bar else " " for bar in bars)


def _summed(counts: Sequence[int], width: int) -> Iterator[int]:
    step = max(1, -(-len(counts) // width))
    start = len(counts) % step  # the newest bar is a whole one
    if start:
        yield sum(counts[:start])
    for at in range(start, len(counts), step):
        yield sum(counts[at : at + step])
