"""The severity of alerts."""

from __future__ import annotations

import enum

from monitor.base import signs


class Severity(enum.StrEnum):
    """The severity of an alert."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Its place among the severities; 0 is the highest."""
        return list(Severity).index(self)


SEVERITY_SIGNS = {
    Severity.HIGH: signs.HIGH,
    Severity.MEDIUM: signs.MEDIUM,
    Severity.LOW: signs.LOW,
}
"""How a severity is shown in one character, in the dashboard, on the command line, in messages."""
