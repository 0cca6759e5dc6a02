"""What looks wrong in a configuration that can be used."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from index.query.ast import And, Facet, Mode, Node, Not, Or, Word, walk
from monitor.base.formatting import either
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.config.names import unknown_selector, watched_feeds
from monitor.config.summary import setting_name
from monitor.model.address_policy import refusal
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

_SECRET = re.compile(r"auth|cookie|key|token|secret|session|signature|password", re.IGNORECASE)
"""Settings that may hold a secret."""


def warnings(config: Config) -> list[str]:
    """Return what looks wrong in a configuration, in words."""
    messages = list(_of_feeds(config))
    for watchlist in config.watchlists:
        messages += [
            f"{watchlist.name}: {words}" for words in _of_watchlist(watchlist, config.feeds)
        ]
    return messages


def _of_feeds(config: Config) -> Iterator[str]:
    if not config.feeds:
        yield _("there are no feeds: nothing is polled; `tocsin feeds add` subscribes to some")
    elif not any(feed.enabled for feed in config.feeds):
        yield _("every feed is disabled: nothing is polled")
    yield from _of_addresses(config)
    for feed in config.feeds:
        for setting in feed.settings:
            if setting.in_file and (setting.key == "proxy" or _SECRET.search(setting.key)):
                yield _(
                    "{feed}: {key} is a secret in feeds.yaml; `env:NAME` or `file:PATH` in its"
                    " place keeps it elsewhere",
                    feed=feed.name, key=setting_name(setting.key),
                )  # fmt: skip


def _of_addresses(config: Config) -> Iterator[str]:
    """Yield why feeds whose host is an address are not connected to, once for each host."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for feed in config.feeds:
        hosts[urlsplit(feed.url).hostname or ""].append(feed.name)
    for host, names in hosts.items():
        address = _literal_address(host)
        if address and (reason := refusal(host, address, config.allow)):
            feeds = ngettext("{count} feed", "{count} feeds", len(names))
            yield f"{names[0] if len(names) == 1 else feeds}: {reason}"


def _literal_address(host: str) -> str:
    """Return the address that a host is by its name alone; empty if it has to be looked up."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _of_watchlist(watchlist: Watchlist, feeds: tuple[Feed, ...]) -> Iterator[str]:
    for word in _sufficient(watchlist.query.root):
        if word.mode is Mode.FOLDED and len(word.term) <= 2 and word.term.isascii():
            yield _(
                "`{word}` is short and will be found often; `{capitals}` finds only capitals",
                word=word.text, capitals=word.term.upper(),
            )  # fmt: skip
    for facet in walk(watchlist.query.root):
        if isinstance(facet, Facet) and facet.name in ("feed", "tag"):
            selector = facet.value if facet.name == "feed" else f"tag:{facet.value}"
            if strange := unknown_selector(selector, feeds):
                yield _("{why}: `{filter}` holds for no article", why=strange, filter=facet.text)
    watched = watched_feeds(watchlist, feeds)
    if not any(feed.enabled for feed in watched):
        yield _("all its feeds are disabled: it can raise no alert")
    if watchlist.lang and all(feed.lang and feed.lang not in watchlist.lang for feed in watched):
        languages = either(watchlist.lang)
        yield _("no feed of it is in {languages}: it can raise no alert", languages=languages)


def _sufficient(node: Node) -> Iterator[Word]:
    """Yield the words of which each one alone raises an alert."""
    if isinstance(node, Word):
        yield node
    elif isinstance(node, Or | And):
        positive = [child for child in node.children if not isinstance(child, Not)]
        if isinstance(node, Or) or len(positive) == 1:
            for child in positive:
                yield from _sufficient(child)
