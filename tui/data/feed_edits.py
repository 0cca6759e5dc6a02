"""Changes of feeds.yaml from the dashboard, and feeds found at an address."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import QueryError
from monitor.errors import ConfigError, MonitorError
from tui.data.newsroom import NewsroomModel

if TYPE_CHECKING:
    from monitor.feeds.discovery import Prospect


NO_FILE = "Nobody said where feeds.yaml is; start tocsin with -c FILE."


async def write(newsroom: NewsroomModel, change: Callable[[Path], object]) -> str:
    """Change feeds.yaml off the screen's thread; return why it cannot be, empty when it is done."""
    path = newsroom.service.config
    if path is None:
        return NO_FILE
    try:
        await newsroom.ask(change, path)
    except QueryError as error:
        return f"{error.message}{f' ({error.hint})' if error.hint else ''}"
    except ConfigError as error:
        return f"{path.name}, {error.problems[0]}"
    except MonitorError as error:
        return str(error)
    return ""


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
        from monitor.config import load
        from monitor.feeds.subscriptions import complete_url
        from monitor.wiring import prospecting

        config = load(path)
        async with prospecting(config.allow, config.contact) as prospector:
            return await prospector.find(complete_url(address))


async def discover(newsroom: NewsroomModel, path: Path, address: str) -> list[Prospect]:
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
