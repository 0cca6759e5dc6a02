"""Makes the briefings that are due, and puts them on their way; each time is done once.

A briefing is stored with its deliveries in one transaction: after a kill it is either there, and is
delivered as an alert is, or it is made again. Times that were missed are made up for by one
briefing, which says that it is late.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.tasks import WorkerThread
from monitor.base.translation import gettext as _
from monitor.delivery.export.briefing import MESSAGE_BREAK, body, markdown, plain_text
from monitor.judgement.alerts.routing import last_briefing
from monitor.model.briefing import Briefing, BriefingProgress, StoredBriefing, WatchlistBriefing
from monitor.model.config import BriefingSchedule
from monitor.presentation.briefing import subject
from monitor.presentation.rows.newsroom import briefing_row
from monitor.storage.store.sql.deliveries import BriefingQueue

log = logging.getLogger("tocsin")

CHECK_SECONDS = 20.0
"""Seconds between two looks at the clock."""
PAUSE_SECONDS = 300.0
"""Seconds without a try after a briefing could not be made."""
LATE_SECONDS = 600.0
"""Seconds of delay from which a briefing says that it is late."""
FIRST_SECONDS = 86_400.0
"""Seconds that the first briefing of a schedule covers, if the schedule does not say."""


CHAT_STORIES = 3
"""Stories of a watchlist, besides the top stories, in plain text and Markdown: chats are short."""


class BriefingScheduler:
    """Makes briefings at their times; `brief` makes one from a time until now, and blocks."""

    def __init__(
        self,
        queue: BriefingQueue,
        thread: WorkerThread,
        brief: Callable[[Timestamp, Sequence[str]], Briefing],
        wake: Callable[[], None],
        *,
        clock: Callable[[], Timestamp],
        sleep: Callable[[float], Awaitable[None]],
        zone: tzinfo,
    ) -> None:
        self._queue = queue
        self._thread = thread
        self._brief = brief
        self._wake = wake
        self._clock = clock
        self._sleep = sleep
        self._zone = zone
        self._schedules: tuple[BriefingSchedule, ...] = ()
        self._pages = ""
        self._paused_until: dict[str, Timestamp] = {}

    async def use(self, schedules: Sequence[BriefingSchedule], pages: str = "") -> None:
        """Use these schedules; times of new and edited ones that have passed are not made up for.

        `pages` is the address of the pages to which stories link; empty for none.

        Raises:
            StoreError: The store cannot be written.
        """
        await self._thread(self._queue.begin, schedules, self._clock())
        self._schedules = tuple(schedules)
        self._pages = pages

    async def run_forever(self, on_refusal: Callable[[StoreError], None]) -> None:
        """Make what becomes due, until cancelled; report store errors to `on_refusal`."""
        while True:
            try:
                await self.all()
            except StoreError as error:
                on_refusal(error)
            await self._sleep(CHECK_SECONDS)

    async def all(self) -> None:
        """Make each briefing that is due; raises StoreError."""
        if not self._schedules:
            return
        progress = await self._thread(self._queue.progress)
        for schedule in self._schedules:
            now = self._clock()
            slot = last_briefing(schedule, now, self._zone)
            last = progress.get(schedule.name)
            if slot is None or last is None or slot <= last.done or self._pauses(schedule):
                continue
            try:
                await self._make(schedule, last, slot, now)
            except StoreError:
                raise
            except Exception:
                self._paused_until[schedule.name] = now + PAUSE_SECONDS
                name = schedule.name
                log.exception(
                    _("{briefing}: the briefing cannot be made; trying again", briefing=name)
                )

    def _pauses(self, schedule: BriefingSchedule) -> bool:
        until = self._paused_until.get(schedule.name, 0.0)
        return self._clock() < until <= self._clock() + PAUSE_SECONDS

    async def _make(
        self, schedule: BriefingSchedule, last: BriefingProgress, slot: Timestamp, now: Timestamp
    ) -> None:
        since = _since(schedule, last, now)
        briefing = await asyncio.to_thread(self._brief, since, schedule.watch)
        due = slot if now - slot >= LATE_SECONDS else None
        briefing = replace(briefing, name=schedule.name, due=due)
        zone = schedule.zone or self._zone
        stored = await asyncio.to_thread(stored_briefing, briefing, slot, now, zone, self._pages)
        if await self._thread(self._queue.save, stored, schedule.to, briefing.until):
            channels = ", ".join(schedule.to)
            log.info(_("{subject} to {channels}", subject=stored.subject, channels=channels))
            self._wake()


def _since(schedule: BriefingSchedule, last: BriefingProgress, now: Timestamp) -> Timestamp:
    """Return the beginning of the time of a briefing, before now even if the clock was set."""
    if schedule.since is not None:
        return now - schedule.since
    since = now - FIRST_SECONDS if last.until is None else last.until
    return since if since < now else now - FIRST_SECONDS


def stored_briefing(
    briefing: Briefing, slot: Timestamp, now: Timestamp, zone: tzinfo, pages: str = ""
) -> StoredBriefing:
    """Return a briefing as it is sent, in every format, with links to `pages`."""
    chat_briefing = _for_chats(briefing)
    return StoredBriefing(
        name=briefing.name,
        slot=slot,
        made_at=now,
        subject=subject(briefing),
        plain=plain_text(chat_briefing, zone, broken_by=MESSAGE_BREAK, pages=pages),
        markdown=markdown(chat_briefing, zone, pages),
        html=body(briefing, zone, pages or None),
        json=json.dumps(briefing_row(briefing), ensure_ascii=False),
    )


def _for_chats(briefing: Briefing) -> Briefing:
    """Return a briefing with the first stories of each watchlist, the others counted."""

    def shortened(watchlist: WatchlistBriefing) -> WatchlistBriefing:
        stories = watchlist.stories
        shown = stories[: sum(story in briefing.top for story in stories) + CHAT_STORIES]
        left_out = watchlist.left_out + len(stories) - len(shown)
        return replace(watchlist, stories=shown, left_out=left_out)

    return replace(briefing, watchlists=tuple(map(shortened, briefing.watchlists)))
