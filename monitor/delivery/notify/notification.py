"""Notifications: deliveries with their alerts or briefings, as JSON, and the sending of them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from monitor.base.formatting import alert_page, briefing_page
from monitor.model.alert import Alert
from monitor.model.briefing import StoredBriefing
from monitor.model.config import Channel, DeliveryError, DeliveryFault
from monitor.model.delivery import BriefingNotification, Delivery, Notification
from monitor.model.watchlist import FEED_HEALTH
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.rows.articles import article_row

if TYPE_CHECKING:
    from monitor.storage.store.sql.views import Views

Message = Sequence[Notification] | BriefingNotification
"""The subject of one message: alerts, or a briefing."""

_BUSY = {408, 425, 429, 502, 503, 504}
_WRONG_TARGET = {401, 402, 403, 404, 405, 407, 410, 451}
"""Statuses of a wrong address or password, which an edit of feeds.yaml repairs."""


class Sender:
    """Sends to one channel, one message at a time."""

    limit = 1
    """Most deliveries in one message, apart from bundles."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    async def send(self, message: Message) -> DeliveryError | None:
        """Send a message; return an error, None if it was accepted. Raises nothing."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close connections and files that are kept open for the next message."""


def fault_of_status(status: int) -> DeliveryFault:
    """Return whether an HTTP status other than 2xx is the fault of channel, message or server."""
    if status in _BUSY | _WRONG_TARGET or status < 400:
        return DeliveryFault.CHANNEL
    return DeliveryFault.TROUBLE if status >= 500 else DeliveryFault.MESSAGE


async def run_program(
    command: Sequence[str],
    stdin: bytes,
    environ: Mapping[str, str],
    seconds: float,
    *,
    stdout: IO[bytes] | int = DEVNULL,
    stderr: IO[bytes] | int = DEVNULL,
) -> int:
    """Run a program without a shell; return its exit code.

    Output goes to files, not to pipes: those would wait for every process that it leaves behind.

    Raises:
        TimeoutError: It was killed after these seconds, with all processes that it started.
        OSError: It cannot be run.
        ValueError: The command holds a NUL.
    """
    with TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=file, stdout=stdout, stderr=stderr, env=environ, start_new_session=True
        )
    try:
        async with asyncio.timeout(seconds):
            return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def deliveries_of(message: Message) -> list[Delivery]:
    if isinstance(message, BriefingNotification):
        return [message.delivery]
    return [notification.delivery for notification in message]


def idempotency_key(message: Message) -> str:
    """Return the key of a message, the same at each try."""
    keys = sorted(delivery.key for delivery in deliveries_of(message))
    return keys[0] if len(keys) == 1 else str(uuid5(NAMESPACE_URL, " ".join(keys)))


def encode(message: Message, pages: str = "") -> bytes:
    """Return a message as JSON on one line."""
    return json.dumps(payload(message, pages), ensure_ascii=False).encode("utf-8", "replace")


def payload(message: Message, pages: str = "") -> dict[str, Any]:
    """Return a message as JSON values: one alert, a digest of several, or a briefing.

    `pages` is the address of the pages to which it links; empty for none.
    """
    if isinstance(message, BriefingNotification):
        briefing = message.briefing
        return {
            "key": message.delivery.key,
            "channel": message.delivery.channel,
            "occasion": str(message.delivery.occasion),
            "subject": briefing.subject,
            "page": briefing_page(pages, briefing.id),
            "briefing": json.loads(briefing.json),
        }
    channel = message[0].delivery.channel
    mappings = [_mapping(notification, pages) for notification in message]
    if len(message) == 1 and not message[0].delivery.bundle:
        return {"channel": channel, **mappings[0]}
    return {"key": idempotency_key(message), "channel": channel, "digest": mappings}


def _mapping(notification: Notification, pages: str) -> dict[str, Any]:
    delivery, alert, article = notification.delivery, notification.alert, notification.article
    return {
        "key": delivery.key,
        "occasion": str(delivery.occasion),
        "why": delivery.why,
        "page": alert_page(pages, alert.id),
        "alert": alert_row(alert),
        "article": None if article is None else article_row(article, alert.feed),
    }


class NotificationLoader:
    """Loads alerts, articles and briefings of deliveries, in any thread."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def load(self, deliveries: Sequence[Delivery]) -> Message:
        """Return the message of deliveries: one briefing, or alerts in the same order.

        Deleted alerts and briefings are left out.
        """
        first = deliveries[0]
        if first.briefing is not None:
            stored = self._views.briefings.get([first.briefing])
            briefings = (BriefingNotification(delivery=first, briefing=b) for b in stored.values())
            return next(briefings, [])
        alerts = {alert.id: alert for alert in self._alerts([item.alert for item in deliveries])}
        ids = dict.fromkeys(a.article for a in alerts.values() if a.article is not None)
        articles = {article.id: article for article in self._views.articles.get([*ids])}
        return [
            Notification(delivery=item, alert=alert, article=articles.get(alert.article or 0))
            for item in deliveries
            if (alert := alerts.get(item.alert))
        ]

    def briefing_history(self, channel: str, limit: int) -> list[StoredBriefing]:
        """Return the last briefings sent to a channel, newest first."""
        return self._views.briefings.sent(channel, limit)

    def history(self, channel: str, watchlist: str, limit: int) -> list[Alert]:
        """Return the last alerts of a watchlist sent to a channel, newest first."""
        name = "" if watchlist == FEED_HEALTH else watchlist
        return self._alerts(self._views.deliveries.notified(channel, name, limit))

    def _alerts(self, ids: Sequence[int]) -> list[Alert]:
        return self._views.alerts.get(list(dict.fromkeys(ids)), matches=True, timelines=True)
