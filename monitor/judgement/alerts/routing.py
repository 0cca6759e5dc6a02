"""Routing: to which channels an alert goes and when, or why it goes to none. Pure.

An alert is suppressed by the first of these that applies: its article is from before its feed
was watched, its watchlist is silenced, no route leads to a channel, a cooldown. Otherwise::

    the channels that its watchlist names, else those of the first route that matches,
    else the default ones, else all ─▶ quiet hours and digests of each
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.formatting import behind_since, date_and_time
from monitor.base.translation import gettext as _, ngettext
from monitor.judgement.alerts.plan import (
    AlertFacts,
    AlertPlan,
    EvidenceRecord,
    NewAlert,
    Notify,
    SuppressedCount,
)
from monitor.model.alert import AlertKind, SuppressionReason
from monitor.model.config import BriefingSchedule, Config, Digest, Quiet, Route
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.evidence import Kind
from monitor.model.feed import Feed
from monitor.model.poll import RaisedAlert
from monitor.model.shown_names import describe_ended_silence, describe_silenced
from monitor.model.watchlist import FEED_HEALTH, Severity, Watchlist

NO_SILENCES: Mapping[str, Timestamp] = {}


class Suppressed(Struct, frozen=True):
    """Nobody is notified of an alert, for a reason that is stored with it."""

    reason: SuppressionReason
    until: Timestamp | None = None
    """The end of the reason; None when it does not end."""


class Hours(Struct, frozen=True, kw_only=True):
    """The hours in which a channel takes messages."""

    quiet: Quiet | None = None
    digest: Digest | None = None


ANY_TIME = Hours()


class Routing(Struct, frozen=True, kw_only=True):
    """Channels, routes and hours of the configuration in force."""

    channels: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Channels that a watchlist names, by its name."""
    routes: tuple[Route, ...] = ()
    default: tuple[str, ...] | None = None
    """Channels of the alerts that match no route; None is every channel."""
    hours: Mapping[str, Hours] = field(default_factory=dict)
    """Hours by channel."""
    zone: tzinfo = UTC
    """Time zone of hours that name none."""

    def decide(
        self, alert: RaisedAlert, now: Timestamp, silences: Mapping[str, Timestamp] = NO_SILENCES
    ) -> Suppressed | tuple[PlannedDelivery, ...]:
        """Return the deliveries of an alert, or the reason that suppresses it.

        `silences` are the ends of silences, by the names of watchlists in lower case.
        """
        until = silences.get(alert.watchlist.casefold())
        if until is not None and until > now:
            return Suppressed(SuppressionReason.SILENCE, until)
        if not self.channels:
            return ()
        chosen, route = self._chosen(alert)
        planned = tuple(
            self._planned(channel, route, alert, now)
            for channel in self.channels
            if channel in chosen
        )
        return planned or Suppressed(SuppressionReason.NO_ROUTE)

    def _chosen(self, alert: RaisedAlert) -> tuple[tuple[str, ...], Hours]:
        if (named := self.named.get(alert.watchlist)) is not None:
            return named, ANY_TIME
        for route in self.routes:
            if matches_route(route, alert):
                return route.to, Hours(quiet=route.quiet, digest=route.digest)
        return self.channels if self.default is None else self.default, ANY_TIME

    def _planned(
        self, channel: str, route: Hours, alert: RaisedAlert, now: Timestamp
    ) -> PlannedDelivery:
        hours = self.hours.get(channel, ANY_TIME)
        due, reason = now, ""
        if digest := route.digest or hours.digest:
            due = next_digest(digest, now, self.zone)
            digest_time = by_the_clock(due, now, digest.zone or self.zone)
            reason = _("digest at {time}", time=digest_time)
        quiets = [q for q in (route.quiet, hours.quiet) if q and alert.severity not in q.spares]
        for quiet in quiets * 2:  # the end of one may fall into the other
            if until := quiet_until(quiet, due, self.zone):
                due = until
                end_time = by_the_clock(due, now, quiet.zone or self.zone)
                reason = _("quiet hours until {time}", time=end_time)
        bundle = f"{int(due)}" if reason else ""
        return PlannedDelivery(channel=channel, due=due, reason=reason, bundle=bundle)


def matches_route(route: Route, alert: RaisedAlert) -> bool:
    return (
        (not route.watch or alert.watchlist.casefold() in map(str.casefold, route.watch))
        and (not route.severity or alert.severity in route.severity)
        and (not route.lang or alert.lang in route.lang)
        and (route.feeds is None or alert.feed in route.feeds)
    )


def routing(config: Config, zone: tzinfo = UTC) -> Routing:
    """Return the routing that a configuration asks for.

    `zone` is that of the machine, for a configuration that names none.
    """
    return Routing(
        channels=tuple(channel.name for channel in config.channels),
        named={w.name: w.notify for w in config.watchlists if w.notify is not None},
        routes=config.routes,
        default=config.notify,
        hours={c.name: Hours(quiet=c.quiet, digest=c.digest) for c in config.channels},
        zone=config.zone or zone,
    )


