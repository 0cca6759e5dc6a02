"""How a feed publishes, as learned from when its entries came."""

from __future__ import annotations

from dataclasses import dataclass

from index.article import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """When a feed publishes: what is enough to tell an odd silence from an ordinary one.

    What comes within an hour is one publication.
    """

    since: Timestamp
    """The earliest publication that is known."""
    last: Timestamp
    """The latest one."""
    days: int = 1
    """Days (UTC) on which it published."""
    recent: tuple[float, ...] = ()
    """Seconds between the last ones, oldest first."""
    pauses: tuple[tuple[Timestamp, float], ...] = ()
    """The longest pauses of the last weeks: when each ended, and its seconds; oldest first."""
