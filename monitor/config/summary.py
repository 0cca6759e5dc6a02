"""The summary of a configuration that `tocsin check` prints, and its warnings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from index.query.ast import And, Facet, Mode, Node, Not, Or, Word, walk
from monitor.config import briefings, routes, value_parsers
from monitor.config.value_parsers import describe_age
from monitor.config.watchlists import unknown_selector, watched_feeds
from monitor.formatting import counted, exact, span
from monitor.model.config import Channel, Config, Escalate, Retention, SavedSearch, Watchlist
from monitor.model.feed import Feed
from monitor.similar.extra import why_no_vectors

_SECRET = re.compile(r"auth|cookie|key|token|secret|session|signature|password", re.IGNORECASE)
"""Settings that may hold a secret."""
_KEPT = "is a secret in feeds.yaml; `env:NAME` or `file:PATH` in its place keeps it elsewhere"


def warnings(config: Config) -> list[str]:
    """Return what looks wrong in a configuration, in words."""
    messages = list(_of_feeds(config))
    for watchlist in config.watchlists:
        messages += [
            f"{watchlist.name}: {words}" for words in _of_watchlist(watchlist, config.feeds)
        ]
    return messages


def _of_feeds(config: Config) -> Iterator[str]:
    if not any(feed.enabled for feed in config.feeds):
        yield "every feed is disabled: nothing is polled"
    for feed in config.feeds:
        if _is_private(feed.url) and not value_parsers.check_internal(feed.url, config.allow):
            host = urlsplit(feed.url).hostname
            yield f"{feed.name}: {host} is a private address; add its network to network.allow"
        for setting in feed.settings:
            text = f"{setting.key} {setting.value}"
            if text.endswith("written in feeds.yaml") and _SECRET.search(text):
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
        positive = [child for child in node.children if not isinstance(child, Not)]
        if isinstance(node, Or) or len(positive) == 1:
            for child in positive:
                yield from _sufficient(child)


def as_text(config: Config) -> list[str]:
    """Return what the monitor would poll, watch for and store, line by line."""
    paused = sum(not feed.enabled for feed in config.feeds)
    resting = f", {paused} of them paused" if paused else ""
    return [
        f"{config.path} is well.",
        "",
        f"{counted(len(config.feeds), 'feed')}{resting}",
        *_columns(_tag_rows(config.feeds)),
        *_columns(_setting_rows(config.feeds)),
        "",
        counted(len(config.watchlists), "watchlist"),
        *_columns(_watchlist_row(watchlist) for watchlist in config.watchlists),
        *_searches(config.searches),
        *_channels(config.channels),
        *_routes(config),
        *_briefings(config),
        "",
        f"archive in {config.data}",
        *_retention(config.retention),
        _vectors(config),
    ]


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
        counted(len(searches), "saved search", "saved searches"),
        *_columns(rows),
    ]


def _channels(channels: Sequence[Channel]) -> list[str]:
    if not channels:
        return []
    rows = (
        (
            one.name,
            str(one.kind),
            "; ".join(
                [one.words + (", signed" if one.secret else ""), *routes.describe_hours(one)]
            ),
        )
        for one in channels
    )
    return ["", counted(len(channels), "channel"), *_columns(rows)]


def _routes(config: Config) -> list[str]:
    if not config.routes:
        return []
    return ["", counted(len(config.routes), "route"), *_columns(routes.describe_routes(config))]


def _briefings(config: Config) -> list[str]:
    rows = briefings.describe_briefings(config)
    return ["", counted(len(rows), "briefing"), *_columns(rows)] if rows else []


def _retention(retention: Retention) -> list[str]:
    if retention.keep is None:
        return []
    exceptions = [each for each in retention.spare if each != "has:alert"]
    exceptions.append("starred alerts" if retention.drop_alerts else "what raised an alert")
    return [
        f"articles are dropped after {describe_age(retention.keep)}, except {', '.join(exceptions)}"
    ]


def _vectors(config: Config) -> str:
    reason = why_no_vectors(config.vectors)
    return f"articles get no vectors: {reason}" if reason else "articles get vectors"


def _tag_rows(feeds: Iterable[Feed]) -> list[tuple[str, ...]]:
    by_tag: dict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        for tag in feed.tags or ("(no tag)",):
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
    return [(f"{key}: {words}", counted(n, "feed")) for (key, words), n in sorted(counts.items())]


def _pace(feeds: Iterable[Feed]) -> str:
    """Return how often feeds are polled, the most common interval first."""
    paces = Counter(_words(feed) for feed in feeds)
    if len(paces) == 1:
        return next(iter(paces))
    return ", ".join(f"{number} {pace}" for pace, number in paces.most_common())


def _words(feed: Feed) -> str:
    if not feed.enabled:
        return "paused"
    return "every 15 min, adapted" if feed.every is None else f"every {exact(feed.every)}"


def _watchlist_row(watchlist: Watchlist) -> tuple[str, ...]:
    clauses = [watchlist.query.text]
    if watchlist.lang:
        clauses.append(f"in {' or '.join(watchlist.lang)}")
    if watchlist.feeds:
        clauses.append(f"from {', '.join(watchlist.feeds)}")
    if sentences := len(watchlist.match) + len(watchlist.no_match):
        clauses.append(f"{counted(sentences, 'sentence')} as said")
    clauses += _consequences(watchlist)
    return watchlist.severity, watchlist.name, "; ".join(clauses)


def _consequences(watchlist: Watchlist) -> Iterator[str]:
    """Yield the escalation, cooldown and channels of a watchlist that differ from the defaults."""
    escalate, usual = watchlist.escalate, Escalate()
    if escalate.outlets is None and not escalate.languages:
        yield "never louder"
    elif escalate != usual:
        reasons = [f"from {escalate.outlets} outlets"] if escalate.outlets is not None else []
        reasons += ["in another language"] if escalate.languages else []
        yield f"escalated to {escalate.to or 'the next severity'} {' or '.join(reasons)}"
    if watchlist.cooldown:
        yield f"sent once in {span(watchlist.cooldown)}"
    if watchlist.notify_backfill:
        yield "what was there before is sent too"
    if not watchlist.unusual:
        yield "no alert of spikes and silences"
    if watchlist.notify is not None:
        yield f"sent to {', '.join(watchlist.notify) or 'no channel'}"


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows as lines, all columns but the last one padded."""
    from rich.cells import cell_len

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
