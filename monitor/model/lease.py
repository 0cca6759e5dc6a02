"""Leases: what one of several monitors of a store may do, until it stops or is not heard of."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from index.article import Timestamp
from index.translation import gettext as _
from monitor.errors import LeaseLostError

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


class Lease(NamedTuple):
    """A bucket or a duty in the hands of one monitor. Another holder has another epoch."""

    id: int
    """Of a bucket from 0, or of a `Duty`."""
    epoch: int
    """It grows with each change of holder."""


SOLE = Lease(-1, 0)
"""What the only monitor of a store holds."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A lease under which something is done."""

    lease: Lease
    is_held: Callable[[], bool]
    """Whether the monitor still holds it, as far as it knows without asking the store."""


_HOLDING: ContextVar[Holding | None] = ContextVar("holding", default=None)


@contextmanager
def under(holding: Holding | None) -> Iterator[None]:
    """Do what is inside, and the tasks and threads it starts, under a lease; None for under none.

    Transactions of the store and requests make sure of it.
    """
    token = _HOLDING.set(holding)
    try:
        yield
    finally:
        _HOLDING.reset(token)


def lease_in_hand() -> Lease | None:
    """Return the lease under which this is done, None if it needs none."""
    holding = _HOLDING.get()
    return None if holding is None else holding.lease


def require_lease() -> None:
    """Make sure that the lease under which this is done is still held.

    Raises:
        LeaseLostError: It may be in other hands by now.
    """
    holding = _HOLDING.get()
    if holding is not None and not holding.is_held():
        raise LeaseLostError(_("another monitor does this by now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a monitor stands among those of its store, as of a heartbeat."""

    now: Timestamp
    """By the clock of the database."""
    monitor: int
    """The number of the monitor."""
    live: tuple[int, ...]
    """The numbers of the monitors that are heard of, this one too, in ascending order."""
    held: Mapping[int, int]
    """The epoch of each lease that it holds, by lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingMonitor:
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
        """Machine and process."""
        return f"{self.host}/{self.pid}"
