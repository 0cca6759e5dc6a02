"""Plans the alerts about unusual watchlists, and about trouble of the newsroom itself. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.formatting import behind_since, span
from monitor.base.translation import gettext as _, ngettext, number
from monitor.judgement.alerts.plan import AlertFacts, AlertPlan, NewUnusualTime
from monitor.judgement.alerts.routing import DeliveryPlanner, Routing, by_the_clock
from monitor.judgement.alerts.unusual_volume import Unusual
from monitor.model.alert import AlertKind
from monitor.model.lease import SharingMonitor
from monitor.model.watchlist import FEED_HEALTH, Severity, Watchlist

HEADLINES = 3
"""Headlines that the title of an alert names."""


class UnusualWatchlist(Struct, frozen=True, kw_only=True):
    """A watchlist about which something unusual has begun."""

    watchlist: Watchlist
    unusual: Unusual
    alerts: tuple[int, ...] = ()
    """The alerts of its stories since then."""
    headlines: tuple[str, ...] = ()
    """Headlines of these stories, or of the last one before a silence; the newest first."""


def plan_trouble(
    kind: AlertKind, trouble: str, facts: AlertFacts, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Decide which alert is raised about trouble of the newsroom; empty if it is over."""
    if not trouble:
        return AlertPlan(at=now, usual_again=[(FEED_HEALTH, kind)])
    plan = AlertPlan(at=now)
    planner = DeliveryPlanner(facts, routing, plan)
    severity = Severity.HIGH if kind is AlertKind.DAMAGED else Severity.MEDIUM
    alert = planner.raise_about(kind, severity, trouble)
    plan.unusual.append(NewUnusualTime(FEED_HEALTH, kind, alert))
    return plan


def plan_lost_monitors(
    lost: Sequence[SharingMonitor], facts: AlertFacts, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Decide which alerts are raised about monitors that are lost, one each, in their order."""
    plan = AlertPlan(at=now)
    planner = DeliveryPlanner(facts, routing, plan)
    for peer in lost:
        words = _(
            "the monitor {name} is lost: its last heartbeat was {time} ago; others poll its feeds",
            name=peer.name,
            time=span(peer.silence),
        )
        planner.raise_about(AlertKind.LOST, Severity.MEDIUM, words)
    return plan


def plan_unusual(
    begun: Sequence[UnusualWatchlist],
    ended: Collection[tuple[str, AlertKind]],
    facts: AlertFacts,
    routing: Routing,
    now: Timestamp,
) -> AlertPlan:
    """Plan the alerts that begin, and end those that are over, by watchlist and kind."""
    plan = AlertPlan(at=now, usual_again=sorted(ended))
    planner = DeliveryPlanner(facts, routing, plan)
    for case in begun:
        watchlist, unusual = case.watchlist, case.unusual
        alert = planner.raise_about(
            unusual.kind,
            watchlist.severity,
            title(case, now, routing),
            rule=watchlist,
            since=unusual.since,
            stories=unusual.stories,
            usual=round(unusual.usual, 3),
            alerts=list(case.alerts),
        )
        plan.unusual.append(NewUnusualTime(watchlist.name, unusual.kind, alert))
    return plan


def title(case: UnusualWatchlist, now: Timestamp, routing: Routing) -> str:
    """Describe what is unusual: `14 stories since 09:00, 3 usual by now: Strike in …`."""
    unusual = case.unusual
    since = behind_since(by_the_clock(unusual.since, now, routing.zone))
    usual = _number(unusual.usual)
    heads = "; ".join(case.headlines[:HEADLINES])
    if unusual.kind is AlertKind.QUIET and heads:
        return _(
            "no story since {time}, {usual} usual by now; its feeds can be read."
            " The last one: {headlines}",
            time=since, usual=usual, headlines=heads,
        )  # fmt: skip
    if unusual.kind is AlertKind.QUIET:
        return _(
            "no story since {time}, {usual} usual by now; its feeds can be read",
            time=since, usual=usual,
        )  # fmt: skip
    stories = ngettext(
        "{count} story since {time}, {usual} usual by now",
        "{count} stories since {time}, {usual} usual by now",
        unusual.stories, time=since, usual=usual,
    )  # fmt: skip
    return _("{stories}: {headlines}", stories=stories, headlines=heads) if heads else stories


def _number(usual: float) -> str:
    if usual >= 10:
        return number(round(usual))
    digits = f"{usual:.2g}"
    return number(usual, len(digits.partition(".")[2]))
