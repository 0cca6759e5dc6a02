"""What a watchlist asks for, as one query; its mistakes at the very character."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from index.errors import QueryError
from index.query import Query, any_of, combine, none_of, parse, score
from index.tree import Not
from monitor.config.draft import Draft
from monitor.config.marks import Loc
from monitor.config.schema import WatchlistShape


def asked(draft: Draft, loc: Loc, shape: WatchlistShape) -> Query | None:
    """Return the query of a watchlist; None, with the mistakes noted, if it makes none."""
    wanted = _wanted(draft, loc, shape)
    if not shape.not_:
        return wanted
    place = (*loc, "not")
    refused = partial(none_of, shape.not_)
    unwanted = _made(draft, place, refused, enumerate(shape.not_), alone=none_of)
    if wanted is None or unwanted is None:
        return None
    refusal = Query(unwanted.text, Not(unwanted.root, text=unwanted.text))
    both = _made(draft, place, partial(combine, wanted, refusal))
    return both and replace(both, text=f"({wanted.text}) NOT ({unwanted.text})")


def _wanted(draft: Draft, loc: Loc, shape: WatchlistShape) -> Query | None:
    """Return what a watchlist wants, without what it excludes."""
    if shape.query:
        parsed = partial(parse, shape.query, allow_archive_filters=False)
        return _made(draft, (*loc, "query"), parsed, within=True)
    if shape.terms:
        terms = partial(any_of, shape.terms)
        return _made(draft, (*loc, "terms"), terms, enumerate(shape.terms))
    if shape.score and shape.threshold is not None:
        weighed = partial(score, shape.score, shape.threshold)
        keys = ((term, term) for term in shape.score)
        return _made(draft, (*loc, "score"), weighed, keys, keys=True)
    return None


def _made(
    draft: Draft,
    loc: Loc,
    make: Callable[[], Query],
    terms: Iterable[tuple[int | str, str]] = (),
    *,
    within: bool = False,
    keys: bool = False,
    alone: Callable[[Iterable[str]], Query] = any_of,
) -> Query | None:
    """Return the query that `make` makes of a value; None, its mistakes noted, if it cannot.

    They are those of its `terms` (each with its place in the value, made `alone`), or else that
    of the whole, at the character that the error names if it is `within` the value.
    """
    try:
        return make()
    except QueryError as error:
        mistaken = False
        for step, term in terms:
            if wrong := _mistake(term, alone):
                mistaken = True
                place = (*loc, step)
                draft.object_to(place, _words(wrong), position=wrong.position, key=keys)
        if not mistaken:
            draft.object_to(loc, _words(error), position=error.position if within else None)
        return None


def _mistake(term: str, alone: Callable[[Iterable[str]], Query]) -> QueryError | None:
    try:
        alone([term])
    except QueryError as error:
        return error
    return None


def _words(error: QueryError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
