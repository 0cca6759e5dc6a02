"""Suggestions for a search that finds little: other searches that find more, with their counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from msgspec.structs import replace

from index.query.parser import Query
from index.query.suggestions import QuerySuggestion, Similar, SuggestionKind, query_suggestions
from index.search import ArchivePage
from monitor.base.article import Timestamp
from monitor.model.search import Filter, Suggestion

TRIALS, TRIAL_SECONDS = 12, 0.5
"""Most searches that are tried, and seconds after which no more are; small changes come first."""

Run = Callable[[Query, Filter], ArchivePage]


_Trial = tuple[QuerySuggestion, Filter, tuple[str, ...]]
"""A search to try, and the options of the filter that it leaves out."""


def suggestions(
    query: Query, filter: Filter, run: Run, similar: Similar, clock: Callable[[], Timestamp]
) -> list[Suggestion]:
    """Return searches that find more: first other queries, then the query with less of the filter.

    Each of them is run, as long as there is time.
    """
    deadline = clock() + TRIAL_SECONDS
    baseline = run(query, filter).total
    suggestions = []
    rewritten = ((suggestion, filter, ()) for suggestion in query_suggestions(query, similar))
    trials: Iterator[_Trial] = chain(rewritten, _without_options(query, filter))
    if baseline:  # the last word is complete, and not the beginning of another
        trials = (trial for trial in trials if trial[0].kind is not SuggestionKind.ANY_ENDING)
    for suggestion, wider, options in islice(trials, TRIALS):
        result = run(suggestion.query, wider)
        if result.total > baseline:
            suggestions.append(
                Suggestion(
                    kind=str(suggestion.kind),
                    query=suggestion.query.text,
                    filter=wider,
                    without=options,
                    total=result.total,
                    gained=result.total - baseline,
                    written=suggestion.written,
                    instead=suggestion.instead,
                    forms=result.forms.get(suggestion.instead, ()),
                )
            )
        if clock() > deadline:
            break
    return suggestions


def _without_options(query: Query, filter: Filter) -> Iterator[_Trial]:
    """Yield the same query with less of a filter."""
    for kind, options in (
        (SuggestionKind.ANY_LANGUAGE, {"lang": "lang"}),
        (SuggestionKind.ANY_DATE, {"since": "since", "until": "until"}),
        (SuggestionKind.WITHOUT, {"feed": "feeds"}),
        (SuggestionKind.WITHOUT, {"watch": "watchlists"}),
    ):
        given = {name: field for name, field in options.items() if getattr(filter, field)}
        if given:
            nothing = {field: getattr(Filter(), field) for field in given.values()}
            yield QuerySuggestion(kind, query, ""), replace(filter, **nothing), tuple(given)
