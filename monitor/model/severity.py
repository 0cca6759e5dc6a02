"""How loud alerts are."""

from __future__ import annotations

import enum


class Severity(enum.StrEnum):
    """How loud an alert is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
