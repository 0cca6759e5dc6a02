"""Which alerts a written filter lets through: the query language, over alerts and headlines.

`watch:` `lang:` `feed:` `tag:` `severity:` `since:` `until:` `state:` `is:` and words, with AND,
OR, NOT and brackets. Names count from their beginnings on, so that the stream narrows as one
types. What has only one of each is asked of the store in one question (`Sieve.plain`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Protocol

from index import syntax
from index.article import Timestamp
from index.errors import QueryError
from index.facets import compact, names
from index.tree import And, AtLeast, Facet, Node, Not, Or, Phrase, Word, clauses, walk
from monitor.model import Filter
from monitor.sifting import filter_of, passed

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
class Sieve:
    """A filter as it was written, and what it means."""

    text: str = ""
    root: Node | None = None
    """None lets everything through."""

    @property
    def words(self) -> bool:
        """Whether headlines are looked at."""
        return self.root is not None and any(isinstance(n, Word | Phrase) for n in walk(self.root))


ALL = Sieve()


def read(text: str) -> Sieve:
    """Return the filter that a line says; raises QueryError with the column of a mistake."""
    if not text.strip():
        return ALL
    root = syntax.read(text, of_alerts=True)
    for node in walk(root):
        _object_to(node)
    return Sieve(text.strip(), root)


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


def plain(sieve: Sieve, asking: Asking) -> Filter | None:
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
    sieve: Sieve,
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
