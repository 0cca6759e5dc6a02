"""What an edit of `feeds.yaml` changed, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from index.query.ast import And, AtLeast, Node, Not, Or, Score, children
from monitor.formatting import span
from monitor.model.config import Channel, Config, Watchlist
from monitor.model.feed import Feed


def changes(before: Config, after: Config) -> list[str]:
    """Return what is different now, a line each, by the names of `feeds.yaml`."""
    return [
        *_between("feed", _feeds(before), _feeds(after)),
        *_between("watchlist", _by_name(before.watchlists), _by_name(after.watchlists)),
        *_between("search", _by_name(before.searches), _by_name(after.searches)),
        *_between("channel", _by_name(before.channels), _by_name(after.channels)),
        *_rest(before, after),
    ]


def _by_name(values: Any) -> dict[str, Any]:
    return {value.name: value for value in values}


def _feeds(config: Config) -> dict[str, Any]:
    """Return feeds by name; with their settings, which are not compared with them."""
    return {feed.name: (replace(feed, number=0), feed.settings) for feed in config.feeds}


def _between(noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"+ {noun} {name}" for name in after if name not in before)
    yield from (f"- {noun} {name}" for name in before if name not in after)
    yield from (
        f"~ {noun} {name}" for name in after if name in before and after[name] != before[name]
    )


def _rest(before: Config, after: Config) -> Iterator[str]:
    told = {"feeds", "watchlists", "searches", "channels", "path"}
    for field in fields(Config):
        if field.name not in told and getattr(before, field.name) != getattr(after, field.name):
            yield f"~ {field.name}"


T = TypeVar("T")

SHOWN = 8
"""Names or terms that a line lists; the others are counted."""


def edits(old: Config, new: Config) -> Iterator[str]:
    """Yield what is different, a line for what came, for what went, and for each change."""
    yield from _compared(
        "feed", {f.name: f for f in old.feeds}, {f.name: f for f in new.feeds}, _feed
    )
    before, after = ({w.name: w for w in config.watchlists} for config in (old, new))
    yield from _compared("watchlist", before, after, _watchlist)
    told, tells = ({c.name: c for c in config.channels} for config in (old, new))
    yield from _compared("channel", told, tells, _channel)
    if (old.allow, old.contact) != (new.allow, new.contact):
        yield "network changed"
    if old.retention != new.retention:
        yield "archive changed: what is kept, and how long"


def _compared(
    what: str,
    before: Mapping[str, T],
    after: Mapping[str, T],
    told: Callable[[T, T], Iterator[str]],
) -> Iterator[str]:
    for verb, one, other in (("added", after, before), ("removed", before, after)):
        if names := [name for name in one if name not in other]:
            yield f"{what} {verb}: {_listed(names)}"
    for name in after:
        if name in before and (words := "; ".join(told(before[name], after[name]))):
            yield f"{what} changed: {name}: {words}"


def _feed(old: Feed, new: Feed) -> Iterator[str]:
    if old.url != new.url:
        yield "its address"
    if old.every != new.every:
        yield f"every {_pace(old)} → {_pace(new)}"
    yield from _differences("tags", old.tags, new.tags)
    if old.enabled != new.enabled:
        yield "enabled" if new.enabled else "disabled"
    for key in ("full_text", "lang"):
        yield from _value(key, getattr(old, key), getattr(new, key))
    if old.request_options != new.request_options:
        yield "how it is asked"


def _channel(old: Channel, new: Channel) -> Iterator[str]:
    """Yield that a channel leads elsewhere; where to may be secret."""
    if old != new:
        yield "where it leads, or how"


def _pace(feed: Feed) -> str:
    return "as it moves" if feed.every is None else span(feed.every)


def _watchlist(old: Watchlist, new: Watchlist) -> Iterator[str]:
    before, after = list(_clauses(old.query.root)), list(_clauses(new.query.root))
    if set(before) != set(after):
        yield from _differences("terms", before, after)
    elif old.query.root != new.query.root:
        yield f"now {new.query.text}"
    yield from _value("severity", old.severity, new.severity)
    for key in ("lang", "feeds", "notify"):
        yield from _differences(key, getattr(old, key) or (), getattr(new, key) or ())
    if old.escalate != new.escalate:
        yield "when it becomes louder"
    if old.cooldown != new.cooldown:
        yield f"cooldown {span(new.cooldown)}" if new.cooldown else "no cooldown"
    if old.notify_backfill != new.notify_backfill:
        yield f"backfill: {'notify' if new.notify_backfill else 'list'}"
    if (old.match, old.no_match) != (new.match, new.no_match):
        yield "its test sentences"


def _clauses(node: Node, sign: str = "") -> Iterator[str]:
    """Yield the clauses of a query as written; those that exclude begin with a hyphen."""
    if isinstance(node, Score):
        yield from (f"{child.text}: {weight:g}" for weight, child in node.weighted)
        yield f"threshold {node.threshold:g}"
    elif isinstance(node, Not):
        yield from _clauses(node.child, "" if sign else "-")
    elif isinstance(node, And | Or | AtLeast):
        for child in children(node):
            yield from _clauses(child, sign)
    else:
        yield f"{sign}{node.text}"


def _differences(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Yield which of some texts came and went: `terms + AliExpress, - Temu`."""
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    came = [f"+ {text}" for text in after if text not in before]
    went = [f"- {text}" for text in before if text not in after]
    if came or went:
        yield f"{what} {_listed([*came, *went])}"


def _value(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what} {_shown(old)} → {_shown(new)}"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or "any"


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
