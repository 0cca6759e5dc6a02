"""A filter over alerts, written in the language of queries: `watch:Alibaba since:7d grève`.

`tocsin alerts` and the dashboard parse, resolve and evaluate it here. Filters hold for an alert,
not for its article: `watch:Alibaba since:7d` selects what that watchlist raised since then, and
not what another watchlist raised for the same article. The caller decides where words are looked
up: the command line asks the archive for articles, the dashboard searches its headlines.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import tzinfo
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.folding import compact
from index.errors import QueryError
from index.query import parser, validation
from index.query.ast import And, AtLeast, Concept, Facet, Node, Not, Or, Phrase, Word, clauses, walk
from index.query.filters import UNDETERMINED, names, resolve_time
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _, mark
from monitor.model.alert import AlertState, Verdict
from monitor.model.search import Filter
from monitor.model.watchlist import Severity

_ARCHIVE_HINT = mark("/ searches the archive with it")
_IS = {
    "starred": Filter(starred=True),
    "relevant": Filter(verdict=Verdict.RELEVANT),
    "noise": Filter(verdict=Verdict.NOISE),
    "noted": Filter(noted=True),
}


class AlertFilter(Struct, frozen=True):
    """A filter as it was written, and its tree."""

    text: str = ""
    root: Node | None = None
    """None selects every alert."""
    articles: bool = False
    """Also closed and silenced alerts, and the articles that raised no alert."""

    @property
    def has_words(self) -> bool:
        """Whether the filter contains words, and not only `name:value`."""
        nodes = () if self.root is None else walk(self.root)
        return any(isinstance(node, Word | Phrase | Concept) for node in nodes)

    def names(self, name: str, value: str) -> bool:
        """Tell whether one of its filters is `name:value`."""
        return self.root is not None and any(
            isinstance(node, Facet) and (node.name, node.value) == (name, value)
            for node in walk(self.root)
        )


ALL = AlertFilter()
ALL_ARTICLES = AlertFilter(articles=True)


def parse_alert_filter(text: str) -> AlertFilter:
    """Return a filter whose words the archive looks up.

    Raises:
        QueryError: The text is empty or no query; the error knows the column.
    """
    if not text.strip():
        raise QueryError(_("nothing to look for"), 0, _("write a word or watch:NAME"))
    root = parser.read(text, of_alerts=True)
    validation.check(And((Facet("has", "alert"), root)))  # a filter of alerts may only exclude
    return AlertFilter(text.strip(), root)


def parse_headline_filter(text: str) -> AlertFilter:
    """Return a filter whose words are looked for in headlines; `ALL` for an empty text.

    Raises:
        QueryError: The text is no query, or asks for more than headlines can answer.
    """
    if not text.strip():
        return ALL
    root = parser.read(text, of_alerts=True)
    for node in walk(root):
        _validate_for_headlines(node)
    return AlertFilter(text.strip(), root)


def _validate_for_headlines(node: Node) -> None:
    """Raise QueryError for a node that alerts and their headlines cannot answer."""
    if isinstance(node, Facet) and node.name in ("story", "has"):
        message = _("{name}: is for the archive", name=node.text.partition(":")[0])
        raise QueryError(message, node.column, _(_ARCHIVE_HINT))
    if isinstance(node, Word) and node.part not in ("", "title"):
        message = _("only headlines are searched here")
        raise QueryError(message, node.column, _(_ARCHIVE_HINT))
    if isinstance(node, Concept):
        message = _("{name}: is for the archive", name=node.text.partition(":")[0])
        raise QueryError(message, node.column, _(_ARCHIVE_HINT))
    if not isinstance(node, And | Or | Not | AtLeast | Facet | Word | Phrase):
        message = _("no distances between words here")
        raise QueryError(message, node.column, _(_ARCHIVE_HINT))


# --- what filters mean ----------------------------------------------------------------


class FilterNames(Struct, frozen=True):
    """Names that a filter may abbreviate to their beginning; others it must have in full."""

    watchlists: Collection[str] = ()
    feeds: Collection[tuple[str, str]] = ()
    """Names of feeds, and their addresses."""
    feed_tags: Collection[str] = ()
    alert_tags: Collection[str] = ()
    """Tags that the analyst gave to alerts."""
    people: Collection[str] = ()
    """People who work on alerts."""


class FilterMeaning(Struct, frozen=True):
    """Translates filters of the language, at one moment, into filters of the store."""

    now: Timestamp
    zone: tzinfo
    names: FilterNames = FilterNames()
    analyst: str = ""
    """The person that `assigned:me` means."""

    def store_filter(self, facet: Facet) -> Filter | None:
        """Return the filter of the store for a facet; None if it takes more than one."""
        match facet.name, facet.value:
            case "watch", value:
                return Filter(watchlists=_complete(value, self.names.watchlists))
            case "feed", value:
                if any(names(value, name, address) for name, address in self.names.feeds):
                    return Filter(feeds=(value,))
                return Filter(feeds=_complete(value, [name for name, _ in self.names.feeds]))
            case "lang", value:
                return Filter(lang=("" if value == UNDETERMINED else value,))
            case "severity", value:
                return Filter(severities=(Severity(value),))
            case "state", value:
                return Filter(state=AlertState(value))
            case "since", value:
                return Filter(since=resolve_time(value, self.now, self.zone)[0])
            case "until", value:
                return Filter(until=resolve_time(value, self.now, self.zone)[1])
            case "assigned", value:
                return Filter(assignees=self._people(value))
            case "is", value:
                return _IS.get(value)
        return None

    def _people(self, value: str) -> tuple[str, ...]:
        match value.casefold():
            case "me":
                return (self.analyst or value,)
            case "nobody":
                return ("",)
        return _complete(value, self.names.people)

    def tag_filters(self, value: str) -> tuple[Filter, Filter]:
        """Return the two filters of a tag: for feeds that have it, and for alerts that have it."""
        feeds = tuple(f"tag:{tag}" for tag in _complete(value, self.names.feed_tags))
        return Filter(feeds=feeds), Filter(tags=_complete(value.lower(), self.names.alert_tags))


def _complete(value: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Return the names equal to a value, else those that begin with it, else the value itself."""
    compact_value = compact(value)
    compacted = {name: compact(name) for name in candidates}
    exact = tuple(name for name, folded in compacted.items() if folded == compact_value)
    longer = tuple(name for name, folded in compacted.items() if folded.startswith(compact_value))
    return exact or longer or (value,)


