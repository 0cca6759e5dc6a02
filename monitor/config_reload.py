"""What is in force: `feeds.yaml` as last understood, and its edits put in force, whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from monitor.alerts.routing import routing
from monitor.components import Components
from monitor.config.diff import changes
from monitor.errors import ConfigError, StoreError
from monitor.ingest import schedule
from monitor.ingest.poll_result import Watch
from monitor.match.matcher import WatchlistMatcher
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.watchlists.backfill import BackfillRunner

log = logging.getLogger("tocsin")


class ConfigReloader:
    """Reads `feeds.yaml` when it has changed and rests; one with mistakes changes nothing."""

    def __init__(self, config: Config, parts: Components, catching_up: BackfillRunner) -> None:
        self.config = config
        self.feeds: Mapping[str, Feed] = {}
        """Those that are polled, by URL."""
        self.error = ""
        """Why the last edit is not in force; empty when it is."""
        self._parts = parts
        self._catching_up = catching_up
        self._stamp = self._seen = parts.stamp()

    async def ever(self, tick: float, refused: Callable[[StoreError], None]) -> None:
        """Look at the file again and again, while polls go on. Never raises."""
        while True:
            await self._parts.sleep(tick)
            try:
                await self.look()
            except StoreError as error:
                refused(error)
            except Exception:
                log.exception("this edit is not in force; the watch goes on")

    async def look(self) -> None:
        """Put an edit in force, once the file is as it was at the last look.

        One that is being written may be understood and yet be half of what is meant.
        """
        stamp, seen = self._parts.stamp(), self._seen
        self._seen = stamp
        if stamp == self._stamp or stamp != seen:
            return
        try:
            config = await asyncio.to_thread(self._parts.load)
        except ConfigError as error:
            if self._parts.stamp() == stamp:
                self._stamp, self.error = stamp, str(error)
                log.error("%s\nthe last good version stays in force", error)
            return
        if self._parts.stamp() != stamp:
            return  # written to while it was read
        before = self.config
        await self.enforce(config)
        self._stamp, self.error = stamp, ""
        for line in changes(before, config):
            log.info("%s: %s", config.path.name, line)

    async def enforce(self, config: Config) -> None:
        """Put a configuration in force, whole: what is slow is done before, in a thread."""
        parts = self._parts
        rules = await asyncio.to_thread(WatchlistMatcher, config.watchlists, config.feeds)
        before = await parts.thread(parts.store.intervals)
        numbered = await parts.thread(parts.store.subscribe, config.feeds, config.watchlists)
        self.config = config
        self.feeds = {feed.url: feed for feed in numbered if feed.enabled}
        parts.client.allow(config.allow)
        await parts.notifier.use(config.channels, config.allow)
        parts.settler.watch = Watch(
            rules=rules,
            feeds={feed.number: feed for feed in numbered},
            routing=routing(config, parts.zone),
        )
        await self._reschedule(
            [feed for feed in numbered if feed.every != before.get(feed.url, feed.every)]
        )
        # From here on the rules see what is stored: what is older is for them to catch up with.
        await self._catching_up.begin(config.watchlists, numbered, parts.settler.watch.routing)

    async def _reschedule(self, edited: Sequence[Feed]) -> None:
        """Let feeds be due as their edited intervals say."""
        if not edited:
            return
        parts = self._parts
        states = await parts.thread(parts.store.states)
        due = {
            feed.url: schedule.after_edit(feed, states[feed.url], parts.jitter())
            for feed in edited
            if feed.url in states
        }
        await parts.thread(parts.store.adjust, due)
