"""The severity of alerts."""

from __future__ import annotations

import enum


class Severity(enum.StrEnum):
    """The severity of an alert."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
