"""The watch itself: the tick, the reload of `feeds.yaml`, the end of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from index.article import Timestamp
from monitor import health, schedule
from monitor.answers import Watch
from monitor.errors import ConfigError, StoreError
from monitor.fetch import Client, redact
from monitor.indexer_process import IndexerProcess
from monitor.match import Rules
from monitor.model import Config, Feed, FeedState, MonitorPresence, Summary
from monitor.pipeline import Pipeline
from monitor.presence import Card, Presence
from monitor.relocation import Relocation
from monitor.report import Report
from monitor.settle import Settler
from monitor.store import Store
from monitor.watching.backfill import Backfill
from monitor.watching.edits import edits
from monitor.watching.telling import Told

T = TypeVar("T")
log = logging.getLogger("tocsin")

TICK = 1.0
PAGES_AT_ONCE = 8
STORE_REST = 30.0
"""Seconds without polling after the store refused: a full disk does not heal in a tick."""
SHINGLE_WINDOW = 72 * 3600.0
SWEEP_EVERY = 3600.0
BREATH = 0.01
"""Seconds between two steps of a backfill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a watch is made of; `bootstrap` puts it together."""

    store: Store
    thread: ThreadPoolExecutor
    client: Client
    settler: Settler
    pipeline: Pipeline
    indexer: IndexerProcess
    presence: Presence
    report: Report
    relocation: Relocation
    load: Callable[[], Config]
    stamp: Callable[[], object]
    """Changes when `feeds.yaml` does."""
    clock: Callable[[], Timestamp]
    sleep: Callable[[float], Awaitable[None]]
    me: MonitorPresence


class Daemon:
    """One watch over one newsroom, from start to end."""

    def __init__(self, config: Config, parts: Parts) -> None:
        self._config = config
        self._parts = parts
        self._stamp = parts.stamp()
        self._feeds: dict[str, Feed] = {}
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._resting_until = 0.0
        self._refused: StoreError | None = None
        self._swept = 0.0
        self._config_error = ""
        self._backfill = Backfill(parts.store, parts.clock)
        self._to_backfill = asyncio.Event()

    async def watch(self, stop: asyncio.Event) -> None:
        """Watch until told to stop, then finish what is under way."""
        background = [
            *await self._start(),
            asyncio.create_task(self._backfill_ever()),
            asyncio.create_task(self._reload_ever()),
        ]
        self._say_what_is_watched(await self._in_thread(self._parts.store.states))
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(
            self._tick, "interval", seconds=TICK, max_instances=1, coalesce=True,
            misfire_grace_time=None,
        )  # fmt: skip
        scheduler.start()
        try:
            await self._tick()
            await stop.wait()
        finally:
            scheduler.shutdown(wait=False)
            await self._end(background)

    async def once(self, stop: asyncio.Event, *, everything: bool) -> Summary:
        """Poll what is due, or everything; return when it is all stored and searchable."""
        background = await self._start()
        try:
            if everything:
                await self._in_thread(self._parts.store.reschedule, dict.fromkeys(self._feeds, 0.0))
            work = asyncio.create_task(self._round())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not work.done():
                work.cancel()
            await asyncio.gather(work, return_exceptions=not work.done() or work.cancelled())
        finally:
            await self._end(background)
        return self._parts.report.summary()

    # --- the round and the tick ---

    async def _round(self) -> None:
        await self._poll_due(at_once=True)
        await self._drain(self._polling)
        while self._refused is None and await self._read_pages():
            await self._drain(self._reading)
        if self._refused is not None:
            raise self._refused
        await self._relocate()
        await self._backfill_all()
        while waiting := await self._left_to_index():
            self._parts.report.indexing(waiting)
            self._parts.indexer.start()
            await self._parts.sleep(0.05)

    async def _left_to_index(self) -> int:
        if done := self._parts.indexer.indexed():
            await self._in_thread(self._parts.store.mark_indexed, done)
        return await self._in_thread(self._parts.store.outbox_size)

    async def _tick(self) -> None:
        """Look once at everything that may need doing. Never raises: the watch goes on."""
        try:
            await self._left_to_index()
            self._parts.indexer.start()
            if self._parts.clock() >= self._resting_until:
                await self._poll_due(at_once=False)
                await self._read_pages()
                await self._relocate()
                await self._sweep()
        except StoreError as error:
            self._rest(error)
        except Exception:
            log.exception("this tick failed; the watch goes on")

    async def _poll_due(self, *, at_once: bool) -> None:
        now = self._parts.clock()
        states = await self._in_thread(self._parts.store.due, now)
        if now < self._resting_until:  # it refused something while we waited for our turn
            return
        feeds = [f for f in self._feeds.values() if f.url in states and f.url not in self._polling]
        self._parts.report.expect(len(feeds))
        for delay, feed in schedule.spread(schedule.due(states, feeds, now), states, now):
            wait = 0.0 if at_once else delay
            self._spawn(self._polling, feed.url, self._poll(feed, states[feed.url], wait))

    async def _poll(self, feed: Feed, state: FeedState, wait: float) -> None:
        if wait:
            await self._parts.sleep(wait)
        await self._parts.pipeline.poll(feed, state)

    async def _read_pages(self) -> bool:
        """Begin reading pages that are due; return whether there are any."""
        free = PAGES_AT_ONCE - len(self._reading)
        if free <= 0:
            return True
        due = await self._in_thread(self._parts.store.pages_due, self._parts.clock(), PAGES_AT_ONCE)
        due = [(article, tries) for article, tries in due if article.id not in self._reading]
        for article, tries in due[:free]:
            self._spawn(self._reading, article.id, self._parts.pipeline.read_page(article, tries))
        return bool(due)

    def _spawn(
        self, running: dict[Any, asyncio.Task[None]], key: object, work: Coroutine[Any, Any, None]
    ) -> None:
        task = asyncio.create_task(work)
        running[key] = task

        def done(task: asyncio.Task[None]) -> None:
            running.pop(key, None)
            if not task.cancelled() and (error := task.exception()):
                if isinstance(error, StoreError):
                    self._rest(error)
                else:
                    log.error("%s: unexpected trouble", redact(str(key)), exc_info=error)

        task.add_done_callback(done)

    async def _drain(self, running: dict[Any, asyncio.Task[None]]) -> None:
        while running:
            await asyncio.gather(*running.values(), return_exceptions=True)
            await self._parts.sleep(0)

    async def _relocate(self) -> None:
        """Give feeds that have moved their new address; the file is then read again."""
        await self._in_thread(self._parts.relocation.step, self._feeds)

    def _rest(self, error: StoreError) -> None:
        """Stop polling for a while: what cannot be stored is not to be fetched."""
        now = self._parts.clock()
        if now >= self._resting_until:
            log.error("%s; trying again in %d s", error, STORE_REST)
        self._resting_until = now + STORE_REST
        self._refused = error

    async def _sweep(self) -> None:
        now = self._parts.clock()
        if now - self._swept >= SWEEP_EVERY:
            self._swept = now
            await self._in_thread(self._parts.store.forget_shingles, now - SHINGLE_WINDOW)

    # --- backfill ---

    async def _backfill_ever(self) -> None:
        """Backfill whenever there is something to. Never raises: the watch goes on."""
        while True:
            await self._to_backfill.wait()
            try:
                await self._backfill_all()
            except StoreError as error:
                self._rest(error)
                await self._parts.sleep(STORE_REST)
            except Exception:
                log.exception("this backfill failed; the watch goes on")
                self._to_backfill.clear()

    async def _backfill_all(self) -> None:
        """Match the rules that are new with the articles older than they, step by step."""
        told = Told()
        self._to_backfill.clear()
        try:
            while step := await self._in_thread(self._backfill.step):
                told.take(step)
                await self._parts.sleep(BREATH)
        except BaseException:
            self._to_backfill.set()
            raise

    # --- start, reload, end ---

    async def _start(self) -> list[asyncio.Task[None]]:
        self._beat()
        await self._enforce(self._config)
        self._parts.indexer.start()
        return [
            asyncio.create_task(self._parts.pipeline.run()),
            asyncio.create_task(self._pulse()),
        ]

    async def _end(self, background: list[asyncio.Task[None]]) -> None:
        for task in [*self._polling.values(), *self._reading.values(), *background]:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if done := await asyncio.to_thread(self._parts.indexer.stop):
            with contextlib.suppress(StoreError):  # it will only be indexed twice
                await self._in_thread(self._parts.store.mark_indexed, done)

    async def _reload_ever(self) -> None:
        """Look at the file again and again, while polls go on. Never raises."""
        while True:
            await self._parts.sleep(TICK)
            try:
                await self._reload_if_changed()
            except StoreError as error:
                self._rest(error)
            except Exception:
                log.exception("this edit is not in force; the watch goes on")

    async def _reload_if_changed(self) -> None:
        stamp = self._parts.stamp()
        if stamp == self._stamp:
            return
        try:
            config = await asyncio.to_thread(self._parts.load)
        except ConfigError as error:
            self._stamp, self._config_error = stamp, str(error)
            log.error("%s\nthe last good version stays in force", error)
            return
        before = self._config
        await self._enforce(config)
        self._stamp, self._config_error = stamp, ""
        for line in edits(before, config):
            log.info("%s: %s", config.path.name, line)

    async def _enforce(self, config: Config) -> None:
        """Put a configuration in force, whole: what is slow is done before, in a thread."""
        rules = await asyncio.to_thread(Rules, config.watchlists, config.feeds)
        numbered = await self._in_thread(
            self._parts.store.subscribe, config.feeds, config.watchlists
        )
        self._config = config
        self._feeds = {feed.url: feed for feed in numbered if feed.enabled}
        self._parts.client.allow(config.allow)
        self._parts.settler.watch = Watch(rules=rules, feeds={f.number: f for f in numbered})
        # From here on the rules see what is stored: what is older is for the backfill.
        left = await self._in_thread(self._backfill.begin, config.watchlists, numbered)
        for stand in left:
            log.info("%s: looking through %d articles", stand.watchlist, stand.until - stand.upto)
        if left:
            self._to_backfill.set()

    def _say_what_is_watched(self, states: Mapping[str, FeedState]) -> None:
        log.info("%d feeds, %d watchlists", len(self._feeds), len(self._config.watchlists))
        now = self._parts.clock()
        for url, state in states.items():
            if state.failures and url in self._feeds:
                log.warning(
                    "✗ %s: %s", self._feeds[url].name, health.words(self._feeds[url], state, now)
                )

    async def _pulse(self) -> None:
        while True:
            await self._parts.sleep(TICK)
            self._beat()

    def _beat(self) -> None:
        card = Card(
            presence=self._parts.me,
            pulse=self._parts.clock(),
            config_error=self._config_error,
            network_down=self._parts.pipeline.network_down,
        )
        try:
            self._parts.presence.beat(card)
        except OSError as error:
            log.warning("%s: no sign of life can be given: %s", self._config.data, error)

    async def _in_thread(self, call: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._parts.thread, call, *args)
