"""Which buckets of feeds a monitor takes and gives back, so that each has its share. Pure.

A feed lies in the bucket of its registered domain: one monitor polls all feeds of a site.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zlib import crc32

from msgspec import Struct

from monitor.base.url import host
from monitor.judgement.alerts.publishers import registered_name
from monitor.model.lease import BUCKETS


def bucket_of(url: str) -> int:
    """Return the bucket of an address: that of its registered domain, else of its host."""
    return crc32((registered_name(url) or host(url)).encode()) % BUCKETS


def share(monitor: int, live: Sequence[int], buckets: int = BUCKETS) -> int:
    """Return how many buckets a monitor is to hold; those of two differ by one at most.

    Args:
        monitor: The number of the monitor.
        live: The numbers of all monitors, in ascending order.
        buckets: How many there are.
    """
    each, left = divmod(buckets, len(live))
    return each + (live.index(monitor) < left)


class Change(Struct, frozen=True):
    """What a monitor does to come to its share."""

    release: tuple[int, ...] = ()
    """Buckets that it gives back."""
    take: int = 0
    """How many it takes of those that nobody holds."""


def decide(
    monitor: int,
    live: Sequence[int],
    held: Collection[int],
    busy: Collection[int] = (),
    buckets: int = BUCKETS,
) -> Change:
    """Return what a monitor gives back or takes.

    Args:
        monitor: The number of the monitor.
        live: The numbers of all monitors that are heard of, in ascending order.
        held: The buckets that it holds.
        busy: Buckets with polls under way: they are not given back yet.
        buckets: How many there are.
    """
    surplus = len(held) - share(monitor, live, buckets)
    if surplus <= 0:
        return Change(take=-surplus)
    return Change(release=tuple(sorted(set(held) - set(busy), reverse=True)[:surplus]))
