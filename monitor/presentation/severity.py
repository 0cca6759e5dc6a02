"""The colours of severities: for pages and mail, the dashboard and the command line.

Medium is blue: people with deuteranopia cannot tell yellow or brown from the red of high. The sign
(`SEVERITY_SIGNS`) carries the meaning without colours.
"""

from __future__ import annotations

from string import Template
from typing import NamedTuple

from monitor.model.watchlist import SEVERITY_SIGNS, Severity


class Colours(NamedTuple):
    """A colour for each ground; all have a contrast of at least 4.5 on it, `contrast` of 7."""

    light: str
    dark: str
    contrast: str
    """A colour on black."""
    terminal: str
    """One of the terminal's own colours, whose ground is not known."""


SEVERITY_COLOURS = {
    Severity.HIGH: Colours("#8c1c00", "#ff8a4c", "#ffab7d", "red"),
    Severity.MEDIUM: Colours("#0a5cad", "#6cb6ff", "#8ac8ff", "default"),
    Severity.LOW: Colours("#55606c", "#9aa7b8", "#c8d0d8", "default"),
}


def severity_run(severity: Severity) -> tuple[str, str]:
    return f"{SEVERITY_SIGNS[severity]} ", str(severity)


def with_severities(css: str) -> str:
    """Return a style sheet with the colours in place of `$high_light`, `$low_dark` and so on."""
    return Template(css).substitute(
        {
            f"{severity}_{ground}": getattr(colours, ground)
            for severity, colours in SEVERITY_COLOURS.items()
            for ground in ("light", "dark")
        }
    )
