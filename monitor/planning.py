"""What is decided of alerts just raised, stored in the transaction that raised them."""

from __future__ import annotations

from collections.abc import Iterable

from index.article import Timestamp
from monitor.model import Occasion, Raised
from monitor.routing import Held, Routing
from monitor.store import Batch


def plan(batch: Batch, routing: Routing, raised: Iterable[Raised], now: Timestamp) -> int:
    """Store where alerts go, or why nobody is told; return how many deliveries there are."""
    planned = 0
    for alert in raised:
        if alert.held:
            continue
        decision = routing.decide(alert, now)
        if isinstance(decision, Held):
            batch.hold(alert.id, decision.reason, decision.until)
            continue
        occasion = Occasion.ESCALATED if alert.escalation else Occasion.RAISED
        planned += batch.deliver(alert.id, occasion, alert.escalation, decision, now)
    return planned
