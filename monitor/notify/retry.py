"""When a delivery that was not accepted is tried again. Pure."""

from __future__ import annotations

from index.article import Timestamp
from monitor.model.config import DeliveryError, DeliveryFault
from monitor.model.delivery import Delivery

FIRST = 60.0
LONGEST = 6 * 3600.0
"""Seconds between two tries: the first, doubled each time, at most this."""
JITTER = 0.2
"""Share by which a pause may be longer, so that not everything comes at once."""
GIVE_UP = 7 * 86_400.0
"""Seconds after the first try in vain."""
TRIES = 3
"""Tries of a message that is refused itself: a server may err once, not for ever."""
HEEDED = 86_400.0
"""Longest Retry-After that is believed."""

_BUSY = {408, 425, 429, 502, 503, 504}
_UNWANTED = {401, 402, 403, 404, 405, 407, 410, 451}
"""Answers to a wrong address or password: mended in `feeds.yaml`, and then each message goes."""


def next_try(
    delivery: Delivery, refusal: DeliveryError, now: Timestamp, jitter: float
) -> Timestamp | None:
    """Return when to try again, None to give up; `jitter` is chance from 0 to 1."""
    since = now if delivery.failing is None else delivery.failing
    if now - since >= GIVE_UP:
        return None
    if refusal.fault is DeliveryFault.MESSAGE and delivery.attempts + 1 >= TRIES:
        return None
    pause: float = min(FIRST * 2.0 ** min(delivery.attempts, 20), LONGEST) * (1 + JITTER * jitter)
    return now + max(pause, min(refusal.retry_after or 0.0, HEEDED))


def fault_of_status(status: int) -> DeliveryFault:
    """Return whose fault an HTTP status other than 2xx is."""
    if status in _BUSY | _UNWANTED or status < 400:
        return DeliveryFault.CHANNEL
    return DeliveryFault.TROUBLE if status >= 500 else DeliveryFault.MESSAGE
