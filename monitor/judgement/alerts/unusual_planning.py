"""From what is unusual about watchlists to a plan: an alert each, and who is notified. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.judgement.alerts.delivery_planning import DeliveryPlanner
from monitor.judgement.alerts.facts import AlertFacts
from monitor.judgement.alerts.plan import AlertPlan, EvidenceRecord, NewAlert, NewUnusualTime
from monitor.judgement.alerts.quiet_hours import by_the_clock
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.alerts.unusual_volume import Unusual
from monitor.model.alert import AlertKind
from monitor.model.evidence import Kind
from monitor.model.poll import RaisedAlert
from monitor.model.watchlist import Watchlist

HEADLINES = 3
"""Headlines that the title of an alert names."""


class UnusualWatchlist(Struct, frozen=True, kw_only=True):
    """A watchlist about which something unusual has begun."""

    watchlist: Watchlist
    found: Unusual
    alerts: tuple[int, ...] = ()
    """The alerts of its stories since then."""
    words: tuple[str, ...] = ()
    """Words that set these stories apart from earlier ones."""
    headlines: tuple[str, ...] = ()
    """Of these stories, or of the last one before a silence; the newest first."""


def plan_unusual(
    begun: Sequence[UnusualWatchlist],
    over: Collection[tuple[str, AlertKind]],
    facts: AlertFacts,
    routing: Routing,
    now: Timestamp,
) -> AlertPlan:
    """Decide which alerts are raised about watchlists, and who is notified.

    A cooldown suppresses none of them: it is for the alerts that they sum up.

    Args:
        begun: What has begun.
        over: What is over: the watchlist, and the kind of its alert.
        facts: Silences and counts.
        routing: Channels and routes.
        now: The time.
    """
    planner = DeliveryPlanner(facts, routing, now)
    raised, new, times, records = [], [], [], []
    for id, one in enumerate(begun, facts.last_alert + 1):
        watchlist, found = one.watchlist, one.found
        alert = RaisedAlert(
            id=id,
            watchlist=watchlist.name,
            severity=watchlist.severity,
            title=title(one, now, routing),
            feed="",
            backfill=False,
            kind=found.kind,
        )
        alert, until = planner.raised(alert)
        raised.append(alert)
        new.append(NewAlert(alert=alert, rule=watchlist.rule, suppressed_until=until))
        times.append(NewUnusualTime(watchlist.name, found.kind, id))
        content = {
            "at": now,
            "about": found.kind,
            "watchlist": watchlist.name,
            "severity": watchlist.severity,
            "title": alert.title,
            "since": found.since,
            "stories": found.stories,
            "usual": round(found.usual, 3),
            "alerts": list(one.alerts),
        }
        records.append(EvidenceRecord(Kind.RAISED, id, content, watchlist))
    return AlertPlan(
        at=now,
        raised=tuple(raised),
        new=tuple(new),
        unusual=tuple(times),
        usual_again=tuple(sorted(over)),
        notify=tuple(planner.notify),
        suppressed=planner.changed_counts,
        records=tuple(records),
    )


def title(one: UnusualWatchlist, now: Timestamp, routing: Routing) -> str:
    """Return what is unusual in words: `14 stories since 09:00, 3 usual by now: strike — …`."""
    found = one.found
    since = by_the_clock(found.since, now, routing.zone)
    usual = _number(found.usual)
    heads = "; ".join(one.headlines[:HEADLINES])
    if found.kind is AlertKind.QUIET and heads:
        return _(
            "no story since {time}, {usual} usual by now; its feeds can be read."
            " The last one: {headlines}",
            time=since, usual=usual, headlines=heads,
        )  # fmt: skip
    if found.kind is AlertKind.QUIET:
        return _(
            "no story since {time}, {usual} usual by now; its feeds can be read",
            time=since, usual=usual,
        )  # fmt: skip
    stories = ngettext(
        "{count} story since {time}, {usual} usual by now",
        "{count} stories since {time}, {usual} usual by now",
        found.stories, time=since, usual=usual,
    )  # fmt: skip
    named = " — ".join(part for part in (", ".join(one.words), heads) if part)
    return _("{stories}: {headlines}", stories=stories, headlines=named) if named else stories


def _number(usual: float) -> str:
    if usual >= 10:
        return number(round(usual))
    written = f"{usual:.2g}"
    return number(usual, len(written.partition(".")[2]))
