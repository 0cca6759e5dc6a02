"""What is on its way to channels: the sender's side and the viewers'."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.model import Delivery, DeliveryState


class Sending(Protocol):
    """The sender's side."""

    def channels_due(self, now: Timestamp) -> list[str]:
        """Return the channels that something is due for."""

    def deliveries_due(self, channel: str, now: Timestamp, limit: int) -> list[Delivery]:
        """Return what is due for a channel, the most urgent first, bundles whole."""

    def note_sent(self, ids: Collection[int], now: Timestamp) -> None:
        """Note that a channel accepted these."""

    def note_refused(
        self, ids: Collection[int], reason: str, due: Timestamp | None, now: Timestamp
    ) -> None:
        """Note why these were not accepted, and when to try again (None: never)."""

    def give_up_others(self, channels: Sequence[str]) -> int:
        """Give up what waits for channels that there are no more; return how much that is."""

    def told_of(self, channel: str, watchlist: str, limit: int) -> list[int]:
        """Return the last alerts of a watchlist that a channel was told of, newest first."""

    def forget_deliveries(self, before: Timestamp) -> None:
        """Drop what was sent before that moment."""


class Sent(Protocol):
    """The viewers' side."""

    def deliveries(
        self, states: Collection[DeliveryState], channel: str | None, limit: int | None
    ) -> list[Delivery]:
        """Return the newest deliveries in these states, the newest last."""

    def deliveries_of(self, alerts: Collection[int]) -> list[Delivery]:
        """Return the deliveries of some alerts, in the order in which they were planned."""

    def delivery_counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries are not sent, by channel and state."""

    def retry(
        self, ids: Sequence[int] | None, channel: str | None, to: str | None, now: Timestamp
    ) -> int:
        """Make unsent deliveries due at once, by id or all, of a channel or all.

        With `to` they go to that channel instead. Returns how many there are; raises
        StoreError if the store stays locked.
        """
