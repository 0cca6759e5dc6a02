"""Completion of a query at the cursor: fields, filters and their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from index.analysis.folding import compact, fold
from index.query.ast import ALERT_FACETS, FACETS
from index.query.filters import (
    HAS,
    IS,
    IS_IN_SEARCHES,
    SEVERITIES,
    STATES,
    field_named,
    offered_name,
    offered_value,
)
from monitor.base.article import PARTS

DATES = ("today", "yesterday", "7d", "30d", "3mo", "1y")
"""Values of `since:` and `until:` to choose from; any date will do."""
_FIELD = re.compile(r"(?<![^\s(-])([^\W\d_]*)$")
_VALUE = re.compile(r'(?<![^\s(-])([^\W\d_]+):(?:[^\s()",]+,|"[^"]*",)*("[^"]*|[^\s()",]*)$')
_PLAIN = re.compile(r"[^\s(),\"“”„«»＂]+")

_FIXED = {
    "severity": SEVERITIES, "has": HAS, "since": DATES, "until": DATES, "state": STATES, "is": IS,
}  # fmt: skip
IN_ALERTS = tuple(name for name in (*FACETS, *ALERT_FACETS) if name not in ("has", "story"))
"""Filters of alerts."""

Values = Callable[[str], Iterable[str]]
"""Returns the values of a filter: names of feeds, tags, watchlists, languages."""


class CompletionCandidate(NamedTuple):
    """One text that may be inserted."""

    text: str
    """Replaces the text from the start of the completion to its end."""
    name: str
    """What to show."""


class Completion(Struct, frozen=True):
    """What may be inserted in place of `text[start:end]`."""

    start: int
    end: int
    candidates: tuple[CompletionCandidate, ...] = ()


def complete(text: str, cursor: int, values: Values, *, of_alerts: bool = False) -> Completion:
    """Offer texts to insert at a cursor; those that begin with the written text come first.

    In a query, or in a filter of alerts, which has no parts but other filters.
    Names are compared as `feed:` compares them: case, accents and spaces do not count.
    """
    written = text[:cursor]
    parts, facets = ((), IN_ALERTS) if of_alerts else (PARTS, FACETS)
    if value := _VALUE.search(written):
        name = field_named(value[1])
        if name in facets:
            listed = _FIXED.get(name) or tuple(values(name))
            if name == "is" and not of_alerts:
                listed = IS_IN_SEARCHES
            begun = value[2].lstrip('"')
            offered = tuple(_values(begun, (offered_value(name, each) for each in listed)))
            return Completion(value.start(2), cursor, offered or tuple(_values(begun, listed)))
        return Completion(cursor, cursor)
    fields = _FIELD.search(written)
    if not fields or not fields[1]:
        return Completion(cursor, cursor)
    begun = fold(fields[1])
    known = (*parts, *facets)
    names = [shown for name in known if fold(shown := offered_name(name)).startswith(begun)]
    names = names or [name for name in known if name.startswith(begun)]
    chosen = tuple(CompletionCandidate(f"{name}:", f"{name}:") for name in names)
    return Completion(fields.start(1), cursor, chosen)


def _values(written: str, listed: Iterable[str]) -> Iterator[CompletionCandidate]:
    """Yield the values that begin as written, then those that hold it."""
    wanted = compact(written)
    ranked = [(place, value) for value in listed if (place := compact(value).find(wanted)) >= 0]
    for _, value in sorted(ranked, key=lambda pair: (pair[0] > 0, pair[1].casefold())):
        if '"' not in value and "," not in value:  # a query cannot name those
            yield CompletionCandidate(value if _PLAIN.fullmatch(value) else f'"{value}"', value)
