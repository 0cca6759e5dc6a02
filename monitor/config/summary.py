"""The summary of a configuration that `tocsin check` prints, and its warnings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from rich.cells import cell_len

from index.query.ast import And, Facet, Mode, Node, Not, Or, Word, walk
from monitor.base.formatting import clauses, either, exact, span
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number
from monitor.config import briefings, routes
from monitor.config.feeds import HEADER
from monitor.config.value_parsers import describe_age
from monitor.config.watchlists import unknown_selector, watched_feeds
from monitor.model.address_policy import refusal
from monitor.model.config import Channel, Config, Escalate, Retention, SavedSearch, Watchlist
from monitor.model.feed import Feed
from monitor.model.shown_names import severity_name
from monitor.model.vectors_extra import why_no_vectors

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
            exact = word.term.upper()
            yield _(
                "`{word}` is short and will be found often; `{capitals}` finds only capitals",
                word=word.text, capitals=exact,
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


def as_text(config: Config) -> list[str]:
    """Return what the monitor would poll, watch for and store, line by line."""
    return [
        _("{file} is valid.", file=config.path),
        "",
        _counted_feeds(config.feeds),
        *_columns(_tag_rows(config.feeds)),
        *_columns(_setting_rows(config.feeds)),
        "",
        ngettext("{count} watchlist", "{count} watchlists", len(config.watchlists)),
        *_columns(_watchlist_row(watchlist) for watchlist in config.watchlists),
        *_searches(config.searches),
        *_channels(config.channels),
        *_routes(config),
        *_briefings(config),
        "",
        _("archive in {folder}", folder=config.data),
        *_retention(config.retention),
        _vectors(config),
    ]


def _counted_feeds(feeds: Sequence[Feed]) -> str:
    if paused := sum(not feed.enabled for feed in feeds):
        return ngettext(
            "{count} feed, {paused} of them paused", "{count} feeds, {paused} of them paused",
            len(feeds), paused=number(paused),
        )  # fmt: skip
    return ngettext("{count} feed", "{count} feeds", len(feeds))


def setting_name(key: str) -> str:
    """Return the key of a setting as people read it: `header Cookie`."""
    if key.startswith(HEADER):
        return _("header {name}", name=key.removeprefix(HEADER))
    return key


def as_mapping(config: Config) -> dict[str, Any]:
    """Return the summary as a mapping; durations are in seconds, null means adaptive."""
    return {
        "path": str(config.path),
        "data": str(config.data),
        "feeds": [
            {
                "url": feed.url,
                "name": feed.name,
                "tags": list(feed.tags),
                "every": feed.every,
                "full_text": feed.full_text,
                "lang": feed.lang,
                "enabled": feed.enabled,
                "timeout": feed.request_options.timeout,
                "encoding": feed.request_options.encoding,
                "settings": {s.key: {"value": s.value, "from": s.source} for s in feed.settings},
            }
            for feed in config.feeds
        ],
        "watchlists": [
            {
                "name": watchlist.name,
                "query": watchlist.query.text,
                "severity": str(watchlist.severity),
                "lang": list(watchlist.lang),
                "feeds": list(watchlist.feeds),
                "sentences": len(watchlist.match) + len(watchlist.no_match),
                "escalate": {
                    "outlets": watchlist.escalate.outlets,
                    "languages": watchlist.escalate.languages,
                    "to": watchlist.escalate.to and str(watchlist.escalate.to),
                },
                "cooldown": watchlist.cooldown,
                "backfill": "notify" if watchlist.notify_backfill else "list",
                "unusual": watchlist.unusual,
                "notify": None if watchlist.notify is None else list(watchlist.notify),
                "rule": watchlist.rule,
            }
            for watchlist in config.watchlists
        ],
        "searches": [
            {"name": search.name, "query": search.query.text, "sort": search.sort}
            for search in config.searches
        ],
        "channels": [
            {
                "name": channel.name,
                "kind": str(channel.kind),
                "to": channel.words,
                "signed": bool(channel.secret),
                "hours": list(routes.describe_hours(channel)),
            }
            for channel in config.channels
        ],
        "routes": routes.route_mappings(config),
        "briefings": briefings.briefing_mappings(config),
        "zone": str(config.zone) if config.zone else None,
        "api": {"url": config.pages},
        "archive": {
            "keep": config.retention.keep,
            "except": list(config.retention.spare),
            "drop_alerts": config.retention.drop_alerts,
            "vectors": config.vectors,
            "no_vectors": why_no_vectors(config.vectors),
        },
        "network": {
            "allow": list(map(str, config.allow)),
            "contact": config.contact,
            "metrics": config.metrics and str(config.metrics),
        },
    }


def _searches(searches: Sequence[SavedSearch]) -> list[str]:
    if not searches:
        return []
    rows = ((search.name, search.query.text) for search in searches)
    return [
        "",
        ngettext("{count} saved search", "{count} saved searches", len(searches)),
        *_columns(rows),
    ]


def _channels(channels: Sequence[Channel]) -> list[str]:
    if not channels:
        return []
    rows = (
        (
            one.name,
            str(one.kind),
            clauses(
                [
                    _("{address}, signed", address=one.words) if one.secret else one.words,
                    *routes.describe_hours(one),
                ]
            ),
        )
        for one in channels
    )
    return ["", ngettext("{count} channel", "{count} channels", len(channels)), *_columns(rows)]


def _routes(config: Config) -> list[str]:
    if not config.routes:
        return []
    count = ngettext("{count} route", "{count} routes", len(config.routes))
    return ["", count, *_columns(routes.describe_routes(config))]


def _briefings(config: Config) -> list[str]:
    rows = briefings.describe_briefings(config)
    count = ngettext("{count} briefing", "{count} briefings", len(rows))
    return ["", count, *_columns(rows)] if rows else []


def _retention(retention: Retention) -> list[str]:
    if retention.keep is None:
        return []
    exceptions = [each for each in retention.spare if each != "has:alert"]
    exceptions.append(_("starred alerts") if retention.drop_alerts else _("what raised an alert"))
    return [
        _(
            "articles are dropped after {age}, except {exceptions}",
            age=describe_age(retention.keep), exceptions=", ".join(exceptions),
        )
    ]  # fmt: skip


def _vectors(config: Config) -> str:
    reason = why_no_vectors(config.vectors)
    if reason:
        return _("articles get no vectors: {reason}", reason=reason)
    return _("articles get vectors")


def _tag_rows(feeds: Iterable[Feed]) -> list[tuple[str, ...]]:
    by_tag: dict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        for tag in feed.tags or (_("(no tag)"),):
            by_tag[tag].append(feed)
    return [(tag, str(len(tagged)), _pace(tagged)) for tag, tagged in sorted(by_tag.items())]


def _setting_rows(feeds: Iterable[Feed]) -> list[tuple[str, ...]]:
    """Return the request settings that differ from the defaults, with the number of feeds."""
    counts: dict[tuple[str, str], int] = Counter(
        (setting.key, setting.value)
        for feed in feeds
        for setting in feed.settings
        if setting.key not in ("every", "lang") and setting.value != "false"
    )
    return [
        (
            _("{name}: {value}", name=setting_name(key), value=value),
            ngettext("{count} feed", "{count} feeds", count),
        )
        for (key, value), count in sorted(counts.items())
    ]


def _pace(feeds: Iterable[Feed]) -> str:
    """Return how often feeds are polled, the most common interval first."""
    paces = Counter(_words(feed) for feed in feeds)
    if len(paces) == 1:
        return next(iter(paces))
    return ", ".join(f"{number(count)} {pace}" for pace, count in paces.most_common())


def _words(feed: Feed) -> str:
    if not feed.enabled:
        return _("paused")
    if feed.every is None:
        return _("every 15 min, adapted")
    return _("every {interval}", interval=exact(feed.every))


def _watchlist_row(watchlist: Watchlist) -> tuple[str, ...]:
    parts = [watchlist.query.text]
    if watchlist.lang:
        parts.append(_("in {languages}", languages=either(watchlist.lang)))
    if watchlist.feeds:
        parts.append(_("from {feeds}", feeds=", ".join(watchlist.feeds)))
    if sentences := len(watchlist.match) + len(watchlist.no_match):
        parts.append(ngettext("{count} sentence as said", "{count} sentences as said", sentences))
    parts += _consequences(watchlist)
    return severity_name(watchlist.severity), watchlist.name, clauses(parts)


def _consequences(watchlist: Watchlist) -> Iterator[str]:
    """Yield the escalation, cooldown and channels of a watchlist that differ from the defaults."""
    escalate, usual = watchlist.escalate, Escalate()
    if escalate.outlets is None and not escalate.languages:
        yield _("never louder")
    elif escalate != usual:
        reasons = []
        if escalate.outlets is not None:
            reasons.append(_("from {count} outlets", count=number(escalate.outlets)))
        if escalate.languages:
            reasons.append(_("in another language"))
        severity = severity_name(escalate.to) if escalate.to else _("the next severity")
        yield _("escalated to {severity} {when}", severity=severity, when=either(reasons))
    if watchlist.cooldown:
        yield _("sent once in {time}", time=span(watchlist.cooldown))
    if watchlist.notify_backfill:
        yield _("what was there before is sent too")
    if not watchlist.unusual:
        yield _("no alert of spikes and silences")
    if watchlist.notify is not None:
        if watchlist.notify:
            yield _("sent to {channels}", channels=", ".join(watchlist.notify))
        else:
            yield _("sent to no channel")


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows as lines, all columns but the last one padded."""
    table = list(rows)
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return [
        "  "
        + "  ".join(
            cell + " " * (width - cell_len(cell) if number < len(row) - 1 else 0)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
