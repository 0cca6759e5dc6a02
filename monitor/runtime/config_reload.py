"""Reload of `feeds.yaml`: a valid edit replaces the active configuration as a whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from index.errors import ArchiveError
from index.interruption import interruptible
from monitor.base.article import Timestamp
from monitor.base.errors import ConfigError, StoreError
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _
from monitor.config.checks import rule_warnings
from monitor.config.description import changes
from monitor.config.feeds import with_titles
from monitor.intake.ingest import schedule
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.intake.ingest.witness import with_witnesses
from monitor.judgement.alerts.routing import routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import Config
from monitor.model.feed import Feed, Outcome
from monitor.runtime.components import Components
from monitor.runtime.viewing import open_service
from monitor.watchlists.backfill import BackfillRunner

log = logging.getLogger("tocsin")


class ConfigReloader:
    """Reads `feeds.yaml` after a change; a file with problems changes nothing."""

    def __init__(self, config: Config, parts: Components, backfill: BackfillRunner) -> None:
        self.config = config
        self.feeds: Mapping[str, Feed] = {}
        """The feeds that are polled, by URL."""
        self.error = ""
        """The reason why the last edit is not active; empty if it is."""
        self.effects = ""
        """What the rules of the last edit would have brought; empty before it is known."""
        self._telling: asyncio.Task[None] | None = None
        self.found: Sequence[str] = ()
        """Addresses of the sitemaps that were found beside feeds."""
        self._found: Sequence[str] = ()
        """Those that are polled."""
        self._titled: set[str] = set()
        """Addresses of the feeds whose titles are in force, or that have none."""
        self._read_first: set[str] = set()
        """Addresses of feeds without a name that were read for the first time since then."""
        self._read_before: set[str] = set()
        """Those at the last look."""
        parts.listeners.append(self._notice)
        self._parts = parts
        self._backfill = backfill
        self._last_stamp = parts.stamp()
        self._active_stamp = None if parts.edited() else self._last_stamp

    async def look(self) -> None:
        """Activate an edit, once the file is unchanged since the last look.

        A file that is still being written may be valid and yet be incomplete.
        """
        is_titled = self._read_first and self._read_first == self._read_before
        if is_titled or self.found != self._found:
            await self.enforce(self.config)
        self._read_before = {*self._read_first}
        stamp, previous = self._parts.stamp(), self._last_stamp
        self._last_stamp = stamp
        if stamp == self._active_stamp or stamp != previous:
            return
        try:
            config = await asyncio.to_thread(self._parts.load)
        except ConfigError as error:
            if self._parts.stamp() == stamp:
                self._active_stamp, self.error = stamp, str(error)
                log.error("%s\n%s", error, _("the last good version stays active"))
            return
        if self._parts.stamp() != stamp:
            return  # it changed while it was read
        former = self.config
        await self.enforce(config)
        self._active_stamp, self.error = stamp, ""
        for line in changes(former, config):
            log.info("%s: %s", config.path.name, line)
        known = {(watchlist.name, watchlist.rule) for watchlist in former.watchlists}
        for watchlist in (w for w in config.watchlists if (w.name, w.rule) not in known):
            for warning in await asyncio.to_thread(list, rule_warnings(watchlist, config.feeds)):
                log.warning("%s: %s: %s", config.path.name, watchlist.name, warning)
        if self._telling is not None:
            self._telling.cancel()
        self._telling = asyncio.create_task(self._tell(former, config))  # nothing waits for it

    async def _tell(self, former: Config, config: Config) -> None:
        """Log what the changed rules would have brought, until the next edit."""
        is_over = False

        def effects() -> list[str]:
            service = open_service(config.data, store=config.store, read_only=True)
            with interruptible(lambda: is_over):
                return service.edit_effects(former, config)

        try:
            texts = await asyncio.to_thread(effects)
        except (ArchiveError, StoreError) as error:
            texts = [str(error)]
        finally:
            is_over = True
        for text in texts:
            log.info("%s: %s", config.path.name, text)
        self.effects = clauses(texts)

    def _notice(self, outcome: BatchOutcome) -> None:
        """Note which feeds without a name may have a title now."""
        read = (f for f, poll in outcome.polls if poll.outcome is Outcome.READ and not f.named)
        self._read_first |= {feed.url for feed in read} - self._titled

    async def enforce(self, config: Config) -> None:
        """Activate a configuration as a whole; slow work is done before, in a thread."""
        parts = self._parts
        read_first, self._read_first = self._read_first, set()
        titles = await parts.thread(parts.store.feeds.titles)
        self._titled |= {*read_first, *titles}
        called = with_titles(config, titles)
        self._found = self.found = await parts.thread(parts.store.feeds.found)
        compared = await asyncio.to_thread(with_witnesses, called.feeds, self._found)
        called = replace(called, feeds=compared)
        rules = await asyncio.to_thread(WatchlistMatcher, called.watchlists, called.feeds)
        former_feeds = {feed.url: feed for feed in await parts.thread(parts.store.feeds.every)}
        retry_failing = config.allow != self.config.allow
        subscribed = called.feeds, called.watchlists, called.concepts
        feeds = await parts.thread(parts.store.subscribe, *subscribed)
        self.config = config
        parts.use_language(config.language)
        self.feeds = {feed.url: feed for feed in feeds if feed.enabled}
        parts.client.allow(config.allow)
        await parts.notifier.use(config.channels, config.allow)
        if parts.briefings is not None:
            await parts.briefings.use(config.briefings, config.pages)
        if parts.linker is not None:
            parts.linker.enabled = config.vectors
            parts.linker.wake()
        parts.ingester.watch = ActiveConfig(
            rules=rules,
            feeds={feed.number: feed for feed in feeds},
            routing=routing(called, parts.zone),
        )
        await parts.thread(self._reschedule, feeds, former_feeds, retry_failing)
        # From here on the watchlists see each stored article; older ones are for the backfill.
        await self._backfill.begin(called.watchlists, feeds, parts.ingester.watch.routing)

    def _reschedule(
        self, feeds: Sequence[Feed], former_feeds: Mapping[str, Feed], retry_failing: bool
    ) -> None:
        """Reschedule feeds after an edit; no poll is stored meanwhile.

        Args:
            feeds: The feeds as they are now, with their numbers.
            former_feeds: The feeds that were subscribed to before, as they were, by URL.
            retry_failing: Whether feeds that fail may now succeed, and are polled at once.
        """
        states = {record.feed.url: record.state for record in self._parts.store.feeds.subscribed()}
        due: dict[str, Timestamp] = {}
        delays: dict[str, float] = {}
        for feed in feeds:
            former, state = former_feeds.get(feed.url), states.get(feed.url)
            if former is None or state is None:
                continue
            if feed.every != former.every:
                state = schedule.after_edit(feed, state, self._parts.jitter())
                due[feed.url], delays[feed.url] = state.next_due, state.delay
            if feed.enabled > former.enabled or (retry_failing and state.failures):
                due[feed.url] = 0.0
        if due:
            self._parts.store.reschedule(due, delays)
