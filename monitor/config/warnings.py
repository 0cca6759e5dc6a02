"""Warnings about a valid `feeds.yaml`: what is probably not meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from index.query.ast import And, Facet, Mode, Node, Not, Or, Word, walk
from monitor.config import value_parsers
from monitor.config.watchlists import unknown_selector, watched_feeds
from monitor.model.config import Config, Watchlist
from monitor.model.feed import Feed

_SECRET = re.compile(r"auth|cookie|key|token|secret|session|signature|password", re.IGNORECASE)
"""Settings that may hold a secret."""
_KEPT = "is a secret in feeds.yaml; `env:NAME` or `file:PATH` in its place keeps it elsewhere"


def warnings(config: Config) -> list[str]:
    """Return what looks wrong in a configuration, in words."""
    found = list(_of_feeds(config))
    for watchlist in config.watchlists:
        found += [f"{watchlist.name}: {words}" for words in _of_watchlist(watchlist, config.feeds)]
    return found


def _of_feeds(config: Config) -> Iterator[str]:
    if not any(feed.enabled for feed in config.feeds):
        yield "every feed is disabled: nothing is polled"
    told = {s.key for feed in config.feeds for s in feed.settings if s.whence == "defaults"}
    for key in sorted(key for key in told if _SECRET.search(key)):
        yield f"defaults: {key} is sent to the host of every feed; a tag can say it of a few"
    for feed in config.feeds:
        if _is_private(feed.url) and not value_parsers.check_internal(feed.url, config.allow):
            host = urlsplit(feed.url).hostname
            yield f"{feed.name}: {host} is a private address; add its network to network.allow"
        for setting in feed.settings:
            said = f"{setting.key} {setting.words}"
            if said.endswith("written in feeds.yaml") and _SECRET.search(said):
                yield f"{feed.name}: {setting.key} {_KEPT}"


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or not ip_address(host).is_global
    except ValueError:
        return False


def _of_watchlist(watchlist: Watchlist, feeds: tuple[Feed, ...]) -> Iterator[str]:
    for word in _sufficient(watchlist.query.root):
        if word.mode is Mode.FOLDED and len(word.term) <= 2 and word.term.isascii():
            exact = word.term.upper()
            yield f"`{word.text}` is short and will be found often; `{exact}` finds only capitals"
    for facet in walk(watchlist.query.root):
        if isinstance(facet, Facet) and facet.name in ("feed", "tag"):
            selector = facet.value if facet.name == "feed" else f"tag:{facet.value}"
            if strange := unknown_selector(selector, feeds):
                yield f"{strange}: `{facet.text}` holds for no article"
    watched = watched_feeds(watchlist, feeds)
    if not any(feed.enabled for feed in watched):
        yield "all its feeds are disabled: it can raise no alert"
    if watchlist.lang and all(feed.lang and feed.lang not in watchlist.lang for feed in watched):
        yield f"no feed of it is in {' or '.join(watchlist.lang)}: it can raise no alert"


def _sufficient(node: Node) -> Iterator[Word]:
    """Yield the words of which each one alone raises an alert."""
    if isinstance(node, Word):
        yield node
    elif isinstance(node, Or | And):
        wanted = [child for child in node.children if not isinstance(child, Not)]
        if isinstance(node, Or) or len(wanted) == 1:
            for child in wanted:
                yield from _sufficient(child)
