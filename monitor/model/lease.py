"""Leases: what one of several monitors of a store may do, until it stops or is not heard of."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct, field

from monitor.base.article import Timestamp

BUCKETS = 1_024
"""Feeds are leased in so many buckets; a registered domain lies in one of them."""


class Duty(enum.IntEnum):
    """What one monitor at a time does for all; the value is the number of its lease."""

    DELIVERIES = BUCKETS
    BRIEFINGS = BUCKETS + 1
    BACKFILL = BUCKETS + 2
    UPKEEP = BUCKETS + 3
    """Retention, ended silences, what is unusual, monitors that are lost."""
    VECTORS = BUCKETS + 4

    @property
    def label(self) -> str:
        """The name that programs and people read."""
        return self.name.lower()


class Standing(Struct, frozen=True, kw_only=True):
    """Where a monitor stands among those of its store, as of a heartbeat."""

    monitor: int
    """The number of the monitor."""
    live: tuple[int, ...]
    """The numbers of the monitors that are heard of, this one too, in ascending order."""
    held: Mapping[int, int]
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
    """Whether it was not heard of for too long, and has not said goodbye."""
    buckets: int = 0
    duties: tuple[Duty, ...] = field(default=())
    lag: float = 0.0
    """Seconds for which the oldest of its feeds that are due is not polled."""

    @property
    def name(self) -> str:
        return f"{self.host}/{self.pid}"
