"""Which alerts a written filter lets through."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from index.article import Timestamp
from index.errors import QueryError
from index.query import parser
from index.query.ast import And, AtLeast, Facet, Node, Not, Or, Phrase, Word, clauses, walk
from index.query.filters import compact, names
from monitor.alerts.alert_filter import filter_of, passed
from monitor.fetch.url import host
from monitor.model.feed import FeedHealth
from monitor.model.search import Filter
from monitor.model.status import WatchlistCount
from tui.data.alert_order import Again
from tui.data.headlines import PAGE, Headlines

if TYPE_CHECKING:
    from monitor.service.service import Service


ELSEWHERE = "/ searches the archive with it"


class Named(Protocol):
    """What names mean in this newsroom."""

    @property
    def watchlists(self) -> Collection[str]:
        """Names of watchlists."""

    @property
    def feeds(self) -> Collection[tuple[str, str]]:
        """Names of feeds, and their hosts."""

    @property
    def tags(self) -> Collection[str]:
        """Tags of feeds."""

    @property
    def own_tags(self) -> Collection[str]:
        """Tags that the analyst gave to alerts."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """A filter as it was written, and what it means."""

    text: str = ""
    root: Node | None = None
    """None lets everything through."""

    @property
    def words(self) -> bool:
        """Whether headlines are looked at."""
        return self.root is not None and any(isinstance(n, Word | Phrase) for n in walk(self.root))


ALL = AlertFilter()


def read(text: str) -> AlertFilter:
    """Return the filter that a line says; raises QueryError with the column of a mistake."""
    if not text.strip():
        return ALL
    root = parser.read(text, of_alerts=True)
    for node in walk(root):
        _object_to(node)
    return AlertFilter(text.strip(), root)


def _object_to(node: Node) -> None:
    """Raise QueryError for what alerts and their headlines cannot answer."""
    if isinstance(node, Facet) and node.name in ("story", "has"):
        raise QueryError(f"{node.name}: is for the archive", node.column, ELSEWHERE)
    if isinstance(node, Word) and node.part not in ("", "title"):
        what = "only headlines are looked through here"
        raise QueryError(what, node.column, ELSEWHERE)
    if not isinstance(node, And | Or | Not | AtLeast | Facet | Word | Phrase):
        raise QueryError("no distances between words here", node.column, ELSEWHERE)


# --- one question to the store --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """What turns filters of the language into filters of the store."""

    named: Named
    now: Timestamp
    zone: tzinfo | None

    def filter(self, facet: Facet) -> Filter | None:
        """Return the filter that one of them is; None where no single one is it."""
        match facet.name, facet.value:
            case "watch", value:
                return Filter(watchlists=_begun(value, self.named.watchlists))
            case "feed", value:
                exact = any(names(value, name, host) for name, host in self.named.feeds)
                known = [name for name, _ in self.named.feeds]
                return Filter(feeds=(value,) if exact else _begun(value, known))
        return filter_of(facet, self.now, self._zone)

    def tagged(self, value: str) -> Iterable[Filter]:
        """Yield the filters of a tag: the feed's, and the analyst's own."""
        yield Filter(feeds=tuple(f"tag:{tag}" for tag in _begun(value, self.named.tags)))
        own = _begun(value, self.named.own_tags)
        if own != (value,) or value in self.named.own_tags:
            yield Filter(tags=own)

    @property
    def _zone(self) -> tzinfo:
        from datetime import UTC, datetime

        return self.zone or datetime.fromtimestamp(self.now, UTC).astimezone().tzinfo or UTC


def _begun(value: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a value is, else those it begins; itself when there are none."""
    wanted = compact(value)
    found = {name: compact(name) for name in known}
    exact = tuple(name for name, bare in found.items() if bare == wanted)
    begun = tuple(name for name, bare in found.items() if bare.startswith(wanted))
    return exact or begun or (value,)


def as_store_filter(sieve: AlertFilter, asking: Asking) -> Filter | None:
    """Return the one filter of the store that a sieve is; None if it takes more than one."""
    filter = Filter()
    if sieve.root is None:
        return filter
    for clause in clauses(sieve.root):
        options = clause.children if isinstance(clause, Or) else (clause,)
        found = [asking.filter(node) if isinstance(node, Facet) else None for node in options]
        united = _united([one for one in found if one is not None])
        if None in found or united is None:
            return None
        before = _said(filter)
        if before & _said(united):
            return None
        filter = replace(filter, **{name: getattr(united, name) for name in _said(united)})
    return filter


def _united(filters: list[Filter]) -> Filter | None:
    """Return either of some filters as one; None if they are not of one kind of names."""
    if len(filters) == 1:
        return filters[0]
    kinds = {name for one in filters for name in _said(one)}
    if len(kinds) != 1 or not kinds <= {"watchlists", "feeds", "lang", "severities"}:
        return None
    (kind,) = kinds
    every: dict[str, Any] = {kind: tuple(v for one in filters for v in getattr(one, kind))}
    return Filter(**every)


def _said(filter: Filter) -> set[str]:
    """Return the fields that a filter says something with."""
    none = Filter()
    return {
        name for name in Filter.__dataclass_fields__ if getattr(filter, name) != getattr(none, name)
    }


