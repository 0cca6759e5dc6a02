"""What an edit of `feeds.yaml` changed, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from index.query.ast import And, AtLeast, Node, Not, Or, Score, children
from monitor import signs
from monitor.formatting import span
from monitor.model.config import Channel, Config, SavedSearch, Watchlist
from monitor.model.feed import Feed

SHOWN = 8
"""Names or terms that a line lists; further ones are counted."""


def changes(before: Config, after: Config) -> list[str]:
    """Return a line for what was added, one for what was removed, and one for each change.

    No line holds a secret: of a changed channel or request option only the fact is reported.
    """
    return [
        *_compared("feed", before.feeds, after.feeds, _feed),
        *_compared("watchlist", before.watchlists, after.watchlists, _watchlist),
        *_compared("search", before.searches, after.searches, _search),
        *_compared("channel", before.channels, after.channels, _channel),
        *_routes(before, after),
        *_settings(before, after),
    ]


def _routes(before: Config, after: Config) -> Iterator[str]:
    if before.routes == after.routes:
        return
    added = sum(route not in before.routes for route in after.routes)
    removed = sum(route not in after.routes for route in before.routes)
    if added:
        yield f"routes added or changed: {added} of {len(after.routes)}"
    if removed:
        yield f"routes removed or changed: {removed} of {len(before.routes)}"
    if not added and not removed:
        yield "routes changed: their order"


_SETTINGS = {
    "network changed": ("allow", "contact"),
    "metrics changed: the address they are served at": ("metrics",),
    "archive changed: what is kept, and how long": ("retention",),
    "archive changed: whether articles get vectors": ("vectors",),
    "alerts changed: the channels of alerts without a route": ("notify",),
    "briefing changed: what is sent, when, and to whom": ("briefings",),
    "zone changed: the clock of quiet hours, digests and briefings": ("zone",),
    "language changed: of messages, notifications and briefings": ("language",),
    "data changed: the folder of the archive; restart the monitor to use it": ("data",),
}


def _settings(before: Config, after: Config) -> Iterator[str]:
    for line, keys in _SETTINGS.items():
        if any(getattr(before, key) != getattr(after, key) for key in keys):
            yield line


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _compared(
    noun: str, old: Iterable[N], new: Iterable[N], details: Callable[[N, N], Iterator[str]]
) -> Iterator[str]:
    """Yield which values of a kind were added, removed and changed, by their names."""
    before, after = ({value.name: value for value in values} for values in (old, new))
    for verb, one, other in (("added", after, before), ("removed", before, after)):
        if names := [name for name in one if name not in other]:
            yield f"{noun} {verb}: {_listed(names)}"
    for name in after:
        if name in before and (words := "; ".join(details(before[name], after[name]))):
            yield f"{noun} changed: {name}: {words}"


def _feed(old: Feed, new: Feed) -> Iterator[str]:
    if old.url != new.url:
        yield "address"
    if old.every != new.every:
        yield f"every {_pace(old)} {signs.BECOMES} {_pace(new)}"
    yield from _differences("tags", old.tags, new.tags)
    if old.enabled != new.enabled:
        yield "enabled" if new.enabled else "disabled"
    for key in ("full_text", "lang"):
        yield from _value(key, getattr(old, key), getattr(new, key))
    if old.request_options != new.request_options:
        yield "request options"


def _search(old: SavedSearch, new: SavedSearch) -> Iterator[str]:
    if old.query.text != new.query.text:
        yield f"now {new.query.text}"
    yield from _value("sort", old.sort, new.sort)


def _channel(old: Channel, new: Channel) -> Iterator[str]:
    """Yield that a channel changed; its destination may be secret."""
    if old != new:
        yield "destination or settings"


def _pace(feed: Feed) -> str:
    return "adaptive" if feed.every is None else span(feed.every)


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
        yield "escalation"
    if old.cooldown != new.cooldown:
        yield f"cooldown {span(new.cooldown)}" if new.cooldown else "no cooldown"
    if old.notify_backfill != new.notify_backfill:
        yield f"backfill: {'notify' if new.notify_backfill else 'list'}"
    if old.unusual != new.unusual:
        yield f"unusual: {str(new.unusual).lower()}"
    if (old.match, old.no_match) != (new.match, new.no_match):
        yield "test sentences"


def _clauses(node: Node, sign: str = "") -> Iterator[str]:
    """Yield the clauses of a query as written; an excluding clause begins with a hyphen."""
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
    """Yield which texts were added and removed: `terms + AliExpress, - Temu`."""
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    added = [f"+ {text}" for text in after if text not in before]
    removed = [f"- {text}" for text in before if text not in after]
    if added or removed:
        yield f"{what} {_listed([*added, *removed])}"


def _value(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what} {_shown(old)} {signs.BECOMES} {_shown(new)}"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or "any"


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
