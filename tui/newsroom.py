"""What the dashboard knows of the newsroom, asked for off the screen's thread."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from index.article import Timestamp
from monitor.model import Alert, FeedHealth, Filter, Status, WatchlistCount
from tui.alerts import Change
from tui.remembered import Memory

if TYPE_CHECKING:
    from monitor.service import Service  # it brings the store along

P = ParamSpec("P")
T = TypeVar("T")

STATUS_EVERY = 2
COUNTS_EVERY = 5
"""Looks between two readings of counts; they are aggregates, and change slowly."""


@dataclass(frozen=True, slots=True)
class News:
    """What one look found; None is not looked at this time."""

    ids: array[int]
    status: Status | None = None
    watchlists: list[WatchlistCount] | None = None
    feeds: list[FeedHealth] | None = None
    alerts: list[Alert] | None = None


class Newsroom:
    """The service with its clock and zone, and the last counts it gave."""

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        zone: tzinfo | None,
        environ: Mapping[str, str],
        hint: str,
        memory: Memory,
    ) -> None:
        self.service = service
        self.clock = clock
        self.zone = zone
        self.environ = environ
        self.hint = hint
        self.memory = memory
        self.status: Status | None = None
        self.watchlists: Sequence[WatchlistCount] = ()
        self.feeds: Sequence[FeedHealth] = ()
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="tocsin-read")
        self._looks = 0
        self._closed = False

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call of the service answers, the screen staying alive meanwhile.

        Once closed, it cancels whoever asks.
        """
        if self._closed:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: question(*args, **kwargs))

    async def look(self, filter: Filter, newest: int, visible: Sequence[int]) -> News:
        """Look for alerts above `newest`, and now and then at the counts."""
        turn, self._looks = self._looks, self._looks + 1
        news = await self.ask(self._look, filter, newest, visible, turn)
        self.status = news.status or self.status
        self.watchlists = self.watchlists if news.watchlists is None else news.watchlists
        self.feeds = self.feeds if news.feeds is None else news.feeds
        return news

    def _look(self, filter: Filter, newest: int, visible: Sequence[int], turn: int) -> News:
        ask = self.service
        counts = turn % COUNTS_EVERY == 0
        return News(
            ids=ask.alert_ids(filter, after=newest) if ask.newest_alert() > newest else array("q"),
            status=ask.status() if turn % STATUS_EVERY == 0 or counts else None,
            watchlists=ask.watchlists() if counts else None,
            feeds=ask.feeds() if counts else None,
            alerts=ask.alerts(visible) if counts and turn else None,
        )

    def look_at_all(self) -> None:
        """Read the counts at the next look."""
        self._looks = 0

    async def write(self, ids: Sequence[int], change: Change) -> None:
        """Store a change; raises StoreError."""
        await self.ask(
            self.service.triage,
            ids,
            state=change.state,
            verdict=change.verdict,
            starred=change.starred,
        )

    def feed_url(self, name: str) -> str | None:
        """Return the address of a feed by its name."""
        return next((feed.feed.url for feed in self.feeds if feed.feed.name == name), None)

    def close(self) -> None:
        """Let go of the threads."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
