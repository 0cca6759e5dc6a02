"""The sender of each kind of channel."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Protocol

from monitor.base.article import Timestamp
from monitor.delivery.notify.apprise import AppriseSender
from monitor.delivery.notify.atom import AtomSender, BriefingHistory, History
from monitor.delivery.notify.command import CommandSender
from monitor.delivery.notify.file import FileSender
from monitor.delivery.notify.webhook import WebhookSender
from monitor.intake.fetch.address_guard import AddressGuard
from monitor.model.config import Channel, ChannelKind, DeliveryError, Networks
from monitor.model.delivery import BriefingNotification, Notification


class Sender(Protocol):
    """Sends to one channel, one message at a time."""

    most: int
    """Most deliveries in one message, apart from bundles."""

    async def send(self, notifications: Sequence[Notification]) -> DeliveryError | None:
        """Send a message; return an error, None if it was accepted. Raises nothing."""

    async def send_briefing(self, notification: BriefingNotification) -> DeliveryError | None:
        """Send a briefing; return an error, None if it was accepted. Raises nothing."""

    async def close(self) -> None:
        """Close what is kept open for the next message."""


class SenderFactory(Protocol):
    """Makes senders."""

    def __call__(self, channel: Channel) -> Sender:
        """Return a sender to a channel."""

    def allow(self, networks: Networks) -> None:
        """Allow connections to these private networks."""


class Senders:
    """Makes the sender of a channel; `guard` checks the addresses of connections."""

    def __init__(
        self,
        guard: AddressGuard,
        history: History,
        briefing_history: BriefingHistory | None = None,
        *,
        trust: Callable[[], ssl.SSLContext],
        clock: Callable[[], Timestamp],
        user_agent: str,
        environ: Mapping[str, str],
        zone: tzinfo = UTC,
    ) -> None:
        self._guard = guard
        self._history = history
        self._briefing_history = briefing_history
        self._trust = trust
        self._clock = clock
        self._user_agent = user_agent
        self._environ = environ
        self._zone = zone

    def allow(self, networks: Networks) -> None:
        """Allow connections to these private networks, from the next message on."""
        self._guard.allow = networks

    def __call__(self, channel: Channel) -> Sender:
        match channel.kind:
            case ChannelKind.APPRISE:
                return AppriseSender(
                    channel, lambda: self._guard.allow, self._environ, zone=self._zone
                )
            case ChannelKind.WEBHOOK:
                return WebhookSender(
                    channel, self._guard, self._trust, self._clock, self._user_agent
                )
            case ChannelKind.COMMAND:
                return CommandSender(channel, self._environ)
            case ChannelKind.FILE:
                return FileSender(channel)
            case ChannelKind.ATOM:
                return AtomSender(channel, self._history, self._briefing_history)
