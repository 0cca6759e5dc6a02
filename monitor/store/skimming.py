"""What viewers skim of alerts, to filter them as one types."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from monitor.model import Filter


class Skimmed(Protocol):
    """The viewers' side."""

    def headlines(self, after: int, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two, the newest first."""

    def stirred(
        self, filter: Filter, feeds: Collection[int] | None, after: int
    ) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of escalations above `after`."""
