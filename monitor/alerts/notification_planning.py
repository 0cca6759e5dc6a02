"""What is decided of alerts just raised, stored in the transaction that raised them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from index.article import Timestamp
from monitor.alerts.quiet_hours import by_the_clock
from monitor.alerts.routing import MUTED, NO_ROUTE, Held, Routing
from monitor.model.delivery import Occasion
from monitor.model.poll import RaisedAlert
from monitor.store.protocol import Batch

BACKFILL, COOLDOWN = "backfill", "cooldown"
TOLD_LATER = (MUTED, COOLDOWN)
"""Reasons after whose end it is told how much they held back."""


def plan(
    batch: Batch, routing: Routing, raised: Iterable[RaisedAlert], now: Timestamp
) -> tuple[list[RaisedAlert], int]:
    """Store where alerts go, or why nobody is told.

    Returns the alerts with the reasons, and how many deliveries there are.
    """
    muted = batch.muted(now)
    planned = [_plan(batch, routing, alert, muted, now) for alert in raised]
    return [alert for alert, _ in planned], sum(deliveries for _, deliveries in planned)


def end_mutes(batch: Batch, routing: Routing, now: Timestamp) -> tuple[list[str], int]:
    """Tell what the mutes held back that have ended; return that in words, and the deliveries."""
    said, planned = [], 0
    for mute, newest in batch.end_mutes(now):
        since = by_the_clock(mute.since, now, routing.zone)
        words = f"{mute.held} held since {since}" if mute.held else "nothing was held"
        said.append(f"{mute.watchlist} is no longer muted: {words}")
        if newest is None:
            continue
        decision = routing.decide(newest, now, batch.muted(now))
        if not isinstance(decision, Held):
            batch.release_held(newest.watchlist)
            why = f"no longer muted: {words}"
            planned += batch.deliver(newest.id, Occasion.UNMUTED, why, decision, now)
    return said, planned


def _plan(
    batch: Batch,
    routing: Routing,
    alert: RaisedAlert,
    muted: Mapping[str, Timestamp],
    now: Timestamp,
) -> tuple[RaisedAlert, int]:
    reason = alert.held
    if reason == COOLDOWN and not batch.cooling(alert.id):
        reason = ""  # who began it was told to nobody, in this very batch
    decision = routing.decide(alert, now, muted)
    if reason and not (isinstance(decision, Held) and (reason, decision.reason) in _LOUDER):
        _note_held(batch, alert, reason, now)
        return alert, 0
    if isinstance(decision, Held):
        if not alert.escalation:
            batch.hold(alert.id, decision.reason, decision.until)
        _note_held(batch, alert, decision.reason, now)
        return replace(alert, held=decision.reason), 0
    if alert.held:
        batch.hold(alert.id, "", None)
    occasion = Occasion.ESCALATED if alert.escalation else Occasion.RAISED
    why = alert.escalation or (_besides(batch, routing, alert, now) if decision else "")
    return replace(alert, held=""), batch.deliver(alert.id, occasion, why, decision, now)


_LOUDER = ((COOLDOWN, MUTED), (COOLDOWN, NO_ROUTE))
"""Which reason says more than the one that an alert was raised with."""


def _note_held(batch: Batch, alert: RaisedAlert, reason: str, now: Timestamp) -> None:
    """Count what is told of later, and note why nobody is told that an alert is louder."""
    if alert.escalation:
        batch.hold_escalation(alert.id, reason, now)
    elif reason in TOLD_LATER:
        batch.count_held(alert.watchlist, now)


def _besides(batch: Batch, routing: Routing, alert: RaisedAlert, now: Timestamp) -> str:
    """Say how much was held back before an alert that is told."""
    if (held := batch.release_held(alert.watchlist)) is None:
        return ""
    return f"+{held[0]} held since {by_the_clock(held[1], now, routing.zone)}"
