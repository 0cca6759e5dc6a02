"""Leases of several monitors of a store, and fencing: work under a lost lease is refused.

A feed lies in the bucket of its registered domain: one monitor polls all feeds of a site.

The lease goes with the task or thread that works under it. A transaction of the store compares its
epoch, the fencing token, before it commits; a request compares it before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from zlib import crc32

from monitor.base.errors import LeaseLostError
from monitor.base.translation import gettext as _
from monitor.model.lease import BUCKETS


class Lease(NamedTuple):
    """A bucket or a duty in the hands of one monitor. Another holder has another epoch."""

    id: int
    """Number of a bucket, from 0, or value of a `Duty`."""
    epoch: int
    """Number that grows with each change of holder."""


SOLE = Lease(-1, 0)
"""The lease of the only monitor of a store, and of all work that needs no lease."""


class Holding(NamedTuple):
    """A lease under which a task or thread works."""

    lease: Lease
    is_held: Callable[[], bool]
    """Returns whether the monitor still holds it, as far as it knows without asking the store."""


_UNSHARED = Holding(SOLE, lambda: True)
_HOLDING = ContextVar("holding", default=_UNSHARED)


@contextmanager
def under(holding: Holding) -> Iterator[None]:
    """Run the block, and the tasks and threads that it starts, under a lease.

    Transactions of the store, and requests, check the lease.
    """
    token = _HOLDING.set(holding)
    try:
        yield
    finally:
        _HOLDING.reset(token)


def lease_in_hand() -> Lease:
    """Return the lease of this task or thread; `SOLE` where none is needed."""
    return _HOLDING.get().lease


def require_lease() -> None:
    """Check that the lease of this task or thread is still held; raises LeaseLostError."""
    if not _HOLDING.get().is_held():
        raise LeaseLostError(_("another monitor does this by now"))


def bucket_of(url: str) -> int:
    """Return the bucket of an address: that of its registered domain, else of its host."""
    from monitor.base.url import host, registered_name  # 2 ms, which a viewer need not spend

    return crc32((registered_name(url) or host(url)).encode()) % BUCKETS
