"""The turns of hosts, taken for all monitors that share a store.

One monitor polls all feeds of a site, but a redirect may lead to a host that another one asks as
well. So each request takes the turn of its host in the store before it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from monitor.base.tasks import WorkerThread


class HostTurns:
    """Asks the store for the turns of hosts, for all that wait meanwhile at once."""

    def __init__(
        self,
        take_turns: Callable[[Mapping[str, float]], dict[str, float]],
        thread: WorkerThread,
    ) -> None:
        """Ask for nothing yet.

        Args:
            take_turns: Takes the turns of hosts in the store (see `Leases.take_turns`).
            thread: The thread in which it is called.
        """
        self._take_turns = take_turns
        self._thread = thread
        self._waiting: dict[str, float] = {}
        self._answers: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def take(self, host: str, spacing: float) -> float:
        """Take the turn of a host and return 0, or return the seconds to wait. Raises StoreError.

        Args:
            host: The host; it is asked for once at a time.
            spacing: Seconds for which no monitor may ask it again.
        """
        self._answers.pop(host, None)  # of one who did not wait for it
        self._waiting[host] = spacing
        async with self._asking:
            if host not in self._answers:
                await self._ask({**self._waiting, host: spacing})
            return self._answers.pop(host)

    async def _ask(self, spacings: dict[str, float]) -> None:
        self._waiting = {}
        refused = await self._thread(self._take_turns, spacings)
        self._answers |= {host: refused.get(host, 0.0) for host in spacings}
