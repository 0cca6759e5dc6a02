"""What an edit of `feeds.yaml` changed, in words."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from msgspec.structs import replace

from index.query.ast import And, AtLeast, Node, Not, Or, Score, children
from monitor.base import signs
from monitor.base.formatting import and_more, clauses, span
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, pgettext
from monitor.model.config import Channel, Config, SavedSearch
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist, renamed_watchlists

SHOWN = 8
"""Names or terms that a line lists; further ones are counted."""


class Effect(enum.Enum):
    """What an edit did to something."""

    ADDED = enum.auto()
    REMOVED = enum.auto()
    CHANGED = enum.auto()


class Difference(NamedTuple):
    """A line about what an edit did."""

    effect: Effect
    words: str


class _Lines(NamedTuple):
    """The lines about values of a kind."""

    added: str
    removed: str
    changed: str


_FEED = _Lines(
    mark("feed added: {names}"),
    mark("feed removed: {names}"),
    mark("feed changed: {name}: {details}"),
)
_WATCHLIST = _Lines(
    mark("watchlist added: {names}"),
    mark("watchlist removed: {names}"),
    mark("watchlist changed: {name}: {details}"),
)
_SEARCH = _Lines(
    mark("search added: {names}"),
    mark("search removed: {names}"),
    mark("search changed: {name}: {details}"),
)
_CHANNEL = _Lines(
    mark("channel added: {names}"),
    mark("channel removed: {names}"),
    mark("channel changed: {name}: {details}"),
)


def changes(before: Config, after: Config) -> list[str]:
    """Return what an edit changed, in words; see `differences`."""
    return [difference.words for difference in differences(before, after)]


def differences(before: Config, after: Config) -> list[Difference]:
    """Return a line for what was added, one for what was removed, and one for each change.

    No line holds a secret: of a changed channel or request option only the fact is reported.
    """
    return [
        *_compared(_FEED, before.feeds, after.feeds, _feed),
        *_watchlists(before.watchlists, after.watchlists),
        *_compared(_SEARCH, before.searches, after.searches, _search),
        *_compared(_CHANNEL, before.channels, after.channels, _channel),
        *_routes(before, after),
        *_settings(before, after),
    ]


def _watchlists(old: Sequence[Watchlist], new: Sequence[Watchlist]) -> Iterator[Difference]:
    names = renamed_watchlists({w.name: w.rule for w in old}, {w.name: w.rule for w in new})
    for before, after in names.items():
        words = _("watchlist renamed: {before} {sign} {after}",
                  before=before, sign=signs.BECOMES, after=after)  # fmt: skip
        yield Difference(Effect.CHANGED, words)
    known = [replace(each, name=names.get(each.name, each.name)) for each in old]
    yield from _compared(_WATCHLIST, known, new, _watchlist)


def _routes(before: Config, after: Config) -> Iterator[Difference]:
    if before.routes == after.routes:
        return
    added = sum(route not in before.routes for route in after.routes)
    removed = sum(route not in after.routes for route in before.routes)
    if added:
        words = _("routes added or changed: {count} of {all}", count=added, all=len(after.routes))
        yield Difference(Effect.CHANGED, words)
    if removed:
        words = _(
            "routes removed or changed: {count} of {all}", count=removed, all=len(before.routes)
        )
        yield Difference(Effect.CHANGED, words)
    if not added and not removed:
        yield Difference(Effect.CHANGED, _("routes changed: their order"))


_SETTINGS = {
    mark("network changed"): ("allow", "contact"),
    mark("metrics changed: the address they are served at"): ("metrics",),
    mark("archive changed: what is kept, and how long"): ("retention",),
    mark("archive changed: whether articles get vectors"): ("vectors",),
    mark("alerts changed: the channels of alerts without a route"): ("notify",),
    mark("briefing changed: what is sent, when, and to whom"): ("briefings",),
    mark("zone changed: the clock of quiet hours, digests and briefings"): ("zone",),
    mark("api changed: the address that messages link to"): ("pages",),
    mark("language changed: of messages, notifications and briefings"): ("language",),
    mark("data changed: the folder of the archive; restart the monitor to use it"): ("data",),
}


def _settings(before: Config, after: Config) -> Iterator[Difference]:
    for line, keys in _SETTINGS.items():
        if any(getattr(before, key) != getattr(after, key) for key in keys):
            yield Difference(Effect.CHANGED, _(line))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _compared(
    lines: _Lines, old: Iterable[N], new: Iterable[N], details: Callable[[N, N], Iterator[str]]
) -> Iterator[Difference]:
    """Yield which values of a kind were added, removed and changed, by their names."""
    before, after = ({value.name: value for value in values} for values in (old, new))
    if added := [name for name in after if name not in before]:
        yield Difference(Effect.ADDED, _(lines.added, names=_listed(added)))
    if removed := [name for name in before if name not in after]:
        yield Difference(Effect.REMOVED, _(lines.removed, names=_listed(removed)))
    for name in after:
        if name in before and (words := clauses(details(before[name], after[name]))):
            yield Difference(Effect.CHANGED, _(lines.changed, name=name, details=words))


def _feed(old: Feed, new: Feed) -> Iterator[str]:
    if old.url != new.url:
        yield _("address")
    if old.every != new.every:
        yield _(
            "every {before} {sign} {after}",
            before=_pace(old), sign=signs.BECOMES, after=_pace(new),
        )  # fmt: skip
    yield from _differences("tags", old.tags, new.tags)
    if old.enabled != new.enabled:
        yield _("enabled") if new.enabled else _("disabled")
    for key in ("full_text", "lang"):
        yield from _value(key, getattr(old, key), getattr(new, key))
    if old.request_options != new.request_options:
        yield _("request options")


def _search(old: SavedSearch, new: SavedSearch) -> Iterator[str]:
    if old.query.text != new.query.text:
        yield _("now {query}", query=new.query.text)
    yield from _value("sort", old.sort, new.sort)


def _channel(old: Channel, new: Channel) -> Iterator[str]:
    """Yield that a channel changed; its destination may be secret."""
    if replace(old, pages=new.pages) != new:
        yield _("destination or settings")


def _pace(feed: Feed) -> str:
    return _("adaptive") if feed.every is None else span(feed.every)


def _watchlist(old: Watchlist, new: Watchlist) -> Iterator[str]:
    before, after = list(_clauses(old.query.root)), list(_clauses(new.query.root))
    if set(before) != set(after):
        yield from _differences(_("terms"), before, after)
    elif old.query.root != new.query.root:
        yield _("now {query}", query=new.query.text)
    yield from _value("severity", old.severity, new.severity)
    for key in ("lang", "feeds", "notify"):
        yield from _differences(key, getattr(old, key) or (), getattr(new, key) or ())
    if old.escalate != new.escalate:
        yield _("escalation")
    if old.cooldown != new.cooldown:
        if new.cooldown:
            yield _("cooldown {time}", time=span(new.cooldown))
        else:
            yield _("no cooldown")
    if old.notify_backfill != new.notify_backfill:
        yield f"backfill: {'notify' if new.notify_backfill else 'list'}"  # not a message
    if old.unusual != new.unusual:
        yield f"unusual: {str(new.unusual).lower()}"  # not a message
    if (old.match, old.no_match) != (new.match, new.no_match):
        yield _("test sentences")


def _clauses(node: Node, sign: str = "") -> Iterator[str]:
    """Yield the clauses of a query as written; an excluding clause begins with a hyphen."""
    if isinstance(node, Score):
        yield from (f"{child.text}: {weight:g}" for weight, child in node.weighted)
        yield f"threshold {node.threshold:g}"  # not a message
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
    return str(value).lower() if isinstance(value, bool) else str(value) or pgettext("value", "any")


def _listed(names: list[str]) -> str:
    return and_more(", ".join(names[:SHOWN]), len(names) - SHOWN)
