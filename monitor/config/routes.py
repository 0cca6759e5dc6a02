"""Routes, from their schema, and their description for `tocsin check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from monitor.base.formatting import and_more, clauses, either, exact
from monitor.base.translation import gettext as _
from monitor.base.translation import pgettext
from monitor.config.delivery_schema import RouteShape
from monitor.config.validation import ConfigDraft, unknown_channel, unknown_watchlist
from monitor.config.value_parsers import shown_days
from monitor.config.watchlists import selects_feed, title, unknown_selector
from monitor.config.yaml_nodes import Loc
from monitor.model.config import Channel, Config, Digest, Quiet, Route
from monitor.model.feed import Feed
from monitor.model.reserved_names import FEED_HEALTH
from monitor.model.shown_names import severity_name


def routes(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> tuple[Route, ...]:
    """Return the routes of a draft; problems are added to the draft."""
    channels = [shape.name for shape in draft.shape.channels]
    watchlists = [*map(title, draft.shape.watchlists), FEED_HEALTH]
    routes = []
    for number, shape in enumerate(draft.shape.routes):
        for place, words in _unknown_names(shape, channels, watchlists, feeds):
            draft.add_problem(("routes", number, *place), words)
        routes.append(_route(shape, feeds))
    if (
        not draft.problems
    ):  # a condition with a problem was left out: the route would seem to match everything
        _validate_reachable(draft, routes)
    return tuple(routes)


def _route(shape: RouteShape, feeds: tuple[Feed, ...]) -> Route:
    chosen = None
    if shape.tag or shape.feeds:
        chosen = tuple(
            feed.name
            for feed in feeds
            if (not shape.tag or set(shape.tag) & set(feed.tags))
            and (not shape.feeds or any(selects_feed(selector, feed) for selector in shape.feeds))
        )
    return Route(
        to=shape.to,
        watch=shape.watch,
        severity=shape.severity,
        lang=shape.lang,
        feeds=chosen,
        quiet=shape.quiet.understood() if shape.quiet else None,
        digest=shape.digest,
    )


def _unknown_names(
    shape: RouteShape, channels: Sequence[str], watchlists: Sequence[str], feeds: tuple[Feed, ...]
) -> Iterator[tuple[Loc, str]]:
    """Yield the names in a route that do not exist, each with its place."""
    for item, name in enumerate(shape.to):
        if words := unknown_channel(name, channels):
            yield ("to", item), words
    for item, name in enumerate(shape.watch):
        if words := unknown_watchlist(name, watchlists):
            yield ("watch", item), words
    for key, selectors in (("tag", [f"tag:{t}" for t in shape.tag]), ("feeds", shape.feeds)):
        for item, selector in enumerate(selectors):
            if words := unknown_selector(selector, feeds):
                yield (key, item), words


def _validate_reachable(draft: ConfigDraft, routes: Sequence[Route]) -> None:
    """Report routes after one that matches every alert: no alert reaches them."""
    for number, route in enumerate(routes[:-1]):
        if not (route.watch or route.severity or route.lang) and route.feeds is None:
            line = draft.line(("routes", number))
            message = _("no alert reaches this route: the one on line {line} is for all", line=line)
            draft.add_problem(("routes", number + 1), message)
            return


def describe_routes(config: Config) -> list[tuple[str, ...]]:
    """Return a row for each route, and one for alerts that match no route."""
    rows = [
        (
            ", ".join(route.to) or _("nobody"),
            clauses([*_conditions(route), *describe_hours(route)]) or pgettext("alerts", "all"),
        )
        for route in config.routes
    ]
    usual = _("every channel")
    if config.notify is not None:
        usual = ", ".join(config.notify) or _("nobody")
    return [*rows, (usual, _("what no route is for"))]


def describe_hours(taker: Route | Channel) -> Iterator[str]:
    """Yield the quiet hours and the digest of a channel or a route."""
    if taker.digest:
        yield _digest(taker.digest)
    if taker.quiet:
        yield _quiet(taker.quiet)


def route_mappings(config: Config) -> list[dict[str, Any]]:
    """Return the routes for programs."""
    return [
        {
            "to": list(route.to),
            "watch": list(route.watch),
            "severity": list(map(str, route.severity)),
            "lang": list(route.lang),
            "feeds": None if route.feeds is None else list(route.feeds),
            "hours": list(describe_hours(route)),
        }
        for route in config.routes
    ]


def _conditions(route: Route) -> Iterator[str]:
    if route.watch:
        yield _("of {names}", names=", ".join(route.watch))
    if route.severity:
        yield either(map(severity_name, route.severity))
    if route.lang:
        yield _("in {languages}", languages=either(route.lang))
    if route.feeds is not None:
        names = ", ".join(route.feeds[:3]) or _("no feed")
        yield _("from {feeds}", feeds=and_more(names, len(route.feeds) - 3))


def _digest(digest: Digest) -> str:
    if digest.every is not None:
        return _("one message each {interval}", interval=exact(digest.every))
    return _("one message at {times}", times=", ".join(f"{at:%H:%M}" for at in digest.at))


def _quiet(quiet: Quiet) -> str:
    start, end = f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}"
    words = [_("quiet from {start} to {end}", start=start, end=end)]
    if len(quiet.days) < 7:
        words.append(_("on {days}", days=shown_days(quiet.days)))
    if quiet.zone:
        words.append(_("in {zone}", zone=quiet.zone))
    hours = " ".join(words)
    if not quiet.spares:
        return hours
    severities = _(" and ").join(map(severity_name, quiet.spares))
    return _("{hours}, but for {severities}", hours=hours, severities=severities)
