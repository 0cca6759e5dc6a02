"""What would help a search that finds little: others that find more, each counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from msgspec import Struct
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


class _Trial(Struct, frozen=True):
    """A search to try."""

    alternative: QuerySuggestion
    filter: Filter
    options: tuple[str, ...] = ()
    """Parts of the filter that it does without."""


def suggestions(
    query: Query, filter: Filter, run: Run, similar: Similar, clock: Callable[[], Timestamp]
) -> list[Suggestion]:
    """Return the searches that find more than one, those that change least first.

    Each is really run, as long as there is time.
    """
    until = clock() + SECONDS
    least = run(query, filter).total
    suggestions = []
    trials = _trials(query, filter, similar)
    if least:  # the last word is one, and not the beginning of another
        trials = (one for one in trials if one.alternative.kind is not SuggestionKind.ANY_ENDING)
    for trial in islice(trials, TRIALS):
        result = run(trial.alternative.query, trial.filter)
        if result.total > least:
            suggestions.append(_suggestion(trial, result, result.total - least))
        if clock() > until:
            break
    return suggestions


def _trials(query: Query, filter: Filter, similar: Similar) -> Iterator[_Trial]:
    tried = False
    for other in query_suggestions(query, similar):
        if not tried and other.kind in (
            SuggestionKind.ANY_LANGUAGE,
            SuggestionKind.ANY_DATE,
            SuggestionKind.WITHOUT,
        ):
            tried = True
            yield from _filters(query, filter)
        yield _Trial(other, filter)
    if not tried:
        yield from _filters(query, filter)


def _filters(query: Query, filter: Filter) -> Iterator[_Trial]:
    """Yield the same query with less of a filter."""
    if filter.lang:
        yield _without(SuggestionKind.ANY_LANGUAGE, query, replace(filter, lang=()), "lang")
    if filter.since is not None or filter.until is not None:
        gone = [name for name in ("since", "until") if getattr(filter, name) is not None]
        yield _without(
            SuggestionKind.ANY_DATE, query, replace(filter, since=None, until=None), *gone
        )
    if filter.feeds:
        yield _without(SuggestionKind.WITHOUT, query, replace(filter, feeds=()), "feed")
    if filter.watchlists:
        yield _without(SuggestionKind.WITHOUT, query, replace(filter, watchlists=()), "watch")


def _without(kind: SuggestionKind, query: Query, filter: Filter, *options: str) -> _Trial:
    return _Trial(QuerySuggestion(kind, query, ""), filter, options)


def _suggestion(trial: _Trial, result: ArchivePage, gained: int) -> Suggestion:
    other = trial.alternative
    return Suggestion(
        kind=str(other.kind),
        query=other.query.text,
        filter=trial.filter,
        without=trial.options,
        total=result.total,
        gained=gained,
        written=other.written,
        instead=other.instead,
        forms=result.forms.get(other.instead, ()),
    )
