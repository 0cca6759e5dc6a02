"""Plans who is notified of an alert or of the end of a silence, or why nobody is. Pure.

An alert is suppressed by the first of these that applies: its article is from before its feed
was watched, its watchlist is silenced, no route leads to a channel, a cooldown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.judgement.alerts.plan import (
    AlertFacts,
    AlertPlan,
    EvidenceRecord,
    NewAlert,
    Notify,
    SuppressedCount,
)
from monitor.judgement.alerts.routing import Routing, Suppressed, by_the_clock
from monitor.model.alert import SuppressionReason
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.evidence import Kind
from monitor.model.poll import RaisedAlert
from monitor.model.watchlist import Watchlist

COUNTED = (SuppressionReason.SILENCE, SuppressionReason.COOLDOWN)
"""Reasons that end: the next notification says how many alerts they suppressed."""


class DeliveryPlanner:
    """Plans the notifications of one transaction, one alert after the other.

    One decision matters for the next: a notification starts a cooldown.
    """

    def __init__(self, facts: AlertFacts, routing: Routing, plan: AlertPlan) -> None:
        self._facts = facts
        self._routing = routing
        self._plan = plan
        self._now = plan.at
        self._last_notified = dict(facts.last_notified)
        self._suppressed = dict(facts.suppressed)

    def raised(
        self, alert: RaisedAlert, watchlist: Watchlist | None = None
    ) -> tuple[RaisedAlert, Timestamp | None]:
        """Plan the deliveries of a new alert; if there are none, the alert says why.

        Args:
            alert: The alert.
            watchlist: The watchlist of its article; None when it is about no article.

        Returns:
            The alert, and the end of its suppression; None without an end.
        """
        decision = self._decide(alert, watchlist)
        if isinstance(decision, Suppressed):
            if decision.reason in COUNTED:
                count, since = self._suppressed.get(alert.watchlist, (0, self._now))
                self._set_count(alert.watchlist, SuppressedCount(count + 1, since))
            return replace(alert, suppressed=decision.reason), decision.until
        self._last_notified[alert.watchlist] = self._now
        reason = self._suppressed_before(alert.watchlist) if decision else ""
        self._notify(alert.id, Occasion.RAISED, reason, decision)
        return alert, None

    def raise_about(
        self,
        alert: RaisedAlert,
        extra: Mapping[str, Any] = {},
        *,
        rule: Watchlist | None = None,
        feed: int | None = None,
    ) -> None:
        """Plan an alert that is about no article; a cooldown suppresses none of them.

        Args:
            alert: The alert.
            extra: Further fields of its evidence record.
            rule: The watchlist that it is about.
            feed: The number of the feed that it is about.
        """
        alert, until = self.raised(alert)
        content = {
            "at": self._now,
            "about": alert.kind,
            "watchlist": rule.name if rule else "",
            "severity": alert.severity,
            "title": alert.title,
            **extra,
        }
        version = rule.rule if rule else ""
        new = NewAlert(alert=alert, feed=feed, rule=version, suppressed_until=until)
        self._plan.raised.append(alert)
        self._plan.new.append(new)
        self._plan.records.append(EvidenceRecord(Kind.RAISED, alert.id, content, rule))

    def escalated(self, alert: RaisedAlert, *, notify_backfill: bool) -> Suppressed | None:
        """Plan the deliveries of an escalation, or return the reason that suppresses them."""
        if alert.backfill and not notify_backfill:
            return Suppressed(SuppressionReason.BACKFILL)
        decision = self._route(alert)
        if isinstance(decision, Suppressed):
            return decision
        self._notify(alert.id, Occasion.ESCALATED, alert.escalation, decision)
        return None

    def silence_ended(self, newest: RaisedAlert, reason: str) -> None:
        """Plan the deliveries that report the end of a silence, with its newest alert."""
        decision = self._route(newest)
        if not isinstance(decision, Suppressed):
            self._set_count(newest.watchlist, None)
            self._notify(newest.id, Occasion.UNSILENCED, reason, decision)

    def _decide(
        self, alert: RaisedAlert, watchlist: Watchlist | None
    ) -> Suppressed | tuple[PlannedDelivery, ...]:
        if watchlist and alert.backfill and not watchlist.notify_backfill:
            return Suppressed(SuppressionReason.BACKFILL)
        decision = self._route(alert)
        if watchlist and not isinstance(decision, Suppressed):
            last = self._last_notified.get(watchlist.name)
            if (until := cooldown_end(watchlist.cooldown, last, self._now)) is not None:
                return Suppressed(SuppressionReason.COOLDOWN, until)
        return decision

    def _route(self, alert: RaisedAlert) -> Suppressed | tuple[PlannedDelivery, ...]:
        return self._routing.decide(alert, self._now, self._facts.silences)

    def _suppressed_before(self, watchlist: str) -> str:
        """Say how many alerts were suppressed before this one, and count from zero again."""
        count = self._suppressed.get(watchlist)
        if count is None:
            return ""
        self._set_count(watchlist, None)
        since = by_the_clock(count.since, self._now, self._routing.zone)
        return ngettext(
            "+{count} suppressed since {time}",
            "+{count} suppressed since {time}",
            count.alerts,
            time=since,
        )

    def _set_count(self, watchlist: str, count: SuppressedCount | None) -> None:
        self._plan.suppressed[watchlist] = count
        if count is None:
            self._suppressed.pop(watchlist, None)
        else:
            self._suppressed[watchlist] = count

    def _notify(
        self, alert: int, occasion: Occasion, reason: str, deliveries: tuple[PlannedDelivery, ...]
    ) -> None:
        if deliveries:
            self._plan.notify.append(Notify(alert, occasion, reason, deliveries))


def cooldown_end(
    cooldown: float, last_notified: Timestamp | None, now: Timestamp
) -> Timestamp | None:
    """Return the end of a watchlist's cooldown; None if there is none now.

    Args:
        cooldown: Seconds, as the watchlist asks; 0 is none.
        last_notified: When the last notified alert was raised.
        now: The time. A notification in the future (the clock was set back) cools nothing.
    """
    if not cooldown or last_notified is None:
        return None
    return last_notified + cooldown if now - cooldown < last_notified <= now else None


def plan_ended_silences(facts: AlertFacts, routing: Routing, now: Timestamp) -> AlertPlan:
    """Plan the notifications of the silences that have ended."""
    plan = AlertPlan(at=now, ended_silences=[ended.id for ended in facts.ended_silences])
    planner = DeliveryPlanner(facts, routing, plan)
    for ended in facts.ended_silences:
        silence = ended.silence
        since = by_the_clock(silence.since, now, routing.zone)
        words = _("nothing was suppressed")
        if count := silence.suppressed:
            words = ngettext(
                "{count} suppressed since {time}", "{count} suppressed since {time}", count,
                time=since,
            )  # fmt: skip
        plan.messages.append(
            _(
                "{watchlist} is no longer silenced: {suppressed}",
                watchlist=silence.watchlist,
                suppressed=words,
            )
        )
        if ended.newest is not None:
            reason = _("no longer silenced: {suppressed}", suppressed=words)
            planner.silence_ended(ended.newest, reason)
    return plan
