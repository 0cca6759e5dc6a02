"""Seeks sitemaps beside feeds, an outlet at a time, and lets the monitor read what it finds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from monitor.base.errors import FeedError, StoreError
from monitor.base.translation import gettext as _
from monitor.intake.ingest.witness import outlet_of, outlets, wants_witness
from monitor.model.feed import Feed
from monitor.model.lease import Duty
from monitor.runtime.components import Components
from monitor.runtime.config_reload import ConfigReloader

log = logging.getLogger("tocsin")
LOOK_SECONDS = 60.0
"""Seconds between two looks for an outlet without a sitemap, and for what other monitors found."""
WEEK, DAY = 7 * 86_400.0, 86_400.0
"""Seconds after which a sitemap is sought again, and after which where the site did not answer."""


class WitnessSearch:
    """Seeks a sitemap for each outlet whose feeds can be read, once a week."""

    def __init__(self, parts: Components, reloader: ConfigReloader) -> None:
        self._parts = parts
        self._reloader = reloader

    async def run_forever(self, on_refusal: Callable[[StoreError], None]) -> None:
        """Seek for one outlet after the other, and activate what is found."""
        while True:
            await self._parts.sleep(LOOK_SECONDS)
            try:
                await self.all()
            except StoreError as error:
                on_refusal(error)
            except Exception:
                log.exception(_("no sitemap is sought now; the monitor goes on"))

    async def all(self) -> None:
        """Seek for every outlet for which it is time. Raises StoreError."""
        parts = self._parts
        if parts.seek is None:
            return
        if lease := parts.leases.duty(Duty.UPKEEP):
            with parts.leases.using(lease):
                links = await parts.thread(parts.store.feeds.unsought, parts.clock() - WEEK)
                feeds = self._reloader.config.feeds if links else ()
                for group in (await asyncio.to_thread(outlets, feeds)).values():
                    read = [feed for feed in group if feed.url in links]
                    if read and wants_witness(group):
                        await self._seek(read, links[read[0].url])
        self._reloader.found = await parts.thread(parts.store.feeds.found)

    async def _seek(self, group: list[Feed], link: str) -> None:
        """Seek the sitemap of an outlet, at the site that its first feed names if it is its own."""
        parts, first, now = self._parts, group[0], self._parts.clock()
        home = link if outlet_of(link) == outlet_of(first.url) else first.url
        urls = [feed.url for feed in group]
        assert parts.seek is not None
        try:
            url = await parts.seek(home, first)
        except FeedError:
            await parts.thread(parts.store.note_sought, urls, None, now - WEEK + DAY)
        else:
            former = [f for f in self._reloader.found if outlet_of(f) == outlet_of(home)]
            await parts.thread(parts.store.note_sought, urls, (url, former), now)
