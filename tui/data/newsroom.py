"""The newsroom as the dashboard shows it; read in threads, so that the screen stays alive."""

from __future__ import annotations

import asyncio
import sys
import threading
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, suppress
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from index.interruption import interruptible
from index.query.filters import resolve_time
from monitor.base.article import Article, Timestamp
from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.config.loading import load, signature
from monitor.model.alert import Alert, AlertState, EscalatedAlert, StoryAlerts, Verdict
from monitor.model.feed import FeedHealth, Setting
from monitor.model.watchlist import Baseline, Severity, WatchlistCount
from monitor.storage.search.alert_filter import AlertFilter
from tui.data.alert_selection import AlertSelector, filter_names
from tui.data.settings import UiStateFile
from tui.data.story_list import FirstAlerts

if TYPE_CHECKING:
    from monitor.model.status import Status, StoreVersion
    from monitor.presentation.service.service import Service


P = ParamSpec("P")
T = TypeVar("T")


class ThreadRunner:
    """Runs calls in a few threads of its own.

    With one thread the calls run one after the other. A call that is cancelled before its turn
    never runs; one that is cancelled later has no effect on the screen, and if it searches, it
    ends soon. So a new query does not wait for an older one, and its results are never replaced
    by older ones.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"tocsin-{name}")
        self._closed = False

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call returns; once closed, cancel the caller."""
        if self._closed:
            raise asyncio.CancelledError
        cancelled = threading.Event()

        def run() -> T:
            with interruptible(cancelled.is_set):
                return call(*args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def close(self) -> None:
        """Stop the threads; calls that wait never run."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)


class ReadSchedule:
    """Decides at each tick whether something is to be read from the store."""

    def __init__(self, interval: int, idle_interval: int) -> None:
        """Set the pace.

        Args:
            interval: Ticks between two reads while others commit to the store.
            idle_interval: Ticks between two reads while nobody commits: time alone makes feeds
                late, silent or due.
        """
        self._interval = interval
        self._idle_interval = idle_interval
        self._ticks = idle_interval
        self._commits: int | None = None

    def due(self, commits: int, ticks: int = 1) -> bool:
        """Return whether to read now, so many ticks later, given the store's count of commits."""
        self._ticks += ticks
        has_changed = commits != self._commits and self._ticks >= self._interval
        if not has_changed and self._ticks < self._idle_interval:
            return False
        self._ticks, self._commits = 0, commits
        return True

    def force(self) -> None:
        self._ticks = self._idle_interval


class FeedSettings:
    """The settings of each feed in feeds.yaml, without the values of secrets."""

    def __init__(self) -> None:
        self._signature: object = None
        self._by_url: Mapping[str, Sequence[Setting]] = {}

    def of(self, path: Path | None, url: str) -> Sequence[Setting]:
        """Return the settings of the feed at an address; none while the file is invalid."""
        if path is None or (stamp := signature(path)) is None:
            return ()
        if stamp != self._signature:
            self._signature, self._by_url = stamp, {}
            with suppress(MonitorError):
                self._by_url = {feed.url: feed.settings for feed in load(path).feeds}
        return self._by_url.get(url, ())


QUIET = 20.0
"""Seconds of one wait of a listener."""
BETWEEN = 0.5
"""Seconds between two wake-ups at least: a monitor commits many times a second."""


class CommitWatch:
    """Listens in a thread to a store that reports commits; any other store is always read."""

    def __init__(self, open_listener: Callable[[], Any]) -> None:
        self._open = open_listener
        self._listener: Any = None
        self._changed = threading.Event()
        self._changed.set()
        self._closed = threading.Event()

    def start(self, wake: Callable[[], object]) -> None:
        """Call `wake`, in a thread, soon after each commit, if the store tells of them."""
        self._listener = self._open()
        if self._listener is not None:
            thread = threading.Thread(
                target=self._listen, args=(self._listener, wake), name="tocsin-commits", daemon=True
            )
            thread.start()

    @property
    def are_heard(self) -> bool:
        """Whether a listener has heard of one since the last call of `take`."""
        return self._listener is not None and self._changed.is_set()

    def take(self) -> bool:
        """Return whether something may have been committed since the last call."""
        if self._listener is None:
            return True
        has_changed = self._changed.is_set()
        self._changed.clear()
        return has_changed

    def close(self) -> None:
        self._closed.set()

    def _listen(self, listener: Any, wake: Callable[[], object]) -> None:
        while not self._closed.is_set():
            if listener.wait(QUIET) and not self._closed.is_set():
                self._changed.set()
                with suppress(RuntimeError):  # the dashboard has ended
                    wake()
                self._closed.wait(BETWEEN)
        listener.close()


STATUS_EVERY, VISIBLE_EVERY, COUNTS_EVERY = 3, 5, 10
"""Ticks between two reads of the status, of the alerts on the screen, of feeds and watchlists."""
IDLE_EVERY = 60
"""Ticks between two reads while nobody commits, three of the status: time makes feeds late."""
REST_AFTER = 10
"""Reads without a commit after which the newsroom rests."""
REST_SECONDS, REST_LOOKS = 2.0, 5
"""Seconds between two looks for a commit while it rests; looks between two reads."""


class NewsroomUpdate(Struct, frozen=True):
    """The results of one read that the model does not keep."""

    ids: array[int]
    """New alerts, in ascending order."""
    position: StoreVersion
    escalated: Sequence[EscalatedAlert]
    stories: Sequence[StoryAlerts]
    """Stories as they are stored now: the escalated, and now and then those on the screen."""
    later: tuple[array[int], array[int]] | None
    """New alerts that are not the first of their story, and that first one; None without any."""
    is_counted: bool
    """Whether new stories were counted."""
    is_recounted: bool
    """Whether feeds and watchlists were read."""


class NewsroomModel:
    """The service with its clock and zone, and the values last read from it."""

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], Timestamp],
        zone: tzinfo | None,
        environ: Mapping[str, str],
        feeds_hint: str,
        ui_state: UiStateFile,
    ) -> None:
        self.service = service
        self.clock = clock
        self.zone = zone
        self.environ = environ
        self.feeds_hint = feeds_hint
        self.ui_state = ui_state
        self.selector = AlertSelector(service, clock, zone)
        self.firsts = FirstAlerts()
        """The first alert of the story of every alert."""
        self.status: Status | None = None
        self.watchlists: Sequence[WatchlistCount] = ()
        self.lists: Sequence[WatchlistCount] = ()
        """The articles of today, and what is new of each saved filter, as rows of watchlists."""
        self.feeds: Sequence[FeedHealth] = ()
        self.tags: Collection[str] = ()
        """Tags that analysts gave to alerts."""
        self.people: Collection[str] = ()
        """People who have worked on alerts, or have one assigned."""
        self.paused_stories: int | None = None
        """Stories that wait while the stream is paused; None while it is not."""
        self.commits = CommitWatch(service.views.listener)
        self._version: StoreVersion | None = None
        """The last version of the store that was read; None after an error."""
        self._age = 0
        """Ticks since the store was asked for its version."""
        self._runner = ThreadRunner("read", 3)
        self.ask = self._runner.run
        """Runs a call of the service in a thread and returns its result."""
        self._commits = -1
        """The number of commits of the store at the last read."""
        self._quiet_reads = 0
        """Reads since the last commit."""
        self._stamp: object = None
        """The stamp of the store at the last read; `_looks`: looks since then."""
        self._looks = 0
        self._status_schedule = ReadSchedule(STATUS_EVERY, IDLE_EVERY // 3)
        self._counts_schedule = ReadSchedule(COUNTS_EVERY, IDLE_EVERY)
        self._visible_schedule = ReadSchedule(VISIBLE_EVERY, IDLE_EVERY)

    @property
    def rests(self) -> bool:
        """Whether nobody has committed for a while."""
        return self._quiet_reads >= REST_AFTER and not self.commits.are_heard

    @property
    def pause(self) -> float:
        """Seconds until the next tick, unless the newsroom hears of a commit before."""
        return REST_SECONDS * (REST_LOOKS if self._stamp is None else 1) if self.rests else 1.0

    def skips_tick(self) -> bool:
        """Return whether there is nothing to read at this tick, since the newsroom rests."""
        stamp = self.service.views.stamp()
        self._looks += 1
        is_quiet = stamp is not None and stamp == self._stamp
        if self.rests and is_quiet and self._looks < REST_LOOKS:
            return True
        self._stamp, self._looks = stamp, 0
        return False

    async def read_update(
        self, filter: AlertFilter, position: StoreVersion, visible: Sequence[int]
    ) -> NewsroomUpdate:
        """Read what is new since a position, and now and then the counts.

        Args:
            filter: The filter of the alerts that are shown.
            position: How far the stream has been read.
            visible: Alerts whose stories are on the screen.

        Raises:
            MonitorError: The store cannot be read.
        """
        try:
            update = await self.ask(self._read_update, filter, position, visible)
        except MonitorError:
            self.read_all_next()
            raise
        if update.later is not None:
            self.firsts.add(*update.later, update.position.alert)
        return update

    def _read_update(
        self, filter: AlertFilter, position: StoreVersion, visible: Sequence[int]
    ) -> NewsroomUpdate:
        service, selector = self.service, self.selector
        ticks = int(REST_SECONDS * REST_LOOKS) if self.rests else 1
        newest = self.read_version(ticks)
        old_status = self.status
        counts_due = self._counts_schedule.due(newest.commits, ticks)
        recount = self._status_schedule.due(newest.commits, ticks)
        recount = recount or counts_due or old_status is None
        has_changed = newest.commits != self._commits
        self._commits = newest.commits
        self._quiet_reads = 0 if has_changed else self._quiet_reads + 1
        reread = self._visible_schedule.due(newest.commits, ticks) and old_status is not None
        escalated = (
            selector.escalated(filter, position.escalation)
            if newest.escalation > position.escalation
            else []
        )
        alert_ids = [row.alert for row in escalated] + list(visible if reread else ())
        status = (
            service.health.status()
            if recount or old_status is None
            else service.health.renewed(old_status)
        )
        if counts_due:
            self.watchlists, self.feeds = service.statistics.watchlists(), service.health.feeds()
            self.tags = list(service.views.triage.tags())
            self.people = service.views.triage.people()
            selector.names = filter_names(self.watchlists, self.feeds, self.tags, self.people)
        if has_changed or recount:
            total, by_watchlist = service.views.watchlists.untriaged()
            status = replace(status, untriaged=total)
            self.watchlists = [
                replace(count, untriaged=by_watchlist.get(count.name, 0))
                for count in self.watchlists
            ]
            self.lists = self._other_rows()
        self.status = status
        if filter.articles and newest.article > position.article:
            escalated += service.views.articles.without_alert(after=position.article)
        return NewsroomUpdate(
            ids=selector.ids(filter, after=position.alert)
            if newest.alert > position.alert
            else array("q"),
            position=newest,
            escalated=escalated,
            stories=service.views.alerts.stories(alert_ids, silenced=True) if alert_ids else (),
            later=service.views.alerts.later_of_stories(after=self.firsts.upto)
            if newest.alert > self.firsts.upto
            else None,
            is_counted=has_changed or recount,
            is_recounted=counts_due,
        )

    def _other_rows(self) -> list[WatchlistCount]:
        midnight = resolve_time("today", self.clock(), self.selector.zone)[0]
        today = Baseline(today=self.service.views.articles.arrived(midnight))
        rows = [replace(_NO_LIST, name=_("All articles"), pace=today)]
        for text in self.ui_state.state.saved:
            count = self.selector.untriaged(text, self.firsts)
            rows.append(replace(_NO_LIST, name=text, untriaged=count))
        return rows

    def read_stories(self, ids: Sequence[int]) -> list[StoryAlerts]:
        """Return the stories of alerts, and articles without alert as stories of their own."""
        views = self.service.views
        names = {feed.number: feed.name for feed in views.feeds.every()}
        articles = views.articles.get([-id for id in ids if id < 0])
        return [
            *views.alerts.stories([id for id in ids if id > 0], silenced=True),
            *(StoryAlerts((_row(article, names),)) for article in articles),
        ]

    def read_version(self, ticks: int = 1) -> StoreVersion:
        """Return the version of the store, ticks later; it is read if it can have changed."""
        self._age += ticks
        has_changed = self.commits.take()
        if has_changed or self._version is None or self._age >= IDLE_EVERY:
            self._version, self._age = None, 0
            self._version = self.service.views.version()
        return self._version

    async def read_firsts(self) -> None:
        """Read the first alert of the story of every alert, unless all are known.

        Raises:
            MonitorError: The store cannot be read.
        """
        if not self.firsts.is_complete:
            version = await self.ask(self.service.views.version)
            later = await self.ask(self.service.views.alerts.later_of_stories)
            self.firsts.replace(*later, version.alert, is_complete=True)

    def read_all_next(self) -> None:
        for schedule in (self._status_schedule, self._counts_schedule, self._visible_schedule):
            schedule.force()
        self._version = None

    def feed_url(self, name: str) -> str | None:
        """Return the address of a feed by its name."""
        return next((feed.feed.url for feed in self.feeds if feed.feed.name == name), None)

    def close(self) -> None:
        self.commits.close()
        self._runner.close()


_NO_LIST = WatchlistCount(name="", severity=Severity.LOW, total=0, untriaged=0, spark=())


def _row(article: Article, feeds: Mapping[int, str]) -> Alert:
    """Return an article without alert as a row of alerts; nothing can be decided about it."""
    return Alert(
        id=-article.id, watchlist="", article=article.id, severity=Severity.LOW,
        state=AlertState.ACKNOWLEDGED, verdict=Verdict.NONE, starred=False, backfill=False,
        raised_at=article.seen, title=article.title, url=article.url, lang=article.lang,
        feed=feeds.get(article.feeds[0], ""), published=article.published, outlet=article.outlet,
    )  # fmt: skip


def start_resource_tracker() -> None:
    """Start multiprocessing's resource tracker, which needs a stderr that is a file.

    `sys.stderr` is none while the dashboard runs.
    """
    from multiprocessing import resource_tracker  # it takes 10 ms to import

    with redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()
