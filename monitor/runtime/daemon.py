"""The monitor at work: its tick, one round of polls, and the end of both."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from monitor.base.article import Timestamp
from monitor.base.errors import LeaseLostError, MonitorError, StoreAwayError, StoreError
from monitor.base.tasks import KeyedTasks, is_due
from monitor.base.translation import gettext as _, ngettext
from monitor.intake.ingest import schedule
from monitor.intake.ingest.poll_outcome import BatchOutcome
from monitor.judgement.alerts.plan import AlertPlan
from monitor.model.alert import AlertKind
from monitor.model.config import Config
from monitor.model.event_link import not_installed, turned_off
from monitor.model.feed import Feed, FeedState
from monitor.model.lease import Duty
from monitor.model.poll import PendingPage, RunSummary
from monitor.runtime.components import Components
from monitor.runtime.config_reload import ConfigReloader
from monitor.runtime.ticker import Ticker, fire
from monitor.runtime.witnesses import WitnessSearch
from monitor.storage.fencing import Lease
from monitor.storage.maintenance.retention import RetentionRunner
from monitor.storage.maintenance.store_check import check_daily, note_lost_monitors, note_trouble
from monitor.storage.monitor_lock import Heartbeat
from monitor.watchlists.backfill import Backfill, BackfillRunner
from monitor.watchlists.unusual import UnusualWatch

log = logging.getLogger("tocsin")

TICK = 1.0
RESTING = 2.0
"""Multiple of that time between two ticks of a monitor that rests: nothing runs nor is due."""
REST = 60.0
"""Most seconds without a look at the store, while it does not change and nothing is due."""
PAGES_AT_ONCE = 8
STORE_REST = 30.0
"""Seconds without polling after a StoreError: a full disk takes time to clear."""
AWAY_REST = 2.0
"""The same while the database does not answer: then nothing is fetched, since the store is read
first."""
SHINGLE_WINDOW = 72 * 3600.0
SENT_RETENTION = 90 * 86_400.0
"""Seconds for which sent deliveries are kept."""
SWEEP_INTERVAL = 3600.0
LOOK_INTERVAL = 300.0
"""Seconds between two looks for what is unusual; a look takes milliseconds."""
FIRST_LOOK = 20.0
"""Seconds from the start to the first look: by then it is known which feeds can be read."""
AWAY = 3 * LOOK_INTERVAL
"""Seconds without a look after which the monitor was away: stopped, or asleep."""
AWAY_BETWEEN_RUNS = 5_400.0
"""Seconds between two single runs after which feeds were not watched in between."""
Background = Callable[[Callable[[StoreError], None]], Coroutine[Any, Any, None]]
"""Work that goes on until cancelled, and reports each StoreError to its argument."""
UNINDEXED_SECONDS = 600.0
"""Seconds without success of the indexer after which an alert is raised: it tries every five."""
MAX_FAILURES = 2
"""Failures of the indexer in a row after which a single round does not wait for it."""


class Daemon:
    """The monitor of one newsroom, from start to end."""

    def __init__(self, config: Config, parts: Components) -> None:
        self._parts = parts
        self._backfill = BackfillRunner(
            Backfill(parts.store, parts.clock, parts.stopwatch), parts.thread, parts.sleep
        )
        self._reloader = ConfigReloader(config, parts, self._backfill)
        self._polls: KeyedTasks[str] = KeyedTasks(self._pause)
        self._page_reads: KeyedTasks[int] = KeyedTasks(self._pause)
        self._retention = RetentionRunner(
            parts.store, parts.thread, parts.clock, parts.sleep,
            retention=lambda: self._reloader.config.retention, confirms=parts.client.confirms,
        )  # fmt: skip
        self._damage = ""
        """The damage of the store and the way out; empty if the store is whole."""
        self._witnesses = WitnessSearch(parts, self._reloader)
        self._unusual = UnusualWatch(parts.store, parts.clock)
        self._archives = config.store
        self._is_unindexed: bool | None = None
        """Whether the archive takes no articles for long; None until this is known."""
        self._looked_at = 0.0
        self._refused_at = self._complained_at = float("-inf")
        self._refused: StoreError | None = None
        self._swept_at = 0.0
        self._changes: object = None
        """The stamp of the store at the last look."""
        self._looked_in_at = self._next_look = 0.0
        """Time of the last look at the store, and of the next, unless the store changes before."""

    async def watch(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set, then end all tasks."""
        self._looked_at = self._parts.clock() - LOOK_INTERVAL + FIRST_LOOK
        parts, store = self._parts, self._reloader.config.store
        background = [
            *await self._start(),
            self._while_held(Duty.BACKFILL, self._backfill.run_forever),
            self._while_held(Duty.UPKEEP, self._retention.run_forever),
            asyncio.create_task(check_daily(store, parts.clock, parts.sleep, self._note_damage)),
            asyncio.create_task(self._witnesses.run_forever(self._pause)),
            self._while_held(Duty.DELIVERIES, self._parts.notifier.run_forever),
        ]
        if self._parts.briefings is not None:
            background.append(self._while_held(Duty.BRIEFINGS, self._parts.briefings.run_forever))
        if self._archives.cluster is not None:
            background.append(self._while_held(Duty.ARCHIVE, self._write_archive))
        if self._parts.linker is not None:
            background.append(self._while_held(Duty.VECTORS, self._parts.linker.run_forever))
        self._log_watched()
        ticks = self._beat, self._reload, self._tick
        ticker = Ticker(ticks, lambda: TICK * (RESTING if self._rests() else 1))
        background.append(asyncio.create_task(ticker.keep(self._parts.clock, self._parts.sleep)))
        try:
            await fire(self._tick)
            await stop.wait()
        finally:
            ticker.end()
            await self._end(background)

    async def once(self, stop: asyncio.Event, *, everything: bool) -> RunSummary:
        """Poll due feeds, or all feeds; return when all is stored, searchable and checked.

        Raises StoreError, and MonitorError when what is stored cannot be made searchable.
        """
        background = await self._start()
        try:
            if everything:
                due = dict.fromkeys(self._reloader.feeds, 0.0)
                await self._parts.thread(self._parts.store.reschedule, due)
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

    def _while_held(self, duty: Duty, work: Background) -> asyncio.Task[None]:
        """Do background work while this monitor has the duty, which one monitor has for all."""
        return asyncio.create_task(self._parts.leases.while_held(duty, partial(work, self._pause)))

    # --- the round and the tick ---

    async def _round(self) -> None:
        await self._poll_due(at_once=True)
        await self._polls.drained(self._yield_once)
        while self._refused is None and await self._read_pages():
            await self._page_reads.drained(self._yield_once)
        if self._refused is not None:
            raise self._refused
        await self._relocate()
        await self._witnesses.all()
        await self._backfill.all()
        await self._retention.all()
        await self._end_silences()
        await self._look_for_unusual(AWAY_BETWEEN_RUNS)
        await self._sweep()
        if self._parts.briefings is not None:
            await self._parts.briefings.all()
        await self._parts.notifier.all()
        while (waiting := await self._unindexed_count()) or not self._parts.indexer.is_repaired:
            if not self._indexes:
                break  # another monitor indexes
            indexer = self._parts.indexer
            if indexer.failures >= MAX_FAILURES:
                raise MonitorError(
                    _(
                        "{trouble}; what was read is stored, and the next run makes it searchable",
                        trouble=indexer.trouble,
                    )
                )
            if waiting:
                self._parts.report.indexing(waiting)
            self._start_indexer()
            indexer.wake()  # no more articles will follow
            await self._parts.sleep(0.05)
        if self._parts.linker is not None:
            await self._parts.linker.all(self._parts.report.encoding)
            await self._parts.notifier.all()

    async def _unindexed_count(self) -> int:
        await self._mark_indexed()
        return len((await self._parts.thread(self._parts.store.outbox)).articles)

    async def _mark_indexed(self) -> None:
        await self._note_set_aside()
        if indexed := self._parts.indexer.indexed():
            indexed_at = self._parts.indexer.indexed_at
            await self._parts.thread(self._parts.store.mark_indexed, indexed, indexed_at)

    async def _note_set_aside(self) -> None:
        set_aside = self._parts.indexer.set_aside
        while set_aside:
            article, reason = next(iter(set_aside.items()))
            now = self._parts.clock()
            await self._parts.thread(self._parts.store.set_aside, article, reason, now)
            del set_aside[article]

    async def _reload(self) -> None:
        """Activate an edit of `feeds.yaml`, while polls go on."""
        try:
            await self._reloader.look()
        except StoreError as error:
            self._pause(error)

    async def _tick(self) -> None:
        """Do once everything that is due."""
        try:
            await self._mark_indexed()
            self._start_indexer()
            await self._note_unindexed()
            now, changes = self._parts.clock(), (self._parts.changes(), self._parts.leases.held)
            if self._rests() and changes == self._changes:
                return
            if changes != self._changes:
                self._changes = changes
                self._parts.notifier.wake()
            if self._may_poll(now):
                await self._poll_due(at_once=False)
                await self._read_pages()
                await self._relocate()
                if lease := self._parts.leases.duty(Duty.UPKEEP):
                    with self._parts.leases.using(lease):
                        await self._keep_up(now)
        except StoreError as error:
            self._pause(error)

    def _rests(self) -> bool:
        """Return whether nothing runs, and nothing is known to be due."""
        is_idle = not (self._polls or self._page_reads)
        return is_idle and self._looked_in_at <= self._parts.clock() < self._next_look

    async def _keep_up(self, now: Timestamp) -> None:
        await self._end_silences()
        if is_due(self._looked_at, LOOK_INTERVAL, now):
            await self._look_for_unusual(AWAY)
        await self._sweep()
        await self._note_lost_monitors()

    async def _poll_due(self, *, at_once: bool) -> None:
        """Begin to poll the feeds that are due, or unless `at_once`, that are by the next tick."""
        now = self._parts.clock()
        monitor, due_by = self._parts.leases.monitor, now if at_once else now + RESTING * TICK
        known_by = due_by if at_once or self._polls else max(due_by, now + REST)
        states = await self._parts.thread(self._parts.store.states, known_by, monitor)
        later = [state.next_due for state in states.values() if state.next_due > due_by]
        self._looked_in_at, self._next_look = now, min([known_by, *later]) - RESTING * TICK
        if not self._may_poll(now):  # the store refused something while this call waited
            return
        active = self._reloader.feeds  # there may be a million, of which few are due
        due = [active[url] for url in states if url in active and url not in self._polls]
        leases = {feed.url: self._parts.leases.bucket(feed.url) for feed in due}
        feeds = [feed for feed in due if leases[feed.url]]
        self._parts.report.expect(len(feeds))
        for delay, feed in schedule.spread(schedule.due(states, feeds, due_by), states, now):
            wait = 0.0 if at_once else delay
            poll = self._poll(feed, states[feed.url], wait, leases[feed.url])
            self._polls.begin(feed.url, poll)

    async def _poll(self, feed: Feed, state: FeedState, wait: float, lease: Lease | None) -> None:
        if wait:
            await self._parts.sleep(wait)
        if lease and self._parts.leases.bucket(feed.url) == lease:  # else the state may be old
            with self._parts.leases.using(lease):
                await self._parts.pipeline.poll(feed, state)

    async def _read_pages(self) -> bool:
        """Begin reading pages that are due; return whether there are any."""
        parts, free_slots = self._parts, PAGES_AT_ONCE - len(self._page_reads)
        if free_slots <= 0:
            return True
        now, monitor = parts.clock(), parts.leases.monitor
        due = await parts.thread(parts.store.pages_due, now, PAGES_AT_ONCE, monitor)
        due = [page for page in due if page.article.id not in self._page_reads]
        for page in due[:free_slots]:
            if lease := parts.leases.bucket(page.article.url):
                self._page_reads.begin(page.article.id, self._read_page(page, lease))
        return bool(due)

    async def _read_page(self, page: PendingPage, lease: Lease) -> None:
        with self._parts.leases.using(lease):
            await self._parts.pipeline.read_page(page)

    async def _relocate(self) -> None:
        """Write new addresses of moved feeds into `feeds.yaml`, which is then read again."""
        await self._parts.thread(self._parts.relocation.step, self._reloader.feeds)

    async def _end_silences(self) -> None:
        if await self._parts.thread(self._parts.ingester.end_silences):
            self._parts.notifier.wake()

    async def _look_for_unusual(self, patience: float) -> None:
        """Raise alerts about watchlists with far more stories than usual, or none any more."""
        parts, config = self._parts, self._reloader.config
        self._looked_at = parts.clock()
        lifetime = config.retention.keep if config.retention.drop_alerts else None
        plan = await parts.thread(
            partial(
                self._unusual.look,
                config.watchlists,
                parts.ingester.watch.routing,
                config.zone or parts.zone,
                patience=patience,
                memory=math.inf if lifetime is None else lifetime,
                network_down=bool(parts.pipeline.network_down),
            )
        )
        self._announce(plan)

    async def _note_lost_monitors(self) -> None:
        parts = self._parts
        if parts.store.is_shared:
            routing, now = parts.ingester.watch.routing, parts.clock()
            self._announce(await parts.thread(note_lost_monitors, parts.store, routing, now))

    async def _note_damage(self, damage: str) -> None:
        """Raise an alert when damage of the store begins."""
        self._damage = damage
        await self._note_trouble(AlertKind.DAMAGED, damage)

    async def _note_unindexed(self) -> None:
        """Raise an alert when the archive takes no articles for long; end it when it does."""
        indexer, trouble = self._parts.indexer, ""
        is_known = indexer.is_repaired
        if indexer.failures:
            trouble = _("searches miss new articles: {trouble}", trouble=indexer.trouble)
            is_known = self._parts.clock() - indexer.failing_since >= UNINDEXED_SECONDS
        if self._archives.has_own_archive or not self._indexes or not is_known:
            return
        if bool(trouble) != self._is_unindexed:
            await self._note_trouble(AlertKind.UNINDEXED, trouble)
            self._is_unindexed = bool(trouble)

    async def _note_trouble(self, kind: AlertKind, trouble: str) -> None:
        parts = self._parts
        routing, now = parts.ingester.watch.routing, parts.clock()
        note = partial(note_trouble, parts.store, kind, trouble, routing, now)
        self._announce(await parts.thread(note))

    def _announce(self, plan: AlertPlan) -> None:
        parts = self._parts
        if plan.raised:
            outcome = BatchOutcome(raised=tuple(plan.raised), planned=plan.deliveries)
            for listen in parts.listeners:
                listen(outcome)
            parts.notifier.wake()

    async def _yield_once(self) -> None:
        await self._parts.sleep(0)

    def _may_poll(self, now: Timestamp) -> bool:
        """Return whether feeds are polled: not for some seconds after a StoreError."""
        rest = AWAY_REST if isinstance(self._refused, StoreAwayError) else STORE_REST
        return is_due(self._refused_at, rest, now)

    def _pause(self, error: StoreError) -> None:
        """Stop polling for a while: nothing is fetched that cannot be stored."""
        if isinstance(error, LeaseLostError):
            log.debug("%s", error)
            return
        now = self._parts.clock()
        self._refused_at, self._refused, self._next_look = now, error, 0.0
        if is_due(self._complained_at, STORE_REST, now):
            self._complained_at = now
            log.error(_("{error}; trying again", error=error))

    async def _sweep(self) -> None:
        now = self._parts.clock()
        if is_due(self._swept_at, SWEEP_INTERVAL, now):
            self._swept_at = now
            forget = partial(
                self._parts.store.forget,
                names_before=now - SHINGLE_WINDOW,
                sent_before=now - SENT_RETENTION,
            )
            await self._parts.thread(forget)

    # --- start and end ---

    async def _start(self) -> list[asyncio.Task[None]]:
        await self._beat()
        await self._parts.leases.beat()
        await self._reloader.enforce(self._reloader.config)
        self._start_indexer()
        return [
            asyncio.create_task(self._parts.pipeline.run()),
            asyncio.create_task(self._parts.leases.run_forever()),
        ]

    async def _end(self, background: list[asyncio.Task[None]]) -> None:
        self._polls.cancel()
        self._page_reads.cancel()
        for task in background:
            task.cancel()
        stopping = asyncio.create_task(self._stop_indexer())
        if self._parts.linker is not None:
            background.append(asyncio.create_task(asyncio.to_thread(self._parts.linker.close)))
        await asyncio.gather(*background, return_exceptions=True)
        await self._parts.thread.drained()  # writes in progress need their leases
        await self._parts.leases.release_buckets()
        await self._parts.notifier.close()
        await self._parts.leases.leave()
        await stopping

    def _start_indexer(self) -> None:
        """Let the indexer run, unless another monitor writes to the archive of all."""
        if self._indexes:
            self._parts.indexer.start()

    @property
    def _indexes(self) -> bool:
        """Whether this monitor writes to the archive."""
        return not self._archives.cluster or self._parts.leases.duty(Duty.ARCHIVE) is not None

    async def _stop_indexer(self) -> None:
        if indexed := await asyncio.to_thread(self._parts.indexer.stop):
            with contextlib.suppress(StoreError):  # the articles are then indexed twice
                indexed_at = self._parts.indexer.indexed_at
                await self._parts.thread(self._parts.store.mark_indexed, indexed, indexed_at)

    async def _write_archive(self, _pause: object) -> None:
        """Wait until another monitor is to write to the archive, and end the indexer then."""
        try:
            await asyncio.Event().wait()
        finally:
            self._is_unindexed = None
            await self._stop_indexer()

    def _log_watched(self) -> None:
        feeds, watchlists = self._reloader.feeds, self._reloader.config.watchlists
        log.info(
            ngettext(
                "{count} feed, {watchlists}",
                "{count} feeds, {watchlists}",
                len(feeds),
                watchlists=ngettext("{count} watchlist", "{count} watchlists", len(watchlists)),
            )
        )

    @property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(
            presence=self._parts.presence,
            pulse=self._parts.clock(),
            config_error=self._reloader.error,
            edit_effects=self._reloader.effects,
            network_down=self._parts.pipeline.network_down,
            store_damage=self._damage,
            index_waits=self._parts.indexer.trouble if self._parts.indexer.failures else "",
            no_vectors=self._no_vectors(),
        )

    def _no_vectors(self) -> str:
        """Return the reason why articles get no vectors; empty when they get them."""
        linker, is_enabled = self._parts.linker, self._reloader.config.vectors
        if not is_enabled:
            return turned_off()
        return not_installed() if linker is None else linker.trouble

    async def _beat(self) -> None:
        try:
            self._parts.lock.beat(self.heartbeat)
        except OSError as error:
            folder = self._reloader.config.data
            log.warning(
                _("{folder}: the heartbeat cannot be written: {error}", folder=folder, error=error)
            )
