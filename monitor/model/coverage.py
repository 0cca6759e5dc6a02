"""What a watchlist may have missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.feeds import Gap, GapKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How well the feeds that a watchlist watches were read."""

    watchlist: str
    feeds: int
    """Feeds that it watches."""
    gaps: tuple[Gap, ...]
    """Those of these feeds, the earliest first."""

    def touched(self, kind: GapKind | None = None) -> int:
        """Return how many of its feeds have gaps, of one kind or any."""
        return len({gap.feed.number for gap in self.gaps if kind in (None, gap.kind)})
