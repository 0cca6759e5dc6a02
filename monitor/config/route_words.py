"""Routes and hours as `tocsin check` tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.config.clocks import DAYS
from monitor.durations import exact
from monitor.model import Channel, Config, Digest, Quiet, Route


def rows(config: Config) -> list[tuple[str, ...]]:
    """Return a row for each route, and what becomes of alerts that fit none."""
    found = [
        (", ".join(route.to) or "nobody", "; ".join([*_conditions(route), *hours(route)]) or "all")
        for route in config.routes
    ]
    usual = "every channel" if config.notify is None else ", ".join(config.notify) or "nobody"
    return [*found, (usual, "what no route is for")]


def hours(taker: Route | Channel) -> Iterator[str]:
    """Yield when a channel or a route tells, if not at once."""
    if taker.digest:
        yield _digest(taker.digest)
    if taker.quiet:
        yield _quiet(taker.quiet)


def mappings(config: Config) -> list[dict[str, Any]]:
    """Return the routes for programs."""
    return [
        {
            "to": list(route.to),
            "watch": list(route.watch),
            "severity": list(map(str, route.severity)),
            "lang": list(route.lang),
            "feeds": None if route.feeds is None else list(route.feeds),
            "hours": list(hours(route)),
        }
        for route in config.routes
    ]


def _conditions(route: Route) -> Iterator[str]:
    if route.watch:
        yield f"of {', '.join(route.watch)}"
    if route.severity:
        yield " or ".join(map(str, route.severity))
    if route.lang:
        yield f"in {' or '.join(route.lang)}"
    if route.feeds is not None:
        more = f" and {len(route.feeds) - 3} more" if len(route.feeds) > 3 else ""
        yield f"from {', '.join(route.feeds[:3]) or 'no feed'}{more}"


def _digest(digest: Digest) -> str:
    if digest.every is not None:
        return f"one message each {exact(digest.every)}"
    return f"one message at {', '.join(f'{at:%H:%M}' for at in digest.at)}"


def _quiet(quiet: Quiet) -> str:
    days = f" on {', '.join(DAYS[day] for day in quiet.days)}" if len(quiet.days) < 7 else ""
    spares = f", but for {' and '.join(map(str, quiet.spares))}" if quiet.spares else ""
    zone = f" in {quiet.zone}" if quiet.zone else ""
    return f"quiet from {quiet.start:%H:%M} to {quiet.end:%H:%M}{days}{zone}{spares}"
