"""Leases: the work of one of several monitors of a store, until its heartbeats end."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct, field

from monitor.base.article import Timestamp

BUCKETS = 1_024
"""Feeds are leased in so many buckets; a registered domain lies in one of them."""


OVERDUE = 10.0
"""Seconds without a heartbeat after which people are told: three in a row did not come."""


class Duty(enum.IntEnum):
    """A duty that one monitor at a time has for all; the value is the number of its lease."""

    DELIVERIES = BUCKETS
    BRIEFINGS = BUCKETS + 1
    BACKFILL = BUCKETS + 2
    UPKEEP = BUCKETS + 3
    """Retention, ended silences, unusual watchlists, lost monitors."""
    VECTORS = BUCKETS + 4
    ARCHIVE = BUCKETS + 5
    """Writing to an archive in a cluster; archives in data folders have a writer each."""

    @property
    def label(self) -> str:
        """The name that programs and people read."""
        return self.name.lower()


class Standing(Struct, frozen=True, kw_only=True):
    """A monitor among those of its store, as of a heartbeat."""

    now: Timestamp
    """The time of the database."""
    monitor: int
    """The number of the monitor."""
    live: tuple[int, ...]
    """The numbers of the monitors with heartbeats, this one too, in ascending order."""
    epochs: Mapping[int, int]
    """The epoch of each lease that it holds, by lease."""


class SharingMonitor(Struct, frozen=True, kw_only=True):
    """A monitor of a store that several may share."""

    number: int
    host: str
    pid: int
    folder: str
    """Its data folder."""
    since: Timestamp
    seen_at: Timestamp
    """Its last heartbeat, by the clock of the database."""
    silence: float
    """Seconds since its last heartbeat."""
    lost: bool
    """Whether its heartbeats ended long ago, and it did not leave."""
    buckets: int = 0
    duties: tuple[Duty, ...] = field(default=())
    lag: float = 0.0
    """Seconds for which its longest overdue feed has been due."""

    @property
    def name(self) -> str:
        return f"{self.host}/{self.pid}"

    @property
    def is_overdue(self) -> bool:
        """Whether it stands still or is cut off, whether or not others have taken over by now."""
        return self.lost or self.silence >= OVERDUE
