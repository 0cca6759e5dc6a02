"""The end of silences: what each suppressed is reported once. Pure."""

from __future__ import annotations

from index.article import Timestamp
from monitor.alerts.facts import AlertFacts
from monitor.alerts.notification import NotificationPlanner
from monitor.alerts.plan import AlertPlan
from monitor.alerts.quiet_hours import by_the_clock
from monitor.alerts.routing import Routing


def plan_ended_silences(facts: AlertFacts, routing: Routing, now: Timestamp) -> AlertPlan:
    """Decide who is notified of the silences that have ended, and with which words."""
    planner = NotificationPlanner(facts, routing, now)
    messages = []
    for ended in facts.ended_silences:
        silence = ended.silence
        since = by_the_clock(silence.since, now, routing.zone)
        words = (
            f"{silence.suppressed} suppressed since {since}"
            if silence.suppressed
            else "nothing was suppressed"
        )
        messages.append(f"{silence.watchlist} is no longer muted: {words}")
        if ended.newest is not None:
            planner.silence_ended(ended.newest, f"no longer muted: {words}")
    return AlertPlan(
        at=now,
        notify=tuple(planner.notify),
        suppressed=planner.changed_counts,
        ended_silences=tuple(ended.id for ended in facts.ended_silences),
        messages=tuple(messages),
    )
