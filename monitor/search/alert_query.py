"""Which alerts a query means: its filters are asked of each alert, its words of the article.

`watch:Alibaba since:7d` finds what that watchlist raised since then, not what else an article of
it raised; `since:` and `until:` are about when an alert was raised.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo

from index.article import Timestamp
from index.errors import QueryError
from index.query import parser, validation
from index.query.ast import And, Facet, Node, Not, walk
from index.query.parser import Query
from monitor.alerts.alert_filter import filter_of, passed
from monitor.model.search import Filter


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
    root = parser.read(text, of_alerts=True)
    validation.check(And((Facet("has", "alert"), root)))  # alone it may say what is not wanted
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
        return passed(node, self._every, self._leaf)

    def _leaf(self, node: Node) -> set[int] | None:
        if isinstance(node, Facet):
            return self._facet(node)
        if isinstance(node, Not) or any(isinstance(each, Facet) for each in walk(node)):
            return None
        return self._of_articles(node)

    def _facet(self, facet: Facet) -> set[int]:
        match facet.name, facet.value:
            case "watch", value:
                return self._ask(Filter(watchlists=(value,)))
            case "feed", value:
                return self._ask(Filter(feeds=(value,)))
            case "tag", value:
                own = self._ask(Filter(tags=(value.lower(),)))
                return own | self._ask(Filter(feeds=(f"tag:{value}",)))
            case "is", "louder":
                return self._every.intersection(self._asking.louder())
            case "is", "muted":
                return self._every.difference(self._asking.alerts(Filter(closed=True)))
            case "has", "alert":
                return self._every
        found = filter_of(facet, self._asking.now, self._asking.zone)
        return self._of_articles(facet) if found is None else self._ask(found)

    def _ask(self, filter: Filter) -> set[int]:
        return set(self._asking.alerts(replace(filter, muted=True, closed=True)))

    def _of_articles(self, node: Node) -> set[int]:
        """Return the alerts about articles that the archive finds."""
        found = frozenset(self._asking.articles(Query(node.text, node)))
        if self._articles is None:
            self._articles = dict(self._asking.article_of())
        return {id for id in self._every if self._articles.get(id) in found}
