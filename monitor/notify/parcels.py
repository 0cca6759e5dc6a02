"""What a channel is told: deliveries with their alerts, as JSON; `message` has the words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from monitor import portable
from monitor.model import Delivery, Parcel


def shipments(due: Sequence[Delivery], most: int) -> Iterator[list[Delivery]]:
    """Yield deliveries that go together: those of a bundle, else at most so many."""
    bundles: dict[str, list[Delivery]] = {}
    alone: list[Delivery] = []
    for delivery in due:
        if delivery.bundle:
            bundles.setdefault(delivery.bundle, []).append(delivery)
        else:
            alone.append(delivery)
    for at in range(0, len(alone), most):
        yield alone[at : at + most]
    yield from bundles.values()


def key(parcels: Sequence[Parcel]) -> str:
    """Return the name of a message, the same at each try."""
    keys = sorted(parcel.delivery.key for parcel in parcels)
    return keys[0] if len(keys) == 1 else str(uuid5(NAMESPACE_URL, " ".join(keys)))


def document(parcels: Sequence[Parcel]) -> dict[str, Any]:
    """Return a message for programs: one alert, or a digest of several."""
    channel = parcels[0].delivery.channel
    if len(parcels) == 1 and not parcels[0].delivery.bundle:
        return {"channel": channel, **_told(parcels[0])}
    told = [_told(parcel) for parcel in parcels]
    return {"key": key(parcels), "channel": channel, "digest": told}


def encoded(parcels: Sequence[Parcel]) -> bytes:
    """Return a message as JSON on one line."""
    return json.dumps(document(parcels), ensure_ascii=False).encode("utf-8", "replace")


def _told(parcel: Parcel) -> dict[str, Any]:
    delivery, alert, article = parcel.delivery, parcel.alert, parcel.article
    return {
        "key": delivery.key,
        "occasion": str(delivery.occasion),
        "why": delivery.why,
        "alert": portable.alert(alert),
        "article": None if article is None else portable.article(article, alert.feed),
    }
