"""What would help a search that finds little: others that find more, each counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from msgspec.structs import replace

from index.archive import ArchivePage
from index.query.parser import Query
from index.query.suggestions import QuerySuggestion, Similar, SuggestionKind, query_suggestions
from monitor.base.article import Timestamp
from monitor.model.search import Filter, Suggestion

FEW = 5
"""Hits below which other searches are suggested."""
TRIALS, SECONDS = 12, 0.5
"""How many are tried, and for how long in a very large archive; those that change least first."""

Run = Callable[[Query, Filter], ArchivePage]


_Trial = tuple[QuerySuggestion, Filter, tuple[str, ...]]
"""A search to try, and the parts of the filter that it does without."""


def suggestions(
    query: Query, filter: Filter, run: Run, similar: Similar, clock: Callable[[], Timestamp]
) -> list[Suggestion]:
    """Return the searches that find more than one: other queries, then less of the filter.

    Each is really run, as long as there is time.
    """
    until = clock() + SECONDS
    least = run(query, filter).total
    suggestions = []
    others = ((other, filter, ()) for other in query_suggestions(query, similar))
    trials: Iterator[_Trial] = chain(others, _without_options(query, filter))
    if least:  # the last word is one, and not the beginning of another
        trials = (trial for trial in trials if trial[0].kind is not SuggestionKind.ANY_ENDING)
    for other, wider, options in islice(trials, TRIALS):
        result = run(other.query, wider)
        if result.total > least:
            suggestions.append(
                Suggestion(
                    kind=str(other.kind),
                    query=other.query.text,
                    filter=wider,
                    without=options,
                    total=result.total,
                    gained=result.total - least,
                    written=other.written,
                    instead=other.instead,
                    forms=result.forms.get(other.instead, ()),
                )
            )
        if clock() > until:
            break
    return suggestions


def _without_options(query: Query, filter: Filter) -> Iterator[_Trial]:
    """Yield the same query with less of a filter."""
    dates = tuple(name for name in ("since", "until") if getattr(filter, name) is not None)
    for kind, options, wider in (
        (SuggestionKind.ANY_LANGUAGE, ("lang",) if filter.lang else (), replace(filter, lang=())),
        (SuggestionKind.ANY_DATE, dates, replace(filter, since=None, until=None)),
        (SuggestionKind.WITHOUT, ("feed",) if filter.feeds else (), replace(filter, feeds=())),
        (
            SuggestionKind.WITHOUT,
            ("watch",) if filter.watchlists else (),
            replace(filter, watchlists=()),
        ),
    ):
        if options:
            yield QuerySuggestion(kind, query, ""), wider, options
