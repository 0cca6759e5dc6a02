"""What viewers see of how long articles and alerts took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.model import Carried, Clocked


class Timed(Protocol):
    """The viewers' side."""

    def clocked(self, since: Timestamp) -> list[Clocked]:
        """Return the articles whose first alert was raised since then, the first one first."""

    def sent_after(self, moment: Timestamp) -> list[Carried]:
        """Return what channels accepted after a moment, of alerts just raised."""

    def carried(self, since: Timestamp) -> list[Carried]:
        """Return the deliveries of alerts raised since then that a channel accepted."""
