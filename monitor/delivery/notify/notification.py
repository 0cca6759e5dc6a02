"""Notifications: deliveries with their alerts, read from the store, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from monitor.base.formatting import alert_page, briefing_page
from monitor.model.alert import Alert
from monitor.model.briefing import StoredBriefing
from monitor.model.delivery import BriefingNotification, Delivery, Notification
from monitor.model.watchlist import FEED_HEALTH
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.rows.articles import article_row
from monitor.storage.store.sql.views import Views


def group_deliveries(due: Sequence[Delivery], most: int) -> Iterator[list[Delivery]]:
    """Yield the deliveries of each message: a briefing, a bundle, or at most `most` others."""
    bundles: dict[str, list[Delivery]] = {}
    alone: list[Delivery] = []
    for delivery in due:
        if delivery.briefing is not None:
            yield [delivery]
        elif delivery.bundle:
            bundles.setdefault(delivery.bundle, []).append(delivery)
        else:
            alone.append(delivery)
    for at in range(0, len(alone), most):
        yield alone[at : at + most]
    yield from bundles.values()


def idempotency_key(notifications: Sequence[Notification]) -> str:
    """Return the key of a message, the same at each try."""
    keys = sorted(notification.delivery.key for notification in notifications)
    return keys[0] if len(keys) == 1 else str(uuid5(NAMESPACE_URL, " ".join(keys)))


def payload(notifications: Sequence[Notification], pages: str = "") -> dict[str, Any]:
    """Return a message as JSON values: one alert, or a digest of several.

    Args:
        notifications: What it is about.
        pages: Address of the pages to which it links; empty for none.
    """
    channel = notifications[0].delivery.channel
    if len(notifications) == 1 and not notifications[0].delivery.bundle:
        return {"channel": channel, **_notification_mapping(notifications[0], pages)}
    mappings = [_notification_mapping(notification, pages) for notification in notifications]
    return {"key": idempotency_key(notifications), "channel": channel, "digest": mappings}


def encode(notifications: Sequence[Notification], pages: str = "") -> bytes:
    """Return a message as JSON on one line."""
    text = json.dumps(payload(notifications, pages), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def encode_briefing(notification: BriefingNotification, pages: str = "") -> bytes:
    """Return a briefing as JSON on one line; `pages` is as in `payload`."""
    delivery, briefing = notification.delivery, notification.briefing
    mapping = {
        "key": delivery.key,
        "channel": delivery.channel,
        "occasion": str(delivery.occasion),
        "subject": briefing.subject,
        "page": briefing_page(pages, briefing.id),
        "briefing": json.loads(briefing.json),
    }
    return json.dumps(mapping, ensure_ascii=False).encode("utf-8", "replace")


def _notification_mapping(notification: Notification, pages: str) -> dict[str, Any]:
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
    """Loads notifications, in any thread."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def load(self, deliveries: Sequence[Delivery]) -> list[Notification]:
        """Return the notifications in the same order, without those whose alert was deleted."""
        alerts = {
            alert.id: alert for alert in self._alerts([delivery.alert for delivery in deliveries])
        }
        article_ids = list(
            dict.fromkeys(a.article for a in alerts.values() if a.article is not None)
        )
        articles = {article.id: article for article in self._views.articles.get(article_ids)}
        return [
            Notification(
                delivery=delivery,
                alert=alert,
                article=articles.get(alert.article or 0),
            )
            for delivery in deliveries
            if (alert := alerts.get(delivery.alert))
        ]

    def load_briefings(self, deliveries: Sequence[Delivery]) -> list[BriefingNotification]:
        """Return briefings in the same order, without those that were deleted."""
        stored = self._views.briefings.get([d.briefing for d in deliveries if d.briefing])
        return [
            BriefingNotification(delivery=delivery, briefing=stored[delivery.briefing])
            for delivery in deliveries
            if delivery.briefing in stored
        ]

    def briefing_history(self, channel: str, limit: int) -> list[StoredBriefing]:
        return self._views.briefings.sent(channel, limit)

    def history(self, channel: str, watchlist: str, limit: int) -> list[Alert]:
        stored = "" if watchlist == FEED_HEALTH else watchlist
        return self._alerts(self._views.deliveries.notified(channel, stored, limit))

    def _alerts(self, ids: Sequence[int]) -> list[Alert]:
        return self._views.alerts.get(list(dict.fromkeys(ids)), matches=True, timelines=True)
