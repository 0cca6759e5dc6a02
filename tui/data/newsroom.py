"""What the dashboard knows of the newsroom, asked for off the screen's thread."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from index.article import Timestamp
from monitor.errors import MonitorError
from monitor.model.request_options import Setting
from monitor.search.alert_filter import AlertFilter, FilterNames
from tui.data.alert_selection import AlertSelector, filter_names
from tui.data.ui_state import UiStateFile

if TYPE_CHECKING:
    from monitor.model.alert import Act, Alert, Change, EscalatedAlert
    from monitor.model.feed import FeedHealth
    from monitor.model.status import Status, StoreVersion
    from monitor.model.watchlist import WatchlistCount
    from monitor.service.service import Service


class Rhythm:
    """Says at each look whether it is time.

    After a commit it is every `every` looks, else every `anyway`: what is late, silent or due
    changes with the time alone.
    """

    def __init__(self, every: int, anyway: int) -> None:
        self._every = every
        self._anyway = anyway
        self._since = anyway
        self._read: int | None = None

    def due(self, commits: int) -> bool:
        """Return whether to read at this look, when the store tells of so many commits."""
        self._since += 1
        changed = commits != self._read and self._since >= self._every
        if not changed and self._since < self._anyway:
            return False
        self._since, self._read = 0, commits
        return True

    def hurry(self) -> None:
        """Read at the next look."""
        self._since = self._anyway


class Settings:
    """The settings of every feed of a file, secrets only told to be there."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._known: Mapping[str, Sequence[Setting]] = {}

    def of(self, path: Path | None, url: str) -> Sequence[Setting]:
        """Return what is set for the feed of an address; nothing while the file is not well."""
        if path is None:
            return ()
        try:
            stat = path.stat()
        except OSError:
            return ()
        stamp = stat.st_mtime_ns, stat.st_size
        if stamp != self._stamp:
            self._stamp, self._known = stamp, _read(path)
        return self._known.get(url, ())


def _read(path: Path) -> dict[str, Sequence[Setting]]:
    from monitor.config import load

    try:
        return {feed.url: feed.settings for feed in load(path).feeds}
    except MonitorError:
        return {}


P = ParamSpec("P")
T = TypeVar("T")

STATUS_EVERY, SHOWN_EVERY, COUNTS_EVERY = 3, 5, 10
"""Looks between two readings of the status, the alerts on the screen, feeds and watchlists."""
ANYWAY = 30
"""The same while nothing is committed."""


@dataclass(frozen=True, slots=True)
class News:
    """What one look found; None is not looked at this time."""

    ids: array[int]
    upto: StoreVersion
    status: Status
    louder: Sequence[EscalatedAlert] = ()
    alerts: Sequence[Alert] = ()
    """As the store has them now: those that became louder, and now and then those on show."""
    watchlists: list[WatchlistCount] | None = None
    feeds: list[FeedHealth] | None = None
    tags: Collection[str] | None = None


class NewsroomModel:
    """The service with its clock and zone, and the last counts it gave."""

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        zone: tzinfo | None,
        environ: Mapping[str, str],
        hint: str,
        memory: UiStateFile,
    ) -> None:
        self.service = service
        self.clock = clock
        self.zone = zone
        self.environ = environ
        self.hint = hint
        self.memory = memory
        self.selecting = AlertSelector(service, clock, zone)
        self.status: Status | None = None
        self.watchlists: Sequence[WatchlistCount] = ()
        self.feeds: Sequence[FeedHealth] = ()
        self.tags: Collection[str] = ()
        """Tags that the analyst gave to alerts."""
        self.names = FilterNames()
        """What a filter may hold."""
        self.waiting: int | None = None
        """Alerts that wait while the stream stands still; None while it moves."""
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="tocsin-read")
        self._status = Rhythm(STATUS_EVERY, ANYWAY)
        self._counts = Rhythm(COUNTS_EVERY, ANYWAY)
        self._shown = Rhythm(SHOWN_EVERY, ANYWAY)
        self._closed = False

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call of the service answers, the screen staying alive meanwhile.

        Once closed, it cancels whoever asks.
        """
        if self._closed:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: question(*args, **kwargs))

    @property
    def who(self) -> str:
        """Who sits here; empty for a user without a name."""
        from monitor.wiring import user

        return user(self.environ)

    async def look(self, sieve: AlertFilter, seen: StoreVersion, visible: Sequence[int]) -> News:
        """Look for what is new since `seen`, and now and then at the counts."""
        try:
            news = await self.ask(self._look, sieve, seen, visible)
        except MonitorError:
            self.look_at_all()
            raise
        self.status = news.status
        self.watchlists = self.watchlists if news.watchlists is None else news.watchlists
        self.feeds = self.feeds if news.feeds is None else news.feeds
        if news.tags is not None:
            self.tags = news.tags
            self.names = filter_names(self.watchlists, self.feeds, self.tags)
        return news

    def _look(self, sieve: AlertFilter, seen: StoreVersion, visible: Sequence[int]) -> News:
        ask, select, names = self.service, self.selecting, self.names
        upto = ask.views.version()
        counts, known = self._counts.due(upto.commits), self.status
        recounted = self._status.due(upto.commits) or counts or known is None
        again = self._shown.due(upto.commits) and known is not None
        louder = (
            select.louder(sieve, names, seen.escalation)
            if upto.escalation > seen.escalation
            else []
        )
        wanted = [one.alert for one in louder] + list(visible if again else ())
        return News(
            ids=select.ids(sieve, names, after=seen.alert)
            if upto.alert > seen.alert
            else array("q"),
            upto=upto,
            louder=louder,
            alerts=ask.views.alerts.get(wanted) if wanted else (),
            status=ask.status() if recounted or known is None else ask.renewed(known),
            watchlists=ask.statistics.watchlists() if counts else None,
            feeds=ask.feeds() if counts else None,
            tags=list(ask.views.triage.tags()) if counts else None,
        )

    def look_at_all(self) -> None:
        """Read the counts at the next look."""
        for rhythm in (self._status, self._counts, self._shown):
            rhythm.hurry()

    async def write(self, ids: Sequence[int], change: Change) -> Act | None:
        """Store a change; raises StoreError."""
        return await self.ask(
            self.service.triage.change,
            ids,
            state=change.state,
            verdict=change.verdict,
            starred=change.starred,
            note=change.note,
            tags=change.tags,
            untag=change.untag,
        )

    async def undo(self, act: int | None) -> Act | None:
        """Take back an act, or this person's last one; raises StoreError."""
        return await self.ask(self.service.triage.undo, act)

    async def redo(self) -> Act | None:
        """Say again what was taken back last; raises StoreError."""
        return await self.ask(self.service.triage.redo)

    def feed_url(self, name: str) -> str | None:
        """Return the address of a feed by its name."""
        return next((feed.feed.url for feed in self.feeds if feed.feed.name == name), None)

    def close(self) -> None:
        """Let go of the threads."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
