"""Which feeds there are at an address, found out on a thread that can be called back."""

from __future__ import annotations

import asyncio
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

from tui.newsroom import Newsroom

if TYPE_CHECKING:
    from monitor.prospect import Prospect


class Discovery:
    """One look at an address; the loop it runs in is its own."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False

    def find(self, path: Path, address: str) -> list[Prospect]:
        """Return the feed at an address, or those of the site there; raises FeedError."""
        _track_processes()
        return asyncio.run(self._find(path, address))

    def cancel(self) -> None:
        """Give it up, from any thread."""
        self._cancelled = True
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _find(self, path: Path, address: str) -> list[Prospect]:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._cancelled:
            raise asyncio.CancelledError
        from monitor.bootstrap import prospecting
        from monitor.config import load
        from monitor.subscribing import whole

        config = load(path)
        async with prospecting(config.allow, config.contact) as prospector:
            return await prospector.find(whole(address))


async def discover(newsroom: Newsroom, path: Path, address: str) -> list[Prospect]:
    """Look at an address; whoever is cancelled gives the look up. Raises MonitorError."""
    discovery = Discovery()
    try:
        return await newsroom.ask(discovery.find, path, address)
    except asyncio.CancelledError:
        discovery.cancel()
        raise


def _track_processes() -> None:
    """Start what looks after shared memory of processes: it wants a stderr that is a file.

    While the dashboard runs, `sys.stderr` is none.
    """
    from multiprocessing import resource_tracker

    with redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()