# --- what is planned ---------------------------------------------------------------------

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
        self._last_alert = facts.last_alert
        self._last_notified = dict(facts.last_notified)
        self._suppressed = dict(facts.suppressed)

    def next_alert(self) -> int:
        """Return the number of a new alert."""
        self._last_alert += 1
        return self._last_alert

    def raised(self, alert: NewAlert, watchlist: Watchlist | None = None) -> NewAlert:
        """Plan the deliveries of a new alert, and return it; if there are none, it says why.

        The watchlist is None when the alert is about no article.
        """
        decision = self._decide(alert, watchlist)
        if isinstance(decision, Suppressed):
            if decision.reason in COUNTED:
                count, since = self._suppressed.get(alert.watchlist, (0, self._now))
                self._set_count(alert.watchlist, SuppressedCount(count + 1, since))
            return replace(alert, suppressed=decision.reason, suppressed_until=decision.until)
        self._last_notified[alert.watchlist] = self._now
        reason = self._suppressed_before(alert.watchlist) if decision else ""
        self._notify(alert.id, Occasion.RAISED, reason, decision)
        return alert

    def raise_about(
        self,
        kind: AlertKind,
        severity: Severity,
        title: str,
        *,
        feed: Feed | None = None,
        rule: Watchlist | None = None,
        **extra: Any,
    ) -> int:
        """Plan an alert that is about no article, and return its number.

        A cooldown suppresses none of them.

        Args:
            kind: The subject of the alert.
            severity: Its severity.
            title: The whole message, in words.
            feed: The feed that it is about.
            rule: The watchlist that it is about.
            extra: Further fields of its evidence record.
        """
        alert = self.raised(
            NewAlert(
                id=self.next_alert(),
                watchlist=rule.name if rule else FEED_HEALTH,
                severity=severity,
                title=title,
                feed=feed.name if feed else "",
                about_feed=feed.number if feed else None,
                backfill=False,
                kind=kind,
                rule=rule.rule if rule else "",
            )
        )
        content = {
            "at": self._now,
            "about": kind,
            "watchlist": rule.name if rule else "",
            "severity": severity,
            "title": title,
            **extra,
        }
        if feed:
            content["feed"] = {"number": feed.number, "name": feed.name}
        self._plan.raised.append(alert)
        self._plan.new.append(alert)
        self._plan.records.append(EvidenceRecord(Kind.RAISED, alert.id, content, rule))
        return alert.id

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
        since = behind_since(by_the_clock(count.since, self._now, self._routing.zone))
        return ngettext(
            "+{count} listed, not sent since {time}",
            "+{count} listed, not sent since {time}",
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
        plan.messages.append(describe_ended_silence(silence, since))
        if ended.newest is not None:
            reason = _(
                "no longer silenced: {suppressed}", suppressed=describe_silenced(silence, since)
            )
            planner.silence_ended(ended.newest, reason)
    return plan


# --- a wall clock with summer time -------------------------------------------------------

DAY = timedelta(days=1)


def quiet_until(quiet: Quiet, now: Timestamp, local: tzinfo) -> Timestamp | None:
    """Return the end of the present quiet hours; None if there are none.

    `local` is the zone of the machine, for hours that name none.
    """
    zone = quiet.zone or local
    ends = [end for start, end in _nights(quiet, now, zone) if start <= now < end]
    return max(ends, default=None)


def next_digest(digest: Digest, now: Timestamp, local: tzinfo) -> Timestamp:
    """Return the time of the next digest: always later than now.

    `local` is the zone of the machine, for a digest that names none.
    """
    zone = digest.zone or local
    today = datetime.fromtimestamp(now, zone).date()
    if digest.every is not None:
        midnight, next_midnight = (_moment(day, time(), zone) for day in (today, today + DAY))
        rounds = int((now - midnight) // digest.every) + 1
        return min(midnight + rounds * digest.every, next_midnight)
    days = [today + n * DAY for n in range(3)]  # where summer time ends, a clock shows a time twice
    return min(moment for day in days for t in digest.at if (moment := _moment(day, t, zone)) > now)


def last_briefing(schedule: BriefingSchedule, now: Timestamp, local: tzinfo) -> Timestamp | None:
    """Return the last time a briefing was due, not later than now; None if never in a week.

    `local` is the zone of the machine, for a schedule that names none.
    """
    zone = schedule.zone or local
    today = datetime.fromtimestamp(now, zone).date()
    days = [day for n in range(8) if (day := today - n * DAY).weekday() in schedule.days]
    slots = [_moment(day, t, zone) for day in days for t in schedule.at]
    return max((slot for slot in slots if slot <= now), default=None)


def by_the_clock(moment: Timestamp, now: Timestamp, zone: tzinfo) -> str:
    """Return a time as `07:00`, with its date unless it is within a day of now."""
    local_time = datetime.fromtimestamp(moment, zone)
    if abs(moment - now) < DAY.total_seconds():
        return local_time.strftime("%H:%M")
    return date_and_time(local_time)


def _nights(quiet: Quiet, now: Timestamp, zone: tzinfo) -> Iterator[tuple[Timestamp, Timestamp]]:
    """Yield start and end of the quiet hours that begin today, and of those of yesterday."""
    today = datetime.fromtimestamp(now, zone).date()
    for day in (today - DAY, today):
        if day.weekday() in quiet.days:
            over_night = DAY if quiet.end <= quiet.start else timedelta()
            yield (
                _moment(day, quiet.start, zone),
                _moment(day + over_night, quiet.end, zone, late=True),
            )


def _moment(day: date, clock_time: time, zone: tzinfo, *, late: bool = False) -> Timestamp:
    """Return the moment at which a wall clock shows a time on a day; of two moments, the first.

    With `late`, it is the later one where summer time begins or ends: a time that is skipped is
    shown an hour later.
    """
    wall_time = datetime.combine(day, clock_time, zone)
    moments = [wall_time.replace(fold=fold).timestamp() for fold in (0, 1)]
    return max(moments) if late else moments[0]
