"""Figures of a running monitor, as Prometheus reads them.

::

    settled batches ─▶ counts ──┐
    store, at each scrape ─▶ stand ─▶ registry ─▶ server, threads of its own
                          latencies ─┘
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.answers import Settled
    from monitor.model import Listening
    from monitor.presence import Card


@asynccontextmanager
async def measuring(
    at: Listening | None,
    data: Path,
    clock: Callable[[], Timestamp],
    told: list[Callable[[Settled], None]],
    card: Callable[[], Card],
) -> AsyncIterator[None]:
    """Tell the figures of a watch meanwhile, if there is somewhere to; imports nothing if not.

    `told` is who is told of each batch that is stored. Raises MonitorError where nobody can
    listen.
    """
    if at is None:
        yield
        return
    from importlib.metadata import version

    from monitor.metrics.counts import Counts
    from monitor.metrics.server import serving
    from monitor.metrics.stand import figures
    from monitor.store.views import SqliteViews

    registry = figures(SqliteViews(data), clock, version("tocsin"), card)
    told.append(Counts(registry).settled)
    async with serving(registry, at):
        yield
