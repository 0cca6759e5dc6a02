"""What viewers see of the evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Proven(Protocol):
    """The viewers' side; see `proofs` for its verification."""

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""
