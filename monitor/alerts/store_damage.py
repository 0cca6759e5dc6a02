"""From damage of the store to a plan: one alert for as long as it lasts. Pure."""

from __future__ import annotations

from index.article import Timestamp
from monitor.alerts.facts import AlertFacts
from monitor.alerts.notification import NotificationPlanner
from monitor.alerts.plan import AlertPlan, EvidenceRecord, NewAlert, NewUnusualTime
from monitor.alerts.routing import Routing
from monitor.audit.evidence import Kind
from monitor.model.alert import AlertKind
from monitor.model.poll import RaisedAlert
from monitor.model.reserved_names import FEED_HEALTH
from monitor.model.severity import Severity


def plan_store_damage(
    damage: str, facts: AlertFacts, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Decide which alert is raised about damage of the store, and who is notified.

    Args:
        damage: What is damaged and what to do; empty if the store is whole again.
        facts: Silences and counts.
        routing: Channels and routes.
        now: The time.
    """
    if not damage:
        return AlertPlan(at=now, usual_again=((FEED_HEALTH, AlertKind.DAMAGED),))
    planner = NotificationPlanner(facts, routing, now)
    alert = RaisedAlert(
        id=facts.last_alert + 1,
        watchlist=FEED_HEALTH,
        severity=Severity.HIGH,
        title=damage,
        feed="",
        backfill=False,
        kind=AlertKind.DAMAGED,
    )
    alert, until = planner.raised(alert)
    content = {
        "at": now,
        "about": alert.kind,
        "watchlist": "",
        "severity": alert.severity,
        "title": damage,
    }
    return AlertPlan(
        at=now,
        raised=(alert,),
        new=(NewAlert(alert=alert, suppressed_until=until),),
        unusual=(NewUnusualTime(FEED_HEALTH, AlertKind.DAMAGED, alert.id),),
        notify=tuple(planner.notify),
        suppressed=planner.changed_counts,
        records=(EvidenceRecord(Kind.RAISED, alert.id, content),),
    )
