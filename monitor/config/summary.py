"""The summary of a configuration that `tocsin check` prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from monitor.config import routes
from monitor.config.value_parsers import describe_age
from monitor.formatting import counted, exact, span
from monitor.model.config import Channel, Config, Escalate, Retention, SavedSearch, Watchlist
from monitor.model.feed import Feed


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
        "",
        f"archive in {config.data}",
        *_retention(config.retention),
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
                "settings": {s.key: {"value": s.words, "from": s.whence} for s in feed.settings},
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
        "zone": str(config.zone) if config.zone else None,
        "archive": {
            "keep": config.retention.keep,
            "except": list(config.retention.spare),
            "drop_alerts": config.retention.drop_alerts,
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


def _retention(retention: Retention) -> list[str]:
    if retention.keep is None:
        return []
    kept = [each for each in retention.spare if each != "has:alert"]
    kept.append("starred alerts" if retention.drop_alerts else "what raised an alert")
    return [f"articles are dropped after {describe_age(retention.keep)}, except {', '.join(kept)}"]


def _tag_rows(feeds: Iterable[Feed]) -> list[tuple[str, ...]]:
    by_tag: dict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        for tag in feed.tags or ("(no tag)",):
            by_tag[tag].append(feed)
    return [(tag, str(len(tagged)), _pace(tagged)) for tag, tagged in sorted(by_tag.items())]


def _setting_rows(feeds: Iterable[Feed]) -> list[tuple[str, ...]]:
    """Return the request settings that differ from the defaults, with the number of feeds."""
    found: dict[tuple[str, str], int] = Counter(
        (setting.key, setting.words)
        for feed in feeds
        for setting in feed.settings
        if setting.key not in ("every", "lang") and setting.words != "false"
    )
    return [(f"{key}: {words}", counted(n, "feed")) for (key, words), n in sorted(found.items())]


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
    asked, usual = watchlist.escalate, Escalate()
    if asked.outlets is None and not asked.languages:
        yield "never louder"
    elif asked != usual:
        reasons = [f"from {asked.outlets} outlets"] if asked.outlets is not None else []
        reasons += ["in another language"] if asked.languages else []
        yield f"escalated to {asked.to or 'the next severity'} {' or '.join(reasons)}"
    if watchlist.cooldown:
        yield f"sent once in {span(watchlist.cooldown)}"
    if watchlist.notify_backfill:
        yield "what was there before is sent too"
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
