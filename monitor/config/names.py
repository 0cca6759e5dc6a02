"""Names in `feeds.yaml` that do not exist, and which was probably meant."""

from __future__ import annotations

from collections.abc import Sequence

from index.query.filters import selects
from monitor.base.formatting import clauses, nearest
from monitor.base.translation import gettext as _
from monitor.config.value_parsers import host
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist


def unknown_channel(name: str, channels: Sequence[str]) -> str:
    """Return that no channel has a name, empty if one has it."""
    if name in channels:
        return ""
    message = _("no such channel `{name}`", name=name) + nearest(name, channels)
    if not channels:
        return clauses([message, _("`channels:` has none")])
    return clauses([message, _("`channels:` has {names}", names=", ".join(channels))])


def unknown_watchlist(name: str, watchlists: Sequence[str]) -> str:
    """Return that no watchlist has a name in any case, empty if one has it."""
    if name.casefold() in map(str.casefold, watchlists):
        return ""
    return _("no watchlist is called `{name}`", name=name) + nearest(name, watchlists)


def unknown_selector(selector: str, feeds: Sequence[Feed], otherwise: str = "") -> str:
    """Return that a selector (`tag:NAME`, a name, a host) selects no feed; empty if it does.

    Args:
        selector: The selector.
        feeds: The feeds there are.
        otherwise: What is said where no name is near.
    """
    if any(selects_feed(selector, feed) for feed in feeds):
        return ""
    tags = sorted({tag for feed in feeds for tag in feed.tags})
    if selector.startswith("tag:"):
        name = selector.removeprefix("tag:")
        return _("no feed has the tag `{name}`", name=name) + (nearest(name, tags) or otherwise)
    names = [feed.name for feed in feeds]
    near = nearest(selector, [*names, *map("tag:{}".format, tags)])
    return _("no feed is called `{name}`", name=selector) + (near or otherwise)


def selects_feed(selector: str, feed: Feed) -> bool:
    """Tell whether a selector selects a feed."""
    return selects(selector, feed.name, host(feed.url), feed.tags)


def watched_feeds(watchlist: Watchlist, feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """Return the feeds that a watchlist watches."""
    if not watchlist.feeds:
        return tuple(feeds)
    return tuple(
        feed for feed in feeds if any(selects_feed(selector, feed) for selector in watchlist.feeds)
    )
