"""The summary of a configuration that `tocsin check` prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from monitor.base.formatting import and_more, clauses, either, exact, span
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext, number, pgettext
from monitor.config.feeds import HEADER
from monitor.config.value_parsers import DAYS, describe_age, shown_days
from monitor.model.config import BriefingSchedule, Channel, Config, Digest, Quiet, Retention, Route
from monitor.model.event_link import why_no_vectors
from monitor.model.feed import Feed
from monitor.model.shown_names import briefing_name, severity_name
from monitor.model.watchlist import Escalate, Watchlist


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
        *_section(
            ngettext("{count} saved search", "{count} saved searches", len(config.searches)),
            [(search.name, search.query.text) for search in config.searches],
        ),
        *_section(
            ngettext("{count} channel", "{count} channels", len(config.channels)),
            map(_channel_row, config.channels),
        ),
        *_section(
            ngettext("{count} route", "{count} routes", len(config.routes)),
            _route_rows(config) if config.routes else (),
        ),
        *_section(
            ngettext("{count} briefing", "{count} briefings", len(config.briefings)),
            describe_briefings(config),
        ),
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
    retention = config.retention
    return {
        "path": str(config.path),
        "data": str(config.data),
        "feeds": list(map(_feed_mapping, config.feeds)),
        "watchlists": list(map(_watchlist_mapping, config.watchlists)),
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
                "hours": list(_hours(channel)),
            }
            for channel in config.channels
        ],
        "routes": [
            _fields(route, "to", "watch", "severity", "lang", "feeds")
            | {"hours": list(_hours(route))}
            for route in config.routes
        ],
        "briefings": [
            _fields(briefing, "name", "to", "watch", "since")
            | {
                "at": [f"{at:%H:%M}" for at in briefing.at],
                "days": [DAYS[day] for day in briefing.days],
            }
            for briefing in config.briefings
        ],
        "zone": str(config.zone) if config.zone else None,
        "api": {"url": config.pages},
        "archive": {
            "keep": retention.keep,
            "except": list(retention.spare),
            "drop_alerts": retention.drop_alerts,
            "vectors": config.vectors,
            "no_vectors": why_no_vectors(config.vectors),
        },
        "network": {
            "allow": list(map(str, config.allow)),
            "contact": config.contact,
            "metrics": config.metrics and str(config.metrics),
        },
    }


def _feed_mapping(feed: Feed) -> dict[str, Any]:
    settings = {s.key: {"value": s.value, "from": s.source} for s in feed.settings}
    return {
        **_fields(feed, "url", "name", "tags", "every", "full_text", "lang", "enabled"),
        **_fields(feed.request_options, "timeout", "encoding"),
        "settings": settings,
    }


def _watchlist_mapping(watchlist: Watchlist) -> dict[str, Any]:
    return {
        "query": watchlist.query.text,
        "sentences": len(watchlist.match) + len(watchlist.no_match),
        "backfill": "notify" if watchlist.notify_backfill else "list",
        "escalate": _fields(watchlist.escalate, "outlets", "languages", "to"),
        **_fields(watchlist, "name", "severity", "lang", "feeds", "cooldown", "unusual"),
        **_fields(watchlist, "notify", "rule"),
    }


def _fields(value: Struct, *names: str) -> dict[str, Any]:
    """Return fields of a value as JSON has them."""
    return {name: to_builtins(getattr(value, name)) for name in names}


def _channel_row(channel: Channel) -> tuple[str, ...]:
    shown = channel.words
    if channel.secret:
        shown = _("{address}, signed", address=shown)
    return channel.name, str(channel.kind), clauses([shown, *_hours(channel)])


def _section(heading: str, rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows in columns under a heading, nothing without rows."""
    lines = _columns(rows)
    return ["", heading, *lines] if lines else []


def _route_rows(config: Config) -> list[tuple[str, ...]]:
    """Return a row for each route, and one for alerts that match no route."""
    rows = [
        (
            ", ".join(route.to) or _("nobody"),
            clauses([*_conditions(route), *_hours(route)]) or pgettext("alerts", "all"),
        )
        for route in config.routes
    ]
    usual = _("every channel")
    if config.notify is not None:
        usual = ", ".join(config.notify) or _("nobody")
    return [*rows, (usual, _("what no route is for"))]


def _hours(recipient: Route | Channel) -> Iterator[str]:
    """Yield the quiet hours and the digest of a channel or a route."""
    if recipient.digest:
        yield _digest_text(recipient.digest)
    if recipient.quiet:
        yield _quiet_text(recipient.quiet)


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


def _digest_text(digest: Digest) -> str:
    if digest.every is not None:
        return _("one message each {interval}", interval=exact(digest.every))
    return _("one message at {times}", times=", ".join(f"{at:%H:%M}" for at in digest.at))


def _quiet_text(quiet: Quiet) -> str:
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


def _times(briefing: BriefingSchedule) -> str:
    times = ", ".join(f"{at:%H:%M}" for at in briefing.at)
    parts = [_("at {times}", times=times)]
    if len(briefing.days) < 7:
        parts = [_("at {times} on {days}", times=times, days=shown_days(briefing.days))]
    if briefing.since is not None:
        parts.append(_("about {time}", time=exact(briefing.since)))
    if briefing.watch:
        parts.append(_("of {names}", names=", ".join(briefing.watch)))
    return ", ".join(parts)


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
    paces = Counter(_pace_of(feed) for feed in feeds)
    if len(paces) == 1:
        return next(iter(paces))
    return ", ".join(f"{number(count)} {pace}" for pace, count in paces.most_common())


def _pace_of(feed: Feed) -> str:
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
        yield _("never escalated")
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


def describe_briefings(config: Config) -> list[tuple[str, ...]]:
    """Return a row for each briefing: its name, its channels, its times."""
    return [
        (briefing_name(briefing.name), ", ".join(briefing.to), _times(briefing))
        for briefing in config.briefings
    ]
