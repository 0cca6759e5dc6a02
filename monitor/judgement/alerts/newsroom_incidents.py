"""From trouble of the newsroom itself to a plan: a damaged store, monitors that are lost. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.base.article import Timestamp
from monitor.base.formatting import span
from monitor.base.translation import gettext as _
from monitor.judgement.alerts.delivery_planning import DeliveryPlanner
from monitor.judgement.alerts.facts import AlertFacts
from monitor.judgement.alerts.plan import AlertPlan, EvidenceRecord, NewAlert, NewUnusualTime
from monitor.judgement.alerts.routing import Routing
from monitor.model.alert import AlertKind
from monitor.model.evidence import Kind
from monitor.model.lease import SharingMonitor
from monitor.model.poll import RaisedAlert
from monitor.model.watchlist import FEED_HEALTH, Severity


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
    alert = facts.last_alert + 1
    unusual = NewUnusualTime(FEED_HEALTH, AlertKind.DAMAGED, alert)
    titles = {alert: damage}
    return _plan(AlertKind.DAMAGED, Severity.HIGH, titles, facts, routing, now, (unusual,))


def plan_lost_monitors(
    lost: Sequence[SharingMonitor], facts: AlertFacts, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Decide which alerts are raised about monitors that are lost, one each, in their order.

    Args:
        lost: The monitors.
        facts: Silences and counts.
        routing: Channels and routes.
        now: The time.
    """
    titles = {
        number: _(
            "the monitor {name} is lost: its last heartbeat was {time} ago; others poll its feeds",
            name=one.name,
            time=span(one.silence),
        )
        for number, one in enumerate(lost, facts.last_alert + 1)
    }
    return _plan(AlertKind.LOST, Severity.MEDIUM, titles, facts, routing, now)


def _plan(
    kind: AlertKind,
    severity: Severity,
    titles: Mapping[int, str],
    facts: AlertFacts,
    routing: Routing,
    now: Timestamp,
    unusual: tuple[NewUnusualTime, ...] = (),
) -> AlertPlan:
    planner = DeliveryPlanner(facts, routing, now)
    raised, new, records = [], [], []
    for id, title in titles.items():
        alert = RaisedAlert(
            id=id, watchlist=FEED_HEALTH, severity=severity, title=title, feed="",
            backfill=False, kind=kind,
        )  # fmt: skip
        alert, until = planner.raised(alert)
        content = {
            "at": now, "about": kind, "watchlist": "", "severity": severity, "title": title,
        }  # fmt: skip
        raised.append(alert)
        new.append(NewAlert(alert=alert, suppressed_until=until))
        records.append(EvidenceRecord(Kind.RAISED, id, content))
    return AlertPlan(
        at=now,
        raised=tuple(raised),
        new=tuple(new),
        unusual=unusual,
        notify=tuple(planner.notify),
        suppressed=planner.changed_counts,
        records=tuple(records),
    )
