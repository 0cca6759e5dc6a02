"""The cost of an attack, as every attack reports it."""

from __future__ import annotations

from msgspec import Struct


class Harm(Struct, frozen=True):
    """The cost of one attack, or of one measurement of it."""

    name: str
    """A short description of the measurement."""
    seconds: float
    megabytes: float
    """Peak memory of the attacked process."""
    outcome: str = ""
    """The outcome of the attack, and of harmless feeds beside it."""

    def line(self) -> str:
        """Return the cost as a line."""
        cost = f"{self.name:48}{self.seconds:8.2f} s{self.megabytes:9.1f} MB"
        return f"{cost}   {self.outcome}".rstrip()
