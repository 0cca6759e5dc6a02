"""Completion of a query at the cursor: fields, filters and their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from index.analysis.folding import compact, fold
from index.query.ast import ALERT_FACETS, FACETS
from index.query.filters import (
    CONCEPT,
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
"""Suggested values of `since:` and `until:`; any date is allowed."""
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
    """A text that may be inserted."""

    text: str
    """The text that replaces the completed range."""
    name: str
    """The name to show."""


class Completion(Struct, frozen=True):
    """The texts that may replace `text[start:end]`."""

    start: int
    end: int
    candidates: tuple[CompletionCandidate, ...] = ()


def complete(text: str, cursor: int, values: Values, *, of_alerts: bool = False) -> Completion:
    """Return texts to insert at a cursor; those that begin with the written text come first.

    A filter of alerts has no parts, and other filters than a query. Names are compared as
    `feed:` compares them: case, accents and spaces do not count.
    """
    written = text[:cursor]
    parts, facets = ((), IN_ALERTS) if of_alerts else (PARTS, (*FACETS, CONCEPT))
    if match := _VALUE.search(written):
        name = field_named(match[1])
        if name in facets:
            choices = _FIXED.get(name) or tuple(values(name))
            if name == "is" and not of_alerts:
                choices = IS_IN_SEARCHES
            prefix = match[2].lstrip('"')
            translated = tuple(_values(prefix, (offered_value(name, value) for value in choices)))
            return Completion(match.start(2), cursor, translated or tuple(_values(prefix, choices)))
        return Completion(cursor, cursor)
    field = _FIELD.search(written)
    if not field or not field[1]:
        return Completion(cursor, cursor)
    prefix = fold(field[1])
    field_names = (*parts, *facets)
    names = [shown for name in field_names if fold(shown := offered_name(name)).startswith(prefix)]
    names = names or [name for name in field_names if name.startswith(prefix)]
    chosen = tuple(CompletionCandidate(f"{name}:", f"{name}:") for name in names)
    return Completion(field.start(1), cursor, chosen)


def _values(written: str, values: Iterable[str]) -> Iterator[CompletionCandidate]:
    """Yield the values that begin with the written text, then those that contain it."""
    folded = compact(written)
    ranked = [(place, value) for value in values if (place := compact(value).find(folded)) >= 0]
    for _, value in sorted(ranked, key=lambda pair: (pair[0] > 0, pair[1].casefold())):
        if '"' not in value and "," not in value:  # a query cannot express the others
            yield CompletionCandidate(value if _PLAIN.fullmatch(value) else f'"{value}"', value)
