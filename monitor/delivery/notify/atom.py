"""Writes a folder of Atom feeds, one for each watchlist, with its last alerts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _
from monitor.delivery.export.atom import alert_feed, briefing_feed
from monitor.model.alert import Alert
from monitor.model.briefing import StoredBriefing
from monitor.model.config import Channel, DeliveryError
from monitor.model.delivery import BriefingNotification, Notification

MAX_ENTRIES = 100
"""Most alerts in a feed."""

History = Callable[[str, str, int], Awaitable[list[Alert]]]
"""Returns the last alerts of a watchlist sent to a channel, newest first.

Arguments: channel, watchlist, limit.
"""


MAX_BRIEFINGS = 30
"""Most briefings in their feed."""
BRIEFINGS_FILE = "_briefings.xml"
"""Name of the feed of briefings; that of a watchlist never begins so."""

BriefingHistory = Callable[[str, int], Awaitable[list[StoredBriefing]]]
"""Returns the last briefings sent to a channel, newest first. Arguments: channel, limit."""


class AtomSender:
    """Writes the feed of each watchlist with new alerts, and that of briefings."""

    most = MAX_ENTRIES

    def __init__(
        self,
        channel: Channel,
        history: History,
        briefing_history: BriefingHistory | None = None,
    ) -> None:
        self._channel = channel
        self._folder = Path(channel.target[0])
        self._history = history
        self._briefing_history = briefing_history

    async def send(self, notifications: Sequence[Notification]) -> DeliveryError | None:
        """Write the feeds; return an error, None if all were written."""
        new = [notification.alert for notification in reversed(notifications)]
        for watchlist in dict.fromkeys(alert.watchlist for alert in reversed(new)):
            earlier = await self._history(self._channel.name, watchlist, MAX_ENTRIES)
            own = [alert for alert in new if alert.watchlist == watchlist]
            alerts = list({alert.id: alert for alert in [*own, *earlier]}.values())[:MAX_ENTRIES]
            document = alert_feed(watchlist, alerts, str(self._folder), pages=self._channel.pages)
            if error := await self._write(file_name(watchlist), document):
                return error
        return None

    async def send_briefing(self, notification: BriefingNotification) -> DeliveryError | None:
        """Write the feed of briefings; return an error, None if it was written."""
        earlier: list[StoredBriefing] = []
        if self._briefing_history is not None:
            earlier = await self._briefing_history(self._channel.name, MAX_BRIEFINGS)
        by_id = {one.id: one for one in [notification.briefing, *earlier]}
        briefings = sorted(by_id.values(), key=lambda one: -one.made_at)
        document = briefing_feed(
            briefings[:MAX_BRIEFINGS], str(self._folder), pages=self._channel.pages
        )
        return await self._write(BRIEFINGS_FILE, document)

    async def _write(self, name: str, document: bytes) -> DeliveryError | None:
        try:
            await asyncio.to_thread(_write_file, self._folder / name, document)
        except OSError as error:
            why = error.strerror or type(error).__name__
            return DeliveryError(
                reason=_("{folder} cannot be written to: {why}", folder=self._folder, why=why)
            )
        return None

    async def close(self) -> None:
        """Do nothing: no connection is kept."""


def file_name(watchlist: str) -> str:
    """Return the file name of a watchlist, which never changes and is unique."""
    plain = re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-")[:60]
    if plain == watchlist.casefold():
        return f"{plain}.xml"
    mark = blake2b(watchlist.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"{plain}-{mark}.xml" if plain else f"{mark}.xml"


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content, durable=True)
