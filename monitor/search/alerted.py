"""Which alerts a query means: its filters are asked of each alert, its words of the article.

`watch:Alibaba since:7d` finds what that watchlist raised since then, not what else an article of
it raised; `since:` and `until:` are about when an alert was raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo

from index import sense, syntax
from index.article import Timestamp
from index.errors import QueryError
from index.facets import UNDETERMINED
from index.moments import resolve_time
from index.query import Query
from index.tree import And, AtLeast, Facet, Node, Not, Or, walk
from monitor.model import AlertState, Filter, Severity, Verdict

_ALONE = {
    ("is", "starred"): Filter(starred=True),
    ("is", "relevant"): Filter(verdict=Verdict.RELEVANT),
    ("is", "noise"): Filter(verdict=Verdict.NOISE),
    ("is", "noted"): Filter(noted=True),
    ("has", "alert"): Filter(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who answers."""

    alerts: Callable[[Filter], Iterable[int]]
    """Returns the alerts that pass a filter, muted and closed ones too if it says so."""
    louder: Callable[[], Iterable[int]]
    """Returns the alerts that became louder."""
    articles: Callable[[Query], Collection[int]]
    """Returns the articles that the archive finds."""
    article_of: Callable[[], Iterable[tuple[int, int]]]
    """Returns (alert, article) of every alert about an article."""
    now: Timestamp
    zone: tzinfo


def read(text: str) -> Node:
    """Return the tree of a query over alerts; raises QueryError with the column of a mistake."""
    if not text.strip():
        raise QueryError("nothing to look for", 0, "write a word or watch:NAME")
    root = syntax.read(text, of_alerts=True)
    sense.check(And((Facet("has", "alert"), root)))  # alone it may say what is not wanted
    return root


def speaks_of_state(root: Node) -> bool:
    """Tell whether a query says what was done with alerts: it decides then about closed ones."""
    return any(isinstance(node, Facet) and node.name == "state" for node in walk(root))


def alerted(root: Node, asking: Asking) -> set[int]:
    """Return the alerts that a query means. Raises ArchiveError."""
    return _Meant(asking).passed(root)


class _Meant:
    """Set algebra over alerts; what only articles can answer is asked of the archive."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._every = self._ask(Filter())
        self._articles: dict[int, int] | None = None

    def passed(self, node: Node) -> set[int]:
        """Return the alerts that pass a node."""
        match node:
            case Not(child=child):
                return self._every - self.passed(child)
            case Facet():
                return self._facet(node)
            case And(children=children) if _has_facets(node):
                return set.intersection(*map(self.passed, children))
            case Or(children=children) if _has_facets(node):
                return set().union(*map(self.passed, children))
            case AtLeast(count=count, children=children) if _has_facets(node):
                held = Counter(id for child in children for id in self.passed(child))
                return {id for id, times in held.items() if times >= count}
        return self._of_articles(node)

    def _facet(self, facet: Facet) -> set[int]:
        found = self._filter(facet)
        if found is not None:
            return self._ask(found)
        match facet.name, facet.value:
            case "is", "louder":
                return self._every.intersection(self._asking.louder())
            case "is", "muted":
                return self._every.difference(self._asking.alerts(Filter(closed=True)))
            case "tag", value:
                own = self._ask(Filter(tags=(value.lower(),)))
                return own | self._ask(Filter(feeds=(f"tag:{value}",)))
        return self._of_articles(facet)

    def _filter(self, facet: Facet) -> Filter | None:
        """Return the filter that one of a query is; None where no single one is it."""
        value = facet.value
        match facet.name:
            case "watch":
                return Filter(watchlists=(value,))
            case "feed":
                return Filter(feeds=(value,))
            case "lang":
                return Filter(lang=("" if value == UNDETERMINED else value,))
            case "severity":
                return Filter(severities=(Severity(value),))
            case "state":
                return Filter(state=AlertState(value))
            case "since":
                return Filter(since=resolve_time(value, self._asking.now, self._asking.zone)[0])
            case "until":
                return Filter(until=resolve_time(value, self._asking.now, self._asking.zone)[1])
        return _ALONE.get((facet.name, value))

    def _ask(self, filter: Filter) -> set[int]:
        return set(self._asking.alerts(replace(filter, muted=True, closed=True)))

    def _of_articles(self, node: Node) -> set[int]:
        """Return the alerts about articles that the archive finds."""
        found = frozenset(self._asking.articles(Query(node.text, node)))
        if self._articles is None:
            self._articles = dict(self._asking.article_of())
        return {id for id in self._every if self._articles.get(id) in found}


def _has_facets(node: Node) -> bool:
    return any(isinstance(each, Facet) for each in walk(node))
