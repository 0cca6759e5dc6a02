"""Who is told of an alert: the channels it goes to and when, or why nobody is told.

muted? ─▶ the channels that its watchlist names, else those of the first route that
matches, else the usual ones, else all ─▶ quiet hours and digests of each
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from index.article import Timestamp
from monitor.alerts.quiet_hours import by_the_clock, next_digest, quiet_until
from monitor.model.config import Config, Digest, Quiet, Route
from monitor.model.delivery import Planned
from monitor.model.poll import RaisedAlert

MUTED = "muted"
NO_ROUTE = "no route"
NOBODY_MUTED: Mapping[str, Timestamp] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody is told, for a reason that is stored with the alert."""

    reason: str
    until: Timestamp | None = None
    """When the reason ends; None when it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a channel takes messages."""

    quiet: Quiet | None = None
    digest: Digest | None = None


ANY_TIME = Hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What decides, for the configuration in force."""

    channels: tuple[str, ...] = ()
    """All there are."""
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Those that a watchlist names, by its name."""
    routes: tuple[Route, ...] = ()
    usual: tuple[str, ...] | None = None
    """Where alerts go that no route is for; None is every channel."""
    hours: Mapping[str, Hours] = field(default_factory=dict)
    """By channel."""
    zone: tzinfo = UTC
    """By whose clock hours go that name none."""

    def decide(
        self, raised: RaisedAlert, now: Timestamp, muted: Mapping[str, Timestamp] = NOBODY_MUTED
    ) -> Held | tuple[Planned, ...]:
        """Return where an alert that is not held yet goes.

        `muted` are the watchlists of which nobody is to be told, and until when.
        """
        until = muted.get(raised.watchlist.casefold())
        if until is not None and until > now:
            return Held(MUTED, until)
        if not self.channels:
            return ()
        chosen, route = self._chosen(raised)
        planned = tuple(
            self._planned(channel, route, raised, now)
            for channel in self.channels
            if channel in chosen
        )
        return planned or Held(NO_ROUTE)

    def _chosen(self, raised: RaisedAlert) -> tuple[tuple[str, ...], Hours]:
        """Return the channels of an alert, and the hours of the route that leads there."""
        if (named := self.named.get(raised.watchlist)) is not None:
            return named, ANY_TIME
        for route in self.routes:
            if leads(route, raised):
                return route.to, Hours(quiet=route.quiet, digest=route.digest)
        return self.channels if self.usual is None else self.usual, ANY_TIME

    def _planned(self, channel: str, route: Hours, raised: RaisedAlert, now: Timestamp) -> Planned:
        own = self.hours.get(channel, ANY_TIME)
        due, reason = now, ""
        if digest := route.digest or own.digest:
            due = next_digest(digest, now, self.zone)
            at = by_the_clock(due, now, digest.zone or self.zone)
            reason = f"digest at {at}"
        quiets = [q for q in (route.quiet, own.quiet) if q and raised.severity not in q.spares]
        for quiet in quiets * 2:  # the end of one may fall into the other
            if until := quiet_until(quiet, due, self.zone):
                due = until
                reason = f"quiet hours until {by_the_clock(due, now, quiet.zone or self.zone)}"
        bundle = f"{int(due)}" if reason else ""
        return Planned(channel=channel, due=due, reason=reason, bundle=bundle)


def leads(route: Route, raised: RaisedAlert) -> bool:
    """Tell whether an alert fulfils the conditions of a route."""
    return (
        (not route.watch or raised.watchlist.casefold() in map(str.casefold, route.watch))
        and (not route.severity or raised.severity in route.severity)
        and (not route.lang or raised.lang in route.lang)
        and (route.feeds is None or raised.feed in route.feeds)
    )


def routing(config: Config, zone: tzinfo = UTC) -> Routing:
    """Return the routing that a configuration asks for; `zone` is the machine's."""
    return Routing(
        channels=tuple(channel.name for channel in config.channels),
        named={w.name: w.notify for w in config.watchlists if w.notify is not None},
        routes=config.routes,
        usual=config.notify,
        hours={c.name: Hours(quiet=c.quiet, digest=c.digest) for c in config.channels},
        zone=config.zone or zone,
    )
