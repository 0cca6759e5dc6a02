"""The retry back-off of deliveries; a pure function."""

from __future__ import annotations

from monitor.base.article import Timestamp
from monitor.model.config import DeliveryError, DeliveryFault
from monitor.model.delivery import Delivery

FIRST_PAUSE = 60.0
MAX_PAUSE = 6 * 3600.0
"""Seconds between two tries: FIRST_PAUSE, doubled each time, at most MAX_PAUSE."""
JITTER = 0.2
"""Largest random share added to a pause, so that retries spread out."""
GIVE_UP_SECONDS = 7 * 86_400.0
"""Seconds after the first failed try until a delivery is given up."""
MAX_TRIES = 3
"""Tries of a message that the server refuses as invalid."""
MAX_RETRY_AFTER = 86_400.0
"""Longest Retry-After that is followed, in seconds."""


def next_try(
    delivery: Delivery, error: DeliveryError, now: Timestamp, jitter: float
) -> Timestamp | None:
    """Return the time of the next try; None to give up.

    `jitter` is a random number from 0 to 1.
    """
    since = now if delivery.failing is None else delivery.failing
    if now - since >= GIVE_UP_SECONDS:
        return None
    if error.fault is DeliveryFault.MESSAGE and delivery.attempts + 1 >= MAX_TRIES:
        return None
    pause: float = min(FIRST_PAUSE * 2.0 ** min(delivery.attempts, 20), MAX_PAUSE) * (
        1 + JITTER * jitter
    )
    return now + max(pause, min(error.retry_after or 0.0, MAX_RETRY_AFTER))
