"""Durations in words."""

from __future__ import annotations

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def span(seconds: float) -> str:
    """Return a duration in its largest fitting unit, rounded: `40 s`, `2 min`, `6 h`, `31 d`."""
    for unit, name in _UNITS:
        if seconds >= unit * 0.995:
            return f"{round(seconds / unit)} {name}"
    return f"{max(0, round(seconds))} s"
