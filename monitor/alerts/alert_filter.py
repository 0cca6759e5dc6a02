"""Queries over alerts: filters that single alerts answer, and the algebra of ids. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import tzinfo

from index.article import Timestamp
from index.query.ast import And, AtLeast, Facet, Node, Not, Or
from index.query.date_expressions import resolve_time
from index.query.filters import UNDETERMINED
from monitor.model.alert import AlertState, Verdict
from monitor.model.search import Filter
from monitor.model.severity import Severity

_IS = {
    "starred": Filter(starred=True),
    "relevant": Filter(verdict=Verdict.RELEVANT),
    "noise": Filter(verdict=Verdict.NOISE),
    "noted": Filter(noted=True),
}


def filter_of(facet: Facet, now: Timestamp, zone: tzinfo) -> Filter | None:
    """Return the filter of the store that one of a query is; None where no single one is it.

    Names (`watch:`, `feed:`, `tag:`) are not looked at: what they mean is up to who asks.
    """
    value = facet.value
    match facet.name:
        case "lang":
            return Filter(lang=("" if value == UNDETERMINED else value,))
        case "severity":
            return Filter(severities=(Severity(value),))
        case "state":
            return Filter(state=AlertState(value))
        case "since":
            return Filter(since=resolve_time(value, now, zone)[0])
        case "until":
            return Filter(until=resolve_time(value, now, zone)[1])
        case "is":
            return _IS.get(value)
    return None


def passed(node: Node, every: set[int], leaf: Callable[[Node], set[int] | None]) -> set[int]:
    """Return those of `every` alert that pass a node.

    `leaf` returns those of a node that it can answer as a whole, None where its parts are to
    be asked.
    """
    found = leaf(node)
    if found is not None:
        return found
    match node:
        case Not(child=child):
            return every - passed(child, every, leaf)
        case And(children=children):
            return set.intersection(*(passed(child, every, leaf) for child in children))
        case Or(children=children):
            return set().union(*(passed(child, every, leaf) for child in children))
        case AtLeast(count=count, children=children):
            held = Counter(id for child in children for id in passed(child, every, leaf))
            return {id for id, times in held.items() if times >= count}
    raise AssertionError(node)
