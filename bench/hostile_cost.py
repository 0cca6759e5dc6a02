"""What an attack cost, as every attack reports it."""

from __future__ import annotations

from msgspec import Struct


class Harm(Struct, frozen=True):
    """The cost of one attack, or of one measurement of it."""

    what: str
    """What was measured, in a few words."""
    seconds: float
    megabytes: float
    """Peak of the process that was attacked."""
    outcome: str = ""
    """What became of those that did no harm, and of the attack."""

    def line(self) -> str:
        """Return the cost as a line."""
        cost = f"{self.what:48}{self.seconds:8.2f} s{self.megabytes:9.1f} MB"
        return f"{cost}   {self.outcome}".rstrip()
