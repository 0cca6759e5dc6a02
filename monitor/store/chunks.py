"""Many values in one statement."""

from __future__ import annotations

CHUNK = 500
"""Values in one IN (…): SQLite's own limit was 999 for a long time."""


def marks(count: int) -> str:
    """Return placeholders for that many values."""
    return ", ".join("?" * count)


def numbered(count: int) -> str:
    """Return placeholders for that many values, for queries that name them more than once."""
    return ", ".join(f"?{number}" for number in range(1, count + 1))
