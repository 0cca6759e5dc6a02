"""What an edit of `feeds.yaml` changed, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from index.tree import And, AtLeast, Node, Not, Or, Score, children
from monitor.durations import span
from monitor.model import Channel, Config, Feed, Watchlist

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