# --- filters that are one query of the store -------------------------------------------


def as_store_filter(alert_filter: AlertFilter, meaning: FilterMeaning) -> Filter | None:
    """Return a filter as a single filter of the store; None if it takes more than one."""
    filter = Filter(closed=alert_filter.articles, silenced=alert_filter.articles)
    if alert_filter.root is None:
        return filter
    for clause in clauses(alert_filter.root):
        alternatives = clause.children if isinstance(clause, Or) else (clause,)
        parts = [
            meaning.store_filter(node) if isinstance(node, Facet) else None for node in alternatives
        ]
        combined = _combine([part for part in parts if part is not None])
        if None in parts or combined is None or _fields(filter) & _fields(combined):
            return None
        filter = replace(filter, **{name: getattr(combined, name) for name in _fields(combined)})
    return filter


def _combine(filters: list[Filter]) -> Filter | None:
    """Return filters joined by OR as one; None if they do not restrict one and the same field."""
    if len(filters) == 1:
        return filters[0]
    kinds = {name for filter in filters for name in _fields(filter)}
    if len(kinds) != 1 or not kinds <= {"watchlists", "feeds", "lang", "severities", "assignees"}:
        return None
    (kind,) = kinds
    fields: dict[str, Any] = {kind: tuple(v for f in filters for v in getattr(f, kind))}
    return Filter(**fields)


def _fields(filter: Filter) -> set[str]:
    """Return the fields of a filter that restrict something."""
    default = Filter()
    return {
        name for name in Filter.__struct_fields__ if getattr(filter, name) != getattr(default, name)
    }


# --- evaluation -------------------------------------------------------------------------


class AlertSource(Protocol):
    """Finds the alerts for each part of a filter."""

    def ids(self, filter: Filter, /) -> Iterable[int]:
        """Return the alerts that pass a filter of the store, in ascending order."""

    def escalated(self) -> Iterable[int]:
        """Return the alerts that escalated."""

    def containing(self, node: Node, /) -> set[int] | None:
        """Return the alerts whose text passes a node; None to evaluate its children instead."""


def select_alerts(
    alert_filter: AlertFilter, base: Filter, meaning: FilterMeaning, source: AlertSource
) -> array[int]:
    """Return the alerts of `base` that a filter selects, in ascending order.

    Silenced, merged and closed alerts are among them where the filter names `is:silenced`,
    `is:merged` or `state:closed`.
    """
    base = replace(
        base,
        silenced=base.silenced or alert_filter.names("is", "silenced"),
        merged=base.merged or alert_filter.names("is", "merged"),
        closed=base.closed or alert_filter.names("state", "closed"),
    )
    universe = array("q", source.ids(base))
    if alert_filter.root is None:
        return universe
    selected = _Evaluation(base, set(universe), meaning, source).evaluate(alert_filter.root)
    return array("q", (id for id in universe if id in selected))


class _Evaluation:
    """Set algebra over the alerts of one base filter."""

    def __init__(
        self, base: Filter, universe: set[int], meaning: FilterMeaning, source: AlertSource
    ) -> None:
        self._base = base
        self._universe = universe
        self._meaning = meaning
        self._source = source

    def evaluate(self, node: Node) -> set[int]:
        """Return the alerts that pass a node."""
        ids = self._lookup(node)
        if ids is not None:
            return ids
        match node:
            case Not(child=child):
                return self._universe - self.evaluate(child)
            case And(children=children):
                return set.intersection(*map(self.evaluate, children))
            case Or(children=children):
                return set().union(*map(self.evaluate, children))
            case AtLeast(count=count, children=children):
                passes = Counter(id for child in children for id in self.evaluate(child))
                return {id for id, hits in passes.items() if hits >= count}
        raise AssertionError(node)

    def _lookup(self, node: Node) -> set[int] | None:
        """Return the alerts of a node that one lookup can answer, None for other nodes."""
        if isinstance(node, Facet):
            return self._facet(node)
        if isinstance(node, Not) or any(isinstance(part, Facet) for part in walk(node)):
            return None
        return self._source.containing(node)

    def _facet(self, facet: Facet) -> set[int]:
        match facet.name, facet.value:
            case "has", "alert":
                return self._universe
            case "is", "escalated":
                return self._universe.intersection(self._source.escalated())
            case "is", "silenced":
                return self._universe.difference(
                    self._source.ids(replace(self._base, silenced=False))
                )
            case "is", "merged":
                unmerged = self._source.ids(replace(self._base, merged=False))
                return self._universe.difference(unmerged)
            case "tag", value:
                return set().union(*map(self._select, self._meaning.tag_filters(value)))
        filter = self._meaning.store_filter(facet)
        return self._select(filter) if filter else self._source.containing(facet) or set()

    def _select(self, filter: Filter) -> set[int]:
        base = self._base
        scoped = replace(filter, silenced=base.silenced, merged=base.merged, closed=base.closed)
        return set(self._source.ids(scoped))
