"""What viewers may know of deliveries, and ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from index.article import Timestamp
from monitor import model
from monitor.store import Views

UNSENT = (model.DeliveryState.WAITING, model.DeliveryState.DEAD)


class Deliveries:
    """Deliveries of one newsroom."""

    _views: Views
    _clock: Callable[[], Timestamp]

    def deliveries(
        self,
        states: Collection[model.DeliveryState] = UNSENT,
        *,
        channel: str | None = None,
        limit: int | None = None,
    ) -> list[model.Delivery]:
        """Return the newest deliveries in these states, of a channel or all, the newest last."""
        return self._views.deliveries(states, channel, limit)

    def deliveries_of(self, alerts: Collection[int]) -> list[model.Delivery]:
        """Return where some alerts went, in the order in which that was planned."""
        return self._views.deliveries_of(alerts)

    def unsent(self) -> Counter[model.DeliveryState]:
        """Return how many deliveries wait, and how many were given up; cheap enough to poll."""
        found: Counter[model.DeliveryState] = Counter()
        for (_, state), count in self._views.delivery_counts().items():
            found[state] += count
        return found

    def unsent_by_channel(self) -> dict[tuple[str, model.DeliveryState], int]:
        """Return the same by channel and state."""
        return self._views.delivery_counts()

    def retry(
        self,
        ids: Sequence[int] | None = None,
        *,
        channel: str | None = None,
        to: str | None = None,
    ) -> int:
        """Let the monitor try again what was given up or failed: by id, or all of it.

        With `channel` only what is for that one; with `to` it goes there instead. Returns how
        many that are. Raises StoreError if the store stays locked.
        """
        return self._views.retry(ids, channel, to, self._clock())
