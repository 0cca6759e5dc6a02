"""From the shapes of routes to routes, and what they may not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.config.draft import Draft
from monitor.config.fitting import nearest
from monitor.config.marks import Loc
from monitor.config.route_shapes import RouteShape
from monitor.config.watchlists import selects, stranger, title
from monitor.model import FEED_HEALTH, Feed, Route


def routes(draft: Draft, feeds: tuple[Feed, ...]) -> tuple[Route, ...]:
    """Return the routes of a draft, noting what is wrong with them."""
    channels = [shape.name for shape in draft.shape.channels]
    watchlists = [*map(title, draft.shape.watchlists), FEED_HEALTH]
    found = []
    for number, shape in enumerate(draft.shape.routes):
        for place, words in _strangers(shape, channels, watchlists, feeds):
            draft.object_to(("routes", number, *place), words)
        found.append(_route(shape, feeds))
    if not draft.problems:  # what does not fit is left out, and seems to be for all
        _object_to_shadows(draft, found)
    return tuple(found)


def _route(shape: RouteShape, feeds: tuple[Feed, ...]) -> Route:
    chosen = None
    if shape.tag or shape.feeds:
        chosen = tuple(
            feed.name
            for feed in feeds
            if (not shape.tag or set(shape.tag) & set(feed.tags))
            and (not shape.feeds or any(selects(selector, feed) for selector in shape.feeds))
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


def _strangers(
    shape: RouteShape, channels: Sequence[str], watchlists: Sequence[str], feeds: tuple[Feed, ...]
) -> Iterator[tuple[Loc, str]]:
    """Yield where a route names what there is not."""
    for item, name in enumerate(shape.to):
        if name not in channels:
            known = f"`channels:` has {', '.join(channels) or 'none'}"
            yield ("to", item), f"no such channel `{name}`{nearest(name, channels)}; {known}"
    for item, name in enumerate(shape.watch):
        if name.casefold() not in map(str.casefold, watchlists):
            yield ("watch", item), f"no watchlist is called `{name}`" + nearest(name, watchlists)
    for key, selectors in (("tag", [f"tag:{t}" for t in shape.tag]), ("feeds", shape.feeds)):
        for item, selector in enumerate(selectors):
            if words := stranger(selector, feeds):
                yield (key, item), words


def _object_to_shadows(draft: Draft, found: Sequence[Route]) -> None:
    """Object to routes behind one that is for every alert: nothing ever reaches them."""
    for number, route in enumerate(found[:-1]):
        if not (route.watch or route.severity or route.lang) and route.feeds is None:
            line = draft.line(("routes", number))
            message = f"no alert reaches this route: the one on line {line} is for all"
            draft.object_to(("routes", number + 1), message)
            return