# --- more than one --------------------------------------------------------------------

Ask = Callable[[Filter], Iterable[int]]
"""Returns the ids of the alerts that pass a filter."""


def sift(
    sieve: AlertFilter,
    asking: Asking,
    ask: Ask,
    louder: Callable[[], Iterable[int]],
    holding: Callable[[Word | Phrase], set[int]],
) -> array[int]:
    """Return the ids that a sieve lets through, in ascending order.

    `louder` returns the alerts that became so, `holding` those whose headlines hold words.
    """
    facets = [n for n in walk(sieve.root) if isinstance(n, Facet)] if sieve.root else []
    base = Filter(
        muted=any(f.name == "is" and f.value == "muted" for f in facets),
        closed=any(f.name == "state" and f.value == "closed" for f in facets),
    )
    every = array("q", ask(base))
    if sieve.root is None:
        return every
    universe = set(every)

    def facet(node: Facet) -> set[int]:
        if node.name == "tag":
            return {id for one in asking.tagged(node.value) for id in ask(_within(one, base))}
        if node.name == "is" and node.value == "louder":
            return universe.intersection(louder())
        if node.name == "is" and node.value == "muted":
            return universe.difference(ask(replace(base, muted=False)))
        found = asking.filter(node)
        return set(ask(_within(found, base))) if found else set()

    def leaf(node: Node) -> set[int] | None:
        match node:
            case Facet():
                return facet(node)
            case Word() | Phrase():
                return holding(node)
        return None

    through = passed(sieve.root, universe, leaf)
    return array("q", (id for id in every if id in through))


def _within(filter: Filter, base: Filter) -> Filter:
    changes: dict[str, Any] = {"muted": base.muted, "closed": base.closed}
    return replace(filter, **changes)


@dataclass(frozen=True, slots=True)
class WatchlistNames:
    """The names that are on the screen anyway."""

    watchlists: Collection[str] = ()
    feeds: Collection[tuple[str, str]] = ()
    tags: Collection[str] = ()
    own_tags: Collection[str] = ()


def named(
    watchlists: Sequence[WatchlistCount], feeds: Sequence[FeedHealth], own: Collection[str]
) -> WatchlistNames:
    """Return the names in force."""
    return WatchlistNames(
        watchlists=[count.name for count in watchlists],
        feeds=[(feed.feed.name, host(feed.feed.url)) for feed in feeds],
        tags={tag for feed in feeds for tag in feed.feed.tags},
        own_tags=own,
    )


class AlertSelector:
    """Asks the store. Safe from any thread."""

    def __init__(
        self, service: Service, clock: Callable[[], Timestamp], zone: tzinfo | None
    ) -> None:
        self._service = service
        self._clock = clock
        self._zone = zone
        self._reading = threading.Lock()
        self._answers: dict[Filter, array[int]] = {}
        self.headlines = Headlines()

    def quick(self, wanted: AlertFilter, names: WatchlistNames) -> Filter | None:
        """Return the one filter of the store that a sieve is, None if it takes more."""
        return as_store_filter(wanted, self._asking(names))

    def ids(
        self,
        wanted: AlertFilter,
        names: WatchlistNames,
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> array[int]:
        """Return the alerts above an id that a sieve lets through, the newest `limit`."""
        asking = self._asking(names)
        plain = as_store_filter(wanted, asking)
        if plain is not None:
            return self._service.alert_ids(plain, after=after, limit=limit)
        if wanted.words:
            self.read_new()
        return sift(
            wanted,
            asking,
            lambda filter: self._answer(filter, after),
            lambda: (alert for _, alert, _ in self._service.stirred()),
            lambda node: self.headlines.holding(node, after),
        )

    def forget(self) -> None:
        """Ask the store anew from here on: what is typed meanwhile is about one moment."""
        self._answers = {}

    def _answer(self, filter: Filter, after: int) -> array[int]:
        if after:
            return self._service.alert_ids(filter, after=after)
        answers = self._answers
        if filter not in answers:
            answers[filter] = self._service.alert_ids(filter)
        return answers[filter]

    def louder(self, wanted: AlertFilter, names: WatchlistNames, after: int = 0) -> list[Again]:
        """Return what a sieve lets through of alerts that became louder, the oldest first."""
        plain = self.quick(wanted, names)
        found = self._service.stirred(plain or Filter(closed=True), after=after)
        if plain is None and found:
            passing = set(self.ids(wanted, names, after=min(alert for _, alert, _ in found) - 1))
            found = [one for one in found if one[1] in passing]
        return [Again(above, escalation, alert) for escalation, alert, above in found]

    def read_new(self) -> None:
        """Read the headlines of alerts that are newer than those known."""
        with self._reading:
            known = self.headlines
            if known.oldest is not None:
                known.add(self._service.headlines(after=known.newest, limit=-1))

    def read_older(self) -> bool:
        """Read some more headlines; return whether all are known."""
        with self._reading:
            known = self.headlines
            if not known.whole:
                page = self._service.headlines(before=known.oldest, limit=PAGE)
                known.whole = known.add(page) < PAGE
            return known.whole

    def _asking(self, names: WatchlistNames) -> Asking:
        return Asking(names, self._clock(), self._zone)
